"""A five-band parametric equaliser in the 13 parameters of SAFE-DB's plug-in.

Bands in series: low shelf, three peaking filters, high shelf; gains in dB, frequencies in Hz. The order of the 13
numbers is SAFE-DB's: low-shelf gain, frequency | gain, frequency, Q of each peaking filter | high-shelf gain,
frequency. The filters are the biquads of R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter
coefficients"; the shelves have Q 0.71, as in the plug-in. Audio is float, [channels, samples] or [samples].
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

GAIN_LIMIT_DB = 12.0
Q_RANGE = (0.1, 10.0)
FREQUENCY_RANGE_HZ = (10.0, 22_000.0)
SHELF_Q = 0.71
GAINS = np.array([0, 2, 5, 8, 11])
FREQUENCIES = np.array([1, 3, 6, 9, 12])
QS = np.array([4, 7, 10])
FLAT = np.array([0, 80.0, 0, 300.0, 0.71, 0, 1000.0, 0.71, 0, 3300.0, 0.71, 0, 8200.0])
MAX_CHANNELS = 64
# Where curves are compared: 96 log-spaced frequencies.
GRID_HZ = np.geomspace(40.0, 16_000.0, 96)
# The plug-in's own range of each parameter.
LOW = np.array([-12, 22, -12, 82, 0.1, -12, 180, 0.1, -12, 220, 0.1, -12, 580.0])
HIGH = np.array([12, 1000, 12, 3900, 10, 12, 4700, 10, 12, 10_000, 10, 12, 20_000.0])
# Above this share of the sample rate a biquad is warped beyond use, so that higher bands are held there.
_HIGHEST_SHARE = 0.49


@dataclass(frozen=True)
class EQParams:
    """One setting of the equaliser.

    Parameters
    ----------
    values : tuple of 13 floats
        In SAFE-DB's order (see the module); gains within +-12 dB, frequencies in Hz, Q within 0.1 to 10.
    """

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        values = check(np.asarray(self.values, dtype=float).reshape(1, -1))[0]
        object.__setattr__(self, "values", tuple(float(value) for value in values))

    @classmethod
    def from_safe(cls, values: Iterable[float]) -> EQParams:
        """Make a setting from 13 numbers in SAFE-DB's order; ValueError names the one out of range."""
        return cls(tuple(values))

    @classmethod
    def flat(cls) -> EQParams:
        """Make the setting that changes nothing."""
        return cls(tuple(FLAT))

    def to_safe(self) -> list[float]:
        """Return the 13 floats in SAFE-DB's order: gain dB, Hz | gain, Hz, Q (x3) | gain, Hz."""
        return list(self.values)

    @property
    def gains_db(self) -> np.ndarray:
        """Gains of the five bands, dB."""
        return np.array(self.values)[GAINS]

    @property
    def frequencies_hz(self) -> np.ndarray:
        """Centre or corner frequencies of the five bands, Hz."""
        return np.array(self.values)[FREQUENCIES]

    def scaled(self, factor: float) -> EQParams:
        """Return the setting with all gains multiplied by ``factor`` and held within +-12 dB."""
        values = np.array(self.values)
        values[GAINS] = np.clip(values[GAINS] * factor, -GAIN_LIMIT_DB, GAIN_LIMIT_DB)
        return EQParams(tuple(values))

    def response(self, frequencies_hz: ArrayLike, sample_rate: float) -> np.ndarray:
        """Return the magnitude response in dB at ``frequencies_hz`` (any shape)."""
        check_rate(sample_rate)
        frequencies_hz = np.asarray(frequencies_hz, dtype=float)
        curve = response_db(np.array(self.values)[None], frequencies_hz.ravel(), sample_rate)
        return curve[0].reshape(frequencies_hz.shape)

    def sos(self, sample_rate: float) -> np.ndarray:
        """Return the second-order sections [5, 6] that `scipy.signal.sosfilt` takes."""
        check_rate(sample_rate)
        return biquads(np.array(self.values)[None], sample_rate)[0]

    def apply(self, audio: np.ndarray, sample_rate: float) -> np.ndarray:
        """Equalise ``audio``.

        Bands at 0 dB are left out, so that a flat setting returns the samples untouched. Nothing is clipped or
        normalised: what was loud may exceed 1. Silence stays silence; any length from one sample and any number of
        channels up to 64 work.

        Parameters
        ----------
        audio : float array [channels, samples] or [samples]
        sample_rate : float
            Hz, 4000 or more.

        Returns
        -------
        float32 array of the same shape

        Raises
        ------
        ValueError
            For no samples, integers, NaN or infinite samples, or channels in the last axis.
        """
        audio = check_audio(audio, sample_rate)
        active = self.sos(sample_rate)[self.gains_db != 0.0]
        if len(active) == 0:
            return audio.astype(np.float32)
        # Imported here: it takes half a second, and many who import this room filter nothing.
        from scipy.signal import sosfilt

        return sosfilt(active, audio, axis=-1).astype(np.float32)


def check(parameters: np.ndarray) -> np.ndarray:
    """Return ``parameters`` [n, 13], or raise a ValueError that names the first value out of range."""
    if parameters.ndim != 2 or parameters.shape[1] != 13:
        raise ValueError(f"An EQ setting has 13 numbers, got {parameters.shape[-1]}: is a column missing or too many?")
    limits = (("gain", GAINS, -GAIN_LIMIT_DB, GAIN_LIMIT_DB), ("frequency", FREQUENCIES, *FREQUENCY_RANGE_HZ))
    for name, columns, low, high in (*limits, ("Q", QS, *Q_RANGE)):
        values = parameters[:, columns]
        wrong = ~((values >= low - 1e-6) & (values <= high + 1e-6))
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise ValueError(
                f"Parameter {columns[column] + 1} of 13, a {name}, is {values[row, column]:g}, outside {low:g} to "
                f"{high:g}: are the numbers in SAFE-DB's order (gain, Hz | gain, Hz, Q x3 | gain, Hz)?"
            )
    return parameters


def check_audio(audio: np.ndarray, sample_rate: float) -> np.ndarray:
    """Return ``audio`` as an array, or raise a ValueError that says what is wrong with it."""
    audio = np.asarray(audio)
    check_rate(sample_rate)
    if not np.issubdtype(audio.dtype, np.floating):
        cause = "divide integers by full scale." if audio.dtype.kind in "iu" else "is it an array of samples?"
        raise ValueError(f"Audio must be floating point in -1..1, got {audio.dtype}: {cause}")
    if audio.ndim not in (1, 2) or audio.size == 0:
        raise ValueError(f"Audio must be [channels, samples] with at least one sample, got shape {audio.shape}.")
    if audio.ndim == 2 and audio.shape[0] > MAX_CHANNELS:
        raise ValueError(f"Audio has {audio.shape[0]} channels, more than {MAX_CHANNELS}: are channels the last axis?")
    # The energy is infinite or NaN if any sample is, and takes a tenth of the time of looking at each; loud samples
    # may overflow, so that only then each is looked at.
    samples = audio.ravel()
    with np.errstate(all="ignore"):
        suspicious = not np.isfinite(samples @ samples)
    if suspicious and not np.isfinite(samples).all():
        raise ValueError("Audio holds NaN or infinite samples: was it divided by a peak of zero?")
    return audio


def check_rate(sample_rate: float) -> None:
    """Raise a ValueError for a sample rate outside 4 to 768 kHz."""
    if not 4000 <= sample_rate <= 768_000:
        raise ValueError(f"The sample rate is {sample_rate:g} Hz, outside 4000 to 768000: was it given in kHz?")


def biquads(parameters: np.ndarray, sample_rate: float) -> np.ndarray:
    """Return the biquads of many settings.

    Parameters
    ----------
    parameters : float array [n, 13]
    sample_rate : float, Hz

    Returns
    -------
    float array [n, 5, 6] : b0, b1, b2, 1, a1, a2 of low shelf, three peaking filters, high shelf
    """
    parameters = np.asarray(parameters, dtype=float)
    gain = 10 ** (parameters[:, GAINS] / 40)
    angle = 2 * np.pi * np.minimum(parameters[:, FREQUENCIES] / sample_rate, _HIGHEST_SHARE)
    q = np.full_like(gain, SHELF_Q)
    q[:, 1:4] = parameters[:, QS]
    cosine, alpha = np.cos(angle), np.sin(angle) / (2 * q)
    peak = np.stack([1 + alpha * gain, -2 * cosine, 1 - alpha * gain, 1 + alpha / gain, -2 * cosine, 1 - alpha / gain])
    sos = np.moveaxis(peak, 0, -1)
    sos[:, 0] = _shelf(gain[:, 0], cosine[:, 0], alpha[:, 0], side=1)
    sos[:, 4] = _shelf(gain[:, 4], cosine[:, 4], alpha[:, 4], side=-1)
    return np.ascontiguousarray(sos / sos[..., 3:4])


def _shelf(gain: np.ndarray, cosine: np.ndarray, alpha: np.ndarray, side: int) -> np.ndarray:
    """Return [n, 6]; the high shelf (side -1) is the low shelf's mirror image in frequency."""
    cosine = side * cosine
    slope = 2 * np.sqrt(gain) * alpha
    more, less = gain + 1, gain - 1
    numerator = [more - less * cosine + slope, 2 * side * (less - more * cosine), more - less * cosine - slope]
    denominator = [more + less * cosine + slope, -2 * side * (less + more * cosine), more + less * cosine - slope]
    return np.stack([*(gain * term for term in numerator), *denominator], axis=-1)


def response_db(parameters: np.ndarray, frequencies_hz: np.ndarray, sample_rate: float) -> np.ndarray:
    """Return the magnitude responses in dB [n, frequencies] of settings [n, 13]."""
    sos = biquads(parameters, sample_rate)
    z = np.exp(-2j * np.pi * np.asarray(frequencies_hz, dtype=float) / sample_rate)
    powers = np.stack([np.ones_like(z), z, z**2])
    numerator, denominator = sos[..., :3] @ powers, sos[..., 3:] @ powers
    return 20 * np.log10(np.abs(numerator / denominator)).sum(axis=1)


def normalise(parameters: np.ndarray) -> np.ndarray:
    """Map settings [n, 13] onto -1..1 over the plug-in's ranges: gains linearly, frequencies and Q by logarithm."""
    low, high = _warp(LOW), _warp(HIGH)
    return 2 * (_warp(np.clip(parameters, LOW, HIGH)) - low) / (high - low) - 1


def denormalise(values: np.ndarray) -> np.ndarray:
    """Undo `normalise`; values outside -1..1 are held there."""
    low, high = _warp(LOW), _warp(HIGH)
    parameters = low + (np.clip(values, -1, 1) + 1) / 2 * (high - low)
    warped = np.concatenate([FREQUENCIES, QS])
    parameters[..., warped] = np.exp(parameters[..., warped])
    return np.clip(parameters, LOW, HIGH)


def sort_peaks(parameters: np.ndarray) -> np.ndarray:
    """Return settings [n, 13] with the peaking filters in order of frequency, which leaves the response as it is."""
    parameters = np.array(parameters, dtype=float)
    peaks = parameters[:, 2:11].reshape(-1, 3, 3)
    order = np.argsort(peaks[:, :, 1], axis=1, kind="stable")
    parameters[:, 2:11] = np.take_along_axis(peaks, order[:, :, None], axis=1).reshape(-1, 9)
    return parameters


def _warp(parameters: np.ndarray) -> np.ndarray:
    warped = np.array(parameters, dtype=float)
    columns = np.concatenate([FREQUENCIES, QS])
    warped[..., columns] = np.log(warped[..., columns])
    return warped
