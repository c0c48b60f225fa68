"""A clip's descriptor profile over time."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.request import SHORTEST_S, SILENCE
from model.semantic import SemanticEQ


@dataclass(frozen=True)
class Moment:
    """What is heard from ``start_s`` to ``stop_s``: a score per descriptor, or None where it is silent."""

    start_s: float
    stop_s: float
    scores: dict[str, float] | None


def profile(
    eq: SemanticEQ,
    audio: np.ndarray,
    sample_rate: float,
    step_s: float = 5.0,
    window_s: float = 10.0,
    track: Callable[[list[int]], Iterable[int]] = iter,
) -> list[Moment]:
    """Describe ``audio`` [channels, samples] in windows of ``window_s`` seconds, one every ``step_s`` seconds.

    Raises ValueError for a step or window below 0.2 s, and for audio that `SemanticEQ.describe` refuses throughout.
    """
    for name, value in (("step", step_s), ("window", window_s)):
        if not SHORTEST_S <= value <= 3600:
            raise ValueError(f"The {name} is {value:g} s, outside {SHORTEST_S} to 3600.")
    audio = np.atleast_2d(audio)
    n, total = int(window_s * sample_rate), audio.shape[1]
    starts = [int(start) for start in np.arange(0, max(total - n, 0) + 1, step_s * sample_rate)]
    moments = []
    for start in track(starts):
        part = audio[:, start : start + n]
        silent = part.size > 0 and float(np.abs(part).max()) < SILENCE
        scores = None if silent else eq.describe(part, sample_rate)
        moments.append(Moment(start / sample_rate, min(start + n, total) / sample_rate, scores))
    if all(moment.scores is None for moment in moments):
        raise ValueError("The audio is silent throughout: there is no timbre to describe.")
    return moments


def write_csv(path: Path, moments: list[Moment], descriptors: list[str]) -> None:
    """Write one row per moment: start_s, stop_s, and a column per descriptor, empty where it is silent."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["start_s", "stop_s", *descriptors])
        for moment in moments:
            scores = moment.scores or {}
            writer.writerow([moment.start_s, moment.stop_s, *(scores.get(name, "") for name in descriptors)])
