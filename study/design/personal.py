"""The condition `personal`: sounds that are made for one participant during the session, of what they judged before.

A study has it where its file has the table ``[calibration]`` and names the condition; its sounds stand in the plan as
all others do, under ids that the manifest does not have.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from study.design.stimuli import Stimulus, StimulusSet

if TYPE_CHECKING:
    from study.design.definition import Definition

CONDITION = "personal"
ORIGINAL = "original"
"""The condition whose files the personal ones are made of."""
PROBE = "probe"
"""The kind of stimulus that is judged."""


def descriptors(definition: Definition) -> list[str]:
    """The words for which some block presents the condition."""
    if not definition.calibration:
        return []
    blocks = [b for b in definition.effective_blocks if CONDITION in (b.conditions or definition.conditions)]
    named = {word for b in blocks for word in b.descriptors or [d.name for d in definition.descriptors]}
    return [descriptor.name for descriptor in definition.descriptors if descriptor.name in named]


def made_of(definition: Definition, stimuli: StimulusSet) -> dict[str, str]:
    """The sounds to be made, by their ids, and the original that each is made of."""
    words, clips = descriptors(definition), definition.clips or stimuli.clips
    originals = {(row.clip, row.descriptor): row.id for row in stimuli.of_kind("stimulus") if row.condition == ORIGINAL}
    cells = [(clip, word) for clip in clips for word in words if (clip, word) in originals]
    return {_id(stimuli, *cell): originals[cell] for cell in cells}


def with_made(definition: Definition, stimuli: StimulusSet) -> StimulusSet:
    """The set with the sounds that are made for each participant; the set itself where there are none."""
    made = []
    for name, source in made_of(definition, stimuli).items():
        row = stimuli.by_id[source]
        made.append(Stimulus(name, "stimulus", row.clip, CONDITION, row.descriptor, None, "", row.duration_s))
    return StimulusSet(stimuli.folder, stimuli.text, tuple(made)) if made else stimuli


def _id(stimuli: StimulusSet, clip: str, descriptor: str) -> str:
    return hashlib.sha256(f"{CONDITION}/{stimuli.sha256}/{clip}/{descriptor}".encode()).hexdigest()[:20]
