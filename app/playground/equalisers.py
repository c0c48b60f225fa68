"""The four conditions for a clip, at every position of the intensity slider; torch is loaded at the first request."""

import threading
from functools import cached_property

import numpy as np

from model import EQParams

CONDITIONS = ("original", "semantic", "flow", "static")
# The slider's positions: the page has the EQ of each before the slider moves.
INTENSITIES = tuple(round(step / 20, 2) for step in range(21))
LOUDNESS_LUFS = -23.0


class Equalisers:
    """The shipped systems, loaded once per process when somebody first needs them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @cached_property
    def systems(self) -> dict:
        """The system of each condition that has one."""
        from model import FlowEQ, SemanticEQ, StaticEQ

        return {"semantic": SemanticEQ.load(), "flow": FlowEQ.load(), "static": StaticEQ.load()}

    @property
    def descriptors(self) -> list[str]:
        """The descriptors that every system knows."""
        with self._lock:
            known = [set(system.descriptors) for system in self.systems.values()]
            return [word for word in self.systems["semantic"].descriptors if all(word in words for words in known)]

    def profile(self, audio: np.ndarray, sample_rate_hz: int) -> dict[str, float]:
        """How much a clip already sounds like each descriptor."""
        with self._lock:
            scores = self.systems["semantic"].describe(audio, sample_rate_hz)
        return {word: float(score) for word, score in scores.items()}

    def propose(
        self, audio: np.ndarray, sample_rate_hz: int, weights: dict[str, float], condition: str, intensity: float
    ) -> EQParams:
        """One EQ.

        Parameters
        ----------
        audio : float32 [channels, samples].
        sample_rate_hz : in Hz.
        weights : share of each descriptor, e.g. ``{"warm": 0.5, "airy": 0.5}``; they are normalised to sum 1.
        condition : one of `CONDITIONS`.
        intensity : 0 (untouched) to 1.

        Raises
        ------
        ValueError
            For an unknown descriptor or condition, or an intensity outside 0..1.
        """
        if condition not in CONDITIONS:
            raise ValueError(f"There is no condition {condition!r}; there are {', '.join(CONDITIONS)}.")
        if unknown := set(weights) - set(self.descriptors):
            raise ValueError(f"There is no descriptor {min(unknown)!r}; there are {', '.join(self.descriptors)}.")
        if condition == "original":
            return EQParams.flat()
        with self._lock:
            return self.systems[condition].propose(audio, sample_rate_hz, _request(weights), intensity=intensity)


def _request(weights: dict[str, float]) -> str:
    """A descriptor, or a blend in the form that `propose` takes: ``warm:0.5,airy:0.5``."""
    total = sum(weights.values())
    if not weights or not np.isfinite(total) or total <= 0 or min(weights.values()) < 0:
        raise ValueError(f"The descriptors' weights are {weights}; give at least one a weight above 0.")
    if len(weights) == 1:
        return next(iter(weights))
    return ",".join(f"{word}:{weight / total:.4f}" for word, weight in weights.items())
