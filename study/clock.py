"""The server's wall clock, which an operator or a time server may set back while people take part."""

from __future__ import annotations

import time
from datetime import UTC, datetime

SKEW_S = 5.0  # by which the clocks of replicas may differ


def now() -> float:
    """Seconds since 1970 (UTC)."""
    return time.time()


def elapsed_s(since: float, at: float) -> float | None:
    """Seconds from ``since`` until ``at``; None where the clock was set back in between, so that nobody knows.

    A clock that is behind by no more than `SKEW_S` is another replica's: no time has passed yet.
    """
    seconds = at - since
    return max(seconds, 0.0) if seconds >= -SKEW_S else None


def minute(seconds: float) -> str:
    """Seconds since 1970 for people: ``2026-11-27 23:33 UTC``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def day(seconds: float) -> str:
    """The day of seconds since 1970 in UTC: ``2026-11-27``."""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def iso(seconds: float | None) -> str | None:
    """Seconds since 1970 as ISO 8601 in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
