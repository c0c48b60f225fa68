"""`paper.qmd`: methods, results, limits, figures and tables in one text with citations, for Quarto and readable as is.

Sentences cite as `(Morey, 2008)`; what they cite becomes a citation of `references.bib`, which holds what is cited and
no more.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from analysis.statistics.table import Table
from analysis.writing.tables import MOST_ROWS, to_markdown

_ENTRIES = Path(__file__).with_name("references.bib").read_text(encoding="utf-8")
# What the sentences say, and the entry that it is.
CITED = {
    "(Morey, 2008)": "[@morey2008]",
    "(Olejnik & Algina, 2003)": "[@olejnik2003]",
    "(Lakens, 2013)": "[@lakens2013]",
    "(Yuen, 1974)": "[@yuen1974]",
    "(Rouder et al., 2009; r = .707)": "[r = .707; @rouder2009]",
    "after Holm (1979)": "after @holm1979",
    "(ITU-R BS.1534-3)": "[@bs1534]",
    "Satterthwaite's degrees of freedom": "Satterthwaite's degrees of freedom [@kuznetsova2017]",
    "after Greenhouse and Geisser": "after @greenhouse1959",
    "(containment; Elff et al., 2021)": "[containment; @elff2021]",
}
TABLES = ("main_model_contrasts", "main_model_tests", "clip_heterogeneity", "primary", "posthoc", "anova", "means")


def paper(
    title: str, answer: list[str], texts: Mapping[str, str], captions: Mapping[str, str], tables: Mapping[str, Table]
) -> tuple[str, str]:
    """Write the paper and its references.

    Parameters
    ----------
    title
        Of the study.
    answer
        The abstract's sentences.
    texts
        Sections in Markdown, each with its heading.
    captions
        Of the figures, by file name.
    tables
        By file name; the paper has those of `TABLES` that hold something.

    Returns
    -------
    str
        `paper.qmd`.
    str
        `references.bib`.
    """
    figures = [f"![{caption}]({name}.svg){{#fig-{_id(name)}}}" for name, caption in captions.items()]
    shown = [tables[name] for name in TABLES if name in tables and len(tables[name].data)]
    parts = [_cited(text) for text in texts.values()]
    parts += ["# Figures", *figures, "# Tables", *map(_table, shown), "# References", "::: {#refs}\n:::"]
    body = "\n\n".join(part.strip() for part in parts)
    return f"{_header(title, answer)}\n{body}\n", _references(body)


def _header(title: str, answer: list[str]) -> str:
    abstract = "\n".join(f"  {sentence}" for sentence in answer)
    quoted = title.replace("\\", "\\\\").replace('"', '\\"')
    formats = "format:\n  html: default\n  pdf: default"
    return f'---\ntitle: "{quoted}"\nabstract: |\n{abstract}\nbibliography: references.bib\n{formats}\n---\n'


def _id(name: str) -> str:
    return name.replace("_", "-")


def _cited(text: str) -> str:
    for words, citation in CITED.items():
        text = text.replace(words, citation)
    return text


def _table(table: Table) -> str:
    return f"{to_markdown(table.data.head(MOST_ROWS))}\n: {table.caption} {{#tbl-{_id(table.name)}}}"


def _references(body: str) -> str:
    """Give the entries that are cited."""
    cited = set(re.findall(r"@(\w+\d+)", body))
    entries = re.findall(r"@\w+\{(\w+),.*?\n\}\n", _ENTRIES, flags=re.DOTALL)
    wholes = re.findall(r"@\w+\{\w+,.*?\n\}\n", _ENTRIES, flags=re.DOTALL)
    return "\n".join(whole for key, whole in zip(entries, wholes, strict=True) if key in cited)
