"""Breaks between the blocks of trials and, in long ones, within them: a minimum is counted down, then at will."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from pydantic import Field

from study import clock
from study.design.parts import Part, Text
from study.kinds.base import Kind, Moment

if TYPE_CHECKING:
    from study.design.plan import Assignment, Plan


class Breaks(Part):
    """Pauses between blocks and, in long blocks, after ``every_trials``."""

    text: Text = ""
    """Text of the break, in Markdown."""
    minimum_s: int = Field(20, ge=0, le=3600)
    """Least length in seconds."""
    suggested_s: int = Field(120, ge=0, le=3600)
    """Suggested length in seconds."""
    every_trials: int | None = Field(None, ge=5)
    """A break after so many trials within a block too."""


class _Break(Kind):
    name = "break"
    place = 90
    key = "breaks"
    field = (Breaks | None, None)
    title = "breaks"
    promise = "start_pause"
    absent = "[breaks]: nobody rests between the parts"

    def steps(self, plan: Plan, assignment: Assignment, rng: random.Random) -> list[dict[str, Any]]:
        """None of its own: the trials put them where they belong."""
        return []

    def falls_before(self, breaks: Breaks | None, block: int, index: int, length: int) -> bool:
        """Whether there is a break before trial ``index`` of ``length`` in a block; blocks count from 1."""
        if breaks is None:
            return False
        if index == 0 or not breaks.every_trials:
            return index == 0 and block > 1
        return index % breaks.every_trials == 0 and length - index >= breaks.every_trials // 2

    def show(self, at: Moment) -> dict[str, Any]:
        part = self.part(at.definition)
        following = next((x for x in at.definition.descriptors if x.name == at.step.descriptor), None)
        return super().show(at) | {
            "minimum_s": 0 if at.session.simulated else part.minimum_s,
            "suggested_s": part.suggested_s,
            "next": following and {"descriptor": at.text(following.label), "definition": at.text(following.definition)},
            "remaining_s": self.wait_s(at),
        }

    def wait_s(self, at: Moment) -> float:
        """What is left of the minimum: nothing for a simulated participant, or where the clock was set back."""
        if at.session.simulated:
            return 0.0
        elapsed_s = clock.elapsed_s(at.since, clock.now())
        return 0.0 if elapsed_s is None else round(max(self.part(at.definition).minimum_s - elapsed_s, 0.0), 1)


KIND = _Break()
