"""The sounds of a set that are no stimuli: screening trials, listening checks and the level-setting sound, written like
the rest."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from stimuli import checks, loudness
from stimuli.clips import Clip
from stimuli.manifest import opaque_id, write_whole
from stimuli.render import Plan, Rendered, Take, take_of, write


def render_checks(clips: list[Clip], plan: Plan, folder: Path, key: str) -> Rendered:
    """Write the headphone and Huggins trials and one clip for each number of beeps; the clips take turns."""
    done = folder / f"{key}.json"
    if done.is_file():
        return Rendered("checks", rows=json.loads(done.read_text(encoding="utf-8")))
    rows = []
    trials = {
        "headphones": checks.headphone_trials(plan.sample_rate_hz),
        "huggins": checks.huggins_trials(plan.sample_rate_hz, plan.seed),
    }
    for kind, group in trials.items():
        for number, (audio, answer) in enumerate(group):
            dbtp = loudness.true_peak_dbtp(audio, plan.sample_rate_hz)
            lufs, loudest = loudness.measure(audio, plan.sample_rate_hz)
            take = Take(kind, audio, lufs, dbtp, loudest, expected=answer, number=number)
            rows.append(write(take, plan, folder, _about(audio, plan)))
    rng = np.random.default_rng([plan.seed, 2])
    order = rng.permutation(len(clips))
    for n_beeps in checks.N_BEEPS:
        clip = clips[order[n_beeps % len(clips)]]
        music = take_of("source", clip.excerpt(plan.sample_rate_hz, plan.duration_s).audio, plan.sample_rate_hz).audio
        beeps = checks.beeps(music, plan.sample_rate_hz, n_beeps)
        take = take_of("audible_check", beeps, plan.sample_rate_hz, expected=n_beeps)
        rows.append(write(take, plan, folder, _about(beeps, plan) | {"clip": clip.name}))
    write_whole(done, json.dumps(rows).encode())
    return Rendered("checks", rows=rows)


def level_row(rows: list[dict], plan: Plan, folder: Path) -> dict:
    """What a level is set with: the stimulus with the loudest 400 ms of the set, under an id of its own."""
    loudest = max((row for row in rows if row["kind"] == "stimulus"), key=lambda row: (row["loudest_lufs"], row["id"]))
    identifier = opaque_id(plan.seed, "level")
    write_whole(folder / f"{identifier}.flac", (folder / f"{loudest['id']}.flac").read_bytes(), sync=False)
    unneeded = {"condition": None, "descriptor": None, "parameters": None, "model_hash": None, "already_so": None}
    return loudest | unneeded | {"id": identifier, "kind": "level"}


def _about(audio: np.ndarray, plan: Plan) -> dict:
    return {"clip": None, "duration_s": round(audio.shape[1] / plan.sample_rate_hz, 4)}
