"""What a check of a running server found: one line, one sentence."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Outcome(Enum):
    """A check's outcome, by the mark that stands before its line."""

    GOOD = "✓"
    BAD = "✗"
    OPEN = "–"


class Found(NamedTuple):
    """What was looked at, how it stands, and a sentence that says why."""

    what: str
    outcome: Outcome
    sentence: str


def good(what: str, sentence: str) -> Found:
    """It is as it should be."""
    return Found(what, Outcome.GOOD, sentence)


def bad(what: str, sentence: str) -> Found:
    """It is to be mended before people take part."""
    return Found(what, Outcome.BAD, sentence)


def not_checked(what: str, sentence: str) -> Found:
    """Nothing can be said from here, or it is a hint only."""
    return Found(what, Outcome.OPEN, sentence)


def judged(what: str, is_good: bool, so: str, else_: str) -> Found:
    """One of two sentences."""
    return good(what, so) if is_good else bad(what, else_)
