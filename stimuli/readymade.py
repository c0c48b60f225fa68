"""A stimulus set of sounds that are finished: files as they are, brought to one loudness, length, rate and size.

Nothing is rendered and nothing compared: what a file is of which clip and condition is whoever names it says.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from stimuli.build import finish
from stimuli.manifest import ClipInfo, Manifest
from stimuli.music import audio
from stimuli.rendering import loudness
from stimuli.rendering.generated import level_row
from stimuli.rendering.render import Plan, Take, anchor_takes, take_of, write


@dataclass(frozen=True)
class Readymade:
    """A file and what it is."""

    clip: str
    condition: str
    path: Path


def build_readymade(
    out: str | Path, sounds: Sequence[Readymade], descriptor: str, *, name: str, anchors_of: str | None = None
) -> Manifest:
    """Write a set to the new folder ``out``.

    Parameters
    ----------
    descriptor
        Under which all sounds stand.
    anchors_of
        The condition of which low-passed anchors are made; None for none.

    Raises
    ------
    ValueError
        When ``out`` holds something, or a sound cannot be used; in one sentence.
    """
    out = Path(out)
    if out.exists() and any(out.iterdir()):
        raise ValueError(f"{out} is not empty; name a new folder for the set.")
    rate_hz = audio.read(sounds[0].path)[1]
    plan = Plan((), (descriptor,), rate_hz, secret=secrets.token_hex(32))
    clips = list(dict.fromkeys(sound.clip for sound in sounds))
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as place:
        raw = Path(place)
        for clip in clips:
            rows += _rows_of([sound for sound in sounds if sound.clip == clip], plan, raw, anchors_of)
        rows.append(level_row(rows, plan, raw))
        stimuli = finish(rows, raw, out)
    infos = [ClipInfo(clip, clip, "ready-made", 0.0, _duration_s(rows, clip)) for clip in clips]
    return Manifest(name, rate_hz, loudness.TARGET_LUFS, None, plan.seed, tuple(infos), tuple(stimuli), None).save(out)


def _rows_of(sounds: Sequence[Readymade], plan: Plan, raw: Path, anchors_of: str | None) -> list[dict[str, Any]]:
    """The rows of one clip, its files written."""
    read = [_stereo(sound.path, plan.sample_rate_hz) for sound in sounds]
    length = max(each.shape[1] for each in read)
    read = [np.pad(each, ((0, 0), (0, length - each.shape[1]))) for each in read]
    takes: list[Take] = []
    for sound, each in zip(sounds, read, strict=True):
        own = {"condition": sound.condition, "descriptor": plan.descriptors[0]}
        takes.append(_within_ceiling(take_of("stimulus", each, plan.sample_rate_hz, **own), sound))
        if sound.condition == anchors_of:
            made = anchor_takes(each, plan.sample_rate_hz)
            takes += [replace(take, descriptor=plan.descriptors[0]) for take in made]
    duration_s = round(length / plan.sample_rate_hz, 4)
    return [write(take, plan, raw, {"clip": sounds[0].clip, "duration_s": duration_s}) for take in takes]


def _stereo(path: Path, rate_hz: int) -> np.ndarray:
    sound, own_hz = audio.read(path)
    if sound.shape[0] > 2:
        raise ValueError(f"{path.name} has {sound.shape[0]} channels; mono or stereo can be used.")
    sound = audio.resample(sound, own_hz, rate_hz)
    return np.repeat(sound, 2, axis=0) if sound.shape[0] == 1 else sound


def _within_ceiling(take: Take, sound: Readymade) -> Take:
    if take.dbtp > 0:
        raise ValueError(
            f"{sound.path.name} would peak at {take.dbtp:.1f} dBTP at {loudness.TARGET_LUFS:g} LUFS, more than 0; "
            "use a denser sound."
        )
    return take


def _duration_s(rows: Sequence[dict[str, Any]], clip: str) -> float:
    return float(next(row["duration_s"] for row in rows if row["clip"] == clip))
