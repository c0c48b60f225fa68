"""What a rehearsal finds: one line a check."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from app.sentences import sentence

Tell = Callable[[int, int], None]
"""Called with how much of a check is done, of how much; it may raise to stop the rehearsal."""


class Verdict(StrEnum):
    """What follows from a check: only `FAILED` is a no-go."""

    PASSED = "passed"
    NOTED = "noted"
    FAILED = "failed"
    OMITTED = "left out"


MARKS = {Verdict.PASSED: "✓", Verdict.NOTED: "!", Verdict.FAILED: "✗", Verdict.OMITTED: "–"}


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes
    ----------
    check
        Its name.
    verdict
        What follows.
    said
        The finding in one sentence.
    details
        Every single fault or oddity.
    seconds
        How long the check took.
    """

    check: str
    verdict: Verdict
    said: str
    details: tuple[str, ...] = field(default=())
    seconds: float = 0.0

    @property
    def mark(self) -> str:
        """A tick, a cross, or what stands between."""
        return MARKS[self.verdict]


def found(check: str, faults: Sequence[str], passed: str, failed: str, *, verdict: Verdict = Verdict.FAILED) -> Finding:
    """Give the finding of a check that lists faults: none is a pass, any has ``verdict``."""
    return Finding(check, verdict, failed, tuple(faults)) if faults else Finding(check, Verdict.PASSED, passed)


def timed(check: str, work: Callable[[], Finding]) -> Finding:
    """Do a check; a user's mistake that ends it is its finding."""
    start = time.monotonic()
    try:
        finding = work()
    except Exception as error:
        said = sentence(error)
        if said is None:
            raise
        finding = Finding(check, Verdict.FAILED, said)
    return replace(finding, seconds=time.monotonic() - start)


def is_go(findings: Sequence[Finding]) -> bool:
    """Whether nothing failed."""
    return all(finding.verdict is not Verdict.FAILED for finding in findings)


def counted(number: int, one: str, several: str | None = None) -> str:
    """``1 file``, ``2 files``."""
    return f"{number} {one if number == 1 else several or one + 's'}"
