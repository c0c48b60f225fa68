"""What the paradigms share that play two conditions of a clip: which pairs are compared, and their table's columns."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, model_validator

from study.design import order, pairs
from study.design.apart import apart
from study.design.blocks import NO_CHECKS, Block
from study.design.checks import Trial
from study.design.columns import Column
from study.design.pairs import Pair
from study.design.parts import Name
from study.kinds.paradigm import ANSWER_S, Paradigm

if TYPE_CHECKING:
    from study.design.definition import Definition
    from study.design.plan import Assignment, Plan

SHARED = ("kind", "position", "trial_number", "block", "descriptor", "clip")
MEASURED = ("rt_ms", "rt_start_ms", "plays", "heard_s", "rating_changes", "focus_losses", "underruns")
OF_SESSION = ("answered_at", "simulated", "language", "session_state", "headphones_passed")
COMPARED = {
    "a": Column("string", "one of the two conditions, in the order of the study file"),
    "b": Column("string", "the other condition"),
}


class ComparisonBlock(Block):
    """Which conditions are compared with each other: ``pairs``, or without it all of them."""

    pairs: list[tuple[Name, Name]] | None = Field(None, min_length=1)
    """Pairs of conditions that are compared; without it, every pair."""

    @model_validator(mode="after")
    def _asks_one_thing(self) -> ComparisonBlock:
        if self.questions:
            raise ValueError(f"a block of {self.paradigm} has a question of its own and takes no `questions`")
        return self


class Comparison(Paradigm):
    """A paradigm of two conditions of one clip; an answer is a choice, in a table of its own."""

    balances = "pairs and sides"
    shared: ClassVar[tuple[str, ...]] = (*SHARED, *MEASURED, *OF_SESSION)
    checks: ClassVar[tuple[str, ...]] = ("attention", "repeats")

    def resolved(self, block: Block, definition: Definition) -> Block:
        conditions = block.conditions or definition.conditions
        named: Sequence[Pair] = block.pairs or pairs.every_pair(conditions)
        pairs.check(named, conditions)
        asked = block.checks or NO_CHECKS
        if unfit := [kind for kind in ("attention", "repeats", "audible", "anchors") if getattr(asked, kind)]:
            unfit = [kind for kind in unfit if kind not in self.checks]
        if unfit:
            raise ValueError(f"checks: {self.paradigm} has no {unfit[0]} checks")
        place = {name: number for number, name in enumerate(conditions)}
        own: dict[str, Any] = {
            "pairs": [tuple(sorted(pair, key=place.__getitem__)) for pair in named],
            "order": block.order or definition.design.order,
            "checks": block.checks or NO_CHECKS,
        }
        if block.min_listened_fraction is None:
            own["min_listened_fraction"] = definition.design.min_listened_fraction
        return block.model_copy(update=own)

    def parts(self, plan: Plan, block: Block, assignment: Assignment, rng: random.Random) -> list[list[Trial]]:
        """The parts by a Williams square; in each, no pair and no clip twice in a row, as far as that can be."""
        words = [descriptor.name for descriptor in plan.descriptors_of(block)]
        parts = [words] if block.order == "mixed" else [[word] for word in words]
        turn = order.williams(len(parts))[assignment.block_row % order.n_rows(len(parts))] if len(parts) > 1 else [0]
        made = [[t for word in parts[i] for t in self.trials(plan, block, word, assignment, rng)] for i in turn]
        return [apart(part, (_pair_of, _clip_of), rng) for part in made]

    def trials(
        self, plan: Plan, block: Block, descriptor: str, assignment: Assignment, rng: random.Random
    ) -> list[Trial]:
        """One participant's trials of one descriptor, in no particular order."""
        raise NotImplementedError

    def digits(self, block: Block) -> dict[str, int] | None:
        return {"low": 1, "high": 2}

    def takes_s(self, trial: Trial, block: Block) -> float:
        """Every sound once, and one answer."""
        return sum(sound.duration_s for sound in trial.sounds) + ANSWER_S

    def seed(self, plan: Plan, descriptor: str, assignment: Assignment) -> tuple[Any, ...]:
        """What all participants of a study share for one descriptor, and nobody knows who has its file alone."""
        return (assignment.secret, plan.definition.seed, descriptor)

    def practice(self, plan: Plan, block: Block, n: int, rng: random.Random) -> list[Trial]:
        """Trials of clips and pairs at random, no clip twice in a row."""
        words, clips = [word.name for word in plan.descriptors_of(block)], list(block.clips or plan.clips)
        own = [self.random_trial(plan, block, words[i % len(words)], clips[i % len(clips)], rng) for i in range(n)]
        return apart(own, (_clip_of, _pair_of), rng)

    def random_trial(self, plan: Plan, block: Block, descriptor: str, clip: str, rng: random.Random) -> Trial:
        """A trial for practice."""
        raise NotImplementedError

    def compared(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """The cells of `COMPARED`."""
        a, b = step["detail"]["pair"]
        return {"a": a, "b": b}


def _pair_of(trial: Trial) -> frozenset[str]:
    return frozenset(trial.detail["pair"])


def _clip_of(trial: Trial) -> str | None:
    return trial.stimulus.clip
