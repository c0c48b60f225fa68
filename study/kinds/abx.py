"""ABX: X is A or B; which? Whether two conditions can be told apart at all. Only practice says what was right."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from study.design import abx
from study.design.blocks import Block
from study.design.checks import Trial
from study.design.columns import Column
from study.design.stimuli import Stimulus
from study.kinds.base import Moment
from study.kinds.comparison import COMPARED, Comparison, ComparisonBlock
from study.refusals import invalid
from study.storage.models import AnyRow

if TYPE_CHECKING:
    from study.design.abx import Discrimination
    from study.design.definition import Definition
    from study.design.listeners import Listener
    from study.design.plan import Assignment, Plan

SIDES = ("a", "b")


class AbxBlock(ComparisonBlock):
    """Three sounds a page, A, B and X, which is one of the two."""

    paradigm: Literal["abx"]
    """The block's way of asking: X is A or B."""
    trials: int = Field(8, ge=1, le=200)
    """Trials of each pair and descriptor."""

    @property
    def asks_descriptor(self) -> bool:
        return False


class Abx(Comparison):
    """Whether X is A or B."""

    name = "abx"
    title = "the ABX trials"
    paradigm = "abx"
    block = AbxBlock
    balances = "which is A, and which X is,"
    keys: ClassVar[Mapping[str, str]] = {"A, B, X": "keys_letters"}
    checks: ClassVar[tuple[str, ...]] = ("repeats",)
    table = COMPARED | {
        "first": Column("string", "the condition that was A"),
        "x": Column("string", "the condition that X was"),
        "choice": Column("string", "the condition that X was taken for"),
        "correct": Column("bool", "whether choice is x"),
    }

    def n_rows(self, plan: Plan, block: Block) -> int:
        return abx.N_ROWS

    def trials(
        self, plan: Plan, block: Block, descriptor: str, assignment: Assignment, rng: random.Random
    ) -> list[Trial]:
        clips, row = plan.clips_of(block, assignment), assignment.condition_row
        own = abx.discriminations(block.pairs, clips, block.trials, row, rng)
        return [self._trial(plan, descriptor, each) for each in own]

    def random_trial(self, plan: Plan, block: Block, descriptor: str, clip: str, rng: random.Random) -> Trial:
        pair = rng.choice(block.pairs)
        (drawn,) = abx.discriminations([pair], [clip], 1, rng.randrange(abx.N_ROWS), rng)
        return replace(self._trial(plan, descriptor, drawn), kind="practice")

    def _trial(self, plan: Plan, descriptor: str, each: Discrimination) -> Trial:
        sounds = tuple(plan.cells[each.clip, name, descriptor] for name in (each.a, each.b, each.x))
        pair = sorted((each.a, each.b), key=plan.definition.conditions.index)
        detail = {"pair": pair, "first": each.a, "x": SIDES[each.x_is_b]}
        return Trial("rating", sounds[0], descriptor, sounds=sounds, detail=detail)

    def show(self, at: Moment) -> dict[str, Any]:
        right = {"right": at.step.detail["x"]} if at.step.trial_kind == "practice" else {}
        return super().show(at) | {"question": at.message("abx_question")} | right

    def check(self, answer: Mapping[str, Any], step: AnyRow, definition: Definition) -> dict[str, Any]:
        if answer.get("choice") not in SIDES:
            raise invalid(f"choice must be one of {', '.join(SIDES)}")
        return {"choice": answer["choice"]}

    def simulate(self, listener: Listener, step: Mapping[str, Any], heard: Sequence[Stimulus | None]) -> dict[str, Any]:
        return {"choice": listener.match(*heard)}

    def rows(
        self, step: Mapping[str, Any], answer: Mapping[str, Any], measured: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        compared, detail = self.compared(step), step["detail"]
        second = compared["a"] if detail["first"] == compared["b"] else compared["b"]
        conditions = dict(zip(SIDES, (detail["first"], second), strict=True))
        x, choice = conditions[detail["x"]], conditions[answer["choice"]]
        return [compared | {"first": detail["first"], "x": x, "choice": choice, "correct": choice == x}]


KIND = Abx()
