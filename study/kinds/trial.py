"""A single stimulus: one sound, one question or several. Checks and repeats are such trials too."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from study.design import order
from study.design.blocks import Block
from study.design.checks import Trial
from study.design.parts import Name
from study.design.questions import DESCRIPTOR, ScaleQuestion, as_rows, checked
from study.design.stimuli import Stimulus
from study.kinds.base import Moment
from study.kinds.paradigm import ANSWER_S, Paradigm
from study.storage.models import AnyRow

if TYPE_CHECKING:
    from study.design.definition import Definition
    from study.design.listeners import Listener
    from study.design.plan import Assignment, Plan
    from study.design.sections import Scale


class SingleBlock(Block):
    """One sound a page. What it leaves out is as [design], [scale] and [checks] say."""

    paradigm: Literal["single"]
    """One sound at a time."""
    reference: Name | None = None
    """The condition that a participant may switch to, openly named as the reference; without it there is none."""


class Rating(Paradigm):
    """A sound and its rating; the answer to the first question is the ``rating``, the others are ``answers``."""

    name = "trial"
    title = "the trials"
    paradigm = "single"
    block = SingleBlock
    checks = ("attention", "repeats", "audible", "anchors")

    def resolved(self, block: Block, definition: Definition) -> Block:
        design = definition.design
        if block.reference and block.reference not in definition.conditions:
            raise ValueError(f"the reference {block.reference} is not one of the study's conditions")
        own = {
            "questions": block.questions or [_question(definition.scale)],
            "order": block.order or design.order,
            "min_listened_fraction": block.min_listened_fraction,
            "checks": block.checks or definition.checks,
        }
        if block.min_listened_fraction is None:
            own["min_listened_fraction"] = design.min_listened_fraction
        return block.model_copy(update=own)

    def parts(self, plan: Plan, block: Block, assignment: Assignment, rng: random.Random) -> list[list[Trial]]:
        """Every clip x condition x descriptor once, ordered by `study.design.order`; the parts by a Williams square."""
        names = [descriptor.name for descriptor in plan.descriptors_of(block)]
        parts = [names] if block.order == "mixed" else [[name] for name in names]
        turn = order.williams(len(parts))[assignment.block_row % order.n_rows(len(parts))] if len(parts) > 1 else [0]
        return [self._part(plan, block, parts[index], assignment, rng) for index in turn]

    def _part(
        self, plan: Plan, block: Block, descriptors: list[str], assignment: Assignment, rng: random.Random
    ) -> list[Trial]:
        conditions, clips = plan.conditions_of(block), plan.clips_of(block, assignment)
        items = [(clip, descriptor) for descriptor in descriptors for clip in clips]
        seed = (assignment.secret, plan.definition.seed, *descriptors)
        sequence = order.condition_sequence(len(conditions), len(items), assignment.condition_row, seed)
        dealt = order.deal_clips(sequence, [items] * len(conditions), rng)
        return [
            _with_reference(plan, block, Trial("rating", plan.cells[clip, conditions[c], descriptor], descriptor))
            for c, (clip, descriptor) in zip(sequence, dealt, strict=True)
        ]

    def extras(self, plan: Plan, block: Block, part: Sequence[Trial], assignment: Assignment) -> dict[str, list[Trial]]:
        """Attention checks on any sound of the part, generated sounds for the others."""
        words, clips = {trial.descriptor for trial in part}, {trial.stimulus.clip for trial in part}
        others = {s.id for s in plan.stimuli.made if s.condition not in plan.conditions_of(block)}
        own = [s for s in plan.cells.values() if s.descriptor in words and s.clip in clips and s.id not in others]
        drawn = {"attention": own} | {kind: plan.sounds(kind, block) for kind in ("audible_check", "anchor")}
        return {
            kind: [_with_reference(plan, block, Trial(kind, s, s.descriptor, s.expected)) for s in sounds]
            for kind, sounds in drawn.items()
        }

    def practice(self, plan: Plan, block: Block, n: int, rng: random.Random) -> list[Trial]:
        """Through the descriptors, and from the last condition to the first, so that practice spans the range."""
        conditions, words = plan.conditions_of(block), plan.descriptors_of(block)
        made = {s.condition for s in plan.stimuli.made}  # not yet there when practice begins
        conditions = [name for name in conditions if name not in made]
        stimuli = [s for s in plan.cells.values() if s.clip in plan.clips and s.condition in conditions]
        trials: list[Trial] = []
        for number in range(n):
            word = words[number % len(words)].name
            condition = conditions[-1 - round(number * (len(conditions) - 1) / max(n - 1, 1))]
            fitting = [s for s in stimuli if s.descriptor == word and s.condition == condition]
            last = trials[-1].stimulus.clip if trials else None
            sound = rng.choice([s for s in fitting if s.clip != last] or fitting)
            trials.append(_with_reference(plan, block, Trial("practice", sound, word)))
        return trials

    def presentation(self, trial: Trial, block: Block, index: int, /, **members: Any) -> dict[str, Any]:
        kind = "practice" if trial.kind == "practice" else self.name
        return super().presentation(trial, block, index, **members) | {"kind": kind}

    def takes_s(self, trial: Trial, block: Block) -> float:
        return trial.stimulus.duration_s + ANSWER_S * len(block.asked(trial.kind))

    def sounds(self, step: Any) -> list[str]:
        reference = step.detail.get("reference")
        return [step.stimulus, *([reference] if reference else [])]

    def n_optional(self, step: AnyRow) -> int:
        return int("reference" in step.detail)

    def show(self, at: Moment) -> dict[str, Any]:
        shown = super().show(at) | {"has_reference": "reference" in at.step.detail}
        if at.step.trial_kind == "audible_check":  # a number of beeps is asked for, no degree of anything
            beeps = {"text": at.message("audible_question"), "labels": {}}
            shown |= {"definition": "", "questions": [question | beeps for question in shown["questions"]]}
        return shown

    def notice(self, at: Moment) -> str | None:
        if at.step.trial_kind == "audible_check":
            return at.message("audible_notice")
        return super().notice(at)

    def check(self, answer: Mapping[str, Any], step: AnyRow, definition: Definition) -> dict[str, Any]:
        block = definition.block_of(step.detail)
        first, *others = block.asked(step.trial_kind)
        given = answer.get("answers", {})
        if not first.is_number:
            return {"answers": checked([first, *others], given)}
        rating = checked([first], {first.name: answer.get("rating")}).get(first.name)
        kept = checked(others, given)
        return {key: value for key, value in {"rating": rating, "answers": kept}.items() if value not in (None, {})}

    def simulate(self, listener: Listener, step: Mapping[str, Any], heard: Sequence[Stimulus | None]) -> dict[str, Any]:
        sound = heard[0] if heard else None
        given = {question["name"]: listener.reply(step, question, sound) for question in step["questions"]}
        first = step["questions"][0]
        rating = {"rating": given.pop(first["name"])} if "low" in first else {}
        return rating | ({"answers": given} if given else {})

    def responses(self, step: Mapping[str, Any], answer: Mapping[str, Any], block: Block) -> list[dict[str, Any]]:
        given = dict(answer.get("answers", {}))
        if answer.get("rating") is not None:
            given = {block.first.name: answer["rating"]} | given
        return as_rows(given)


def _with_reference(plan: Plan, block: Block, trial: Trial) -> Trial:
    """The trial with the sound that it can be compared with, where there is one: a generated sound has none."""
    cell = (trial.stimulus.clip, block.reference, trial.descriptor)
    if not block.reference or trial.stimulus.kind != "stimulus":
        return trial
    return replace(trial, detail={"reference": plan.cells[cell].id})


def _question(scale: Scale) -> ScaleQuestion:
    """The study's own scale, asked of the descriptor."""
    ends = {scale.low: scale.low_label, scale.high: scale.high_label}
    labels = {str(value): label for value, label in ends.items() if label is not None}
    return ScaleQuestion(type="scale", name=DESCRIPTOR, low=scale.low, high=scale.high, labels=labels)


KIND = Rating()
