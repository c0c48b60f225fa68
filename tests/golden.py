"""Outputs as they were when somebody last looked: `python -m tests.golden` writes them anew (`make golden`).

Levels are in dB by octave, so that another processor or library, whose last bits differ, gives the same within
`TOLERANCE_DB`. Renew them after an intended change (other weights, scores, conditions), look at the difference that git
shows, and say in the commit why it is right.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import soundfile as sf

from model import EQParams, FlowEQ, MatchEQ, ReferenceEQ, RidgeEQ, SemanticEQ, StaticEQ, checkpoint
from model.eq import GRID_HZ
from stimuli.build import build
from stimuli.manifest import Manifest
from stimuli.music import clips
from stimuli.music.soundfont import SAMPLE_RATE_HZ

FILE = Path(__file__).parent / "reference" / "data" / "golden.json"
TOLERANCE_DB = 0.05
CLIPS = ("bass", "piano", "rock")
DESCRIPTORS = ("warm", "bright")
OCTAVES_HZ = (63, 125, 250, 500, 1000, 2000, 4000, 8000)
SYSTEMS = ("semantic", "flow", "static")


def octave_levels_db(sound: np.ndarray, rate_hz: int) -> list[float]:
    """The levels of a sound [channels, samples] in octaves around `OCTAVES_HZ`, then its peak."""
    power = (np.abs(np.fft.rfft(sound)) ** 2).sum(axis=0) / sound.shape[1] ** 2
    frequencies_hz = np.fft.rfftfreq(sound.shape[1], 1 / rate_hz)
    bands = [(frequencies_hz >= c / 2**0.5) & (frequencies_hz < c * 2**0.5) for c in OCTAVES_HZ]
    levels = [10 * np.log10(power[band].sum() + 1e-12) for band in bands]
    return [round(float(level), 3) for level in (*levels, 20 * np.log10(np.abs(sound).max()))]


def weights() -> dict[str, str]:
    """The names of the shipped weights, which carry their hashes."""
    return {system: checkpoint.shipped(system).name for system in SYSTEMS}


def built_in_clips() -> dict[str, list[float]]:
    """The levels of every built-in clip."""
    return {clip.name: octave_levels_db(clips.built_in(clip.name), SAMPLE_RATE_HZ) for clip in clips.built_in_clips()}


def response(proposed: EQParams) -> list[float]:
    """The response in dB at every eighth of `GRID_HZ`."""
    return [round(float(gain_db), 3) for gain_db in proposed.response(GRID_HZ[::8], SAMPLE_RATE_HZ)]


def proposals() -> dict[str, list[float]]:
    """The responses of the equalisers proposed for a few clips."""
    equaliser = SemanticEQ.load()
    return {
        f"{name} {descriptor}": response(equaliser.propose(clips.built_in(name), SAMPLE_RATE_HZ, descriptor))
        for name in CLIPS
        for descriptor in DESCRIPTORS
    }


def baselines() -> dict[str, list[float]]:
    """The responses that other systems propose for one clip."""
    systems: dict[str, FlowEQ | RidgeEQ | StaticEQ]
    systems = {"flow": FlowEQ.load(), "ridge": RidgeEQ.load(), "static": StaticEQ.load()}
    return {
        f"{name} {descriptor}": response(system.propose(clips.built_in(CLIPS[0]), SAMPLE_RATE_HZ, descriptor))
        for name, system in systems.items()
        for descriptor in DESCRIPTORS
    }


def by_reference() -> dict[str, list[float]]:
    """The responses proposed towards another clip, by the network and by a match EQ."""
    systems: tuple[tuple[str, ReferenceEQ | MatchEQ], ...]
    systems = (("reference", ReferenceEQ.load()), ("match", MatchEQ()))
    sounds = [(clips.built_in(name), SAMPLE_RATE_HZ) for name in CLIPS]
    return {
        f"{name} {CLIPS[own]} to {CLIPS[other]}": response(system.propose(*sounds[own], *sounds[other]))
        for name, system in systems
        for own, other in ((0, 1), (1, 2))
    }


def judgements() -> dict[str, list[float]]:
    """How much each clip sounds like each word, the dose that is left, and the EQ (dB) that it most likely has had."""
    equaliser, found = SemanticEQ.load(), {}
    for name in CLIPS:
        sound = clips.built_in(name), SAMPLE_RATE_HZ
        doses = [equaliser.dose(*sound, descriptor) for descriptor in DESCRIPTORS]
        values = [*equaliser.describe(*sound).values(), *doses, *equaliser.applied_eq(*sound)[::8]]
        found[name] = [round(float(value), 3) for value in values]
    return found


def stimuli(manifest: Manifest) -> dict[str, list[float]]:
    """The levels of the stimuli of a small set."""
    levels = {}
    for stimulus in manifest.of_kind("stimulus"):
        sound, rate_hz = sf.read(manifest.audio_path(stimulus.id))
        levels[f"{stimulus.clip} {stimulus.condition} {stimulus.descriptor}"] = octave_levels_db(sound.T, rate_hz)
    return dict(sorted(levels.items()))


def main() -> None:
    """Write the file anew."""
    chosen = [clip for clip in clips.built_in_clips() if clip.name in CLIPS]
    with tempfile.TemporaryDirectory() as folder:
        manifest = build(Path(folder) / "small", chosen, descriptors=DESCRIPTORS, seed=1, workers=1)
        content: dict[str, Mapping[str, str | list[float]]] = {
            "weights": weights(),
            "clips": built_in_clips(),
            "proposals": proposals(),
            "baselines": baselines(),
            "by_reference": by_reference(),
            "judgements": judgements(),
            "stimuli": stimuli(manifest),
        }
    lines = ",\n".join(
        f' "{part}": {{\n' + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in values.items()) + "\n }"
        for part, values in content.items()
    )
    FILE.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
