"""Texts of the participant's page: `messages/<language>.json`, English filling gaps."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("messages")
FALLBACK = "en"


@cache
def messages(language: str) -> dict[str, str]:
    """All messages in ``language``; where it has none, in English."""
    own = FOLDER / f"{language}.json"
    english = json.loads((FOLDER / f"{FALLBACK}.json").read_text(encoding="utf-8"))
    if language == FALLBACK or not language.isalnum() or not own.exists():
        return english
    return english | json.loads(own.read_text(encoding="utf-8"))


def message(language: str, key: str, **values: object) -> str:
    """One message with its placeholders filled."""
    return messages(language)[key].format(**values)


def negotiate(wanted: str | None, accepted: str | None, offered: list[str]) -> str:
    """The language to use: the one asked for, else the browser's favourite that is offered, else the first.

    Parameters
    ----------
    wanted : str or None
        Chosen by hand.
    accepted : str or None
        The header ``Accept-Language``, as ``de-AT,de;q=0.9,en;q=0.5``.
    """
    if wanted in offered:
        return wanted
    weighted = []
    for place, part in enumerate((accepted or "").split(",")[:20]):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weighted.append((-float(quality or 1), place, tag.lower()))
        except ValueError:
            continue
    for _, _, tag in sorted(weighted):
        for language in offered:
            if tag == language.lower() or tag.split("-")[0] == language.lower().split("-")[0]:
                return language
    return offered[0]
