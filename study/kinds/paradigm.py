"""A paradigm: the kind of step that a block of the study file consists of.

Its file declares the block's table and makes the presentations; `study.design.sequence` puts checks, breaks,
instructions and practice among them.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from study.design import order
from study.design.blocks import Block
from study.kinds.base import Kind, Moment
from study.storage.models import AnyRow

if TYPE_CHECKING:
    from study.design.checks import Trial
    from study.design.definition import Definition
    from study.design.plan import Assignment, Plan

ANSWER_S = 4.0


class Paradigm(Kind):
    """One way of asking.

    Attributes
    ----------
    paradigm : its name in the study file's ``[[blocks]]`` and in `responses.csv`.
    block : its table there, a `Block` with keys of its own.
    keys : the keyboard's keys of its own, and the message that says what they do.
    balances : what its orders are orders of, in words.
    checks : the kinds of checks that its blocks can hold.
    """

    place = 100
    is_trial = True
    is_counted = True
    paradigm: ClassVar[str]
    block: ClassVar[type[Block]]
    keys: ClassVar[Mapping[str, str]] = {}
    balances: ClassVar[str] = "conditions"
    checks: ClassVar[tuple[str, ...]] = ("attention", "repeats")

    def resolved(self, block: Block, definition: Definition) -> Block:
        """The block with what it leaves out filled in, where that is the paradigm's to say."""
        return block

    def parts(self, plan: Plan, block: Block, assignment: Assignment, rng: random.Random) -> list[list[Trial]]:
        """Its presentations without checks in one participant's order, in parts with a break between them."""
        raise NotImplementedError

    def n_parts(self, plan: Plan, block: Block) -> int:
        """How many parts there are: one for each descriptor, or one in all."""
        return len(plan.descriptors_of(block)) if block.order != "mixed" else 1

    def n_part_rows(self, plan: Plan, block: Block) -> int:
        """Orders of the parts that participants are spread over by their block row."""
        return order.n_rows(self.n_parts(plan, block))

    def n_rows(self, plan: Plan, block: Block) -> int:
        """Orders within the parts that participants are spread over by their condition row."""
        return order.n_rows(len(plan.conditions_of(block)))

    def practice(self, plan: Plan, block: Block, n: int, rng: random.Random) -> list[Trial]:
        """``n`` presentations that come before the block's first one and count for nothing."""
        return []

    def extras(self, plan: Plan, block: Block, part: Sequence[Trial], assignment: Assignment) -> dict[str, list[Trial]]:
        """Presentations that may serve as a check of each kind but repeats; here those of the part itself."""
        return {"attention": [replace(trial, kind="attention") for trial in part]}

    def expects(self, block: Block, rng: random.Random) -> int:
        """What an attention check asks for."""
        return rng.choice(block.first.marks)

    def digits(self, block: Block) -> dict[str, int] | None:
        """The digits that answer from the keyboard."""
        first = block.first
        return {"low": first.low, "high": first.high} if first.type == "scale" and first.low >= 0 else None

    def presentation(self, trial: Trial, block: Block, index: int, /, **members: Any) -> dict[str, Any]:
        """The row of one presentation in the study's block ``index``."""
        own: dict[str, Any] = {"stimulus": trial.stimulus.id, "condition": trial.stimulus.condition}
        detail = trial.detail | ({"block": index} if index else {})
        if trial.sounds:
            own, detail = {}, {"sounds": [sound.id for sound in trial.sounds]} | detail
        return self.step(
            seconds=self.takes_s(trial, block),
            trial_kind=trial.kind,
            clip=trial.stimulus.clip,
            descriptor=trial.descriptor,
            expected=trial.expected,
            detail=detail,
            **own,
            **members,
        )

    def takes_s(self, trial: Trial, block: Block) -> float:
        """How long one presentation takes: each sound once, and the answers."""
        sounds = trial.sounds or (trial.stimulus,)
        return sum(sound.duration_s for sound in sounds) + ANSWER_S * len(sounds)

    def sounds(self, step: Any) -> list[str]:
        return step.detail.get("sounds") or super().sounds(step)

    def min_listened_fraction(self, definition: Definition, step: AnyRow) -> float | None:
        return definition.block_of(step.detail).min_listened_fraction or None

    def show(self, at: Moment) -> dict[str, Any]:
        """What all presentations show: the word, the questions, the notice of a check, how much must be heard."""
        step, block = at.step, at.block
        descriptor = at.definition.descriptor(step.descriptor)
        return {
            "descriptor": at.text(descriptor.label) if descriptor else "",
            "definition": at.text(descriptor.definition) if descriptor and block.asks_descriptor else "",
            "questions": [question.show(at, descriptor) for question in block.asked(step.trial_kind)],
            "is_practice": step.trial_kind == "practice",
            "min_listened_fraction": block.min_listened_fraction,
            "notice": self.notice(at),
            "counts_from_here": step.trial_number == 1 and bool(at.definition.practice or block.practice),
            "duration_s": at.plan.stimuli.by_id[self.sounds(step)[0]].duration_s,
        }

    def notice(self, at: Moment) -> str | None:
        """What a check asks for."""
        if at.step.trial_kind != "attention":
            return None
        return at.message("attention_notice", rating=self.asked_for(at))

    def asked_for(self, at: Moment) -> str:
        """The answer that an attention check asks for, in the page's words."""
        return at.block.first.mark(at.step.expected, at, at.definition.descriptor(at.step.descriptor))
