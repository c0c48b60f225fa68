"""Quotas: at most so many participants of one kind, such as twenty without experience."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from study.design.parts import Name, Part

Values = Annotated[list[str], Field(min_length=1)]


class Quota(Part):
    """At most so many participants who gave certain answers; who comes after is screened out, kindly.

    Those count who completed or are in progress; who has not gone on for `abandoned_after_minutes` does not.
    """

    answers: dict[Name, Values] = Field(min_length=1)
    """The questions by their `id`, and the answers of which one must have been given to each."""
    at_most: int = Field(ge=0, le=100_000)
    """How many may take part; 0: nobody of this kind."""

    def takes(self, given: Mapping[str, Any]) -> bool:
        """Whether answers by the names of their questions are of this kind."""
        return matches(self.answers, given)

    @property
    def title(self) -> str:
        """The quota in a few words: ``experience: none``."""
        return "; ".join(f"{name}: {' or '.join(values)}" for name, values in self.answers.items())


def matches(wanted: Mapping[str, list[str]], given: Mapping[str, Any]) -> bool:
    """Whether each question of ``wanted`` was answered with one of its values (or, several chosen, one of them)."""
    for name, values in wanted.items():
        answer = given.get(name)
        chosen = answer if isinstance(answer, list) else [answer]
        if not set(values).intersection(chosen):
            return False
    return True
