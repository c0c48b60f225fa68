"""Photographs of every page, a row for each and a column for each language, to look through side by side."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from app.rehearsal.pages import Shown

NAME = "pages.html"
WIDTH_PX = {"desktop": 270, "phone": 92}
STYLE = """
:root { color-scheme: light dark; } body { font: 14px/1.4 system-ui, sans-serif; margin: 1rem; }
table { border-collapse: collapse; } th { text-align: left; padding: .3rem .8rem .3rem 0; vertical-align: top; }
tbody th { position: sticky; left: 0; background: Canvas; }
td { padding: 0 1rem 1rem 0; vertical-align: top; white-space: nowrap; }
img { border: 1px solid #8886; border-radius: 4px; vertical-align: top; }
thead th { position: sticky; top: 0; background: Canvas; } .fault { color: #d55e00; white-space: normal; }
"""


def write(pages: Sequence[Shown], languages: Sequence[str], out: Path) -> Path:
    """Write `pages.html` into the folder ``out``, under which the photographs lie."""
    cells = by_row(pages)
    head = "".join(f'<th scope="col">{html.escape(language)}</th>' for language in languages)
    rows = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th>'
        + "".join(f"<td>{_cell(found.get(language), out)}</td>" for language in languages)
        + "</tr>"
        for (name, _), found in cells.items()
    )
    table = f"<table><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>"
    path = out / NAME
    start = f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Pages</title><style>{STYLE}</style>'
    path.write_text(f"{start}</head><body>{table}</body></html>\n", encoding="utf-8")
    return path


def by_row(pages: Sequence[Shown]) -> dict[tuple[str, int], dict[str, Shown]]:
    """Put the first page of a kind beside the first ones of other languages, the second beside the second."""
    met: Counter[tuple[str, str]] = Counter()
    rows: dict[tuple[str, int], dict[str, Shown]] = {}
    for page in pages:
        number = met[page.language, page.name]
        met[page.language, page.name] += 1
        rows.setdefault((page.name, number), {})[page.language] = page
    return rows


def _cell(page: Shown | None, out: Path) -> str:
    if page is None:
        return ""
    faults = "".join(f'<p class="fault">{html.escape(fault)}</p>' for fault in page.faults)
    return faults + " ".join(
        f'<a href="{path.relative_to(out).as_posix()}"><img width="{WIDTH_PX[size]}" loading="lazy" '
        f'alt="{html.escape(page.name)} on a {size}" src="{path.relative_to(out).as_posix()}"></a>'
        for size, path in page.photographs.items()
    )
