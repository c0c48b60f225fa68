"""Practice: rating trials before the first block; their answers are kept and marked, and count for nothing."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from pydantic import Field

from study.design.checks import Trial
from study.design.parts import Part
from study.kinds.trial import Rating

if TYPE_CHECKING:
    from study.design.plan import Assignment, Plan


class Practice(Part):
    """Trials before the first block that span the range; their answers are kept and marked."""

    trials: int = Field(3, ge=1, le=20)


class _Practice(Rating):
    name = "practice"
    place = 60
    key = "practice"
    field = (Practice | None, None)
    title = "practice"
    absent = "[practice]: the first ratings find the scale's ends"
    is_counted = False

    def steps(self, plan: Plan, assignment: Assignment, rng: random.Random) -> list[dict[str, Any]]:
        """Through the descriptors, and from the last condition to the first, so that practice spans the range."""
        d, part = plan.definition, self.part(plan.definition)
        stimuli = [s for s in plan.cells.values() if s.clip in plan.clips and s.condition in d.conditions]
        rows, last = [], None
        for number in range(part.trials if part else 0):
            descriptor = d.descriptors[number % len(d.descriptors)].name
            condition = d.conditions[-1 - round(number * (len(d.conditions) - 1) / max(part.trials - 1, 1))]
            fitting = [s for s in stimuli if s.descriptor == descriptor and s.condition == condition]
            sound = rng.choice([s for s in fitting if s.clip != last] or fitting)
            last = sound.clip
            rows.append(self.presentation(Trial("practice", sound, descriptor)))
        return rows


KIND = _Practice()
