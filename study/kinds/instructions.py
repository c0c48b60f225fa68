"""Instructions: a page of text before the trials."""

from __future__ import annotations

from typing import Any

from study.design.parts import Part, Text
from study.kinds.base import Kind, Moment


class Instructions(Part):
    """A page of text."""

    text: Text


class _Instructions(Kind):
    name = "instructions"
    place = 50
    key = "instructions"
    field = (Instructions | None, None)
    seconds = 45.0
    title = "the instructions"
    absent = "[instructions]"

    def show(self, at: Moment) -> dict[str, Any]:
        scale = at.definition.scale
        return super().show(at) | {"scale": {"low": scale.low, "high": scale.high}}


KIND = _Instructions()
