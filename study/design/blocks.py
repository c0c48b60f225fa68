"""A block of the study: a paradigm, what it asks, of which sounds, in which order.

A paradigm is a kind of step (`study.kinds.paradigm`) that says what else its table may hold. What a block leaves out
is what the study says: its conditions, descriptors and clips.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from study.design.checks import Checks
from study.design.parts import Count, Name, Part, Share, Text, distinct
from study.design.questions import DESCRIPTOR, Question, Questions

Names = Annotated[list[Name], AfterValidator(distinct), Field(min_length=1)]
NO_CHECKS = Checks(attention=0)


class Block(Part):
    """What every block may say; `resolved` by its paradigm, nothing that is used is None."""

    paradigm: str
    """How sounds are presented."""
    questions: Questions = Field(default_factory=list)
    """What is asked about each presentation; without any, the paradigm's own question."""
    conditions: Names | None = None
    """Conditions of this block; without it, the study's."""
    descriptors: Names | None = None
    """Descriptors of this block; without it, the study's."""
    clips: Names | None = None
    """Clips of this block; without it, the study's."""
    order: Literal["blocked", "mixed"] | None = None
    """Trials grouped by descriptor, or shuffled; without it, as [design] says."""
    min_listened_fraction: Share | None = None
    """How much of a sound must have played; without it, as [design] says."""
    instructions: Text | None = None
    """A page of text before the block."""
    practice: Count = 0
    """Trials for practice before the block."""
    checks: Checks | None = None
    """Checks in this block."""

    if TYPE_CHECKING:

        def __getattr__(self, key: str) -> Any:
            """A key that only the block's paradigm knows."""

    @model_validator(mode="after")
    def _checks_have_a_number_to_ask_for(self) -> Block:
        if self.checks and self.checks.attention and self.questions and not self.questions[0].is_number:
            raise ValueError(f"attention checks ask for a number, but question {self.questions[0].name} has none")
        return self

    @property
    def first(self) -> Question:
        """The question that checks are made on."""
        return self.questions[0]

    @property
    def asks_descriptor(self) -> bool:
        """Whether one of its questions is about the descriptor."""
        return any(question.name == DESCRIPTOR for question in self.questions)

    def asked(self, trial_kind: str | None) -> list[Question]:
        """The questions of a presentation: of a check only the first."""
        return self.questions[:1] if trial_kind in ("attention", "audible_check") else list(self.questions)
