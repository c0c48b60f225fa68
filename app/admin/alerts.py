"""What an experimenter ought to look at: a study that nobody finds, sound that breaks off, a check that nobody passes.

An alert decides nothing. Shares are of the newest sessions, so that a fault of today is not hidden by the good days
before it, and one that is mended passes; a few people make no alert.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

QUIET_HOURS = 24.0
NEWEST = 20
FEWEST = 8  # of the newest sessions, for a share to say anything
LEFT_SHARE, SCREENED_OUT_SHARE, UNDERRUN_SHARE = 0.5, 0.5, 0.25
UNDERRUNS = 3  # a participant with this many gaps had trouble with the sound
FEWEST_CHECKED = 5
CHECK_NAMES = {"attention": "an attention check", "audible_check": "a beep-counting check"}


def alerts(overview: Mapping[str, Any], sessions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Sentences about a study.

    Parameters
    ----------
    overview : mapping
        As `study.recruitment.overview` gives it.
    sessions : sequence of mapping
        As `app.admin.watching.quality` gives them, the newest first.
    """
    return [*_quiet(overview), *_shares(sessions[:NEWEST]), *_nobody_passes(sessions)]


def _quiet(overview: Mapping[str, Any]) -> Iterator[str]:
    hours = overview["quiet_hours"]
    if hours is not None and hours >= QUIET_HOURS:
        yield (
            f"Nobody has started for {hours:.0f} hours, and the study is open: does the link lead here, and is the "
            "recruiter's listing active?"
        )


def _shares(newest: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Alerts about the newest sessions, of those for which it can be known."""
    ended = [row for row in newest if row["state"] != "active" or row["is_abandoned"]]
    heard = [row for row in newest if row.get("underruns") is not None]
    screened_out = [row["state"] == "screened_out" for row in ended]
    left = [row["is_abandoned"] for row in ended]
    gaps = [row["underruns"] >= UNDERRUNS for row in heard]
    yield from _many(screened_out, SCREENED_OUT_SHARE, "were screened out: is a limit too strict?")
    yield from _many(left, LEFT_SHARE, "left before the end: where they stopped stands under Recruitment.")
    yield from _many(gaps, UNDERRUN_SHARE, "heard gaps in the sound: their devices stand under Data quality.")


def _many(found: Sequence[bool], share: float, what: str) -> Iterator[str]:
    if len(found) >= FEWEST and sum(found) >= share * len(found):
        yield f"{sum(found)} of the newest {len(found)} participants {what}"


def _nobody_passes(sessions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    by_name = {name: [row.get("by_check", {}).get(kind) for row in sessions] for kind, name in CHECK_NAMES.items()}
    by_name["the headphone check"] = [row["headphones_passed"] for row in sessions]
    for name, found in by_name.items():
        passed = [each for each in found if each is not None]
        if len(passed) >= FEWEST_CHECKED and not any(passed):
            yield f"None of {len(passed)} participants passed {name}: does the set fit it, and is its text clear?"
