"""Calibration: quick judgements of versions of a clip, from which a participant's own word is learned.

The versions are the set's sounds of kind ``probe``; each can be compared with the original. From the judgements the
sounds of the condition ``personal`` are made (`study.design.personal`).
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from study.design import personal
from study.design.columns import Column
from study.design.parts import Part, Share, Text
from study.design.stimuli import Stimulus
from study.kinds.base import Kind, Moment
from study.refusals import invalid
from study.storage.models import AnyRow

if TYPE_CHECKING:
    from study.design.definition import Definition
    from study.design.listeners import Listener
    from study.design.plan import Assignment, Plan

POINTS = 4
"""The scale goes from -4 to 4, which stands for -1 to 1: a digit of the keyboard for each."""
ANSWER_S = 5.0


class Calibration(Part):
    """Quick judgements from which the condition ``personal`` is made for each participant."""

    text: Text = ""
    """Text above the first judgement of each word, in Markdown."""
    judgements: int = Field(8, ge=1, le=20)
    """How many versions of a clip are judged for each word; the set needs as many probes (`--probes`)."""
    min_listened_fraction: Share = 0.3
    """How much of a version must have played before it can be judged."""


class _Calibration(Kind):
    name = "calibration"
    place = 50
    key = "calibration"
    field = (Calibration | None, None)
    title = "the calibration"
    table: ClassVar[Mapping[str, Column]] = {
        "stimulus": Column("string", "id in the stimulus manifest, of kind probe"),
        "descriptor": Column("string", "word that was judged"),
        "clip": Column("string", "source excerpt"),
        "judgement": Column("Float64", "-1 (the opposite of the word) to 1 (very much so)"),
    }

    def missing(self, plan: Plan) -> list[str]:
        part = self.part(plan.definition)
        if not part:
            return []
        probes = [row.descriptor for row in plan.stimuli.of_kind(personal.PROBE)]
        lacking = [w for w in personal.descriptors(plan.definition) if probes.count(w) < part.judgements]
        return [
            f"{part.judgements} probes of {word} (it has {probes.count(word)}: build it with --probes)"
            for word in lacking
        ]

    def steps(self, plan: Plan, assignment: Assignment, rng: random.Random) -> list[dict[str, Any]]:
        """The probes of each word in the set's order, in which each teaches most after those before it."""
        part = self.part(plan.definition)
        words = personal.descriptors(plan.definition)
        probes = plan.stimuli.of_kind(personal.PROBE) if part else []
        return [
            self._judgement(plan, row, number, part)
            for word in words
            for number, row in enumerate([row for row in probes if row.descriptor == word][: part.judgements])
        ]

    def _judgement(self, plan: Plan, probe: Stimulus, number: int, part: Calibration) -> dict[str, Any]:
        original = plan.cells[probe.clip, personal.ORIGINAL, probe.descriptor]
        return self.step(
            stimulus=probe.id,
            clip=probe.clip,
            descriptor=probe.descriptor,
            detail={"sounds": [probe.id, original.id], "number": number},
            seconds=part.min_listened_fraction * probe.duration_s + ANSWER_S,
        )

    def sounds(self, step: Any) -> list[str]:
        return step.detail["sounds"]

    def n_optional(self, step: AnyRow) -> int:
        return 1  # the original

    def min_listened_fraction(self, definition: Definition, step: AnyRow) -> float | None:
        return self.part(definition).min_listened_fraction

    def show(self, at: Moment) -> dict[str, Any]:
        descriptor = at.definition.descriptor(at.step.descriptor)
        part, number = self.part(at.definition), at.step.detail["number"]
        label = at.text(descriptor.label) if descriptor else ""
        words = {"-4": "calibration_opposite", "0": "calibration_neither", "4": "calibration_very"}
        question = {
            "name": "judgement",
            "type": "scale",
            "low": -POINTS,
            "high": POINTS,
            "labels": {at_point: at.message(key, descriptor=label) for at_point, key in words.items()},
            "text": at.message("calibration_question", descriptor=label),
            "required": True,
            "numbered": True,
        }
        return {
            "text": at.text(part.text) if number == 0 else "",
            "definition": at.text(descriptor.definition) if descriptor else "",
            "questions": [question],
            "min_listened_fraction": part.min_listened_fraction,
            "duration_s": at.plan.stimuli.by_id[at.step.stimulus].duration_s,
            "notice": None,
            "number": number + 1,
            "of": part.judgements,
        }

    def check(self, answer: Mapping[str, Any], step: AnyRow, definition: Definition) -> dict[str, Any]:
        judgement = answer.get("judgement")
        if type(judgement) is not int or not -POINTS <= judgement <= POINTS:
            raise invalid(f"judgement must be a whole number from {-POINTS} to {POINTS}")
        return {"judgement": judgement / POINTS}

    def simulate(self, listener: Listener, step: Mapping[str, Any], heard: Sequence[Stimulus | None]) -> dict[str, Any]:
        return {"judgement": round(POINTS * listener.judge(heard[0]))}

    def rows(
        self, step: Mapping[str, Any], answer: Mapping[str, Any], measured: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        return [{name: step[name] for name in ("stimulus", "descriptor", "clip")} | {"judgement": answer["judgement"]}]


KIND = _Calibration()
