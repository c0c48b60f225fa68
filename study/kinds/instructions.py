"""Instructions: a page of text before the trials."""

from __future__ import annotations

from study.kinds.base import Kind
from study.parts import Part, Text


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


KIND = _Instructions()
