"""The study's own questions to a participant: choices, numbers and short texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from study.design.columns import FREE_TEXT, Column
from study.design.parts import Name, Part, Text, clean, distinct
from study.design.quotas import Quota, Values, matches
from study.design.stimuli import Stimulus
from study.design.telemetry import is_number
from study.kinds.base import Kind, Moment
from study.refusals import invalid
from study.storage.models import AnyRow

if TYPE_CHECKING:
    from study.design.definition import Definition
    from study.design.listeners import Listener


SHOWN = {"id", "type", "required", "max_length", "minimum", "maximum", "asked_if"}


class Question(Part):
    """One question of the questionnaire; ``options`` is a table value = text."""

    id: Name
    """The answer's name in the tables."""
    label: Text
    """The question."""
    type: Literal["choice", "choices", "text", "number"] = "choice"
    """One option, several, text, or a number."""
    options: dict[str, Text] = Field(default_factory=dict)
    """The options: the stored value and what participants read."""
    required: bool = True
    """Whether it must be answered."""
    max_length: int = Field(500, ge=1, le=5000)
    """Most characters of a text."""
    minimum: float | None = None
    """The lowest number."""
    maximum: float | None = None
    """The highest number."""
    asked_if: dict[Name, Values] = Field(default_factory=dict)
    """Asked only where earlier questions, by their `id`, were answered with one of these options each."""

    @model_validator(mode="after")
    def _options_where_needed(self) -> Question:
        if self.type in ("choice", "choices") and len(self.options) < 2:
            raise ValueError(f"question {self.id} is a {self.type} and needs two options or more")
        return self


class Questionnaire(Part):
    """Questions before the study; ``text`` stands above them, ``quotas`` say how many of whom may take part."""

    text: Text = ""
    """Text above the questions, in Markdown."""
    questions: Annotated[list[Question], AfterValidator(lambda qs: (distinct([q.id for q in qs]), qs)[1])] = Field(
        default_factory=list
    )
    """The questions."""
    quotas: list[Quota] = Field(default_factory=list)
    """At most so many participants of one kind."""

    @model_validator(mode="after")
    def _answers_can_be_given(self) -> Questionnaire:
        for number, question in enumerate(self.questions):
            _check_options(f"question {question.id}: asked_if", question.asked_if, self.questions[:number])
        for number, quota in enumerate(self.quotas, 1):
            _check_options(f"quota {number}", quota.answers, self.questions)
        return self


def _check_options(where: str, wanted: Mapping[str, list[str]], questions: Sequence[Question]) -> None:
    """ValueError where answers are asked for that no choice among some questions offers."""
    choices = {question.id: question for question in questions if question.options}
    for name, values in wanted.items():
        if name not in choices:
            known = ", ".join(choices) or "none"
            raise ValueError(f"{where} names {name}, which is not a choice asked earlier (known: {known})")
        if unknown := [value for value in values if value not in choices[name].options]:
            offered = ", ".join(choices[name].options)
            raise ValueError(f"{where}: {name} has no option {unknown[0]!r} (its options: {offered})")


class _Questionnaire(Kind):
    name = "questionnaire"
    place = 20
    key = "questionnaire"
    field = (Questionnaire | None, None)
    seconds = 60.0
    title = "the questionnaire"

    def show(self, at: Moment) -> dict[str, Any]:
        questions = []
        for question in self.part(at.definition).questions:
            shown = question.model_dump(include=SHOWN)
            options = [{"value": value, "label": at.text(label)} for value, label in question.options.items()]
            questions.append(shown | {"label": at.text(question.label), "options": options})
        return super().show(at) | {"questions": questions}

    def check(self, answer: Mapping[str, Any], step: AnyRow, definition: Definition) -> dict[str, Any]:
        given = answer.get("answers")
        if not isinstance(given, dict):
            raise invalid("answers must be an object")
        known = {question.id: question for question in self.part(definition).questions}
        if extra := [key for key in given if key not in known]:
            raise invalid(f"unknown question {extra[0][:64]!r}")
        kept: dict[str, Any] = {}
        for question in known.values():
            value = given.get(question.id)
            if not matches(question.asked_if, kept):
                if value is not None:
                    raise invalid(f"{question.id} is answered and was not asked")
                continue
            if value in (None, "", []):
                if question.required:
                    raise invalid(f"{question.id} is not answered")
                continue
            kept[question.id] = _value(question, value)
        return {"answers": kept}

    def simulate(self, listener: Listener, step: Mapping[str, Any], heard: Sequence[Stimulus | None]) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for question in step["questions"]:
            if matches(question["asked_if"], given):
                given[question["id"]] = _made_up(listener, question)
        return {"answers": given}

    def quotas(self, definition: Definition) -> Sequence[Quota]:
        part = self.part(definition)
        return part.quotas if part else ()

    def counted(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        return answer["answers"]

    def session_columns(self, definition: Definition) -> dict[str, Column]:
        part = self.part(definition)
        questions = part.questions if part else []
        return {
            f"question_{question.id}": Column(
                "string", f"answer to {question.id}", FREE_TEXT if question.type == "text" else ""
            )
            for question in questions
        }

    def session_cells(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        return {f"question_{key}": _cell(value) for key, value in answer["answers"].items()}


def _value(question: Question, value: Any) -> Any:
    if question.type == "choice":
        fits = isinstance(value, str) and value in question.options
    elif question.type == "choices":
        fits = isinstance(value, list) and all(isinstance(v, str) and v in question.options for v in value)
        fits = fits and len(set(value)) == len(value)
    elif question.type == "text":
        fits = isinstance(value, str) and len(value) <= question.max_length
        value = clean(value) if fits else value
    else:
        low, high = question.minimum, question.maximum
        fits = is_number(value) and (low is None or value >= low) and (high is None or value <= high)
    if not fits:
        raise invalid(f"{question.id} has an answer that does not fit its {question.type}")
    return value


def _cell(value: Any) -> str:
    return "; ".join(value) if isinstance(value, list) else str(value)


def _made_up(listener: Listener, question: Mapping[str, Any]) -> Any:
    values = [option["value"] for option in question["options"]]
    if question["type"] == "choice":
        return listener.rng.choice(values)
    if question["type"] == "choices":
        return [listener.rng.choice(values)]
    return "simulated"[: question["max_length"]] if question["type"] == "text" else question["minimum"] or 0


KIND = _Questionnaire()
