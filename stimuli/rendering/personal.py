"""Versions of a set's own original that are made later: probes of a word, and what one listener's word proposes.

The original is read from the set's file, which has the set's loudness and the limiting of its clip, so that nothing of
the source recording is needed where a study runs. A version is matched and dithered as every stimulus, and has exactly
the size of its original's file. Where it would need more limiting than can be borne, or more bytes, its gains are
reduced by tenths until it fits, and ``intensity`` says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model import EQParams, PersonalWord
from stimuli.music import audio
from stimuli.rendering import flac
from stimuli.rendering.render import HIGHEST_DBTP, Take, take_of, within_ceiling

ROOM = 1.1
"""By how much files are padded beyond the largest of a clip, where others are to be made later."""
_INTENSITIES = tuple(tenths / 10 for tenths in range(10, -1, -1))
_LEAST_PADDING = 4
_FEW, _RATE_HZ = 4096, 44100


def probes(descriptor: str, n: int) -> list[EQParams]:
    """The settings that teach most of a word, in order; which they are does not depend on the judgements."""
    word, settings = PersonalWord.load(descriptor), []
    for _ in range(n):
        settings.append(word.next())
        word.rate(settings[-1], 0.0)
    return settings


def setting_of(descriptor: str, judgements: Sequence[tuple[Sequence[float], float]]) -> EQParams:
    """What a listener means by a word, learned from judgements (13 parameters of a probe, -1 to 1) of it."""
    word = PersonalWord.load(descriptor)
    for parameters, judgement in judgements:
        word.rate(EQParams.from_safe(parameters), judgement)
    return word.propose(np.zeros((1, _FEW), dtype=np.float32), _RATE_HZ)  # it does not depend on the clip


def version(original: Path, setting: EQParams, dither: int) -> tuple[bytes, dict[str, Any]]:
    """The FLAC file of a set's original under a setting, and what is to be known of it.

    Parameters
    ----------
    original : Path
        The original's file, padded with room for its versions.
    setting : EQParams
        What is wanted.
    dither : int
        Seed of the file's dither.
    """
    sound, rate_hz = audio.read(original)
    n_bytes = original.stat().st_size
    for intensity in _INTENSITIES:
        scaled = setting.scaled(intensity)
        try:
            take, limited_db = _within_ceiling(sound, rate_hz, scaled)
        except ValueError:  # more limiting than can be borne
            continue
        data = flac.encode(flac.quantise(take.audio, dither), rate_hz)
        if len(data) == n_bytes or len(data) + _LEAST_PADDING <= n_bytes:
            data = flac.padded(data, n_bytes)
            return data, _about(take, scaled, limited_db, intensity, data)
    raise ValueError(f"{original.name} leaves no room for versions of it: build its set again, with --probes.")


def _within_ceiling(sound: np.ndarray, rate_hz: int, setting: EQParams) -> tuple[Take, float]:
    """The equalised original, and by how much it was limited for it, in dB; most need no limiting: one pass."""
    take = _take(sound, rate_hz, setting)
    if take.dbtp <= HIGHEST_DBTP:
        return take, 0.0
    _, limited_db, (take,) = within_ceiling(sound, rate_hz, lambda heard: [_take(heard, rate_hz, setting)])
    return take, limited_db


def _take(heard: np.ndarray, rate_hz: int, setting: EQParams) -> Take:
    return take_of("stimulus", setting.apply(heard, rate_hz), rate_hz)


def _about(take: Take, setting: EQParams, limited_db: float, intensity: float, data: bytes) -> dict[str, Any]:
    return {
        "parameters": [round(value, 6) for value in setting.to_safe()],
        "intensity": intensity,
        "lufs": round(take.lufs, 3),
        "dbtp": round(take.dbtp, 3),
        "limited_db": limited_db,
        "sha256": hashlib.sha256(data).hexdigest(),
    }
