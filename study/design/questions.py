"""What is asked about a sound: a scale of points, a continuous scale, a choice or free text.

A question is asked of the block's descriptor (its name is then ``descriptor``) or of an attribute: ``quality``,
``naturalness``, ``artefacts``, or any other that brings its own text. ``{descriptor}`` in a text is filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from study.design.parts import Name, Part, Text, clean, distinct
from study.design.texts import FALLBACK, messages
from study.refusals import invalid

if TYPE_CHECKING:
    from study.design.sections import Descriptor
    from study.kinds.base import Moment

DESCRIPTOR = "descriptor"
MAX_POINTS = 11


class _Question(Part):
    name: Name = DESCRIPTOR
    """What the answer's column is called; `descriptor` asks about the block's descriptor."""
    text: Text | None = None
    """The question; `{descriptor}` is filled in."""
    required: bool = True
    """Whether it must be answered."""

    @model_validator(mode="after")
    def _has_a_text(self) -> _Question:
        if self.text is None and self.name != DESCRIPTOR and f"question_{self.name}" not in messages(FALLBACK):
            raise ValueError(f"question {self.name} has no text, and is not one of the attributes that have their own")
        return self

    @property
    def is_number(self) -> bool:
        """Whether its answer is a rating."""
        return False

    @property
    def marks(self) -> list[int]:
        """The answers that can be asked for by an attention check."""
        return []

    def takes(self, number: int) -> bool:
        """Whether a number is on its scale."""
        return False

    def show(self, at: Moment, descriptor: Descriptor | None) -> dict[str, Any]:
        """What the page gets of it."""
        word = at.text(descriptor.label) if descriptor else ""
        own = self.text or (descriptor.question if descriptor and self.name == DESCRIPTOR else None)
        key = "question" if self.name == DESCRIPTOR else f"question_{self.name}"
        text = at.text(own).replace("{descriptor}", word) if own else at.message(key, descriptor=word)
        return {"name": self.name, "type": self.type, "text": text, "required": self.required}  # type: ignore[attr-defined]

    def mark(self, number: int, at: Moment, descriptor: Descriptor | None) -> str:
        """An answer as the page shows it."""
        return str(number)

    def check(self, value: Any) -> Any:
        """The answer as it is stored; Refusal where it does not fit."""
        raise NotImplementedError


class _Rated(_Question):
    """A question that is answered with a whole number."""

    low: int
    """The lowest answer."""
    high: int
    """The highest answer."""
    labels: dict[str, Text] = Field(default_factory=dict)
    """Words beside numbers of the scale."""

    @model_validator(mode="after")
    def _labels_are_on_the_scale(self) -> _Rated:
        for value in self.labels:
            try:
                on_scale = self.low <= int(value) <= self.high
            except ValueError:
                on_scale = False
            if not on_scale:
                raise ValueError(f"the label of {value!r} is not on the scale from {self.low} to {self.high}")
        return self

    @property
    def is_number(self) -> bool:
        return True

    @property
    def marks(self) -> list[int]:
        return list(range(self.low, self.high + 1))

    def takes(self, number: int) -> bool:
        return self.low <= number <= self.high

    def show(self, at: Moment, descriptor: Descriptor | None) -> dict[str, Any]:
        word = at.text(descriptor.label) if descriptor else ""
        labels = {value: at.text(text).replace("{descriptor}", word) for value, text in self.labels.items()}
        ends = {str(self.low): "low_label", str(self.high): "high_label"}
        suffix = "" if self.name == DESCRIPTOR else f"_{self.name}"
        for value, key in ends.items():
            if value not in labels and labels.keys() <= ends.keys() and f"{key}{suffix}" in messages(FALLBACK):
                labels[value] = at.message(f"{key}{suffix}", descriptor=word)
        return super().show(at, descriptor) | {"low": self.low, "high": self.high, "labels": labels}

    def check(self, value: Any) -> int:
        if type(value) is not int or not self.low <= value <= self.high:
            raise invalid(f"{_called(self)} must be a whole number from {self.low} to {self.high}")
        return value


class ScaleQuestion(_Rated):
    """A scale of 2 to 11 points, from ``low`` to ``high`` (-3 to 3 is bipolar); ``labels`` by the point's number."""

    type: Literal["scale"]
    """A scale of points."""
    low: int = Field(1, ge=-5, le=1)
    """The lowest point."""
    high: int = Field(7, ge=1, le=11)
    """The highest point."""

    @model_validator(mode="after")
    def _has_points(self) -> ScaleQuestion:
        if not 2 <= (points := self.high - self.low + 1) <= MAX_POINTS:
            raise ValueError(f"a scale from {self.low} to {self.high} has {points} points, not 2 to {MAX_POINTS}")
        return self


class ContinuousQuestion(_Rated):
    """A scale from 0 to 100 without a handle until it is touched; ``labels`` by number, at its ticks."""

    type: Literal["continuous"]
    """A scale from 0 to 100."""
    low: Literal[0] = 0
    """The lowest answer."""
    high: Literal[100] = 100
    """The highest answer."""

    @property
    def marks(self) -> list[int]:
        """Its ticks: where labels are, or every 20 where only the ends have one."""
        within = [int(value) for value in self.labels if 0 < int(value) < 100]
        return sorted(int(value) for value in self.labels) if within else list(range(0, 101, 20))

    def show(self, at: Moment, descriptor: Descriptor | None) -> dict[str, Any]:
        shown = super().show(at, descriptor)
        return shown | {"labels": {str(mark): str(mark) for mark in self.marks} | shown["labels"]}

    def mark(self, number: int, at: Moment, descriptor: Descriptor | None) -> str:
        """With its tick's word, which stands there in place of the number."""
        word = self.show(at, descriptor)["labels"].get(str(number), str(number))
        return word if word == str(number) else at.message("attention_mark", number=number, word=word)


class ChoiceQuestion(_Question):
    """One of some options; ``options`` is a table value = text."""

    type: Literal["choice"]
    """One of some options."""
    options: dict[Name, Text] = Field(min_length=2)
    """The options: the stored value and what participants read."""

    def show(self, at: Moment, descriptor: Descriptor | None) -> dict[str, Any]:
        options = [{"value": value, "label": at.text(text)} for value, text in self.options.items()]
        return super().show(at, descriptor) | {"options": options}

    def check(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.options:
            raise invalid(f"{_called(self)} must be one of {', '.join(self.options)}")
        return value


class TextQuestion(_Question):
    """Free text."""

    type: Literal["text"]
    """Free text."""
    required: bool = False
    """Whether it must be answered."""
    max_length: int = Field(500, ge=1, le=5000)
    """Most characters of an answer."""

    def show(self, at: Moment, descriptor: Descriptor | None) -> dict[str, Any]:
        return super().show(at, descriptor) | {"max_length": self.max_length}

    def check(self, value: Any) -> str:
        if not isinstance(value, str) or len(value) > self.max_length:
            raise invalid(f"{_called(self)} must be a text of at most {self.max_length} characters")
        return clean(value)


Question = Annotated[ScaleQuestion | ContinuousQuestion | ChoiceQuestion | TextQuestion, Field(discriminator="type")]
Questions = Annotated[list[Question], AfterValidator(lambda qs: (distinct([q.name for q in qs]), qs)[1])]


def _called(question: _Question) -> str:
    return "rating" if question.name == DESCRIPTOR else question.name


def checked(questions: list[Question], given: Any) -> dict[str, Any]:
    """The answers to several questions by their names, as they are stored; what may be left out is left out.

    Raises
    ------
    Refusal
        ``invalid``: an answer is missing, unasked for, or does not fit.
    """
    if not isinstance(given, Mapping):
        raise invalid("answers must be an object")
    known = {question.name: question for question in questions}
    if extra := [key for key in given if key not in known]:
        raise invalid(f"unknown question {str(extra[0])[:64]!r}")
    kept = {}
    for name, question in known.items():
        if given.get(name) in (None, ""):
            if question.required:
                raise invalid(f"{_called(question)} is not answered")
            continue
        kept[name] = question.check(given[name])
    return kept


def as_rows(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Answers as cells of `responses.csv`, a row for each: a number is a ``rating``, all else an ``answer``."""
    return [
        {"question": name} | ({"rating": value} if isinstance(value, int) else {"answer": value})
        for name, value in given.items()
    ]
