"""Instructions: a page of text before the trials."""

from __future__ import annotations

from typing import Any

from study import kinds
from study.design.parts import Part, Text
from study.kinds.base import Kind, Moment


class Instructions(Part):
    """A page of text."""

    text: Text
    """The instructions, in Markdown."""


class _Instructions(Kind):
    name = "instructions"
    place = 50
    key = "instructions"
    field = (Instructions | None, None)
    seconds = 45.0
    title = "the instructions"
    absent = "[instructions]"

    def show(self, at: Moment) -> dict[str, Any]:
        """The study's text, or a block's own; the keys are those of the block's first question."""
        first = at.block.first
        scale = {"low": first.low, "high": first.high} if first.type == "scale" and first.low >= 0 else None
        own = at.block.instructions if "block" in at.step.detail else None
        keys = kinds.PARADIGMS[at.block.paradigm].keys.items()
        return {
            "text": at.text(own or self.part(at.definition).text),
            "scale": scale,
            "keys": [[name, at.message(key)] for name, key in keys],
        }


KIND = _Instructions()
