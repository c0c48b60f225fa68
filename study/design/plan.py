"""A participant's whole way, made when the session starts: every step in its place, as rows for the database."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property
from math import ceil, lcm
from types import SimpleNamespace
from typing import Any

from study.design import personal, sequence
from study.design.blocks import NO_CHECKS, Block
from study.design.checks import Trial
from study.design.definition import Definition
from study.design.sections import Descriptor
from study.design.stimuli import Stimulus, StimulusSet
from study.kinds import KINDS, PARADIGMS, is_counted

BLOCKS_PLACE = 100
"""Where the blocks come among the kinds of step; see `study.kinds.base.Kind.place`."""


@dataclass(frozen=True)
class Assignment:
    """What balances participants against each other: rows of the Latin squares and the clips heard.

    ``secret`` is the study's: with its file alone nobody can make the sequences of conditions.
    """

    block_row: int
    condition_row: int
    clips: tuple[str, ...]
    secret: str = ""


@dataclass(frozen=True)
class Plan:
    """A study's definition with its stimulus set, from which sessions are made."""

    definition: Definition
    stimuli: StimulusSet

    def __post_init__(self) -> None:
        object.__setattr__(self, "stimuli", personal.with_made(self.definition, self.stimuli))
        missing = self.missing()
        if missing:
            raise ValueError(f"The stimulus set does not fit the study file: it lacks {'; '.join(missing)}.")
        _ = self.sample

    @property
    def clips(self) -> tuple[str, ...]:
        """Clips of the study: those it names, else all of the set."""
        return tuple(self.definition.clips or self.stimuli.clips)

    @property
    def n_clips(self) -> int:
        """Clips that one participant hears."""
        return min(self.definition.design.clips_per_participant or len(self.clips), len(self.clips))

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The study's blocks, in the study file's order."""
        return self.definition.effective_blocks

    @property
    def n_parts(self) -> int:
        """Parts of a session: each block is one or several."""
        return sum(PARADIGMS[block.paradigm].n_parts(self, block) for block in self.blocks)

    @property
    def n_block_rows(self) -> int:
        """Orders of the blocks and of their parts that participants are spread over, each with each."""
        n_part_rows = lcm(*(PARADIGMS[block.paradigm].n_part_rows(self, block) for block in self.blocks))
        return self.definition.n_block_orders * n_part_rows

    @property
    def n_condition_rows(self) -> int:
        """Orders within the parts that participants are spread over."""
        return lcm(*(PARADIGMS[block.paradigm].n_rows(self, block) for block in self.blocks))

    def conditions_of(self, block: Block) -> list[str]:
        """The conditions that a block presents."""
        return block.conditions or self.definition.conditions

    def descriptors_of(self, block: Block) -> list[Descriptor]:
        """The descriptors that a block asks for."""
        return [d for d in self.definition.descriptors if not block.descriptors or d.name in block.descriptors]

    def clips_of(self, block: Block, assignment: Assignment) -> list[str]:
        """The clips that a block presents: its own, else the participant's."""
        return list(block.clips or assignment.clips)

    @cached_property
    def sample(self) -> list[dict[str, Any]]:
        """The steps of some participant, which shows whether everything fits."""
        return self.steps(Assignment(0, 0, self.clips[: self.n_clips]), random.Random(0))

    @cached_property
    def limited(self) -> frozenset[int]:
        """Positions of the steps whose answers may take one of a limited number of places."""
        with_quotas = {name for name, kind in KINDS.items() if kind.quotas(self.definition)}
        first = set() if self.definition.recruitment.cap is None else {0}
        return frozenset(first.union(step["position"] for step in self.sample if step["kind"] in with_quotas))

    @property
    def minutes(self) -> int:
        """How long a participant takes, breaks included."""
        return in_minutes(self.sample[0]["seconds_left"])

    @cached_property
    def download_bytes(self) -> int:
        """Size of all sounds that a participant's browser fetches, if every attempt of a check is needed.

        One that comes twice is fetched twice: if it were not, that would tell that it is a repeat.
        """
        steps = [SimpleNamespace(**step) for step in self.sample]
        sources = personal.made_of(self.definition, self.stimuli)  # of the same size as what is made of them
        sounds = [sources.get(sound, sound) for step in steps for sound in KINDS[step.kind].sounds(step)]
        paths = [self.stimuli.audio_path(sound) for sound in sounds]
        return sum(path.stat().st_size for path in paths if path)

    @property
    def n_trials(self) -> int:
        """Trials of one participant, checks and repeats included, practice not."""
        return n_counted(self.sample)

    def missing(self) -> list[str]:
        """What the study asks for and the set does not have, each in a few words."""
        wanted = dict.fromkeys(cell for block in self.blocks for cell in self._wanted(block))
        absent = [cell for cell in wanted if cell not in self.cells]
        found = [f"{len(absent)} of {len(wanted)} stimuli, the first: {' / '.join(absent[0])}"] if absent else []
        found += [text for kind in KINDS.values() for text in kind.missing(self)]
        for block in self.blocks:
            checks = block.checks or NO_CHECKS
            for kind, n in (("audible_check", checks.audible), ("anchor", checks.anchors)):
                if n and not self.sounds(kind, block):
                    found.append(f"sounds of kind {kind}")
        return list(dict.fromkeys(found))

    def _wanted(self, block: Block) -> list[tuple[str, str, str]]:
        clips, words = block.clips or self.clips, self.descriptors_of(block)
        return [
            (clip, condition, word.name) for clip in clips for condition in self.conditions_of(block) for word in words
        ]

    @cached_property
    def cells(self) -> dict[tuple[str | None, str | None, str | None], Stimulus]:
        """The stimuli by clip, condition and descriptor."""
        sounds = [*self.stimuli.of_kind("stimulus"), *self.stimuli.made]
        return {(s.clip, s.condition, s.descriptor): s for s in sounds}

    @cached_property
    def anchors(self) -> dict[tuple[Any, ...], Stimulus]:
        """The low-passed originals by clip, cut-off and descriptor."""
        return {(s.clip, s.condition, s.descriptor): s for s in self.stimuli.of_kind("anchor")}

    def sounds(self, kind: str, block: Block) -> list[Stimulus]:
        """The generated sounds of a kind whose right answer, where they have one, is on a block's scale."""
        sounds, first = self.stimuli.of_kind(kind), block.first
        return [s for s in sounds if s.expected is None or first.takes(s.expected)]

    def trials(self, assignment: Assignment, rng: random.Random) -> list[list[Trial]]:
        """Parts of the session, checks and repeats included, in the order of one participant."""
        return [part for _, part in sequence.parts_of(self, assignment, rng)]

    def steps(self, assignment: Assignment, rng: random.Random) -> list[dict[str, Any]]:
        """Rows of the table ``step``, without the session's id."""
        before = [kind for kind in KINDS.values() if kind.place < BLOCKS_PLACE]
        after = [kind for kind in KINDS.values() if kind.place > BLOCKS_PLACE]
        steps = [step for kind in before for step in kind.steps(self, assignment, rng)]
        steps += sequence.steps_of(self, assignment, rng)
        steps += [step for kind in after for step in kind.steps(self, assignment, rng)]
        steps = self._with_waiting(steps)
        n_trials = n_counted(steps)
        for step in steps[-2:]:
            step["trial_number"] = step["trial_number"] or n_trials
        seconds_left = 0.0
        for position, step in reversed(list(enumerate(steps))):
            seconds_left += step.pop("seconds")
            step |= {"position": position, "seconds_left": seconds_left}
        return steps

    def _with_waiting(self, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The steps, with a place to wait before the first one that plays a sound that is made meanwhile."""
        made = {row.id for row in self.stimuli.made}
        for place, step in enumerate(steps):
            if made and made.intersection(KINDS[step["kind"]].sounds(SimpleNamespace(**step))):
                return [*steps[:place], KINDS["personal"].step(), *steps[place:]]
        return steps


def in_minutes(seconds: float) -> int:
    """A time as participants are told it, on the first page and on every later one: a minute that begins counts."""
    return ceil(seconds / 60)


def n_counted(steps: list[dict[str, Any]]) -> int:
    """How many steps the participant's page counts as trials."""
    return sum(is_counted(step["kind"], step["trial_kind"]) for step in steps)
