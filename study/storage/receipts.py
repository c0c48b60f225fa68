"""Receipts: the answers of a session form a hash chain, so that none can be lost, altered, added or moved unnoticed.

A chain begins with what was fixed when the session started. Each answer adds a link: the SHA-256 of the link before, a
line break, and the step with its answer as canonical JSON (keys sorted, no blanks, ASCII, what is missing left out). A
session that ends adds a last link over how it ended. The newest link is the session's receipt. What may still change
afterwards (when sounds were served, the page's language) is in no link.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, select

from study.storage.models import Response, Session, Step

Values = Mapping[str, Any] | RowMapping
OPENING = (
    *("public_id", "number", "simulated", "started_at", "n_steps", "n_trials"),
    *("block_row", "condition_row", "clips"),
)
OF_STEP = (
    *("position", "kind", "trial_kind", "trial_number", "block", "stimulus", "clip", "condition", "descriptor"),
    *("expected", "repeat_of", "detail"),
)
OF_RESPONSE = (
    *("answered_at", "server_ms", "rating", "answer", "rt_ms", "rt_start_ms", "first_play_ms", "start_gap_ms"),
    *("plays", "heard_s", "rating_changes", "focus_losses", "underruns", "telemetry", "language", "flags"),
)
CLOSING = ("state", "finished_at", "level_db", "headphones_passed", "consent_version", "consented_at", "client")


def opened(session: Values) -> str:
    """The first link of a session that starts."""
    return _link("", kept(session, OPENING))


def extended(receipt: str, step: Values, response: Values) -> str:
    """The link that an answer adds."""
    return _link(receipt, {"step": kept(step, OF_STEP), "response": kept(response, OF_RESPONSE)})


def closed(receipt: str, session: Values) -> str:
    """The last link, of a session that has ended; the same receipt where it has not."""
    return receipt if session["state"] == "active" else _link(receipt, kept(session, CLOSING))


def so_far(connection: Connection, session_id: int) -> str:
    """The receipt of a session that an earlier version, which gave none, started: over all that is stored of it."""
    session = connection.execute(select(Session.__table__).where(Session.id == session_id)).mappings().one()
    query = answers().where(Step.session_id == session_id)
    receipt = opened(session)
    for row in connection.execute(query).mappings():
        receipt = extended(receipt, row, row)
    return closed(receipt, session)


def answers() -> Select[Any]:
    """The query for all that a chain holds of answers, in the order of each session."""
    columns = [*(getattr(Step, name) for name in OF_STEP), *(getattr(Response, name) for name in OF_RESPONSE)]
    same = and_(Response.session_id == Step.session_id, Response.position == Step.position)
    return (
        select(Step.session_id, *columns, Response.receipt_sha256)
        .join(Response, same)
        .order_by(Step.session_id, Step.position)
    )


def kept(row: Values, names: Iterable[str]) -> dict[str, Any]:
    """What a chain holds of a row; SQLite stores no negative zero, and what is missing is left out."""
    found = {name: row[name] for name in names if row.get(name) is not None}
    return {name: value + 0.0 if isinstance(value, float) else value for name, value in found.items()}


def _link(before: str, record: dict[str, Any]) -> str:
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()
