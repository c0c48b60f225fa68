"""Comments: free text at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from study.design.columns import FREE_TEXT, Column
from study.design.parts import Part, Text, clean
from study.design.stimuli import Stimulus
from study.kinds.base import Kind, Moment
from study.refusals import invalid
from study.storage.models import AnyRow

if TYPE_CHECKING:
    from study.design.definition import Definition
    from study.design.listeners import Listener


class Comments(Part):
    """Free text at the end."""

    text: Text = ""
    """Text above the field, in Markdown."""
    max_length: int = Field(2000, ge=1, le=10_000)
    """Most characters of a comment."""


class _Comments(Kind):
    name = "comments"
    place = 200
    key = "comments"
    field = (Comments | None, None)
    seconds = 30.0
    title = "the comments"

    def show(self, at: Moment) -> dict[str, Any]:
        return super().show(at) | {"max_length": self.part(at.definition).max_length}

    def check(self, answer: Mapping[str, Any], step: AnyRow, definition: Definition) -> dict[str, Any]:
        text, longest = answer.get("text", ""), self.part(definition).max_length
        if not isinstance(text, str) or len(text) > longest:
            raise invalid(f"text must have at most {longest} characters")
        return {"text": clean(text)}

    def simulate(self, listener: Listener, step: Mapping[str, Any], heard: Sequence[Stimulus | None]) -> dict[str, Any]:
        return {"text": "A simulated listener."}

    def session_columns(self, definition: Definition) -> dict[str, Column]:
        return {"comments": Column("string", "free text at the end", FREE_TEXT)}

    def session_cells(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        return {"comments": answer["text"] or None}


KIND = _Comments()
