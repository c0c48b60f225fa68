"""What every system's ``propose`` checks before it listens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.eq import check_audio

SHORTEST_S = 0.2
SILENCE = 1e-5


def check_request(audio, sample_rate: float, descriptor: str, intensity: float, known: Sequence[str]) -> str:
    """Return the descriptor as it is known, or raise a ValueError that says what of a request cannot be met."""
    check_audio(audio, sample_rate)
    if not 0 <= intensity <= 1:
        raise ValueError(f"The intensity is {intensity:g}, outside 0 to 1: was it given in percent?")
    return known_descriptor(descriptor, known)


def known_descriptor(descriptor: str, known: Sequence[str]) -> str:
    """Return the one of ``known`` that ``descriptor`` names, whatever its case and spaces; ValueError for none."""
    name = descriptor.strip().lower()
    if name not in known:
        raise ValueError(f"The descriptor {descriptor!r} is not one of {', '.join(known)}: is it spelled so?")
    return name


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
