"""Practice: rating trials before the first block; their answers are kept and marked, and count for nothing."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from pydantic import Field

from study import kinds
from study.design.parts import Part
from study.kinds.trial import Rating

if TYPE_CHECKING:
    from study.design.plan import Assignment, Plan


class Practice(Part):
    """Trials before the first block that span the range; their answers are kept and marked."""

    trials: int = Field(3, ge=1, le=20)
    """Number of practice trials."""


class _Practice(Rating):
    name = "practice"
    place = 60
    key = "practice"
    field = (Practice | None, None)
    title = "practice"
    absent = "[practice]: the first ratings find the scale's ends"
    is_counted = False

    def steps(self, plan: Plan, assignment: Assignment, rng: random.Random) -> list[dict[str, Any]]:
        """That of the participant's first block, before all blocks."""
        part, first = self.part(plan.definition), plan.definition.block_order(assignment.block_row)[0]
        if part is None:
            return []
        block = plan.blocks[first]
        paradigm = kinds.PARADIGMS[block.paradigm]
        trials = paradigm.practice(plan, block, part.trials, rng)
        return [paradigm.presentation(trial, block, first) for trial in trials]


KIND = _Practice()
