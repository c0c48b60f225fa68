"""The conditions for a clip, at every position of the intensity slider; torch is loaded at the first request."""

from __future__ import annotations

import threading
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from model import EQParams

# The slider's positions: the page has the EQ of each before the slider moves.
INTENSITIES = tuple(round(step / 20, 2) for step in range(21))
LOUDNESS_LUFS = -23.0
FIT_RATE_HZ = 44_100
FIT_STARTS = 2


class Equalisers:
    """The shipped systems, loaded when they are first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blended = lru_cache(maxsize=64)(self._fit_blend)

    @cached_property
    def systems(self) -> dict[str, Any]:
        """The system of each condition that has one."""
        import model

        return {condition: system.load() for condition, system in model.systems().items()}

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

    def paths(self, audio: np.ndarray, sample_rate_hz: int, weights: dict[str, float]) -> dict[str, list[EQParams]]:
        """The EQ of each condition at each of `INTENSITIES`.

        Parameters
        ----------
        audio : float32 [channels, samples].
        sample_rate_hz : in Hz.
        weights : share of each descriptor, e.g. ``{"warm": 0.5, "airy": 0.5}``; they are normalised to sum 1.

        Raises
        ------
        ValueError
            For an unknown descriptor, or no weight above 0.
        """
        from model import EQParams

        shares = self._shares(weights)
        blend = ",".join(f"{word}:{share:.4f}" for word, share in shares)
        with self._lock:
            semantic = self.systems["semantic"].path(audio, sample_rate_hz, blend, INTENSITIES)
            fixed = {condition: self._blended(condition, shares) for condition in ("flow", "static")}
        return scaled({"original": EQParams.flat()}) | {"semantic": semantic} | scaled(fixed)

    @cached_property
    def references(self) -> dict[str, Any]:
        """The systems that take a clip to the sound of another recording."""
        from model import MatchEQ, ReferenceEQ

        return {"match": MatchEQ(), "reference": ReferenceEQ.load(semantic=self.systems["semantic"])}

    def paths_to(
        self, audio: np.ndarray, sample_rate_hz: int, reference: np.ndarray, reference_rate_hz: int
    ) -> dict[str, list[EQParams]]:
        """The EQ towards another recording, of each system that does so, at each of `INTENSITIES`."""
        from model import EQParams

        sounds = (audio, sample_rate_hz, reference, reference_rate_hz)
        with self._lock:
            found = {name: system.propose(*sounds) for name, system in self.references.items()}
        return scaled({"original": EQParams.flat()} | found)

    def fixed(self, descriptor: str) -> EQParams:
        """The fixed curve of a descriptor."""
        with self._lock:
            return self._blended("static", ((descriptor, 1.0),))

    def _shares(self, weights: dict[str, float]) -> tuple[tuple[str, float], ...]:
        if unknown := set(weights) - set(self.descriptors):
            raise ValueError(f"Unknown descriptor {min(unknown)!r} (known: {', '.join(self.descriptors)}).")
        total = sum(weights.values())
        if total <= 0:
            raise ValueError("Every descriptor has weight 0: give at least one a weight above it.")
        return tuple((word, weight / total) for word, weight in sorted(weights.items()) if weight > 0)

    def _fit_blend(self, condition: str, shares: tuple[tuple[str, float], ...]) -> EQParams:
        """A fixed curve: the descriptor's own, or for a blend the 13 parameters nearest to the mean response."""
        from model.eq import GRID_HZ, EQParams
        from model.fitting import fit_curve

        # These systems do not listen; they only check that there is audio.
        settings = [self.systems[condition].propose(np.zeros((1, 1)), FIT_RATE_HZ, word) for word, _ in shares]
        if len(settings) == 1:
            return settings[0]
        responses = [setting.response(GRID_HZ, FIT_RATE_HZ) for setting in settings]
        target_db = sum(share * response for (_, share), response in zip(shares, responses, strict=True))
        return EQParams.from_safe(fit_curve(target_db, FIT_STARTS, np.random.default_rng(0)))


def scaled(settings: dict[str, EQParams]) -> dict[str, list[EQParams]]:
    """Each setting at each of `INTENSITIES`."""
    return {name: [setting.scaled(intensity) for intensity in INTENSITIES] for name, setting in settings.items()}
