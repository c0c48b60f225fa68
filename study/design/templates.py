"""Study files to start from, one for each way of asking: what a template has of its own, and what all studies share."""

from __future__ import annotations

import re
from pathlib import Path

from study.design.definition import SHIPPED

FOLDER = Path(__file__).with_name("template_files")
RATING = "rating"
NAMES = (RATING, *sorted(path.stem for path in FOLDER.glob("*.toml")))
"""Names of the templates; ``rating`` is the shipped study."""
COMMON = (
    *("descriptors", "screening", "consent", "questionnaire", "headphones", "level", "breaks", "comments"),
    *("completion", "recruitment"),
)
_TABLE = re.compile(r"^\[\[?(\w+)", re.MULTILINE)


def template(name: str) -> str:
    """The text of a study file.

    Raises
    ------
    ValueError
        When there is no template of this name.
    """
    if name not in NAMES:
        raise ValueError(f"Unknown template {name!r} (known: {', '.join(NAMES)}).")
    shipped = SHIPPED.read_text(encoding="utf-8")
    if name == RATING:
        return shipped
    own = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    return "\n".join([own, *(text for table, text in _tables(shipped) if table in COMMON)])


def _tables(text: str) -> list[tuple[str, str]]:
    """The tables of a study file in order, each with the name that its header begins with."""
    found = list(_TABLE.finditer(text))
    ends = [*(each.start() for each in found[1:]), len(text)]
    return [(each.group(1), text[each.start() : end]) for each, end in zip(found, ends, strict=True)]
