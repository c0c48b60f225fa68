"""Screening of headphones: of three intervals of a sound, which one is different?

Woods, K. J. P., Siegel, M. H., Traer, J. & McDermott, J. H. (2017). Headphone screening to facilitate web-based
auditory experiments. Attention, Perception, & Psychophysics 79, 2064-2072. Milne, A. E. et al. (2021). An online
headphone screening test based on dichotic pitch. Behavior Research Methods 53, 1551-1562.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from study.design.columns import Column
from study.design.parts import Part, Text
from study.design.stimuli import Stimulus
from study.kinds.base import Kind, Moment, screened_out
from study.refusals import invalid
from study.storage.models import AnyRow

if TYPE_CHECKING:
    from study.design.definition import Definition
    from study.design.listeners import Listener
    from study.design.plan import Assignment, Plan

INTERVALS = 3
ANSWER_S = 4.0


class Headphones(Part):
    """A screening of headphones; ``pass_mark`` of its trials must be right."""

    test: Literal["woods", "huggins"] = "woods"
    """Woods et al. (2017) or Huggins pitch (Milne et al., 2021)."""
    trials: int = Field(6, ge=1, le=24)
    """Trials of an attempt."""
    pass_mark: int = Field(5, ge=1)
    """Least number of right answers."""
    attempts: int = Field(2, ge=1, le=5)
    """How often the test may be taken."""
    on_failure: Literal["go_on", "screen_out"] = "go_on"
    """Whether who failed goes on, and is marked, or is screened out."""
    text: Text = ""
    """Text above the test, in Markdown."""

    @model_validator(mode="after")
    def _pass_mark_can_be_reached(self) -> Headphones:
        if self.pass_mark > self.trials:
            raise ValueError(f"pass_mark is {self.pass_mark}, more than the {self.trials} trials")
        return self

    @property
    def sounds(self) -> str:
        """The kind of its sounds in a stimulus set."""
        return "headphones" if self.test == "woods" else "huggins"


class _Headphones(Kind):
    name = "headphones"
    place = 30
    key = "headphones"
    field = (list[Headphones], [])
    title = "the headphone check"
    promise = "start_headphones"
    absent = "[[headphones]]: nobody knows what is listened on"
    table: ClassVar[Mapping[str, Column]] = {
        "screening": Column("Int64", "which of the study file's headphone screenings, from 1"),
        "attempt": Column("Int64", "attempt at this screening, from 1"),
        "stimulus": Column("string", "id in the stimulus manifest"),
        "expected": Column("Int64", "the interval that was different, from 1"),
        "choice": Column("Int64", "the interval that the participant chose"),
        "passed": Column("bool", "whether this trial was answered right"),
    }

    def missing(self, plan: Plan) -> list[str]:
        screens = self.part(plan.definition)
        lacking = [screen for screen in screens if len(plan.stimuli.of_kind(screen.sounds)) < 2]
        return [f"{screen.trials} sounds of kind {screen.sounds}" for screen in lacking]

    def steps(self, plan: Plan, assignment: Assignment, rng: random.Random) -> list[dict[str, Any]]:
        screens = enumerate(self.part(plan.definition))
        return [
            self._attempt(plan, number, screen, attempt, rng)
            for number, screen in screens
            for attempt in range(1, screen.attempts + 1)
        ]

    def _attempt(self, plan: Plan, number: int, screen: Headphones, attempt: int, rng: random.Random) -> dict[str, Any]:
        sounds = plan.stimuli.of_kind(screen.sounds)
        drawn = (rng.sample(sounds, len(sounds)) * (screen.trials // len(sounds) + 1))[: screen.trials]
        detail = {
            "screen": number,
            "attempt": attempt,
            "sounds": [sound.id for sound in drawn],
            "expected": [sound.expected for sound in drawn],
        }
        seconds = sum(sound.duration_s + ANSWER_S for sound in drawn) if attempt == 1 else 0.0
        return self.step(seconds=seconds, detail=detail)

    def sounds(self, step: Any) -> list[str]:
        return step.detail["sounds"]

    def min_listened_fraction(self, definition: Definition, step: AnyRow) -> float | None:
        return 1.0

    def show(self, at: Moment) -> dict[str, Any]:
        screen, attempt = self._screen(at), at.step.detail["attempt"]
        return {
            "text": at.text(screen.text),
            "test": screen.test,
            "attempt": attempt,
            "attempts": screen.attempts,
            "failed_before": attempt > 1,
            "intervals": INTERVALS,
        }

    def check(self, answer: Mapping[str, Any], step: AnyRow, definition: Definition) -> dict[str, Any]:
        choices, expected = answer.get("choices"), step.detail["expected"]
        if not isinstance(choices, list) or len(choices) != len(expected):
            raise invalid(f"choices must be {len(expected)} numbers from 1 to {INTERVALS}")
        if any(type(choice) is not int or not 1 <= choice <= INTERVALS for choice in choices):
            raise invalid("a choice must be 1, 2 or 3")
        correct = sum(choice == right for choice, right in zip(choices, expected, strict=True))
        passed = correct >= self.part(definition)[step.detail["screen"]].pass_mark
        return {"choices": choices, "correct": correct, "passed": passed}

    def after(self, at: Moment, kept: Mapping[str, Any], now: float) -> dict[str, Any]:
        screen, session = self._screen(at), at.session
        attempts_left = screen.attempts - at.step.detail["attempt"]
        if kept["passed"]:  # with several screenings a failed one stays failed
            result = {"headphones_passed": True} if session.headphones_passed is None else {}
            return {"position": at.step.position + attempts_left + 1} | result
        if attempts_left:
            return {}
        if screen.on_failure == "screen_out":
            return screened_out(at, now) | {"headphones_passed": False}
        return {"headphones_passed": False}

    def simulate(self, listener: Listener, step: Mapping[str, Any], heard: Sequence[Stimulus | None]) -> dict[str, Any]:
        return {"choices": [listener.choose(sound, INTERVALS) for sound in heard]}

    def rows(
        self, step: Mapping[str, Any], answer: Mapping[str, Any], measured: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        detail = step["detail"]
        of_step = {"screening": detail["screen"] + 1, "attempt": detail["attempt"]}
        trials = zip(detail["sounds"], detail["expected"], answer["choices"], strict=True)
        return [
            of_step | {"stimulus": sound, "expected": expected, "choice": choice, "passed": choice == expected}
            for sound, expected, choice in trials
        ]

    def _screen(self, at: Moment) -> Headphones:
        return self.part(at.definition)[at.step.detail["screen"]]


KIND = _Headphones()
