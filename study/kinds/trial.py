"""A rating trial: one sound, one question, one rating. Checks and repeats are rating trials too."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from study.design.stimuli import Stimulus
from study.kinds.base import Kind, Moment, invalid
from study.kinds.rest import KIND as BREAK

if TYPE_CHECKING:
    from study.design.checks import Trial
    from study.design.definition import Definition, Scale
    from study.design.listeners import Listener
    from study.design.plan import Assignment, Plan

ANSWER_S = 4.0


class Rating(Kind):
    """A rating on the study's scale; practice is one too."""

    name = "trial"
    place = 100
    title = "the trials"
    is_trial = True
    is_counted = True

    def steps(self, plan: Plan, assignment: Assignment, rng: random.Random) -> list[dict[str, Any]]:
        """The blocks of trials with the breaks between and within them."""
        rows: list[dict[str, Any]] = []
        places: dict[int, int] = {}
        breaks = BREAK.part(plan.definition)
        for block_number, block in enumerate(plan.trials(assignment, rng), start=1):
            for index, trial in enumerate(block):
                if BREAK.falls_before(breaks, block_number, index, len(block)):
                    following = trial.descriptor if index == 0 and len(plan.blocks) > 1 else None
                    at = {"trial_number": len(places), "block": block_number, "descriptor": following}
                    rows.append(BREAK.step(seconds=breaks.suggested_s, **at))
                places[id(trial)] = len(places) + 1
                row = self.presentation(trial, trial_number=len(places), block=block_number)
                rows.append(row | {"repeat_of": places.get(id(trial.of))})
        return rows

    def presentation(self, trial: Trial, **members: Any) -> dict[str, Any]:
        """The row of one trial."""
        sound = trial.stimulus
        return self.step(
            seconds=sound.duration_s + ANSWER_S,
            trial_kind=trial.kind,
            stimulus=sound.id,
            clip=sound.clip,
            condition=sound.condition,
            descriptor=trial.descriptor,
            expected=trial.expected,
            **members,
        )

    def min_listened_fraction(self, definition: Definition) -> float | None:
        return definition.design.min_listened_fraction or None

    def show(self, at: Moment) -> dict[str, Any]:
        d, step = at.definition, at.step
        descriptor = next(x for x in d.descriptors if x.name == step.descriptor)
        label = at.text(descriptor.label)
        question = at.text(descriptor.question).replace("{descriptor}", label) if descriptor.question else None
        asked = {
            "descriptor": label,
            "question": question or at.message("question", descriptor=label),
            "definition": at.text(descriptor.definition),
            "scale": _scale(at, d.scale, label),
        }
        if step.trial_kind == "audible_check":  # a number of beeps is asked for, no degree of anything
            ends = {"low_label": "", "high_label": ""}
            asked |= {
                "question": at.message("audible_question"),
                "definition": "",
                "scale": asked["scale"] | ends,
            }
        return asked | {
            "min_listened_fraction": d.design.min_listened_fraction,
            "notice": _notice(at),
            "counts_from_here": step.trial_number == 1 and d.practice is not None,
            "duration_s": at.plan.stimuli.by_id[step.stimulus].duration_s,
        }

    def check(self, answer: Mapping[str, Any], detail: Mapping[str, Any], definition: Definition) -> dict[str, Any]:
        scale, rating = definition.scale, answer.get("rating")
        if type(rating) is not int or not scale.low <= rating <= scale.high:
            raise invalid(f"rating must be a whole number from {scale.low} to {scale.high}")
        return {"rating": rating}

    def simulate(self, listener: Listener, step: Mapping[str, Any], heard: Sequence[Stimulus | None]) -> dict[str, Any]:
        return {"rating": listener.rate(step, heard[0] if heard else None)}


def _scale(at: Moment, scale: Scale, label: str) -> dict[str, Any]:
    ends: dict[str, Any] = {"low": scale.low, "high": scale.high}
    for name in ("low_label", "high_label"):
        own = getattr(scale, name)
        ends[name] = at.text(own).replace("{descriptor}", label) if own else at.message(name, descriptor=label)
    return ends


def _notice(at: Moment) -> str | None:
    if at.step.trial_kind == "attention":
        return at.message("attention_notice", rating=at.step.expected)
    return at.message("audible_notice") if at.step.trial_kind == "audible_check" else None


KIND = Rating()
