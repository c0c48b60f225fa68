"""One page, self-contained, that opens with the answer."""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from analysis.statistics.results import Results
from analysis.statistics.table import Table
from analysis.writing import deviations, medians, multiverse
from analysis.writing.answer import answer
from analysis.writing.findings import adaptivity_text, anova_text, convergence, odds_text
from analysis.writing.kept import kept_text
from analysis.writing.tables import MOST_ROWS, heading, shown

_CSS = Path(__file__).with_name("report.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Beside:
    """Another analysis of the same study: its name, its page and its answer."""

    name: str
    page: str
    answer: list[str]


def page(title: str, answer: list[str], simulated: bool, sections: list[str]) -> str:
    """Put the page together: title, the answer's sentences, then sections of HTML."""
    banner = (
        '<p class="simulated" role="note">SIMULATED participants: these numbers say nothing about people.</p>'
        if simulated
        else ""
    )
    sentences = " ".join(html.escape(sentence) for sentence in answer)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{'SIMULATED: ' if simulated else ''}{html.escape(title)}</title><style>{_CSS}</style></head>\n"
        f'<body><main><h1>{html.escape(title)}</h1>{banner}<p class="answer">{sentences}</p>\n'
        + "\n".join(sections)
        + "\n</main></body></html>\n"
    )


def section(title: str, *parts: str) -> str:
    """Give one section with its heading."""
    return f"<section><h2>{html.escape(title)}</h2>\n" + "\n".join(parts) + "</section>"


def beside_section(found: Sequence[Beside]) -> list[str]:
    """Give the answers of the study's other analyses, with links to their pages."""
    shown = [
        f'<p><a href="{html.escape(one.page, quote=True)}">{html.escape(one.name)}</a>: '
        f"{html.escape(' '.join(one.answer))}</p>"
        for one in found
    ]
    return [section("Also asked", *shown)] if shown else []


def paragraph(text: str) -> str:
    """Give one paragraph of plain text."""
    return f"<p>{html.escape(text)}</p>"


def figure(svg: str, caption: str) -> str:
    """Set an SVG into the page."""
    svg = svg[svg.index("<svg") :].replace(
        "<svg ", f'<svg role="img" aria-label="{html.escape(caption, quote=True)}" ', 1
    )
    return f"<figure>{svg}<figcaption>{html.escape(caption)}</figcaption></figure>"


def table(source: Table, folded: bool = False) -> str:
    """Give a table, rounded, with a link to its full precision; folded away where it is long."""
    data = source.data.head(MOST_ROWS)
    numeric = [data[name].dtype.kind in "iuf" for name in data.columns]
    classes = [' class="number"' if is_number else "" for is_number in numeric]
    head = "".join(
        f'<th scope="col"{c}>{html.escape(heading(name))}</th>' for name, c in zip(data.columns, classes, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(f"<td{c}>{html.escape(value)}</td>" for value, c in zip(row, classes, strict=True)) + "</tr>"
        for row in shown(data).to_numpy().tolist()
    )
    first = f" The first {MOST_ROWS} of {len(source.data):,} rows." if len(source.data) > MOST_ROWS else ""
    caption = f'{html.escape(source.caption)}{first} <a href="{source.name}.csv">{source.name}.csv</a>'
    inside = f"<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    markup = f'<div class="wide"><table>{inside}</table></div>'
    return f"<details><summary>{html.escape(source.caption)}</summary>{markup}</details>" if folded else markup


APPENDIX = (
    "These models take what a condition does to be the same on every clip, and the first of them for every listener. "
    "Where "
    "that is not so their p-values are too small (false positives in up to 83% of simulated studies at a nominal "
    "5%), so "
    "they should not be reported as results; they are kept for comparison with earlier studies."
)
CAPTIONS = {
    "medians": medians.CAPTION,
    multiverse.NAME: multiverse.CAPTION,
    "means": "Mean ratings with within-subject 95% CIs (Morey, 2008); grey: each listener's means, joined.",
    "distributions": "How often each rating was given.",
    "forest": "Mean differences of all pairs of conditions with 95% CIs, and d_z.",
    "clip_differences": "The compared conditions' difference clip by clip, with 95% CIs over participants; line and "
    "dark "
    "band: mean and its 95% CI for new listeners and new music; light band: 95% prediction interval of a new clip.",
    "eq_curves": "Left: the EQ of both conditions, thin lines single clips. Right: mean ratings of single clips.",
    "adaptivity": "The difference of every clip against how much it already sounds like the descriptor, over all "
    "descriptors; line and band: the mixed model's advantage and its 95% CI; dotted: where it ends.",
    "adaptive": "The difference clip by clip against how much the clip already sounds like the descriptor.",
    "assumptions": "Residuals of the repeated-measures model: normal quantiles, and against fitted values.",
}


def report(
    title: str,
    results: Results,
    tables: dict[str, Table],
    svgs: dict[str, str],
    texts: dict[str, str],
    screening: str,
    beside: Sequence[Beside] = (),
) -> str:
    """Write the page from what was computed, drawn and written.

    Parameters
    ----------
    title
        Of the page.
    results
        The main ones.
    tables, svgs
        By name; the page shows those that are there.
    texts
        `methods`, `results` and `limits`, Markdown.
    screening
        Who is analysed and where the other version lies.
    beside
        The study's other analyses.
    """

    def shown(*names: str, folded: bool = False) -> list[str]:
        return [table(tables[name], folded) for name in names if name in tables and len(tables[name].data)]

    def drawn(*names: str) -> list[str]:
        return [figure(svgs[name], CAPTIONS[name]) for name in names if name in svgs]

    missing = len(tables["missing_cells"].data)
    markdown = MarkdownIt("commonmark")
    texts_of_paper = [
        f"<details><summary>{name}.md</summary>{markdown.render(text)}</details>" for name, text in texts.items()
    ]
    appendix = ("lmm", "lmm_variance", "lmm_slopes", "lmm_slopes_variance", "lmm_contrasts", "lmm_tests")
    contents = {
        "Ratings": [
            *drawn("means"),
            *shown("means"),
            *drawn("medians"),
            *shown("medians"),
            *drawn("distributions"),
            *shown("descriptives", "means_by_clip", "medians_by_clip", folded=True),
        ],
        "New listeners and new music": [
            *map(paragraph, convergence(results)),
            *shown("main_model_contrasts", "main_model_tests"),
            *drawn("clip_differences"),
            *shown("kept", "clip_heterogeneity", "equivalence", "bayes_factor", "looks"),
            *shown("main_model_means", "main_model_variance", "quasi_f", folded=True),
        ],
        "These clips: analysis of variance": [
            *([] if len(results["anova"]) else [paragraph(anova_text(results))]),
            *_missing_text(missing),
            *shown("anova", "anova_by_descriptor"),
            *shown("missing_cells", folded=True),
        ],
        "These clips: pairs of conditions": [
            *drawn("forest"),
            *shown("primary", "posthoc", "listener_factors"),
            *shown("effects", "robust", "friedman", "listener_groups", folded=True),
        ],
        "Clips": [
            *([paragraph(adaptivity_text(results))] if "adaptivity" in tables else []),
            *drawn("adaptivity"),
            *shown("adaptivity"),
            *drawn("adaptive", "eq_curves"),
            *shown("adaptive", "eq_spread"),
            *shown("adaptivity_curve", "clip_differences", folded=True),
        ],
        "Reliability": [*shown("reliability"), *shown("agreement", folded=True)],
        "Screening": [
            paragraph(screening),
            *drawn(multiverse.NAME),
            *shown("exclusions", "with_and_without"),
            *shown(multiverse.NAME, folded=True),
            *shown("screening", folded=True),
        ],
        deviations.TITLE: _deviations_text(tables, shown),
        "Assumptions": [*drawn("assumptions"), *shown("assumptions", folded=True)],
        "Ratings as ordered categories": [
            *map(paragraph, odds_text(results)),
            *shown("ordinal_odds", "odds_ratios"),
            *shown("ordinal_odds_sd", "ordinal", "ordinal_variance", folded=True),
        ],
        "Appendix: models in which clips differ by a constant only": [
            paragraph(APPENDIX),
            *shown(*appendix, folded=True),
        ],
        "For the paper": texts_of_paper,
    }
    sections = [section(name, *parts) for name, parts in contents.items() if parts]
    return page(
        title,
        [*kept_text(results), *answer(results)],
        results.ratings.simulated,
        [*map(paragraph, results.ratings.notes), *beside_section(beside), *sections],
    )


def _deviations_text(tables: dict[str, Table], shown: Callable[..., list[str]]) -> list[str]:
    if deviations.NAME not in tables:
        return []
    return [paragraph(deviations.summary(tables[deviations.NAME].data)), *shown(deviations.NAME)]


def _missing_text(n: int) -> list[str]:
    if n == 0:
        return []
    cells = "1 cell of a participant has" if n == 1 else f"{n} cells of participants have"
    return [
        paragraph(
            f"{cells} no rating (listed below); those participants are left out of the ANOVA, and of the pairs "
            "that they lack."
        )
    ]
