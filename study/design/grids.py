"""Lists and small tables of a study file as rows of cells, for a form: texts, options, amounts, pairs.

A text has a cell for each language of the study; one that stands in the first cell only is one string for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Grid = Literal["texts", "options", "amounts", "pairs"]
Rows = list[list[str]]


def headers(kind: Grid, languages: Sequence[str]) -> list[str]:
    """Names of the columns."""
    own = {"texts": [*languages], "options": ["value", *languages], "amounts": ["name", "points"], "pairs": ["A", "B"]}
    return own[kind]


def rows(kind: Grid, value: Any, languages: Sequence[str]) -> Rows:
    """What the file has as rows of cells."""
    if not value:
        return []
    if kind == "texts":
        return [_cells(text, languages) for text in value]
    if kind == "options":
        return [[name, *_cells(text, languages)] for name, text in value.items()]
    if kind == "amounts":
        return [[name, f"{amount:g}"] for name, amount in value.items()]
    return [list(pair) for pair in value]


def value(kind: Grid, cells: Sequence[Sequence[Any]], languages: Sequence[str]) -> Any:
    """The value that stands for rows of cells; None for none. Empty rows are left out.

    Raises
    ------
    ValueError
        A row lacks what it needs, or an amount is not a number.
    """
    rows = [[str(cell if cell is not None else "").strip() for cell in row] for row in cells]
    kept = [row for row in rows if any(row)]
    if not kept:
        return None
    if kind == "texts":
        return [_text(row, languages) for row in kept]
    for row in kept:
        if not row[0] or not any(row[1:]):
            raise ValueError(f"The row {', '.join(filter(None, row))} is incomplete: a cell is empty.")
    if kind == "options":
        return {row[0]: _text(row[1:], languages) for row in kept}
    if kind == "amounts":
        return {row[0]: _number(row[1]) for row in kept}
    return [row[:2] for row in kept]


def _cells(text: str | Mapping[str, str], languages: Sequence[str]) -> list[str]:
    texts = {languages[0]: text} if isinstance(text, str) else text
    return [texts.get(language, "") for language in languages]


def _text(cells: Sequence[str], languages: Sequence[str]) -> str | dict[str, str]:
    texts = {language: cell for language, cell in zip(languages, cells, strict=False) if cell}
    return texts[languages[0]] if list(texts) == [languages[0]] else texts


def _number(cell: str) -> float | int:
    try:
        found = float(cell)
    except ValueError:
        raise ValueError(f"{cell!r} is not a number of points.") from None
    return int(found) if found.is_integer() else found
