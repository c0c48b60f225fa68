"""What costs the playground's server time, as functions that run in a process of their own (`workers`)."""

from __future__ import annotations

import base64
import os
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from app.playground import decoding, exports, hearing
from app.playground.equalisers import INTENSITIES, LOUDNESS_LUFS, Equalisers
from app.playground.store import UnknownClip

Weights = tuple[tuple[str, float], ...]


def begin() -> None:
    """What a new process does first."""
    os.nice(decoding.LESS_URGENT)
    os.environ["OMP_NUM_THREADS"] = "1"


def descriptors() -> list[str]:
    """The descriptors that every system knows."""
    return _equalisers().descriptors


def add_built_in(name: str, path: Path) -> dict[str, float]:
    """Write a built-in clip to ``path``; gives what `decoding.decode` does."""
    import soundfile

    from stimuli.music.clips import built_in_clips

    clip = next(clip for clip in built_in_clips() if clip.name == name)
    sound = clip.excerpt(decoding.SAMPLE_RATE_HZ, decoding.EXCERPT_S).audio
    soundfile.write(path, sound.T, decoding.SAMPLE_RATE_HZ, format="FLAC", subtype="PCM_24")
    length_s = sound.shape[1] / decoding.SAMPLE_RATE_HZ
    return {"start_s": 0.0, "duration_s": length_s, "source_s": length_s}


def describe(path: Path) -> dict[str, Any]:
    """What the page needs to know of a clip to draw it and to match its loudness."""
    sound, rate = _read(path)
    powers = hearing.block_powers(sound, rate)
    return {
        "sample_rate_hz": rate,
        "profile": _equalisers().profile(sound, rate),
        "bands_hz": np.round(hearing.centres_hz(), 3).tolist(),
        "spectrum_db": np.round(hearing.spectrum_db(sound, rate), 2).tolist(),
        "block_powers": base64.b64encode(powers.astype("<f4").tobytes()).decode(),
    }


def curves(path: Path, weights: Weights) -> dict[str, list[list[float]]]:
    """The 13 parameters of each condition at each intensity."""
    return {condition: [setting.to_safe() for setting in path] for condition, path in _paths(path, weights).items()}


def export(path: Path, weights: Weights, about: dict[str, Any], format: str) -> str | bytes:
    """One condition at one intensity (``about``), as one of the formats of `exports`."""
    setting = _paths(path, weights)[about["condition"]][round(about["intensity"] * (len(INTENSITIES) - 1))]
    if format == "flac":
        return exports.to_flac(setting, *_read(path), LOUDNESS_LUFS)
    if format == "csv":
        return exports.to_csv(setting)
    return {"json": exports.to_json, "preset": exports.to_preset}[format](setting, about)


@cache
def _equalisers() -> Equalisers:
    return Equalisers()


@lru_cache(maxsize=256)
def _paths(path: Path, weights: Weights) -> dict[str, Any]:
    return _equalisers().paths(*_read(path), dict(weights))


def _read(path: Path) -> tuple[np.ndarray, int]:
    """A clip's audio, float32 [channels, samples], and its sample rate in Hz."""
    import soundfile

    if not path.is_file():
        raise UnknownClip("The clip is no longer here (clips are kept for an hour): choose it again.")
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return np.ascontiguousarray(audio.T), rate
