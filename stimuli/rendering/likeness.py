"""What a rendered file did to the excerpt besides equalising it: channels, polarity, width, fades.

Nothing but its EQ may give a condition away. Audio is float [2, samples], excerpt and render aligned to 1 ms. What
an EQ did is estimated as a finite impulse response by least squares (Wiener-Hopf) on the excerpt's middle.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_toeplitz
from scipy.signal import coherence, fftconvolve

WIDTH_TOLERANCE_DB = 6.0
FADE_TOLERANCE_DB, FADE_TOLERANCE_S = 1.5, 0.02
_FRAME_S, _EDGE_S = 0.01, 0.5
_N_TAPS, _N_BEFORE = 2048, 256
_SWAPPED_BY, _LEAST_LIKENESS = 0.02, 0.5
_SILENT_SHARE = 1e-6
_SIDES = ("left", "right")


def check_only_equalised(sound: np.ndarray, excerpt: np.ndarray, rate_hz: int, name: str, clip: str) -> None:
    """Raise a ValueError that says what else was done to the excerpt of a clip in the file ``name``."""
    swapped = f"{name} has left and right swapped against the excerpt of {clip}; exchange its channels."
    if _crossed(sound, excerpt, rate_hz):
        raise ValueError(swapped)
    edge = min(round(_EDGE_S * rate_hz), excerpt.shape[1] // 4)
    middle = slice(edge, excerpt.shape[1] - edge)
    responses = [_response(x[middle], y[middle]) for x, y in zip(excerpt, sound, strict=True)]
    inverted = [side for side, h in zip(_SIDES, responses, strict=True) if h[np.abs(h).argmax()] < 0]
    if inverted:
        which = f"its {inverted[0]} channel inverted" if len(inverted) == 1 else "inverted polarity"
        raise ValueError(f"{name} has {which} against the excerpt of {clip}; render it without a change of polarity.")
    (source, result) = max(zip(_middle_and_side(excerpt), _middle_and_side(sound), strict=True), key=_energy)
    response = _response(source[middle], result[middle])
    expected = _filtered(excerpt, response)
    if side_likeness(sound, expected) < -_LEAST_LIKENESS:  # the channels are too much alike to tell them apart before
        raise ValueError(swapped)
    change_db = width_change_db(sound, expected)
    if abs(change_db) > WIDTH_TOLERANCE_DB:
        how = f"{abs(change_db):.1f} dB {'less' if change_db < 0 else 'more'} difference between left and right"
        raise ValueError(
            f"{name} has {how} than an EQ leaves of the excerpt of {clip} (at most {WIDTH_TOLERANCE_DB:g} dB); "
            f"{'was it rendered in mono' if change_db < 0 else 'did an effect widen it'}?"
        )
    deviation_db = _deviation_db(result, _filtered(source[None], response)[0], rate_hz)
    for where, frames in (("begins", deviation_db), ("ends", deviation_db[::-1])):
        faded_s = deviating_s(frames)
        if faded_s > FADE_TOLERANCE_S:
            raise ValueError(
                f"{name} {where} with another fade than the excerpt of {clip}: its level differs by over "
                f"{FADE_TOLERANCE_DB:g} dB for {1000 * faded_s:.0f} ms (at most {1000 * FADE_TOLERANCE_S:.0f}); "
                "render the excerpt as it is, fades included."
            )


def width_change_db(sound: np.ndarray, expected: np.ndarray) -> float:
    """By how many dB the difference between the channels is larger than expected, to a tenth."""
    floor = _SILENT_SHARE * float((expected**2).sum())
    found, wanted = (max(float(((each[0] - each[1]) ** 2).sum() / 2), floor) for each in (sound, expected))
    return round(10 * np.log10(found / wanted), 1)


def side_likeness(sound: np.ndarray, expected: np.ndarray) -> float:
    """Correlation of left minus right with the expected one, from -1 to 1; 0 where there is none."""
    found, wanted = sound[0] - sound[1], expected[0] - expected[1]
    if (wanted**2).sum() < _SILENT_SHARE * (expected**2).sum() or not found.any():
        return 0.0
    return float((found * wanted).sum() / np.sqrt((found**2).sum() * (wanted**2).sum()))


def deviating_s(deviation_db: np.ndarray) -> float:
    """How long, from the first frame that is not silent (NaN) on, the level differs by more than the tolerance."""
    deviation_db = deviation_db[~np.isnan(deviation_db)]
    within = np.abs(deviation_db) <= FADE_TOLERANCE_DB
    n_frames = int(within.argmax()) if within.any() else within.size
    return round(n_frames * _FRAME_S, 6)


def _crossed(sound: np.ndarray, excerpt: np.ndarray, rate_hz: int) -> bool:
    def alike(pairs: tuple[tuple[int, int], ...]) -> float:
        found = [coherence(sound[a], excerpt[b], rate_hz, nperseg=4096) for a, b in pairs]
        return float(np.mean([np.nan_to_num(likeness[(hz > 100) & (hz < 8000)]).mean() for hz, likeness in found]))

    with np.errstate(invalid="ignore", divide="ignore"):  # a silent channel is like nothing
        return alike(((0, 1), (1, 0))) > alike(((0, 0), (1, 1))) + _SWAPPED_BY


def _middle_and_side(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (sound[0] + sound[1]) / 2, (sound[0] - sound[1]) / 2


def _energy(pair: tuple[np.ndarray, np.ndarray]) -> float:
    return float((pair[0] ** 2).sum())


def _response(source: np.ndarray, result: np.ndarray) -> np.ndarray:
    """The impulse response that makes ``result`` of ``source`` with the least squared error."""
    n_fft = 1 << (2 * source.size - 1).bit_length()
    spectrum = np.fft.rfft(source, n_fft)
    own = np.fft.irfft(np.abs(spectrum) ** 2)[:_N_TAPS]
    cross = np.fft.irfft(np.fft.rfft(result, n_fft) * spectrum.conj())
    own[0] += 1e-6 * own[0] + 1e-12
    return solve_toeplitz(own, np.concatenate([cross[-_N_BEFORE:], cross[: _N_TAPS - _N_BEFORE]]))


def _filtered(excerpt: np.ndarray, response: np.ndarray) -> np.ndarray:
    return fftconvolve(excerpt, response[None], axes=1)[:, _N_BEFORE : _N_BEFORE + excerpt.shape[1]]


def _deviation_db(sound: np.ndarray, expected: np.ndarray, rate_hz: int) -> np.ndarray:
    """Level of each 10 ms against the expected one; NaN where that is silent."""
    step = round(_FRAME_S * rate_hz)
    n_samples = sound.size // step * step
    found, wanted = ((each[:n_samples] ** 2).reshape(-1, step).sum(axis=1) for each in (sound, expected))
    floor = _SILENT_SHARE * wanted.max()
    return np.where(wanted > floor, 10 * np.log10((found + floor / 10) / (wanted + floor / 10)), np.nan)
