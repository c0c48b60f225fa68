"""A paired comparison: two conditions of a clip, A and B; which is more so, or which is preferred?"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from study.design.blocks import Block
from study.design.checks import Trial
from study.design.columns import Column
from study.design.pairs import PairDesign
from study.design.parts import Name, Text
from study.design.stimuli import Stimulus
from study.kinds.base import Moment
from study.kinds.comparison import COMPARED, Comparison, ComparisonBlock
from study.refusals import invalid
from study.storage.models import AnyRow

if TYPE_CHECKING:
    from study.design.definition import Definition
    from study.design.listeners import Listener
    from study.design.plan import Assignment, Plan

SAME = "same"
STRENGTHS = 3


class PairBlock(ComparisonBlock):
    """Two sounds a page, A and B."""

    paradigm: Literal["pair"]
    """The block's way of asking: a paired comparison of A and B."""
    asks: Literal["descriptor", "preference"] = "descriptor"
    """Which of the two is more so, or which is preferred."""
    question: Text | None = None
    """A question in place of the page's own; `{descriptor}` is filled in."""
    comparisons: int | None = Field(None, ge=1)
    """Comparisons of one participant and descriptor, balanced over participants; without it, all pairs of all clips."""
    no_difference: bool = False
    """Whether "no difference" is an answer."""
    strength: bool = False
    """Whether it is asked how clearly, in three steps."""
    reference: Name | None = None
    """The condition that is heard openly beside A and B."""

    @property
    def asks_descriptor(self) -> bool:
        return self.asks == "descriptor"


class Pair(Comparison):
    """A and B, and optionally the reference; the answer is a side or neither, and optionally how clearly."""

    name = "pair"
    title = "the comparisons"
    paradigm = "pair"
    block = PairBlock
    keys: ClassVar[Mapping[str, str]] = {"A, B": "keys_letters"}
    table_name = "pairs"
    table = COMPARED | {
        "first": Column("string", "the condition that stood first, as A"),
        "played_first": Column("string", "the condition that was played first; empty where that is not known"),
        "choice": Column("string", f"the condition that was chosen, or {SAME}"),
        "strength": Column("Int64", f"how clearly, 1 to {STRENGTHS}; empty for {SAME} and where it was not asked"),
        "expected": Column("string", "the condition that an attention check asked for; empty elsewhere"),
    }

    def resolved(self, block: Block, definition: Definition) -> Block:
        conditions = definition.conditions
        if block.reference and block.reference not in conditions:
            raise ValueError(f"reference {block.reference} is not among the conditions of the study")
        return super().resolved(block, definition)

    def n_rows(self, plan: Plan, block: Block) -> int:
        clips = tuple(block.clips or plan.clips)[: plan.n_clips]
        return self._design(block, clips, None).n_rows

    def trials(
        self, plan: Plan, block: Block, descriptor: str, assignment: Assignment, rng: random.Random
    ) -> list[Trial]:
        clips = tuple(plan.clips_of(block, assignment))
        design = self._design(block, clips, self.seed(plan, descriptor, assignment))
        compared = design.comparisons(assignment.condition_row)
        return [self._trial(plan, block, descriptor, each.clip, each.first, each.second) for each in compared]

    def extras(self, plan: Plan, block: Block, part: Sequence[Trial], assignment: Assignment) -> dict[str, list[Trial]]:
        """Attention checks on any clip and pair of the participant's."""
        words, clips = {trial.descriptor for trial in part}, plan.clips_of(block, assignment)
        cells = [(word, clip, *pair) for word in words if word for clip in clips for pair in block.pairs]
        return {"attention": [replace(self._trial(plan, block, *cell), kind="attention") for cell in cells]}

    def random_trial(self, plan: Plan, block: Block, descriptor: str, clip: str, rng: random.Random) -> Trial:
        first, second = rng.sample(rng.choice(block.pairs), 2)
        return replace(self._trial(plan, block, descriptor, clip, first, second), kind="practice")

    def _design(self, block: Block, clips: tuple[str, ...], seed: object) -> PairDesign:
        return PairDesign(tuple(block.pairs), clips, block.comparisons, seed)

    def _trial(self, plan: Plan, block: Block, descriptor: str, clip: str, first: str, second: str) -> Trial:
        reference = block.reference
        played = [plan.cells[clip, name, descriptor] for name in (first, second, reference) if name]
        pair = [first, second] if [first, second] in map(list, block.pairs) else [second, first]
        return Trial("rating", played[0], descriptor, sounds=tuple(played), detail={"pair": pair, "first": first})

    def digits(self, block: Block) -> dict[str, int] | None:
        return {"low": 1, "high": 3 if block.no_difference else 2}

    def expects(self, block: Block, rng: random.Random) -> int:
        """An attention check asks for A (1) or B (2)."""
        return rng.randint(1, 2)

    def show(self, at: Moment) -> dict[str, Any]:
        block = at.block
        shown = super().show(at)
        key = "pair_question" if block.asks_descriptor else "pair_preference"
        own = at.text(block.question).replace("{descriptor}", shown["descriptor"])
        return shown | {
            "question": own or at.message(key, descriptor=shown["descriptor"]),
            "no_difference": block.no_difference,
            "strengths": STRENGTHS if block.strength else 0,
        }

    def notice(self, at: Moment) -> str | None:
        if at.step.trial_kind != "attention":
            return None
        return at.message("pair_attention", side="AB"[at.step.expected - 1])

    def check(self, answer: Mapping[str, Any], step: AnyRow, definition: Definition) -> dict[str, Any]:
        block, choice, strength = definition.block_of(step.detail), answer.get("choice"), answer.get("strength")
        sides = ["a", "b", SAME] if block.no_difference else ["a", "b"]
        if choice not in sides:
            raise invalid(f"choice must be one of {', '.join(sides)}")
        if not block.strength or choice == SAME:
            return {"choice": choice}
        if type(strength) is not int or not 1 <= strength <= STRENGTHS:
            raise invalid(f"strength must be a whole number from 1 to {STRENGTHS}")
        return {"choice": choice, "strength": strength}

    def simulate(self, listener: Listener, step: Mapping[str, Any], heard: Sequence[Stimulus | None]) -> dict[str, Any]:
        choice, strength = listener.compare(step, heard[0], heard[1])
        return {"choice": choice} | ({"strength": strength} if step["strengths"] and choice != SAME else {})

    def rows(
        self, step: Mapping[str, Any], answer: Mapping[str, Any], measured: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        compared = self.compared(step)
        first = step["detail"]["first"]
        second = compared["a"] if first == compared["b"] else compared["b"]
        expected = step.get("expected")
        own = {
            "first": first,
            "played_first": _played_first(measured, first, second),
            "choice": {"a": first, "b": second, SAME: SAME}[answer["choice"]],
            "strength": answer.get("strength"),
            "expected": None if expected is None else (first, second)[expected - 1],
        }
        return [compared | own]


def _played_first(measured: Mapping[str, Any], first: str, second: str) -> str | None:
    """Of A and B, the one whose sound started first."""
    starts = [sound.get("first_play_ms") for sound in (measured.get("sounds") or [])[:2]]
    known = [(ms, name) for ms, name in zip(starts, (first, second), strict=False) if ms is not None]
    return min(known)[1] if known else None


KIND = Pair()
