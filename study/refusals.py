"""Why a participant's request is not done: a code that the page knows, with a message in the session's language."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any


class Refusal(Exception):  # noqa: N818 - an answer to the participant, not a fault of the program
    """A request that is refused; ``more`` goes into the answer (``step``, ``retry_after_s``)."""

    def __init__(self, code: str, *, language: str = "en", detail: str = "", **more: Any) -> None:
        super().__init__(code)
        self.code, self.language, self.detail, self.more = code, language, detail, more


def invalid(detail: str) -> Refusal:
    """The refusal of an answer that does not fit its step."""
    return Refusal("invalid", detail=detail)


def answered(work: Callable[..., Any]) -> Callable[..., Any]:
    """Return a refusal in place of raising it, so that what was logged until then is committed with the group."""

    @wraps(work)
    def returning(*arguments: Any, **named: Any) -> Any:
        try:
            return work(*arguments, **named)
        except Refusal as refusal:
            return refusal

    return returning
