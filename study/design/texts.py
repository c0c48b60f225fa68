"""Texts of the participant's page: `messages/<language>.json`, English filling gaps, and those of a study's own file.

A file of a study's own has every text that English has, with the same places to fill (`{minutes}`), as JSON or TOML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from study.design import files

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


def languages() -> list[str]:
    """Codes of the languages that the program brings."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def template(language: str = FALLBACK) -> str:
    """The texts of a language that the program brings, as a file to be translated."""
    if language not in languages():
        raise ValueError(f"There are no texts in {language!r} to translate from (known: {', '.join(languages())}).")
    return json.dumps(messages(language), ensure_ascii=False, indent=2) + "\n"


def read_own(path: Path) -> dict[str, str]:
    """The page's texts from a file of the study's own.

    Raises
    ------
    ValueError
        When it is not there or no such file, with every text that is missing, unknown or differs in its places to fill.
    """
    try:
        found = files.read(path)
    except FileNotFoundError:
        raise ValueError(
            f"There is no file {path} with the page's texts; `semantic-eq study language` writes one to be translated."
        ) from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ValueError(f"{path} holds something other than texts by name.")
    if wrong := faults(found):
        raise ValueError(f"{path}: {'; '.join(wrong)}.")
    return found


def faults(own: Mapping[str, str]) -> list[str]:
    """What is wrong with a language's texts, each in a few words that name all keys."""
    english = messages(FALLBACK)
    found = {
        "lacks": [key for key in english if not own.get(key, "").strip()],
        "has, unknown to the page,": [key for key in own if key not in english],
        "has other places to fill than English in": [
            key
            for key, text in own.items()
            if text.strip() and key in english and _places(text) != _places(english[key])
        ],
    }
    return [f"{what} {', '.join(keys)}" for what, keys in found.items() if keys]


def _places(text: str) -> set[str]:
    return set(re.findall(r"\{[^}]*\}", text))


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
