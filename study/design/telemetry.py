"""What the player measured, as far as it is possible: the rest is stored as missing, with a flag that names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

TELEMETRY_MS = ("rt_ms", "rt_start_ms", "first_play_ms", "start_gap_ms")
TELEMETRY_COUNTS = ("plays", "rating_changes", "focus_losses", "underruns")
OF_SOUND = ("plays", "heard_s", "first_play_ms")
NAMES = (*TELEMETRY_MS, "heard_s", *TELEMETRY_COUNTS)
MAX_MS = 86_400_000.0
MAX_COUNT = 1_000_000
MAX_NUMBER = 1e15  # what no page measures and no JSON number need be; also false for NaN
SLACK_S = 0.25  # two clocks, each read a moment apart
SLACK_SHARE = 1.01


def measured(
    sent: Mapping[str, Any], duration_s: float | None = None, elapsed_s: float | None = None
) -> tuple[dict[str, float | int | None], list[str]]:
    """The player's measures that have a column, and the names of those that were sent and cannot be.

    Parameters
    ----------
    sent : mapping
        As the page sent them; None counts as not sent.
    duration_s : float or None
        Of the step's sound; None: no such bound.
    elapsed_s : float or None
        From the step's coming up to its answer by the server's clock; None: not known.
    """
    measures: dict[str, float | int | None] = {}
    for name in (*TELEMETRY_MS, "heard_s"):
        value = sent.get(name)
        measures[name] = float(value) if is_number(value) and 0 <= value <= MAX_MS else None
    for name in TELEMETRY_COUNTS:
        value = sent.get(name)
        measures[name] = int(value) if is_number(value) and 0 <= value <= MAX_COUNT else None
    for name, most in _bounds(measures, duration_s, elapsed_s):
        measure = measures[name]
        if measure is not None and most is not None and measure > most:
            measures[name] = None
    return measures, [name for name in NAMES if measures[name] is None and sent.get(name) is not None]


def _bounds(
    measures: Mapping[str, float | int | None], duration_s: float | None, elapsed_s: float | None
) -> Iterator[tuple[str, float | None]]:
    """The most that each measure can be, given the others: pairs of name and limit (None: no limit known)."""
    total_ms = measures["rt_start_ms"]
    yield "rt_start_ms", None if elapsed_s is None else 1000 * _loose(elapsed_s)
    yield "rt_ms", None if total_ms is None else 1000 * _loose(total_ms / 1000)
    yield "first_play_ms", None if total_ms is None else 1000 * _loose(total_ms / 1000)
    yield "heard_s", None if total_ms is None else _loose(total_ms / 1000)
    yield "heard_s", None if elapsed_s is None else _loose(elapsed_s)
    plays = measures["plays"]
    yield "heard_s", None if plays is None or duration_s is None else _loose(plays * duration_s)


def _loose(seconds: float) -> float:
    return seconds * SLACK_SHARE + SLACK_S


def others(
    sent: Mapping[str, Any], durations_s: Sequence[float] = (), elapsed_s: float | None = None
) -> dict[str, Any] | None:
    """Further numbers that the page sent (of other steps, or by other names); None when there are none.

    Of a step with several sounds, whose ``durations_s`` are given, also what was measured of each under ``sounds``.
    """
    kept = {key: value for key, value in sent.items() if key not in NAMES and key.isidentifier() and len(key) <= 32}
    found: dict[str, Any] = {key: value for key, value in list(kept.items())[:20] if is_number(value)}
    each = sent.get("sounds")
    if len(durations_s) > 1 and isinstance(each, list) and len(each) == len(durations_s):
        found["sounds"] = [_of_sound(own, s, elapsed_s) for own, s in zip(each, durations_s, strict=True)]
    return found or None


def _of_sound(sent: Any, duration_s: float, elapsed_s: float | None) -> dict[str, float | int | None]:
    """The measures of one of several sounds; what cannot be is missing."""
    if not isinstance(sent, Mapping):
        return dict.fromkeys(OF_SOUND)
    total = {"rt_start_ms": None if elapsed_s is None else 1000 * elapsed_s}
    measures, _ = measured({name: sent.get(name) for name in OF_SOUND} | total, duration_s, elapsed_s)
    return {name: measures[name] for name in OF_SOUND}


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether this is a finite number within reason."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -MAX_NUMBER < value < MAX_NUMBER
