"""What every system's ``propose`` checks before it listens."""

from __future__ import annotations

from collections.abc import Sequence

from model.eq import check_audio


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
