"""Copy a set's audio under names that say what it is, for experimenters, other test software and renderers."""

from __future__ import annotations

import re
from pathlib import Path

import soundfile as sf

from stimuli.manifest import Manifest, Stimulus, write_whole


def export(manifest: Manifest, out: str | Path, sources_only: bool = False, as_wav: bool = False) -> int:
    """Write `clip_condition_descriptor.flac` for each stimulus, or `clip.flac` for each clip's excerpt.

    The excerpts are what a condition made elsewhere starts from: loudness-matched, of the length and rate that
    `stimuli.external` expects. Returns the number of audio files.

    Raises
    ------
    ValueError
        When ``out`` is a file, or the sources are asked for and the set has no condition ``original``.
    """
    out = Path(out)
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file; name a folder to write to.")
    wanted = _sources(manifest) if sources_only else {_name(each): each for each in manifest.stimuli}
    for name, stimulus in wanted.items():
        source = manifest.audio_path(stimulus.id)
        if as_wav:
            samples, rate_hz = sf.read(source, dtype="int16")
            out.mkdir(parents=True, exist_ok=True)
            sf.write(out / f"{name}.wav", samples, rate_hz, subtype="PCM_16")
        else:
            write_whole(out / f"{name}.flac", source.read_bytes(), sync=False)
    if not sources_only:
        write_whole(out / "manifest.csv", manifest.to_csv().encode())
    return len(wanted)


def _sources(manifest: Manifest) -> dict[str, Stimulus]:
    found: dict[str, Stimulus] = {}
    for stimulus in manifest.of_kind("stimulus"):
        if stimulus.condition == "original" and stimulus.clip:
            found.setdefault(stimulus.clip, stimulus)
    if not found:
        raise ValueError(f"The set {manifest.name} has no condition original, so no excerpts to export.")
    return found


def _name(stimulus: Stimulus) -> str:
    words = (stimulus.clip, stimulus.condition, stimulus.descriptor)
    if stimulus.kind == "stimulus":
        return "_".join(re.sub(r"[^\w.=-]+", "-", word) for word in words if word)
    return "_".join(word for word in (stimulus.kind, stimulus.clip, stimulus.descriptor, stimulus.id[:6]) if word)
