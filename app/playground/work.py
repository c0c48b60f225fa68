"""What costs the playground's server time, as functions that run in a process of their own (`workers`)."""

from __future__ import annotations

import base64
import os
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.playground import decoding, exports, hearing, own_word
from app.playground.equalisers import INTENSITIES, LOUDNESS_LUFS, Equalisers
from app.playground.store import UnknownClip

if TYPE_CHECKING:
    from model import EQParams

Weights = tuple[tuple[str, float], ...]
Curves = dict[str, list[list[float]]]


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


def curves(path: Path, weights: Weights) -> Curves:
    """The 13 parameters of each condition at each intensity."""
    return _numbers(_paths(path, weights))


def curves_to(path: Path, reference: Path) -> Curves:
    """The same towards another clip."""
    return _numbers(_paths_to(path, reference))


def learned(descriptor: str, judgements: own_word.Judgements) -> dict[str, Any]:
    """What judgements teach of a listener's word."""
    return own_word.learned(descriptor, judgements)


def versions(descriptor: str, judgements: own_word.Judgements) -> Curves:
    """The 13 parameters of a listener's own word and those that it is compared with, at each intensity."""
    return _numbers(own_word.versions(_equalisers(), descriptor, judgements))


def export(path: Path, weights: Weights, about: dict[str, Any], format: str) -> str | bytes:
    """One condition towards words at one intensity (``about``), as one of the formats of `exports`."""
    step = round(about["intensity"] * (len(INTENSITIES) - 1))
    return _exported(path, _paths(path, weights)[about["condition"]][step], about, format)


def export_setting(path: Path, parameters: tuple[float, ...], about: dict[str, Any], format: str) -> str | bytes:
    """A setting of 13 parameters, as one of the formats of `exports`."""
    from model import EQParams

    return _exported(path, EQParams.from_safe(parameters), about, format)


def _exported(path: Path, setting: EQParams, about: dict[str, Any], format: str) -> str | bytes:
    if format == "flac":
        return exports.to_flac(setting, *_read(path), LOUDNESS_LUFS)
    if format == "csv":
        return exports.to_csv(setting)
    return {"json": exports.to_json, "preset": exports.to_preset}[format](setting, about)


@cache
def _equalisers() -> Equalisers:
    return Equalisers()


def _numbers(paths: dict[str, list[EQParams]]) -> Curves:
    return {condition: [setting.to_safe() for setting in path] for condition, path in paths.items()}


@lru_cache(maxsize=64)
def _paths_to(path: Path, reference: Path) -> dict[str, list[EQParams]]:
    return _equalisers().paths_to(*_read(path), *_read(reference))


@lru_cache(maxsize=256)
def _paths(path: Path, weights: Weights) -> dict[str, list[EQParams]]:
    return _equalisers().paths(*_read(path), dict(weights))


def _read(path: Path) -> tuple[np.ndarray, int]:
    """A clip's audio, float32 [channels, samples], and its sample rate in Hz."""
    import soundfile

    if not path.is_file():
        raise UnknownClip("The clip is no longer here (clips are kept for an hour): choose it again.")
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return np.ascontiguousarray(audio.T), rate
