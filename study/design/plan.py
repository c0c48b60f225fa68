"""A participant's whole way, made when the session starts: every step in its place, as rows for the database."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from study.design import checks, order
from study.design.checks import Trial
from study.design.definition import Definition
from study.design.stimuli import Stimulus, StimulusSet
from study.kinds import KINDS


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
    def blocks(self) -> list[list[str]]:
        """Descriptors of each block, before the blocks are put in a participant's order."""
        names = [descriptor.name for descriptor in self.definition.descriptors]
        return [[name] for name in names] if self.definition.design.order == "blocked" else [names]

    @property
    def n_block_rows(self) -> int:
        """Orders of the blocks that participants are spread over."""
        return order.n_rows(len(self.blocks))

    @property
    def n_condition_rows(self) -> int:
        """Orders of the conditions that participants are spread over."""
        return order.n_rows(len(self.definition.conditions))

    @cached_property
    def sample(self) -> list[dict[str, Any]]:
        """The steps of some participant, which shows whether everything fits."""
        return self.steps(Assignment(0, 0, self.clips[: self.n_clips]), random.Random(0))

    @property
    def minutes(self) -> int:
        """How long a participant takes, breaks included."""
        return round(self.sample[0]["seconds_left"] / 60)

    @property
    def n_trials(self) -> int:
        """Trials of one participant, checks and repeats included, practice not."""
        return n_counted(self.sample)

    def missing(self) -> list[str]:
        """What the study asks for and the set does not have, each in a few words."""
        d, cells = self.definition, self.cells
        wanted = [(c, k, x.name) for c in self.clips for k in d.conditions for x in d.descriptors]
        absent = [cell for cell in wanted if cell not in cells]
        found = [f"{len(absent)} of {len(wanted)} stimuli, the first: {' / '.join(absent[0])}"] if absent else []
        found += [text for kind in KINDS.values() for text in kind.missing(self)]
        for kind, n in (("audible_check", d.checks.audible), ("anchor", d.checks.anchors)):
            if n and not self._sounds(kind):
                found.append(f"sounds of kind {kind}")
        return found

    @cached_property
    def cells(self) -> dict[tuple, Stimulus]:
        """The stimuli by clip, condition and descriptor."""
        return {(s.clip, s.condition, s.descriptor): s for s in self.stimuli.of_kind("stimulus")}

    def _sounds(self, kind: str) -> list[Stimulus]:
        low, high = self.definition.scale.low, self.definition.scale.high
        sounds = self.stimuli.of_kind(kind)
        return [s for s in sounds if s.expected is None or low <= s.expected <= high]

    def trials(self, assignment: Assignment, rng: random.Random) -> list[list[Trial]]:
        """Blocks of trials, checks and repeats included, in the order of one participant."""
        design = self.definition.checks
        blocks = [self.blocks[index] for index in self._block_order(assignment.block_row)]
        extras = checks.share_out(design, len(blocks), rng)
        made = []
        for number, (descriptors, kinds) in enumerate(zip(blocks, extras, strict=True)):
            rating = self.rating_trials(descriptors, assignment, rng)
            not_before = design.not_before if number == 0 else 1
            made.append(
                checks.insert(rating, kinds, self._extra_sounds(descriptors, assignment), design, not_before, rng)
            )
        for trial in (trial for block in made for trial in block if trial.kind == "attention"):
            trial.expected = rng.randint(self.definition.scale.low, self.definition.scale.high)
        return made

    def rating_trials(self, descriptors: list[str], assignment: Assignment, rng: random.Random) -> list[Trial]:
        """Every clip x condition x descriptor of a block once, ordered by `study.order`."""
        conditions = self.definition.conditions
        items = [(clip, descriptor) for descriptor in descriptors for clip in assignment.clips]
        seed = (assignment.secret, self.definition.seed, *descriptors)
        sequence = order.condition_sequence(len(conditions), len(items), assignment.condition_row, seed)
        dealt = order.deal_clips(sequence, [items] * len(conditions), rng)
        cells = self.cells
        return [
            Trial("rating", cells[clip, conditions[c], descriptor], descriptor)
            for c, (clip, descriptor) in zip(sequence, dealt, strict=True)
        ]

    def _block_order(self, row: int) -> list[int]:
        n = len(self.blocks)
        return order.williams(n)[row % order.n_rows(n)] if n > 1 else [0]

    def _extra_sounds(self, descriptors: list[str], assignment: Assignment) -> dict[str, list[Stimulus]]:
        own = [s for s in self.cells.values() if s.descriptor in descriptors and s.clip in assignment.clips]
        return {"attention": own, "audible_check": self._sounds("audible_check"), "anchor": self._sounds("anchor")}

    def steps(self, assignment: Assignment, rng: random.Random) -> list[dict[str, Any]]:
        """Rows of the table ``step``, without the session's id."""
        steps = [step for kind in KINDS.values() for step in kind.steps(self, assignment, rng)]
        n_trials = n_counted(steps)
        for step in steps[-2:]:
            step["trial_number"] = step["trial_number"] or n_trials
        seconds_left = 0.0
        for position, step in reversed(list(enumerate(steps))):
            seconds_left += step.pop("seconds")
            step |= {"position": position, "seconds_left": seconds_left}
        return steps


def n_counted(steps: list[dict[str, Any]]) -> int:
    """How many steps the participant's page counts as trials."""
    return sum(KINDS[step["kind"]].is_counted for step in steps)
