"""What is odd about a recording: clipped, one-sided, of a narrow band, shorter than the excerpt.

An oddity is a warning, not a refusal: the experimenter may want the recording as it is. It is listened to block by
block, so that a long recording takes no more memory than a short one.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.fft import rfft

FULL_SCALE = 0.9995
CLIPPED_SAMPLES, MOST_CLIPPED_RUNS = 3, 10  # so many samples in a row at full scale; so often
ONE_SIDED_DB = 20.0
NARROW_BAND_HZ = 10_000.0
BAND_FLOOR_DB = -90.0  # below the spectrum's maximum, where a band counts as empty
_N_FFT = 2048


def oddities(blocks: Iterable[tuple[np.ndarray, int]], duration_s: float) -> tuple[str, ...]:
    """Sentences about a recording.

    Parameters
    ----------
    blocks
        float32 [samples, channels] and the sample rate in Hz, as `stimuli.music.audio.blocks` gives them.
    duration_s
        Of the excerpt that is to be taken.
    """
    heard: _Heard | None = None
    for block, rate_hz in blocks:
        heard = heard or _Heard(block.shape[1], rate_hz)
        heard.add(block)
    if heard is None:
        return ()
    found = (_short(heard, duration_s), _clipped(heard), _one_sided(heard), _narrow(heard))
    return tuple(sentence for sentence in found if sentence)


def same_as(clip: str) -> str:
    """The sentence about a recording that holds the excerpt of an earlier clip."""
    return f"It holds the same sound as {clip}."


class _Heard:
    """What was measured of a recording so far."""

    def __init__(self, n_channels: int, rate_hz: int) -> None:
        self.rate_hz, self.n_samples, self.n_clipped_runs = rate_hz, 0, 0
        self.energy = np.zeros(n_channels)
        self.spectrum = np.zeros(_N_FFT // 2 + 1)
        self._was_full = np.zeros((n_channels, CLIPPED_SAMPLES), bool)
        self._rest = np.zeros(0, np.float32)
        self._window = _blackman_harris()

    def add(self, block: np.ndarray) -> None:
        """Listen to the next [samples, channels]."""
        channels = np.ascontiguousarray(block.T)
        self.n_samples += len(block)
        self.energy += [float(channel @ channel) for channel in channels]
        # Clipped samples stay together, whatever their sign.
        full = np.concatenate([self._was_full, np.abs(channels) >= FULL_SCALE], axis=1)
        runs = full[:, :-2] & full[:, 1:-1] & full[:, 2:]
        self.n_clipped_runs += int((runs[:, 1:] & ~runs[:, :-1]).sum())
        self._was_full = full[:, -CLIPPED_SAMPLES:]
        self._add_spectrum(np.concatenate([self._rest, channels.mean(axis=0)]))

    def _add_spectrum(self, sound: np.ndarray) -> None:
        """Welch's method: windows that overlap by half."""
        hop = _N_FFT // 2
        n_windows = max(0, (len(sound) - hop) // hop)
        if n_windows:
            parts = np.lib.stride_tricks.sliding_window_view(sound, _N_FFT)[::hop][:n_windows]
            spectra = rfft((parts - parts.mean(axis=1, keepdims=True)) * self._window, axis=1)
            self.spectrum += (spectra.real**2 + spectra.imag**2).sum(axis=0)
        self._rest = sound[n_windows * hop :]


def _blackman_harris() -> np.ndarray:
    """A window whose side lobes lie 92 dB under its main one, below `BAND_FLOOR_DB`."""
    turn = 2 * np.pi * np.arange(_N_FFT) / _N_FFT
    window = 0.35875 - 0.48829 * np.cos(turn) + 0.14128 * np.cos(2 * turn) - 0.01168 * np.cos(3 * turn)
    return window.astype(np.float32)


def _short(heard: _Heard, duration_s: float) -> str | None:
    length_s = heard.n_samples / heard.rate_hz
    if round(length_s, 2) >= round(duration_s, 2):
        return None
    return f"It lasts {length_s:.1f} s, less than the excerpt of {duration_s:g} s, and is taken whole."


def _clipped(heard: _Heard) -> str | None:
    n_runs = heard.n_clipped_runs
    return None if n_runs < MOST_CLIPPED_RUNS else f"It is clipped in {n_runs} places."


def _one_sided(heard: _Heard) -> str | None:
    if len(heard.energy) != 2:
        return None
    left, right = 10 * np.log10(heard.energy / heard.n_samples + 1e-12)
    if round(abs(left - right), 2) < ONE_SIDED_DB:
        return None
    return f"Its {'right' if left > right else 'left'} side is {abs(left - right):.0f} dB quieter than the other."


def _narrow(heard: _Heard) -> str | None:
    if not heard.spectrum.any():
        return None
    level_db = 10 * np.log10(heard.spectrum / heard.spectrum.max() + 1e-30)
    band_hz = np.flatnonzero(level_db > BAND_FLOOR_DB)[-1] * heard.rate_hz / _N_FFT
    return None if band_hz >= NARROW_BAND_HZ else f"It has nothing above {band_hz / 1000:.1f} kHz."
