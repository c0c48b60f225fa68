"""Build a stimulus set: clips in, a folder with loudness-matched stimuli and their manifest out.

Each clip is one job for joblib, so that a set is built on all cores or, by naming another backend, on a Dask or Ray
cluster; what comes out depends on neither. Work goes to a hidden folder beside the set's own, clip by clip, so that
an interrupted build is taken up again by the same command; only a set that is complete is moved into place.
"""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import joblib

from model import CONDITIONS
from stimuli.jobs import workers_of
from stimuli.manifest import SECRET_FILE, ClipInfo, Manifest, Stimulus, opaque_id, write_whole
from stimuli.music.clips import Clip, built_in_clips
from stimuli.music.oddities import same_as
from stimuli.rendering import flac, loudness
from stimuli.rendering.conditions import DEFAULT_DESCRIPTORS, Treatment, conditions, listener
from stimuli.rendering.generated import clips_for_beeps, level_row, render_beeps, render_probes, render_screening
from stimuli.rendering.personal import ROOM
from stimuli.rendering.render import Plan, Rendered, render_clip

DEFAULT_FOLDER = Path("data/stimuli/default")
MAX_PROBES = 20
# Raised when the same plan gives other sounds, so that an older set is not taken for a new one.
_GENERATION = 2
_STIMULUS_FIELDS = {field.name for field in fields(Stimulus)}

Progress = Callable[[int, int, str], None]
Refusal = Callable[[str, str], None]


def build(
    out: str | Path = DEFAULT_FOLDER,
    clips: Sequence[Clip] | None = None,
    conditions: Sequence[str] = CONDITIONS,
    descriptors: Sequence[str] = DEFAULT_DESCRIPTORS,
    *,
    name: str | None = None,
    sample_rate_hz: int = 44100,
    duration_s: float = 10.0,
    seed: int = 0,
    secret: str | None = None,
    anchors: bool = False,
    probes: int = 0,
    workers: int | None = None,
    backend: str = "loky",
    replace: bool = False,
    on_progress: Progress | None = None,
    on_refused: Refusal | None = None,
    on_odd: Refusal | None = None,
) -> Manifest:
    """Make a stimulus set in the folder ``out``, or return the one there if it is the very same.

    Parameters
    ----------
    clips
        Where the audio comes from; by default the ten built-in clips.
    conditions, descriptors
        Every clip is made under each condition for each descriptor; see `stimuli.conditions`.
    duration_s
        Length of the excerpts of recordings; shorter recordings are taken whole.
    seed
        Decides the ids and the noises; the same seed and secret give the same files, bit for bit.
    secret
        Decides the dither; by default drawn anew. It is kept in the set's folder as `secret`, for its owner only.
    anchors
        Adds the original, low-passed at 3.5 and at 7 kHz, per clip and descriptor.
    probes
        So many settings to judge a word by, per descriptor, made of the first clip's original for a study's
        ``[calibration]``; all files then leave room for versions of every clip that are made for a listener.
    workers, backend
        How many jobs at once (default: one per core) and where joblib runs them; see `stimuli.jobs`.
    replace
        Builds over a set made otherwise.
    on_progress, on_refused, on_odd
        Called with (clips done, clips in all, clip), with (clip, reason) for each that cannot be used, and with (clip,
        sentence) for whatever is odd about one that is used.

    Raises
    ------
    ValueError
        When no clip can be used, an option is wrong, or ``out`` holds something else; in one sentence.
    OSError
        When the disk is full or may not be written; what is done so far is kept for the next attempt.
    """
    out = Path(out)
    clips = built_in_clips() if clips is None else list(clips)
    plan = Plan(tuple(conditions), tuple(descriptors), sample_rate_hz, duration_s, seed, anchors, probes)
    _check(plan, clips)
    recipe = opaque_id(_GENERATION, "recipe", *_keys(clips, plan))
    if _is_there(out, recipe, secret, replace):
        return Manifest.load(out)
    with workers_of(workers, backend) as team, _workplace(out) as work:
        if _is_there(out, recipe, secret, replace):  # by another process, while this one waited for it
            return Manifest.load(out)
        plan = dataclasses.replace(plan, secret=_kept_secret(work / SECRET_FILE, secret))
        keys = _keys(clips, plan)
        raw = (work / "raw").resolve()
        raw.mkdir(exist_ok=True)
        rendered = []
        jobs = [joblib.delayed(render_clip)(clip, plan, key, raw) for clip, key in zip(clips, keys[1:], strict=True)]
        for each in team.run(jobs):
            rendered.append(each)
            if on_progress:
                on_progress(len(rendered), len(clips), each.clip)
        used = _usable(rendered, clips, on_refused)
        _tell_oddities(rendered, on_odd or (lambda clip, sentence: None))
        rows = [row for each in rendered for row in each.rows]
        loudest_lufs = max(row["loudest_lufs"] for row in rows)
        if plan.probes:
            original = next(row for row in rows if row["condition"] == "original")
            rows += render_probes(original, plan, raw)
            loudest_lufs = max(row["loudest_lufs"] for row in rows)
        rows += [row for group in team.run(_check_jobs(used, plan, raw, loudest_lufs)) for row in group]
        rows.append(level_row(rows, plan, raw))
        infos = tuple(each.info for each in rendered if each.info)
        manifest = _manifest(
            name or out.name, plan, infos, finish(rows, raw, work / "set", ROOM if plan.probes else 1), recipe
        )
        manifest.save(work / "set", plan.secret)
        _kept_secret(work / "set" / SECRET_FILE, plan.secret)
        _move_into_place(work / "set", out)
    return Manifest.load(out)


def _check(plan: Plan, clips: list[Clip]) -> None:
    if not clips:
        raise ValueError("A set needs at least one clip.")
    if not plan.descriptors or len(set(plan.descriptors)) < len(plan.descriptors):
        raise ValueError(f"The descriptors are {', '.join(plan.descriptors) or 'none'}; name each once, one at least.")
    if not 2 <= plan.duration_s <= 60:
        raise ValueError(f"Excerpts of {plan.duration_s:g} s are asked for; 2 to 60 s can be made.")
    if not 0 <= plan.probes <= MAX_PROBES:
        raise ValueError(f"{plan.probes} probes per descriptor are asked for; 0 to {MAX_PROBES} can be made.")
    if plan.probes and "original" not in [each.name for each in conditions(plan.conditions)]:
        raise ValueError("Probes are made of the condition original: name it among the conditions.")
    if not 16000 <= plan.sample_rate_hz <= 96000:
        raise ValueError(f"A sample rate of {plan.sample_rate_hz} Hz is asked for; 16000 to 96000 can be made.")
    known = listener().descriptors
    for descriptor in plan.descriptors:
        if descriptor not in known and any(each.model_hash for each in _treatments(plan)):
            raise ValueError(
                f"The models do not know {descriptor!r}; they know {', '.join(known)}. "
                "What else is to be rated is a question of a block of the study file, such as quality."
            )


def _treatments(plan: Plan) -> list[Treatment]:
    return [each.treatment for each in conditions(plan.conditions)]


def _keys(clips: list[Clip], plan: Plan) -> list[str]:
    """Names for the work on all clips together and on each: new when anything changes that it depends on."""
    asked = {key: value for key, value in asdict(plan).items() if value or key != "probes"}
    shared = [_GENERATION, asked, [each.fingerprint for each in _treatments(plan)], listener().model_hash]
    everything = hashlib.sha256(json.dumps(shared).encode()).hexdigest()
    return [everything, *(opaque_id(0, everything, *_identity(clip)) for clip in clips)]


def _identity(clip: Clip) -> list[Any]:
    """What a clip's sound follows from; a start that nobody chose is left out."""
    return [clip.name, clip.title, _fingerprint(clip), *([] if clip.start_s is None else [clip.start_s])]


def _fingerprint(clip: Clip) -> str:
    try:
        return clip.fingerprint()
    except OSError as error:
        return f"unreadable: {error.strerror}"


def _kept_secret(file: Path, secret: str | None) -> str:
    """Write a secret that only its owner may read; without one, the one that is there, else one drawn now."""
    if secret is None and file.is_file():
        return file.read_text(encoding="utf-8").strip()
    secret = secret or secrets.token_hex(32)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write(secret + "\n")
    return secret


def _is_there(out: Path, recipe: str, secret: str | None, replace: bool) -> bool:
    """Whether ``out`` holds this very set; anything else in it is only built over when asked to."""
    if not out.exists():
        return False
    if not out.is_dir():
        raise ValueError(f"{out} is a file; name a folder for the set.")
    if not (out / "manifest.json").is_file():
        if any(out.iterdir()):
            raise ValueError(f"{out} is not empty and holds no stimulus set; name another folder.")
        return False
    manifest = Manifest.load(out)
    kept = out / SECRET_FILE
    same = secret is None or (kept.is_file() and kept.read_text(encoding="utf-8").strip() == secret)
    if same and manifest.recipe == recipe and all(manifest.audio_path(each.id).is_file() for each in manifest.stimuli):
        return True
    if not (same and manifest.recipe == recipe) and not replace:
        raise ValueError(f"{out} holds a set made otherwise; name another folder, or replace it with --replace.")
    return False


@contextmanager
def _workplace(out: Path) -> Iterator[Path]:
    """A hidden folder beside the set, for one process at a time; after a failure it stays, to go on from there."""
    work = out.parent / f".{out.name}.building"
    out.parent.mkdir(parents=True, exist_ok=True)
    with (out.parent / f".{out.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        work.mkdir(exist_ok=True)
        shutil.rmtree(work / "set", ignore_errors=True)
        yield work
        shutil.rmtree(work, ignore_errors=True)


def _check_jobs(used: list[Clip], plan: Plan, raw: Path, loudest_lufs: float) -> list[Any]:
    beeps = [joblib.delayed(render_beeps)(*each, plan, raw, loudest_lufs) for each in clips_for_beeps(used, plan.seed)]
    return [joblib.delayed(render_screening)(plan, raw, loudest_lufs), *beeps]


def _usable(rendered: list[Rendered], clips: list[Clip], on_refused: Refusal | None) -> list[Clip]:
    refused = {each.clip: each.refused for each in rendered if each.refused}
    for clip, reason in refused.items():
        if on_refused:
            on_refused(clip, reason)
    if len(refused) == len(clips):
        raise ValueError(f"None of the {len(clips)} clips can be used; the first: {next(iter(refused.values()))}")
    return [clip for clip in clips if clip.name not in refused]


def _tell_oddities(rendered: list[Rendered], on_odd: Refusal) -> None:
    first: dict[str, str] = {}
    for each in rendered:
        same = first.setdefault(each.content or each.clip, each.clip)
        for sentence in [*each.warnings, *([] if same == each.clip else [same_as(same)])]:
            on_odd(each.clip, sentence)


def finish(rows: list[dict[str, Any]], raw: Path, folder: Path, room: float = 1) -> list[Stimulus]:
    """Bring all files of a clip, or of a kind of check, to one size, in the set's own folder, and hash them.

    ``room`` is by how much that size is beyond the largest of them.
    """
    sizes: dict[str, list[int]] = {}
    for row in rows:
        sizes.setdefault(_alike(row), []).append(row["n_bytes"])
    stimuli = []
    for row in rows:
        data = flac.padded(
            (raw / f"{row['id']}.flac").read_bytes(), flac.common_size([round(room * max(sizes[_alike(row)]))])
        )
        write_whole(folder / "audio" / f"{row['id']}.flac", data, sync=False)
        known = {key: value for key, value in row.items() if key in _STIMULUS_FIELDS}
        for key in ("parameters", "excerpt"):
            known[key] = tuple(known[key]) if known.get(key) else None
        stimuli.append(Stimulus(**known, sha256=hashlib.sha256(data).hexdigest()))
    return stimuli


def _alike(row: dict[str, Any]) -> str:
    """What may be known of a sound before it is heard: the clip, or which kind of check it is."""
    return row["clip"] or row["kind"]


def _manifest(name: str, plan: Plan, infos: tuple[ClipInfo, ...], stimuli: list[Stimulus], recipe: str) -> Manifest:
    return Manifest(
        name=name,
        sample_rate_hz=plan.sample_rate_hz,
        loudness_lufs=loudness.TARGET_LUFS,
        model_hash=listener().model_hash,
        seed=plan.seed,
        clips=infos,
        stimuli=tuple(stimuli),
        recipe=recipe,
    )


def _move_into_place(new: Path, out: Path) -> None:
    """Put a finished set where it belongs; an older one makes way in one rename."""
    if out.exists():
        old = new.parent / "old"
        shutil.rmtree(old, ignore_errors=True)
        out.rename(old)
    new.rename(out)
