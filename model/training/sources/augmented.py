"""Random gain and random EQ on top of any source."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from model.training.sources.base import Source

Equaliser = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]


class Augmented(Source):
    """Another source's excerpts at random levels, some of them equalised.

    Parameters
    ----------
    source : Source
    gain_db : (float, float)
        The gain is drawn evenly between these.
    equalise : callable, optional
        (audio [2, samples], sample rate in Hz, generator) -> equalised audio of the same shape.
    eq_probability : float
        The share of excerpts that ``equalise`` gets, 0 to 1.
    """

    def __init__(
        self,
        source: Source,
        gain_db: tuple[float, float] = (-12.0, 3.0),
        equalise: Equaliser | None = None,
        eq_probability: float = 0.5,
    ):
        super().__init__(source.sample_rate, source.duration_s)
        if not gain_db[0] <= gain_db[1]:
            raise ValueError(f"The gain's range is {gain_db[0]:g} to {gain_db[1]:g} dB: are its ends swapped?")
        if not 0 <= eq_probability <= 1:
            raise ValueError(f"The share of equalised excerpts is {eq_probability:g}, outside 0 to 1.")
        self.source, self.gain_db = source, gain_db
        self.equalise, self.eq_probability = equalise, eq_probability

    @property
    def skipped(self) -> dict[str, str]:
        return self.source.skipped

    def excerpt(self, rng: np.random.Generator) -> np.ndarray:
        audio = self.source.excerpt(rng)
        if self.equalise is not None and rng.uniform() < self.eq_probability:
            audio = self.equalise(audio, self.sample_rate, rng)
        return (audio * 10 ** (rng.uniform(*self.gain_db) / 20)).astype(np.float32)
