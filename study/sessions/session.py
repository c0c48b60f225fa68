"""A participant's way through the study: the step to show, an answer taken, the next step; one transaction each.

An answer costs one indexed look-up, one insert and one update; the order was made when the session started.
Functions return a `Refusal` where the request is not done (see `study.refusals.answered`).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from study import clock
from study.design import telemetry
from study.design.plan import Plan
from study.kinds import KINDS, TRIALS
from study.kinds.base import Moment, screened_out
from study.refusals import Refusal, answered
from study.sessions import hearing, places, steps
from study.sessions.made import forget
from study.sessions.running import RunningStudy
from study.storage import receipts
from study.storage.identity import remembered_s, token_sha256
from study.storage.models import AnyRow, Event, Invitation, Response, Session, Step

WINDOW = 3  # steps after the current one that a look-up brings along
OF_SESSION = (
    "id",
    "study_id",
    "public_id",
    "page",
    "state",
    "simulated",
    "language",
    "n_steps",
    "n_trials",
    "step_since",
    *("level_db", "headphones_passed", "completion_code", "parameters", "resume_sha256", "finished_at"),
    *("invitation_id", "consent_version", "consented_at", "client", "receipt_sha256"),
)

_WINDOW = (
    select(
        *(getattr(Session, name) for name in OF_SESSION),
        Session.position.label("current"),
        *(column for column in Step.__table__.c if column.name != "session_id"),
    )
    .join(Step, Step.session_id == Session.id)
    .where(Session.token_sha256 == bindparam("token"))
    .where(Step.position >= Session.position, Step.position <= Session.position + WINDOW)
    .order_by(Step.position)
)
_WINDOW_LOCKED = _WINDOW.with_for_update(of=Session.__table__)
_INSERT = insert(Response)
_MOVE = update(Session).where(Session.id == bindparam("of"), Session.position == bindparam("was"))
_MOVE = _MOVE.values({name: bindparam(name) for name in ("position", "step_since", "receipt_sha256")})
_EMPTY = dict.fromkeys(column.name for column in Response.__table__.c)


@answered
def current(connection: Connection, running: RunningStudy, token: str, page: str | None) -> dict[str, Any]:
    """``{"session", "step"}`` to show now."""
    rows = _window(connection, running, token, page)
    return {"session": rows[0].public_id, "step": steps.show(running.plan, rows[0], rows)}


@answered
def answer(
    connection: Connection,
    running: RunningStudy,
    token: str,
    page: str | None,
    address: str,
    sent: Mapping[str, Any],
    measured: Mapping[str, Any],
) -> dict[str, Any]:
    """Store an answer; ``{"saved": True, "step"}`` with the step that follows.

    Parameters
    ----------
    address : str
        The step's id.
    sent, measured : mapping
        As the page sent them.
    """
    places.lock(connection, running.plan, running.study_id, steps.place_of(address))
    rows = _window(connection, running, token, page, lock=True)
    plan, session = running.plan, rows[0]
    position = steps.position_of(session.public_id, address)
    if position is None or position >= session.n_steps:
        raise Refusal("unknown_step", language=session.language)
    if position != session.current:
        return _late(connection, plan, rows, position, sent)
    kept = _checked(plan, session, session, _made(running, session) if KINDS[session.kind].is_made else sent)
    now = clock.now()
    kind, at = KINDS[session.kind], Moment(plan, session, session, session.step_since)
    if (left := kind.wait_s(at)) > 1:
        raise Refusal("too_early", language=session.language, retry_after_s=left)
    _heard(running, session, now)
    if position == 0:
        places.take(connection, plan, session, kept)
    is_full = places.full_quota(connection, plan, session, kept)
    response = _response(plan, session, kept, measured, now)
    before = session.receipt_sha256 or receipts.so_far(connection, session.id)
    receipt = receipts.extended(before, session._mapping, response)
    connection.execute(_INSERT, response | {"receipt_sha256": receipt})
    changes = screened_out(at, now) if is_full else kind.after(at, kept, now)
    position = changes.pop("position", position + 1)
    moved = {"position": position, "step_since": now, "receipt_sha256": receipt}
    connection.execute(_MOVE, moved | {"of": session.id, "was": session.current})
    if changes.get("state") == "declined" and session.invitation_id is not None:
        connection.execute(update(Invitation).where(Invitation.id == session.invitation_id).values(used_at=None))
    if changes:
        connection.execute(update(Session).where(Session.id == session.id).values(changes))
    if not changes and position == session.current + 1 and not KINDS[rows[1].kind].ends:
        return {"saved": True, "step": steps.show(plan, session, rows[1:], since=now)}
    return {"saved": True, "step": _arrive(connection, plan, token, now)}


def _made(running: RunningStudy, session: AnyRow) -> dict[str, Any]:
    """What was made for a session, in place of the page's answer; refused (``too_early``) until all of it is there."""
    rows = running.made.rows(session.public_id) if running.made else []
    if rows is None:
        raise Refusal("too_early", language=session.language, retry_after_s=1.0)
    return {"made": rows}


def _checked(plan: Plan, session: AnyRow, step: AnyRow, sent: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return KINDS[step.kind].check(sent, step, plan.definition)
    except Refusal as refusal:
        raise Refusal("invalid", language=session.language, detail=refusal.detail) from None


def _heard(running: RunningStudy, session: AnyRow, now: float) -> None:
    """Refuse an answer that comes before its sounds could have been heard, and say which must be fetched."""
    try:
        hearing.check(running.plan, session, running.served.of(session.id, session), now)
    except Refusal as refusal:
        own = steps.sounds(session.public_id, session)
        refusal.more["unserved"] = [own[number] for number in refusal.more["unserved"]]
        raise


def _response(plan: Plan, session: AnyRow, kept: dict[str, Any], sent: Mapping[str, Any], now: float) -> dict[str, Any]:
    elapsed_s = None if session.simulated else clock.elapsed_s(session.step_since, now)
    durations_s = [plan.stimuli.by_id[name].duration_s for name in KINDS[session.kind].sounds(session)]
    duration_s = durations_s[0] if session.stimulus else None
    measures, flags = telemetry.measured(sent, duration_s, elapsed_s)
    server_ms = (now - session.step_since) * 1000
    flags += [] if server_ms >= 0 else ["server_ms"]
    own = {
        "session_id": session.id,
        "position": session.current,
        "answered_at": now,
        "server_ms": server_ms if server_ms >= 0 else None,
        "rating": kept.get("rating"),
        "telemetry": telemetry.others(sent, durations_s, elapsed_s),
        "answer": {key: value for key, value in kept.items() if key != "rating"},
        "language": session.language,
        "flags": flags or None,
    }
    return _EMPTY | measures | own


def _late(
    connection: Connection, plan: Plan, rows: Sequence[AnyRow], position: int, sent: Mapping[str, Any]
) -> dict[str, Any]:
    """An answer to a step that is not the current one: known already, contradicting, or too early."""
    session = rows[0]
    shown = steps.show(plan, session, rows)
    query = select(Step.kind, Step.trial_kind, Step.detail, Response.answer, Response.rating).join(
        Response, (Response.session_id == Step.session_id) & (Response.position == Step.position)
    )
    found = connection.execute(query.where(Step.session_id == session.id, Step.position == position)).one_or_none()
    if found is None:
        raise Refusal("not_current", language=session.language, step=shown)
    if KINDS[found.kind].is_made:
        return {"saved": True, "step": shown}
    kept = _checked(plan, session, found, sent)
    if kept == found.answer | ({} if found.rating is None else {"rating": found.rating}):
        return {"saved": True, "step": shown}
    log(connection, session, "second_answer", {"position": position, "rating": kept.get("rating")})
    raise Refusal("already_answered", language=session.language, step=shown)


def _arrive(connection: Connection, plan: Plan, token: str, now: float) -> dict[str, Any]:
    """The step after one that changed the session; a session that came to its end is completed."""
    rows = look_up(connection, token)
    session = rows[0]
    own = update(Session).where(Session.id == session.id)
    if KINDS[session.kind].ends and session.state == "active":
        connection.execute(own.values(_completion(connection, plan, session, now)))
        rows = look_up(connection, token)
    if rows[0].state != "active":
        connection.execute(own.values(receipt_sha256=receipts.closed(session.receipt_sha256, rows[0]._mapping)))
        rows = look_up(connection, token)
    return steps.show(plan, rows[0], rows)


def _completion(connection: Connection, plan: Plan, session: AnyRow, now: float) -> dict[str, Any]:
    """What ends a session: only when every trial has its response, else it goes back to the first without."""
    answered_too = (Response.session_id == Step.session_id) & (Response.position == Step.position)
    query = select(Step.position).outerjoin(Response, answered_too)
    query = query.where(Step.session_id == session.id, Step.kind.in_(TRIALS), Response.position.is_(None))
    missing = connection.execute(query.order_by(Step.position).limit(1)).scalar()
    if missing is not None:
        return {"position": missing}
    part = plan.definition.completion
    code = secrets.token_hex(4).upper() if part.unique else part.code
    code = None if session.simulated else code  # it is worth money to people
    return {"state": "completed", "finished_at": now, "completion_code": code}


@answered
def leave(connection: Connection, running: RunningStudy, token: str, page: str | None) -> dict[str, Any]:
    """Let this browser forget a finished session, so that another person may start in it."""
    rows = _window(connection, running, token, page, lock=True)
    if rows[0].state == "active":
        raise Refusal("not_current", language=rows[0].language, step=steps.show(running.plan, rows[0], rows))
    nobody = token_sha256(secrets.token_urlsafe(32))
    connection.execute(update(Session).where(Session.id == rows[0].id).values(token_sha256=nobody))
    return {"left": True}


@answered
def withdraw(connection: Connection, running: RunningStudy, token: str, page: str | None) -> dict[str, Any]:
    """Delete every row of the session."""
    session = _window(connection, running, token, page, lock=True)[0]
    delete_session(connection, session, "participant")
    forget(running.engine, session.public_id)
    return {"withdrawn": True}


def delete_session(connection: Connection, session: AnyRow, by: str) -> None:
    """Delete a session's rows; what stays is that somebody withdrew, when, and by whose hand."""
    for table in (Response, Step, Event):
        connection.execute(delete(table).where(table.session_id == session.id))
    connection.execute(delete(Session).where(Session.id == session.id))
    gone = {
        "study_id": session.study_id,
        "session_id": None,
        "at": clock.now(),
        "kind": "withdrawn",
        "detail": {"by": by},
    }
    connection.execute(insert(Event), gone)


def log(connection: Connection, session: AnyRow, kind: str, detail: dict[str, Any]) -> None:
    """Write down something that happened in a session."""
    row = {"study_id": session.study_id, "session_id": session.id, "at": clock.now(), "kind": kind, "detail": detail}
    connection.execute(insert(Event), row)


def look_up(connection: Connection, token: str, *, lock: bool = False) -> Sequence[AnyRow]:
    """A session's row joined with its current step and the next ones, one row for each; empty for an unknown token."""
    return connection.execute(_WINDOW_LOCKED if lock else _WINDOW, {"token": token_sha256(token)}).all()


def _window(
    connection: Connection, running: RunningStudy, token: str, page: str | None, *, lock: bool = False
) -> Sequence[AnyRow]:
    """As `look_up`, for the page that owns a session of the running study."""
    rows = look_up(connection, token, lock=lock) if token else []
    if not rows or rows[0].study_id != running.study_id or not is_remembered(running, rows[0]):
        raise Refusal("no_session")
    if page and rows[0].page and page != rows[0].page:
        raise Refusal("other_page", language=rows[0].language)
    return rows


def is_remembered(running: RunningStudy, session: AnyRow) -> bool:
    """Whether the browser that holds this session's token is still shown it."""
    return remembered_s(running.definition.recruitment.shared_computer, session.finished_at) > 0
