"""Consent: its text, its items to tick, and the version that is stored with the time of agreeing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from study.design.parts import Part, Text
from study.design.stimuli import Stimulus
from study.kinds.base import Kind, Moment
from study.refusals import invalid
from study.storage.models import AnyRow

if TYPE_CHECKING:
    from study.design.definition import Definition
    from study.design.listeners import Listener


class Consent(Part):
    """``version`` is stored with the time of consent; change it whenever the text changes.

    The text may hold ``{minutes}``, how long a participant takes.
    """

    version: str = Field(max_length=64)
    """Stored with the time of consent; change it with the text."""
    text: Text
    """What participants agree to, in Markdown."""
    items: list[Text] = Field(default_factory=list)
    """Statements to be ticked one by one."""


class _Consent(Kind):
    name = "consent"
    place = 10
    key = "consent"
    field = (Consent | None, None)
    seconds = 60.0
    title = "the consent form"
    absent = "[consent]: participants are not asked"

    def show(self, at: Moment) -> dict[str, Any]:
        part = self.part(at.definition)
        text = at.text(part.text).replace("{minutes}", str(at.plan.minutes))
        return {"text": text, "version": part.version, "items": [at.text(item) for item in part.items]}

    def check(self, answer: Mapping[str, Any], step: AnyRow, definition: Definition) -> dict[str, Any]:
        if type(answer.get("agreed")) is not bool:
            raise invalid("agreed must be true or false")
        return {"agreed": answer["agreed"], "version": self.part(definition).version}

    def after(self, at: Moment, kept: Mapping[str, Any], now: float) -> dict[str, Any]:
        if kept["agreed"]:
            return {"consented_at": now, "consent_version": kept["version"]}
        # Nothing stays of whose decision it was: somebody else's id or invitation is not used up by it.
        nobody: dict[str, Any] = {"external_id": None, "parameters": {}, "invitation_id": None}
        return {"state": "declined", "finished_at": now, "position": at.session.n_steps - 1} | nobody

    def simulate(self, listener: Listener, step: Mapping[str, Any], heard: Sequence[Stimulus | None]) -> dict[str, Any]:
        return {"agreed": True}


KIND = _Consent()
