"""Pink noise: equal power per octave, a sound with no timbre of its own."""

from __future__ import annotations

import numpy as np

from model.training.sources.base import CHANNELS, Source

LOWEST_HZ = 20.0
RMS = 0.1


class PinkNoise(Source):
    """Gaussian noise whose power falls by 3 dB an octave above 20 Hz, at -20 dBFS RMS.

    The correlation between left and right is drawn anew for each excerpt, from mono to unrelated.
    """

    def excerpt(self, rng: np.random.Generator) -> np.ndarray:
        frequencies = np.fft.rfftfreq(self.n_samples, 1 / self.sample_rate)
        shape = np.where(frequencies >= LOWEST_HZ, 1 / np.sqrt(np.maximum(frequencies, LOWEST_HZ)), 0.0)
        shared, width = rng.standard_normal(self.n_samples), rng.uniform()
        own = rng.standard_normal((CHANNELS, self.n_samples))
        white = np.sqrt(1 - width) * shared + np.sqrt(width) * own
        audio = np.fft.irfft(np.fft.rfft(white) * shape, self.n_samples)
        return (RMS * audio / np.sqrt(np.mean(audio**2))).astype(np.float32)
