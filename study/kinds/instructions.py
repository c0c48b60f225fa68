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
    absent = "[instructions]: nothing says how to answer"

    def show(self, at: Moment) -> dict[str, Any]:
        """The study's text, or a block's own, and the keys of the block's trials."""
        block, paradigm = at.block, kinds.PARADIGMS[at.block.paradigm]
        own = block.instructions if "block" in at.step.detail else None
        return {
            "text": at.text(own or self.part(at.definition).text),
            "scale": paradigm.digits(block),
            "keys": [[name, at.message(key)] for name, key in paradigm.keys.items()],
        }


KIND = _Instructions()
