"""The sounds of a set that are no stimuli: screening trials, listening checks and the level-setting sound, written like
the rest."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from model import EQParams
from stimuli.manifest import opaque_id, write_whole
from stimuli.music import audio as recordings
from stimuli.music.clips import Clip
from stimuli.rendering import checks, loudness
from stimuli.rendering.personal import probes
from stimuli.rendering.render import Plan, Take, at_loudness, take_of, within_ceiling, write


def render_screening(plan: Plan, folder: Path, loudest_lufs: float) -> list[dict[str, Any]]:
    """Write the headphone and Huggins trials, none louder than the loudest stimulus; returns their rows."""
    rate_hz, rows = plan.sample_rate_hz, []
    trials = {"headphones": checks.headphone_trials(rate_hz), "huggins": checks.huggins_trials(rate_hz, plan.seed)}
    for kind, group in trials.items():
        for number, (audio, answer) in enumerate(group):
            levels_lufs, dbtp = loudness.blocks_lufs(audio, rate_hz), loudness.true_peak_dbtp(audio, rate_hz)
            take = Take(
                kind, audio, loudness.gated(levels_lufs), dbtp, levels_lufs.max(), expected=answer, number=number
            )
            rows.append(write(no_louder(take, loudest_lufs), plan, folder, _about(audio, plan)))
    return rows


def render_beeps(clip: Clip, n_beeps: int, plan: Plan, folder: Path, loudest_lufs: float) -> list[dict[str, Any]]:
    """Write one clip with a number of beeps, no louder than the loudest stimulus; returns its row."""
    music, _ = at_loudness(clip.excerpt(plan.sample_rate_hz, plan.duration_s).audio, plan.sample_rate_hz)
    beeps = checks.beeps(music, plan.sample_rate_hz, n_beeps)
    take = take_of("audible_check", beeps, plan.sample_rate_hz, expected=n_beeps)
    return [write(no_louder(take, loudest_lufs), plan, folder, _about(beeps, plan) | {"clip": clip.name})]


def no_louder(take: Take, loudest_lufs: float) -> Take:
    """A take turned down until its loudest 400 ms are no louder than a level in LUFS."""
    gain_db = min(0.0, loudest_lufs - take.loudest_lufs)
    return dataclasses.replace(
        take,
        audio=take.audio * np.float32(10 ** (gain_db / 20)),
        lufs=take.lufs + gain_db,
        dbtp=take.dbtp + gain_db,
        loudest_lufs=take.loudest_lufs + gain_db,
    )


def clips_for_beeps(clips: list[Clip], seed: int) -> list[tuple[Clip, int]]:
    """A clip for each number of beeps, the clips taking turns in an order of the seed's."""
    order = np.random.default_rng([seed, 2]).permutation(len(clips))
    return [(clips[order[n_beeps % len(clips)]], n_beeps) for n_beeps in checks.N_BEEPS]


def render_probes(original: dict[str, Any], plan: Plan, folder: Path) -> list[dict[str, Any]]:
    """Write the probes of every descriptor, made of a clip's original; returns their rows, in the order of judging."""
    sound, rate_hz = recordings.read(folder / f"{original['id']}.flac")
    about = {key: original[key] for key in ("clip", "duration_s", "excerpt")}
    rows = []
    for descriptor in plan.descriptors:
        for number, setting in enumerate(probes(descriptor, plan.probes)):
            _, _, (take,) = within_ceiling(sound, rate_hz, partial(_probe, setting, rate_hz, descriptor, number))
            rows.append(write(take, plan, folder, about))
    return rows


def _probe(setting: EQParams, rate_hz: int, descriptor: str, number: int, heard: np.ndarray) -> list[Take]:
    parameters = [round(value, 6) for value in setting.to_safe()]
    about = {"descriptor": descriptor, "parameters": parameters, "number": number}
    return [take_of("probe", setting.apply(heard, rate_hz), rate_hz, **about)]


def level_row(rows: list[dict[str, Any]], plan: Plan, folder: Path) -> dict[str, Any]:
    """What a level is set with: the stimulus (or anchor) with the loudest 400 ms of the set, under an id of its own."""
    of_clips = [row for row in rows if row["kind"] in ("stimulus", "anchor", "probe")]
    loudest = max(of_clips, key=lambda row: (row["loudest_lufs"], row["id"]))
    identifier = opaque_id(plan.seed, "level")
    write_whole(folder / f"{identifier}.flac", (folder / f"{loudest['id']}.flac").read_bytes(), sync=False)
    unneeded = {"condition": None, "descriptor": None, "parameters": None, "model_hash": None, "baseline_score": None}
    return loudest | unneeded | {"id": identifier, "kind": "level"}


def _about(audio: np.ndarray, plan: Plan) -> dict[str, Any]:
    return {"clip": None, "duration_s": round(audio.shape[1] / plan.sample_rate_hz, 4)}
