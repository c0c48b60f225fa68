"""What every system makes of a request before it proposes: the words asked for, and what there is to hear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
import torch

from model.encoder import features, representative
from model.eq import check_audio

SHORTEST_S = 0.2
SILENCE = 1e-5
# From this peak on (-80 dBFS) a sound is taken in full; below, ever less down to two steps of 16 bits, which dither
# alone reaches.
PRESENT, DITHER = 1e-4, 6.2e-5
_A_FEW = 1024
_MOST_REMEMBERED = 64
_Analysed = tuple[torch.Tensor, torch.Tensor]
_remembered: ContextVar[list[tuple[np.ndarray, float, _Analysed]] | None] = ContextVar("remembered", default=None)


def check_request(
    audio: np.ndarray, sample_rate: float, descriptor: str, intensity: float, known: Sequence[str]
) -> dict[str, float]:
    """Return the blend asked for (see `read_blend`); a ValueError says what of a request cannot be met."""
    check_audio(audio, sample_rate)
    check_intensity(intensity)
    return read_blend(descriptor, known)


def check_intensity(intensity: float) -> None:
    """Raise a ValueError for an intensity outside 0 to 1."""
    if not 0 <= intensity <= 1:
        raise ValueError(f"The intensity is {intensity:g}, outside 0 to 1: was it given in per cent?")


def read_blend(text: str, known: Sequence[str]) -> dict[str, float]:
    """Return the weight of every word in "warm" or "warm:0.5,bright:0.3"; ValueError for words that are not known."""
    blend: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = part.partition(":")
        if name.strip().isdecimal() and name.strip() not in known:
            raise ValueError(
                f"The blend {text!r} has a number in a word's place: write weights with a point (warm:0.5)."
            )
        name = known_descriptor(name, known)
        if name in blend:
            raise ValueError(f"The blend {text!r} has {name!r} twice: give each word one weight.")
        try:
            weight = float(number) if number.strip() else 1.0
        except ValueError:
            weight = np.nan
        if not 0 <= weight <= 1:
            raise ValueError(f"The weight of {name!r} is {number!r}, expected a number from 0 to 1 (warm:0.5).")
        blend[name] = weight
    return blend


def known_descriptor(descriptor: str, known: Sequence[str]) -> str:
    """Return the one of ``known`` that ``descriptor`` names, whatever its case and spaces; ValueError for none."""
    name = descriptor.strip().lower()
    if name not in known:
        raise ValueError(f"Unknown descriptor {name!r}: this model knows {', '.join(known)}.")
    return name


def heard(audio: np.ndarray, sample_rate: float) -> np.ndarray:
    """Return what is listened to of ``audio``, with a peak of 1: all, or twelve excerpts of more than 2 minutes.

    Parameters
    ----------
    audio : float array [channels, samples] or [samples]
    sample_rate : float, Hz

    Returns
    -------
    float32 array [channels, samples]

    Raises
    ------
    ValueError
        If there is no timbre to listen to: audio that `model.eq.check_audio` refuses, shorter than 0.2 s, or silent.
    """
    audio = np.atleast_2d(check_audio(audio, sample_rate))
    duration_s = audio.shape[1] / sample_rate
    if duration_s < SHORTEST_S:
        raise ValueError(f"The audio lasts {duration_s:.3g} s; {SHORTEST_S} s or more is needed to hear its timbre.")
    audio = representative(audio, sample_rate)
    peak = _peak(audio)
    if peak < SILENCE:
        raise ValueError(f"The audio is silent (its peak is {peak:.1g}): there is no timbre to listen to.")
    return (audio / peak).astype(np.float32, copy=False)


def analysed(audio: np.ndarray, sample_rate: float) -> _Analysed:
    """Return long-term spectrum [1, 80] and texture [1, 12, 80] (`model.encoder.features`) of what is `heard`."""
    kept = _remembered.get()
    for sound, rate, found in kept or ():
        if sound is audio and rate == sample_rate:
            return found
    with torch.no_grad():
        found = features(torch.from_numpy(heard(audio, sample_rate))[None], sample_rate)
    if kept is not None:
        kept.append((audio, sample_rate, found))
        del kept[:-_MOST_REMEMBERED]
    return found


@contextmanager
def remembering() -> Iterator[None]:
    """Within it, the same array is analysed once, however many systems are asked about it: for comparing them.

    Nobody may change such an array in place.
    """
    token = _remembered.set([])
    try:
        yield
    finally:
        _remembered.reset(token)


def presence(audio: np.ndarray) -> float:
    """Return 0 for silence and dither, 1 for an ordinary level, and between them by the peak in dB, DC left out."""
    audio = np.atleast_2d(audio)
    # Samples that span so much reach it from any middle: of an ordinary sound a few show that.
    if np.ptp(audio[:, ::_A_FEW], axis=1).max() >= 2 * PRESENT:
        return 1.0
    middle = audio.mean(axis=1)
    peak = float(max((audio.max(axis=1) - middle).max(), (middle - audio.min(axis=1)).max()))
    return float(np.clip(np.log(max(peak, DITHER) / DITHER) / np.log(PRESENT / DITHER), 0, 1))


def _peak(audio: np.ndarray) -> float:
    # Without a copy, unlike the largest of the absolute values.
    return float(max(audio.max(), -audio.min()))
