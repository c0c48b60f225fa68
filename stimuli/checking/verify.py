"""Check that a stimulus set is what its manifest says: every file there, unchanged, loudness-matched, of one size for
each clip, none louder than the sound that the level is set with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from stimuli.manifest import Manifest, Stimulus
from stimuli.music import audio
from stimuli.rendering import loudness

MATCHED_KINDS = ("stimulus", "level", "anchor", "probe")


def verify(folder: str | Path) -> list[str]:
    """Re-read every file of a set: one sentence per fault, each naming its file; none when the set is intact."""
    return [fault for group in faults(Manifest.load(folder)) for fault in group]


def faults(manifest: Manifest) -> Iterator[list[str]]:
    """The faults of one file after another, and with the last those of the whole."""
    sizes: dict[str, set[int]] = {}
    loudest_lufs = _loudest_lufs(manifest)
    for number, stimulus in enumerate(manifest.stimuli, 1):
        path = manifest.audio_path(stimulus.id)
        fault = _fault(path, stimulus, manifest, loudest_lufs)
        found = [f"audio/{path.name} ({_what(stimulus)}) {fault}."] if fault else []
        if path.is_file():
            sizes.setdefault(stimulus.clip or stimulus.kind, set()).add(path.stat().st_size)
        yield found + (_of_the_whole(manifest, sizes) if number == len(manifest.stimuli) else [])


def _of_the_whole(manifest: Manifest, sizes: dict[str, set[int]]) -> list[str]:
    known = {f"{stimulus.id}.flac" for stimulus in manifest.stimuli}
    strangers = sorted(path.name for path in (manifest.place / "audio").glob("*") if path.name not in known)
    found = [f"audio/{name} is not in the manifest." for name in strangers]
    if manifest.seal_is_broken():
        found.append("manifest.json has changed since the set was built (its seal does not fit the set's secret).")
    for name, several in sizes.items():
        if len(several) > 1:
            found.append(f"The files of {name} have {len(several)} different sizes, by which they could be told apart.")
    return found


def _loudest_lufs(manifest: Manifest) -> float | None:
    """The loudest 400 ms of the sound that the level is set with, where there is one that can be played."""
    for level in manifest.of_kind("level"):
        try:
            return float(loudness.blocks_lufs(*audio.read(manifest.audio_path(level.id))).max())
        except (OSError, ValueError):
            return None  # its own fault says so
    return None


def _fault(path: Path, stimulus: Stimulus, manifest: Manifest, loudest_lufs: float | None) -> str | None:
    if not path.is_file():
        return "is missing"
    if hashlib.sha256(path.read_bytes()).hexdigest() != stimulus.sha256:
        return "has changed since the set was built (its SHA-256 differs)"
    try:
        sound, rate_hz = audio.read(path)
    except ValueError as error:
        return f"cannot be played ({error})"
    if rate_hz != manifest.sample_rate_hz:
        return f"has {rate_hz} Hz, not the set's {manifest.sample_rate_hz} Hz"
    if abs(sound.shape[1] / rate_hz - stimulus.duration_s) > 0.001:
        return f"lasts {sound.shape[1] / rate_hz:.3f} s, not {stimulus.duration_s:.3f} s"
    levels_lufs = loudness.blocks_lufs(sound, rate_hz)
    if loudest_lufs is not None and levels_lufs.max() > loudest_lufs + loudness.TOLERANCE_LU:
        return (
            f"is louder than the sound that the level is set with: {levels_lufs.max():.2f} LUFS in its loudest 400 ms, "
            f"not at most {loudest_lufs:.2f}"
        )
    if stimulus.kind in MATCHED_KINDS:
        lufs = loudness.gated(levels_lufs)
        if abs(lufs - manifest.loudness_lufs) > loudness.TOLERANCE_LU:
            return f"is not loudness-matched: {lufs:.2f} LUFS, not {manifest.loudness_lufs:g} +-{loudness.TOLERANCE_LU}"
        dbtp = loudness.true_peak_dbtp(sound, rate_hz)
        if dbtp >= loudness.CEILING_DBTP:
            return f"has a true peak of {dbtp:.2f} dBTP, not below {loudness.CEILING_DBTP:g}"
    return None


def _what(stimulus: Stimulus) -> str:
    return " ".join(word for word in (stimulus.clip, stimulus.condition, stimulus.descriptor) if word) or stimulus.kind
