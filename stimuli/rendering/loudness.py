"""Measure and match loudness and true peaks (ITU-R BS.1770-4), and limit the peaks of a clip that are too high for it.

Audio is float [channels, samples]. Every stimulus of a set has one loudness. Where an excerpt's peaks would pass the
ceiling at that loudness, the set is not made quieter and no single condition is treated alone: the excerpt itself is
limited before any EQ, so that all conditions of the clip carry the same trace of the limiter.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pyloudnorm
import soxr
from scipy.ndimage import maximum_filter1d, uniform_filter1d

TARGET_LUFS = -23.0
TOLERANCE_LU = 0.1
CEILING_DBTP = -1.0
_ABSOLUTE_GATE_LUFS, _RELATIVE_GATE_LU = -70.0, 10.0
_CLOSE_LU, _STEPS = 0.001, 50
_OVERSAMPLING = 4
_LOOKAHEAD_S = 0.005


def integrated_lufs(audio: np.ndarray, sample_rate_hz: int) -> float:
    """Gated loudness in LUFS; minus infinity for silence, ValueError for less than 0.4 s."""
    return gated(blocks_lufs(audio, sample_rate_hz))


def blocks_lufs(audio: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """Loudness in LUFS of every 400 ms, overlapping by three quarters (the momentary loudness), by pyloudnorm."""
    if audio.shape[1] < 0.4 * sample_rate_hz:
        raise ValueError(f"Loudness needs 0.4 s of audio; there are {audio.shape[1] / sample_rate_hz:.2f} s.")
    meter = _meter(sample_rate_hz)
    with np.errstate(divide="ignore"):
        meter.integrated_loudness(audio.T)
    return np.array(meter.blockwise_loudness)


def gated(levels_lufs: np.ndarray) -> float:
    """The loudness of the blocks that pass the gates: -70 LUFS, then 10 LU below the mean of those that pass it."""
    passing = levels_lufs[levels_lufs >= _ABSOLUTE_GATE_LUFS]
    if not passing.size:
        return -np.inf
    return _mean_lufs(passing[passing > _mean_lufs(passing) - _RELATIVE_GATE_LU])


def gain_to(target_lufs: float, levels_lufs: np.ndarray) -> float:
    """The gain in dB that brings blocks to a gated loudness.

    A gain moves blocks over the absolute gate, and with them the mean: sparse sounds take several steps.

    Raises
    ------
    ValueError
        When all blocks are silent, or the steps do not end.
    """
    gain_db = 0.0
    for _ in range(_STEPS):
        lufs = gated(levels_lufs + gain_db)
        if not np.isfinite(lufs):
            raise ValueError("it is silent (below -70 LUFS throughout)")
        if abs(target_lufs - lufs) < _CLOSE_LU:
            return gain_db
        gain_db += target_lufs - lufs
    raise ValueError(f"it is too sparse to have a steady loudness: no gain found in {_STEPS} steps makes it -23 LUFS")


def alike(sounds: Sequence[np.ndarray], sample_rate_hz: int, target_lufs: float = TARGET_LUFS) -> list[np.ndarray]:
    """Versions of one sound at one loudness: the target, or lower by as much as the highest true peak needs.

    Parameters
    ----------
    sounds
        Each float [channels, samples].

    Raises
    ------
    ValueError
        When one of them is silent or lasts less than 0.4 s.
    """
    gains_db = [gain_to(target_lufs, blocks_lufs(sound, sample_rate_hz)) for sound in sounds]
    peaks_dbtp = [true_peak_dbtp(sound, sample_rate_hz) + gain for sound, gain in zip(sounds, gains_db, strict=True)]
    lower_db = max(0.0, max(peaks_dbtp) - CEILING_DBTP)
    return [sound * np.float32(10 ** ((gain - lower_db) / 20)) for sound, gain in zip(sounds, gains_db, strict=True)]


def _mean_lufs(levels_lufs: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(10 ** (levels_lufs / 10))))


@cache
def _meter(sample_rate_hz: int) -> pyloudnorm.Meter:
    return pyloudnorm.Meter(sample_rate_hz)


def true_peak_dbtp(audio: np.ndarray, sample_rate_hz: int) -> float:
    """True peak in dBTP, from the samples and four times as many between them."""
    between = _oversampled(audio, sample_rate_hz)
    return _decibels(max(audio.max(), -audio.min(), between.max(), -between.min()))


def limit(audio: np.ndarray, sample_rate_hz: int, ceiling_db: float) -> np.ndarray:
    """Turn audio down for some milliseconds round each peak above a ceiling, both channels alike.

    The gain looks 5 ms ahead and its curve is smoothed over the same time, so that it has no corners; audio that
    stays under the ceiling is returned as it is.
    """
    peaks = np.abs(_oversampled(audio, sample_rate_hz)).max(axis=0)
    n_samples = audio.shape[1]
    peaks = np.pad(peaks, (0, max(0, _OVERSAMPLING * n_samples - peaks.size)))[: _OVERSAMPLING * n_samples]
    peaks = np.maximum(peaks.reshape(n_samples, _OVERSAMPLING).max(axis=1), np.abs(audio).max(axis=0))
    over = np.maximum(0.0, 20 * np.log10(np.maximum(peaks, 1e-9)) - ceiling_db)
    if not over.any():
        return audio
    width = 2 * round(_LOOKAHEAD_S * sample_rate_hz) + 1
    # The maximum reaches one window further than the two averages, so that the peak itself is turned down in full.
    smooth_db = maximum_filter1d(over, 2 * width + 1)
    for _ in range(2):
        smooth_db = uniform_filter1d(smooth_db, width)
    smooth_db[smooth_db < 1e-6] = 0.0  # the running averages leave a trace of rounding behind
    return (audio * 10 ** (-smooth_db / 20)).astype(audio.dtype)


def _oversampled(audio: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    return soxr.resample(audio.T, sample_rate_hz, _OVERSAMPLING * sample_rate_hz, quality="HQ").T


def _decibels(amplitude: float) -> float:
    return float(20 * np.log10(max(float(amplitude), 1e-9)))
