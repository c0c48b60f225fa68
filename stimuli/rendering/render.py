"""Make all stimuli of one clip: the part of building a set that runs on many cores at once.

The excerpt is brought to the set's loudness, treated under each condition for each descriptor, and brought to that
loudness again. Where a peak would then pass the ceiling, the excerpt is limited by as much and everything done anew,
so that every condition of the clip, the original too, went through the same limiter; a clip that would need too much
of it is refused.
"""

from __future__ import annotations

import dataclasses
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import butter, sosfilt

from stimuli.manifest import ClipInfo, opaque_id, write_whole
from stimuli.music.clips import Clip
from stimuli.music.oddities import oddities
from stimuli.rendering import flac, loudness
from stimuli.rendering.conditions import Condition, condition, listener, one_thread

_ANCHORS_HZ = (3500, 7000)
_MARGIN_DB = 0.1
HIGHEST_DBTP = loudness.CEILING_DBTP - _MARGIN_DB
"""The true peak from which on an excerpt is limited: what dither and rounding may add stays under the ceiling."""
_MOST_LIMITING_DB = 6.0
_ROUNDS = 5


@dataclass(frozen=True)
class Plan:
    """What is to be made of every clip; ``conditions`` as `stimuli.conditions.condition` reads them.

    The dither follows from ``secret``, so that nobody without it can make the same files and know them by their hash.
    """

    conditions: tuple[str, ...]
    descriptors: tuple[str, ...]
    sample_rate_hz: int = 44100
    duration_s: float = 10.0
    seed: int = 0
    anchors: bool = False
    probes: int = 0
    secret: str = field(default="", repr=False)


@dataclass
class Rendered:
    """One clip's stimuli as they were written, or the sentence that says why there are none.

    ``content`` is a hash of the excerpt, ``warnings`` are sentences about what is odd of the recording.
    """

    clip: str
    info: ClipInfo | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: str | None = None
    content: str = ""
    warnings: list[str] = field(default_factory=list)


def render_clip(clip: Clip, plan: Plan, key: str, folder: Path) -> Rendered:
    """Write the stimuli of one clip to ``folder`` as `<id>.flac`, or find them there from an interrupted build.

    A clip that cannot be used comes back with its reason; a disk that cannot be written raises OSError.
    """
    done = folder / f"{key}.json"
    if done.is_file() and (rendered := _found(done, folder)):
        return rendered
    try:
        excerpt = clip.excerpt(plan.sample_rate_hz, plan.duration_s)
    except (ValueError, OSError) as error:
        return Rendered(clip.name, refused=_sentence(error, clip))
    try:
        with one_thread():
            rate_hz = plan.sample_rate_hz
            source, limited_db, takes = within_ceiling(
                excerpt.audio, rate_hz, lambda audio: _treated(clip, audio, plan)
            )
            scores = listener().describe(source, plan.sample_rate_hz)
    except ValueError as error:
        return Rendered(clip.name, refused=f"{_name(clip)} cannot be used: {str(error).rstrip('.')}.")
    start_s, duration_s = excerpt.start_s, round(excerpt.duration_s, 4)
    about = {
        "clip": clip.name,
        "duration_s": duration_s,
        "excerpt": [round(start_s, 3), round(start_s + duration_s, 3)],
    }
    rows = [write(take, plan, folder, about | {"baseline_score": _score(scores, take)}) for take in takes]
    info = ClipInfo(clip.name, clip.title, clip.source, round(start_s, 3), duration_s, limited_db, clip.fingerprint())
    odd = list(oddities(clip.blocks(), plan.duration_s))
    rendered = Rendered(clip.name, info, rows, content=excerpt.content, warnings=odd)
    write_whole(done, json.dumps(dataclasses.asdict(rendered)).encode())
    return rendered


@dataclass
class Take:
    """One sound at the set's loudness, not yet written; ``number`` tells those apart that are alike in all else."""

    kind: str
    audio: np.ndarray
    lufs: float
    dbtp: float
    loudest_lufs: float
    condition: str | None = None
    descriptor: str | None = None
    parameters: list[float] | None = None
    model_hash: str | None = None
    expected: int | None = None
    number: int | None = None


def take_of(kind: str, audio: np.ndarray, sample_rate_hz: int, **about: Any) -> Take:
    """Bring audio to the set's loudness; ValueError for what is silent or too sparse to have one."""
    audio, levels_lufs = at_loudness(audio, sample_rate_hz)
    peak_dbtp = loudness.true_peak_dbtp(audio, sample_rate_hz)
    return Take(kind, audio, loudness.gated(levels_lufs), peak_dbtp, float(levels_lufs.max()), **about)


def at_loudness(audio: np.ndarray, sample_rate_hz: int) -> tuple[np.ndarray, np.ndarray]:
    """Audio at the set's loudness, and the levels in LUFS that its 400 ms blocks then have."""
    levels_lufs = loudness.blocks_lufs(audio, sample_rate_hz)
    gain_db = loudness.gain_to(loudness.TARGET_LUFS, levels_lufs)
    return audio * np.float32(10 ** (gain_db / 20)), levels_lufs + gain_db


def within_ceiling(
    excerpt: np.ndarray, sample_rate_hz: int, treated: Callable[[np.ndarray], list[Take]]
) -> tuple[np.ndarray, float, list[Take]]:
    """The excerpt as used, by how much it was limited in dB, and all that ``treated`` makes of it then.

    Raises ValueError where the peaks would need more limiting than can be borne.
    """
    source, _ = at_loudness(excerpt, sample_rate_hz)
    audio, ceiling_db, limited_db = source, None, 0.0
    for _ in range(_ROUNDS):
        takes = treated(audio)
        over_db = max(take.dbtp for take in takes) - HIGHEST_DBTP
        if over_db <= 0:
            return audio, round(limited_db, 2), takes
        peak_dbtp = loudness.true_peak_dbtp(source, sample_rate_hz)
        ceiling_db = (peak_dbtp if ceiling_db is None else ceiling_db) - over_db - _MARGIN_DB
        limited_db = peak_dbtp - ceiling_db
        if limited_db > _MOST_LIMITING_DB:
            break
        audio, _ = at_loudness(loudness.limit(source, sample_rate_hz, ceiling_db), sample_rate_hz)
    raise ValueError(
        f"its peaks are too high for {loudness.TARGET_LUFS:g} LUFS and would need more than {_MOST_LIMITING_DB:g} dB "
        "of limiting; leave it out or use a denser recording"
    )


def _treated(clip: Clip, audio: np.ndarray, plan: Plan) -> list[Take]:
    takes: list[Take] = []
    for each in (condition(specification) for specification in plan.conditions):
        for descriptor in plan.descriptors:
            if each.kind == "original" and takes and takes[-1].condition == each.name:
                takes.append(dataclasses.replace(takes[-1], descriptor=descriptor))
            else:
                takes.append(_take(each, clip, audio, plan, descriptor))
    if plan.anchors:
        for anchor in anchor_takes(audio, plan.sample_rate_hz):
            takes += [dataclasses.replace(anchor, descriptor=descriptor) for descriptor in plan.descriptors]
    return takes


def anchor_takes(audio: np.ndarray, sample_rate_hz: int) -> list[Take]:
    """The anchors of a clip, made of its original."""
    return [_anchor(audio, sample_rate_hz, cutoff_hz) for cutoff_hz in _ANCHORS_HZ]


def _anchor(audio: np.ndarray, sample_rate_hz: int, cutoff_hz: int) -> Take:
    """The original, low-passed: the low and mid-range anchors of Recommendation ITU-R BS.1534-3."""
    low_passed = sosfilt(butter(8, cutoff_hz, fs=sample_rate_hz, output="sos"), audio).astype(np.float32)
    return take_of("anchor", low_passed, sample_rate_hz, condition=f"low_pass_{cutoff_hz}")


def _take(each: Condition, clip: Clip, audio: np.ndarray, plan: Plan, descriptor: str) -> Take:
    treated, setting = each.treatment.render(audio, plan.sample_rate_hz, clip.name, descriptor)
    return take_of(
        "stimulus",
        treated,
        plan.sample_rate_hz,
        condition=each.name,
        descriptor=descriptor,
        parameters=setting and [round(value, 6) for value in setting.to_safe()],
        model_hash=each.treatment.model_hash,
    )


def write(take: Take, plan: Plan, folder: Path, about: dict[str, Any]) -> dict[str, Any]:
    """Write one take as `<id>.flac`; returns its manifest row but for the hash, which padding will change."""
    clip = about.get("clip")
    identifier = opaque_id(plan.seed, take.kind, clip, take.condition, take.descriptor, take.expected, take.number)
    dither = hmac.digest(plan.secret.encode(), identifier.encode(), "sha256")
    samples = flac.quantise(take.audio, int.from_bytes(dither))
    data = flac.encode(samples, plan.sample_rate_hz)
    write_whole(folder / f"{identifier}.flac", data, sync=False)
    row = {name: value for name, value in vars(take).items() if name not in ("audio", "number")}
    measured = {"id": identifier, "lufs": round(take.lufs, 3), "dbtp": round(take.dbtp, 3), "n_bytes": len(data)}
    return row | about | measured


def _found(done: Path, folder: Path) -> Rendered | None:
    """What an interrupted build left of a clip, if all of it is there."""
    table = json.loads(done.read_text(encoding="utf-8"))
    for row in table["rows"]:
        path = folder / f"{row['id']}.flac"
        if not path.is_file() or path.stat().st_size != row["n_bytes"]:
            return None
    return Rendered(**table | {"info": ClipInfo(**table["info"]) if table["info"] else None})


def _score(scores: dict[str, float], take: Take) -> float | None:
    return round(scores[take.descriptor], 4) if take.descriptor in scores else None


def _name(clip: Clip) -> str:
    return clip.path.name if clip.path else f"The built-in clip {clip.name}"


def _sentence(error: Exception, clip: Clip) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{_name(clip)} cannot be read ({error.strerror})."
    return str(error)
