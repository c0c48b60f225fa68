"""The end: thanks, a completion code, the way back to a recruiting site. Nothing more is asked."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic import Field

from study.design.parts import ADDRESS_PATTERN, Part, Text
from study.kinds.base import Kind, Moment
from study.refusals import invalid
from study.storage.identity import remembered_s
from study.storage.models import AnyRow

if TYPE_CHECKING:
    from study.design.definition import Definition
    from study.design.plan import Assignment, Plan


class Completion(Part):
    """The end: ``code`` for all, or ``unique`` ones; redirects may hold ``{code}`` and the id parameters."""

    text: Text = ""
    """The last page of who completed."""
    screened_out_text: Text = ""
    """The last page of who did not pass the headphone check."""
    quota_text: Text = ""
    """The last page of who came when the quota for participants like them was full."""
    declined_text: Text = ""
    """The last page of who declined."""
    code: str | None = Field(None, max_length=64)
    """One completion code for all."""
    unique: bool = False
    """A completion code for each participant."""
    redirect: str | None = Field(None, max_length=2000, pattern=ADDRESS_PATTERN)
    """Where the last page leads, such as a recruiter's page."""
    screened_out_code: str | None = Field(None, max_length=64)
    """The code of who was screened out, by the headphone check or a quota."""
    screened_out_redirect: str | None = Field(None, max_length=2000, pattern=ADDRESS_PATTERN)
    """Where their last page leads."""


class _Finished(Kind):
    name = "finished"
    place = 1000
    key = "completion"
    field = (Completion, Completion())
    title = "the end"
    ends = True

    def steps(self, plan: Plan, assignment: Assignment, rng: random.Random) -> list[dict[str, Any]]:
        return [self.step()]

    def show(self, at: Moment) -> dict[str, Any]:
        part, session = self.part(at.definition), at.session
        is_quota = session.state == "screened_out" and session.headphones_passed is not False
        texts = {"completed": part.text, "declined": part.declined_text}
        texts["screened_out"] = part.quota_text if is_quota else part.screened_out_text
        is_shared = at.definition.recruitment.shared_computer
        return {
            "text": at.text(texts.get(session.state, "")),
            "outcome": session.state,
            "quota_full": is_quota,
            "code": session.completion_code,
            "receipt": session.receipt_sha256,
            "redirect": self._redirect(at),
            "may_start_again": is_shared or session.state == "declined",
            "forget_after_s": remembered_s(True, session.finished_at) if is_shared else None,
        }

    def _redirect(self, at: Moment) -> str | None:
        """Where the last page leads, filled in."""
        part, session = self.part(at.definition), at.session
        ends = {"completed": part.redirect, "screened_out": part.screened_out_redirect}
        redirect = None if session.simulated else ends.get(session.state)
        if redirect is None:
            return None
        redirect = redirect.replace("{code}", session.completion_code or "")
        for name in at.definition.recruitment.id_parameters:
            redirect = redirect.replace(f"{{{name}}}", quote(session.parameters.get(name, ""), safe=""))
        return redirect

    def check(self, answer: Mapping[str, Any], step: AnyRow, definition: Definition) -> dict[str, Any]:
        raise invalid(f"a step of kind {self.name} takes no answer")


KIND = _Finished()
