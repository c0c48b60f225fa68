"""The stimulus set of a study: its files, whether it fits the study, and what was rendered elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from app.rehearsal.findings import Finding, Tell, Verdict, counted, found
from stimuli.manifest import Manifest, Stimulus
from stimuli.music import audio
from stimuli.rendering.external import check_aligned
from stimuli.rendering.likeness import check_only_equalised
from study.design.definition import Definition
from study.design.plan import Plan
from study.design.stimuli import StimulusSet

FILES, FITS, RENDERS = "Stimulus files", "Set and study", "Renders made elsewhere"
AT_A_TIME = 32
SAME_DB = -60.0  # residue after matching the level, against the original, below which a render is the original


def files(stimuli: StimulusSet, tell: Tell) -> Finding:
    """Hold every file of the set to its hash."""
    names, faults = [row.id for row in stimuli.rows], []
    for begin in range(0, len(names), AT_A_TIME):
        faults += [_fault(stimuli, name) for name in stimuli.files.faulty(names[begin : begin + AT_A_TIME])]
        tell(min(begin + AT_A_TIME, len(names)), len(names))
    return found(
        FILES,
        faults,
        f"{counted(len(names), 'file')} as the manifest says",
        f"{len(faults)} of {counted(len(names), 'file')} missing or damaged: copy from where the set was made, or "
        "build it again",
    )


def _fault(stimuli: StimulusSet, name: str) -> str:
    row, path = stimuli.by_id[name], stimuli.audio_path(name)
    what = " ".join(part for part in (row.clip, row.condition, row.descriptor) if part) or row.kind
    state = "damaged" if path is not None and path.is_file() else "missing"
    return f"audio/{name}.flac ({what}) is {state}."


def fits(definition: Definition, stimuli: StimulusSet) -> Finding:
    """Whether the set has what the study presents."""
    plan = Plan(definition, stimuli)  # raises what does not fit
    said = f"every stimulus that the study presents is in the set: {counted(len(plan.clips), 'clip')}, "
    said += f"{counted(plan.n_trials, 'trial')} per participant"
    return Finding(FITS, Verdict.PASSED, said)


def renders(manifest: Manifest, conditions: Sequence[str], original: str, tell: Tell) -> Finding:
    """Hold what another program rendered to the original: timing, polarity, channels, stereo width, identity.

    Parameters
    ----------
    conditions
        Those of the study.
    original
        Name of the unprocessed condition.
    """
    pairs = [pair for pair in foreign(manifest, original) if pair[0].condition in conditions]
    if not pairs:
        return Finding(RENDERS, Verdict.PASSED, f"none: what is not {original} was made by this program's equaliser")
    faults, same = [], []
    for number, (render, source) in enumerate(pairs, 1):
        fault, is_same = compared(manifest, render, source)
        faults += [fault] if fault else []
        same += [_named(render)] if is_same else []
        tell(number, len(pairs))
    if faults or not same:
        passed = f"{counted(len(pairs), 'render')} differ from the original by an equaliser only"
        return found(RENDERS, faults, passed, f"{len(faults)} of {counted(len(pairs), 'render')} differ by more")
    every = len(same) == len(pairs)
    said = f"{len(same)} of {counted(len(pairs), 'render')} {'is' if len(same) == 1 else 'are'} the original itself: "
    return Finding(RENDERS, Verdict.FAILED if every else Verdict.NOTED, f"{said}was the plug-in bypassed?", tuple(same))


def foreign(manifest: Manifest, original: str) -> Iterator[tuple[Stimulus, Stimulus]]:
    """Give each stimulus without parameters of this program's equaliser, with the original of its clip and word."""
    rows = manifest.of_kind("stimulus")
    sources = {(row.clip, row.descriptor): row for row in rows if row.condition == original}
    for row in rows:
        source = sources.get((row.clip, row.descriptor))
        if row.condition != original and row.parameters is None and source is not None:
            yield row, source


def compared(manifest: Manifest, render: Stimulus, source: Stimulus) -> tuple[str | None, bool]:
    """Give what a render did besides equalising, and whether it did nothing at all."""
    try:
        (sound, rate_hz), (excerpt, _) = (audio.read(manifest.audio_path(row.id)) for row in (render, source))
        if sound.shape[1] != excerpt.shape[1]:
            lengths = [each.shape[1] / rate_hz for each in (sound, excerpt)]
            return f"{_named(render)} lasts {lengths[0]:.3f} s, but the original {lengths[1]:.3f} s.", False
        check_aligned(sound, excerpt, rate_hz, _named(render), str(render.clip))
        check_only_equalised(sound, excerpt, rate_hz, _named(render), str(render.clip))
    except (ValueError, OSError) as error:
        return str(error), False
    return None, is_same(sound, excerpt)


def is_same(sound: np.ndarray, excerpt: np.ndarray) -> bool:
    """Whether two sounds, float [2, samples], are one but for their level."""
    energy = float((excerpt**2).sum())
    gain = float((sound * excerpt).sum()) / max(energy, 1e-12)
    residue = float(((sound - gain * excerpt) ** 2).sum()) / max(gain**2 * energy, 1e-12)
    return 10 * np.log10(residue + 1e-12) < SAME_DB


def _named(stimulus: Stimulus) -> str:
    return f"{stimulus.clip} {stimulus.condition} {stimulus.descriptor}"
