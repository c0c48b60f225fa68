"""Setting the level with the loudest sound of the study; the gain then stays locked."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from study.design.parts import Part, Text
from study.design.stimuli import Stimulus
from study.design.telemetry import is_number
from study.kinds.base import Kind, Moment
from study.refusals import invalid
from study.storage.models import AnyRow

if TYPE_CHECKING:
    from study.design.definition import Definition
    from study.design.listeners import Listener
    from study.design.plan import Assignment, Plan


class Level(Part):
    """Setting the level with the loudest stimulus; the gain then stays locked."""

    text: Text = ""
    """Text above the slider, in Markdown."""
    minimum_db: float = Field(-40.0, ge=-80, le=0)
    """The slider's lowest gain."""
    maximum_db: float = Field(0.0, ge=-40, le=0)
    """The slider's highest gain."""


class _Level(Kind):
    name = "level"
    place = 25  # before the headphone check, which is then heard at a comfortable level too
    key = "level"
    field = (Level | None, None)
    seconds = 20.0
    title = "setting the level"
    absent = "[level]: the level is not set"

    def steps(self, plan: Plan, assignment: Assignment, rng: random.Random) -> list[dict[str, Any]]:
        """With the set's own sound for it, else its first stimulus."""
        if not self.part(plan.definition):
            return []
        sounds = plan.stimuli.of_kind("level") or plan.stimuli.of_kind("stimulus")
        return [self.step(stimulus=sounds[0].id)]

    def show(self, at: Moment) -> dict[str, Any]:
        part = self.part(at.definition)
        return super().show(at) | {"minimum_db": part.minimum_db, "maximum_db": part.maximum_db}

    def check(self, answer: Mapping[str, Any], step: AnyRow, definition: Definition) -> dict[str, Any]:
        level_db, allowed = answer.get("level_db"), self.part(definition)
        if not is_number(level_db) or not allowed.minimum_db <= level_db <= allowed.maximum_db:
            raise invalid(f"level_db must be from {allowed.minimum_db:g} to {allowed.maximum_db:g}")
        return {"level_db": float(level_db)}

    def after(self, at: Moment, kept: Mapping[str, Any], now: float) -> dict[str, Any]:
        return {"level_db": kept["level_db"]}

    def simulate(self, listener: Listener, step: Mapping[str, Any], heard: Sequence[Stimulus | None]) -> dict[str, Any]:
        return {"level_db": max(step["minimum_db"], step["maximum_db"] - 6)}


KIND = _Level()
