"""One analysis as files: its tables, figures and paragraphs, and a page that opens with the answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
from markdown_it import MarkdownIt
from matplotlib.figure import Figure

from analysis.statistics.table import Table
from analysis.writing import deviations, report
from analysis.writing.figure_style import style, write
from analysis.writing.report import Beside
from analysis.writing.table_files import write_table

MARK = "SIMULATED participants: nothing here says anything about people.\n"


@dataclass(frozen=True)
class Document:
    """What an analysis says.

    Attributes
    ----------
    title
        Of the page.
    answer
        Its first sentences.
    tables
        By section of the page.
    figures
        What draws it, and its caption, by file name.
    drawn
        Names of the figures by section.
    texts
        Markdown by file name, such as `methods` and `results`.
    notes
        What was decided while reading.
    simulated
        Everything says so.
    folded
        Names of the tables that the page folds away.
    beside
        The study's other analyses, whose answers the page gives too.
    opening
        A sentence by section, which it opens with.
    """

    title: str
    answer: list[str]
    tables: Mapping[str, list[Table]]
    figures: Mapping[str, tuple[Callable[[], Figure], str]]
    drawn: Mapping[str, tuple[str, ...]]
    texts: Mapping[str, str]
    notes: tuple[str, ...] = ()
    simulated: bool = False
    folded: frozenset[str] = frozenset()
    beside: tuple[Beside, ...] = ()
    opening: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Give a table's numbers."""
        return next(table.data for tables in self.tables.values() for table in tables if table.name == name)


def with_deviations(document: Document, found: pd.DataFrame | None) -> Document:
    """Add what was done otherwise than preregistered; None: there is no preregistration."""
    if found is None:
        return document
    table = Table(deviations.NAME, deviations.CAPTION, found)
    return replace(
        document,
        tables={**document.tables, deviations.TITLE: [table]},
        texts={**document.texts, deviations.NAME: deviations.section(found)},
        opening={**document.opening, deviations.TITLE: deviations.summary(found)},
    )


def write_document(document: Document, out: Path) -> None:
    """Write every table (CSV, Markdown, LaTeX), figure (PDF, SVG, PNG) and text, and `report.html`."""
    if document.simulated:
        (out / "SIMULATED.txt").write_text(MARK, encoding="utf-8")
    for table in [table for tables in document.tables.values() for table in tables]:
        write_table(table, out, document.simulated)
    with style():
        svgs = {name: write(draw(), out, name, document.simulated) for name, (draw, _) in document.figures.items()}
    for name, text in document.texts.items():
        marked = f"> **{MARK.strip()}**\n\n{text}" if document.simulated else text
        (out / f"{name}.md").write_text(marked, encoding="utf-8")
    (out / "report.html").write_text(_page(document, svgs), encoding="utf-8")


def _page(document: Document, svgs: dict[str, str]) -> str:
    markdown = MarkdownIt("commonmark")
    sections = []
    for name, tables in document.tables.items():
        drawn = [report.figure(svgs[key], document.figures[key][1]) for key in document.drawn.get(name, ())]
        shown = [report.table(table, table.name in document.folded) for table in tables if len(table.data)]
        opening = [report.paragraph(document.opening[name])] if name in document.opening else []
        if opening or drawn or shown:
            sections.append(report.section(name, *opening, *drawn, *shown))
    texts = [
        f"<details><summary>{name}.md</summary>{markdown.render(text)}</details>"
        for name, text in document.texts.items()
    ]
    sections.append(report.section("For the paper", *texts))
    notes = [report.paragraph(note) for note in document.notes]
    return report.page(
        document.title,
        document.answer,
        document.simulated,
        [*notes, *report.beside_section(document.beside), *sections],
    )
