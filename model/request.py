"""What every system's ``propose`` checks before it listens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.eq import check_audio

SHORTEST_S = 0.2
SILENCE = 1e-5


def check_request(audio, sample_rate: float, descriptor: str, intensity: float, known: Sequence[str]) -> None:
    """Raise a ValueError that says which part of a request for an EQ cannot be met."""
    check_audio(audio, sample_rate)
    check_descriptor(descriptor, known)
    check_intensity(intensity)


def check_descriptor(descriptor: str, known: Sequence[str]) -> None:
    """Raise a ValueError unless ``descriptor`` is one of ``known``."""
    if descriptor not in known:
        raise ValueError(f"The descriptor {descriptor!r} is not one of {', '.join(known)}: is it spelled so?")


def check_intensity(intensity: float) -> None:
    """Raise a ValueError unless ``intensity`` lies within 0 to 1."""
    if not 0 <= intensity <= 1:
        raise ValueError(f"The intensity is {intensity:g}, outside 0 to 1: was it given in percent?")


def check_sound(audio, sample_rate: float) -> np.ndarray:
    """Return ``audio`` as [channels, samples], or raise a ValueError if it has no timbre to listen to."""
    audio = np.atleast_2d(check_audio(audio, sample_rate))
    duration_s = audio.shape[1] / sample_rate
    if duration_s < SHORTEST_S:
        raise ValueError(f"The audio lasts {duration_s:.3g} s; {SHORTEST_S} s or more is needed to hear its timbre.")
    peak = float(np.abs(audio).max())
    if peak < SILENCE:
        raise ValueError(f"The audio is silent (its peak is {peak:.1g}): there is no timbre to listen to.")
    return audio
