"""How a session starts: who may, whether it is one that goes on, and which rows of the design it gets."""

from __future__ import annotations

import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, insert, select, update

from study import clock
from study.design import client, order
from study.design.plan import Assignment, Plan, n_counted
from study.design.texts import negotiate
from study.refusals import Refusal, answered
from study.sessions import steps
from study.sessions.places import counts, recruiting
from study.sessions.running import RunningStudy
from study.sessions.session import look_up
from study.storage import receipts
from study.storage.identity import (
    SIGNATURE,
    is_signed,
    remembered_s,
    resume_code,
    resume_sha256,
    tidy_code,
    token_sha256,
)
from study.storage.models import AnyRow, Invitation, Session, Step, Study

MAX_PARAMETER = 128
PUBLIC_ALPHABET = "abcdefghjkmnpqrstvwxyz23456789"


@dataclass(frozen=True)
class Request:
    """What a browser brings when it asks for a session."""

    language: str | None = None
    accepted_languages: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    invitation: str | None = None
    simulated: bool = False
    again: bool = False
    resume: str | None = None
    token: str | None = None
    page: str = ""
    user_agent: str = ""
    client: Mapping[str, Any] = field(default_factory=dict)


@answered
def start(connection: Connection, running: RunningStudy, request: Request, allow_simulated: bool) -> dict[str, Any]:
    """A new session, or the one that this browser started or has the proof to go on with.

    Returns
    -------
    dict
        ``session``, ``step``, ``texts``, ``language``, ``resume`` (the code to go on elsewhere, None where nothing is
        left to do) and ``token`` (None where the browser's stays good).
    """
    plan = running.plan
    study = connection.execute(select(Study).where(Study.id == running.study_id).with_for_update()).one()
    offered = plan.definition.languages
    language = negotiate(request.language, request.accepted_languages, offered)
    who = _identified(plan, study, request, language)
    known = _by_token(connection, plan, study, request, who)
    token = request.token if known and request.token else secrets.token_urlsafe(32)
    listens_with = ((known and known.client) or {}) | client.described(request.user_agent, request.client)
    if known is None:
        known = _from_elsewhere(connection, plan, study, request, who, language)
    code = resume_code(study.secret, token_sha256(token))
    proof = {"token_sha256": token_sha256(token), "resume_sha256": resume_sha256(code), "page": request.page}
    if known is None:
        session = proof | {
            "language": language,
            "simulated": request.simulated,
            "external_id": who.identity,
            "parameters": who.parameters,
            "client": listens_with or None,
            "invitation_id": _admit(connection, plan, study, request, who, language, allow_simulated),
        }
        _begin(connection, plan, study, session)
    else:
        language = request.language if request.language in offered else known.language
        values = proof | {"language": language, "readmit_until": None}
        if known.state == "active":  # else the receipt is closed over what it was listened with
            values["client"] = listens_with or None
        connection.execute(update(Session).where(Session.id == known.id).values(values))
    rows = look_up(connection, token)
    return {
        "session": rows[0].public_id,
        "step": steps.show(plan, rows[0], rows),
        "texts": plan.definition.page_texts(language),
        "language": language,
        "resume": None if rows[0].simulated or rows[0].state != "active" else code,
        "token": None if token == request.token else token,
    }


@dataclass(frozen=True)
class _Who:
    """Who a request says that it is: the id parameters as kept, the one that identifies, and whether it is signed."""

    parameters: dict[str, str]
    identity: str | None
    is_signed: bool


def _identified(plan: Plan, study: AnyRow, request: Request, language: str) -> _Who:
    kept = {}
    for name in plan.definition.recruitment.id_parameters:
        value = request.parameters.get(name)
        if value is None or value == "":
            continue
        if not value.isprintable() or len(value) > MAX_PARAMETER:
            raise Refusal(
                "invalid", language=language, detail=f"{name} must be at most {MAX_PARAMETER} printable characters"
            )
        kept[name] = value
    identity = kept.get(plan.definition.recruitment.id_parameter or "")
    signed = identity is not None and is_signed(study.secret, identity, request.parameters.get(SIGNATURE, ""))
    if identity and request.simulated:  # uses up nobody's id
        identity = f"simulated {identity}"[:MAX_PARAMETER]
    return _Who(kept, identity, signed)


def _by_token(connection: Connection, plan: Plan, study: AnyRow, request: Request, who: _Who) -> AnyRow | None:
    """The session of this browser, unless somebody else sits there now or it was finished a while ago."""
    if not request.token or request.resume:
        return None
    query = select(Session).where(Session.token_sha256 == token_sha256(request.token), Session.study_id == study.id)
    found = connection.execute(query).one_or_none()
    if found is None or (request.again and found.state != "active"):
        return None
    if not remembered_s(plan.definition.recruitment.shared_computer, found.finished_at):
        return None
    is_other = who.identity and found.state != "declined" and found.external_id != who.identity
    return None if is_other else found


def _from_elsewhere(
    connection: Connection, plan: Plan, study: AnyRow, request: Request, who: _Who, language: str
) -> AnyRow | None:
    """The unfinished session, started in another browser, that this one has the proof to go on with.

    A resume code, a signed link or the experimenter's word is proof; an id alone, or an invitation that was used, opens
    a session only while nothing has been answered in it.
    """
    own = select(Session).where(Session.study_id == study.id)
    if request.resume:
        query = own.where(Session.resume_sha256 == resume_sha256(request.resume), Session.state == "active")
        found = connection.execute(query).one_or_none()
        if found is None:
            raise Refusal("resume_wrong", language=language)
        return found
    if plan.definition.recruitment.id_signed and who.identity and not who.is_signed:
        raise Refusal("id_unsigned", language=language)
    if who.identity:
        query, finished = own.where(Session.external_id == who.identity), "already_completed"
    elif request.invitation and plan.definition.recruitment.invitation:
        code = tidy_code(request.invitation)
        query = own.join(Invitation, Invitation.id == Session.invitation_id).where(Invitation.code == code)
        finished = "invitation_used"
    else:
        return None
    found = connection.execute(query).one_or_none()
    if found is None:
        return None
    if found.state != "active":
        raise Refusal(finished, language=language)
    is_readmitted = found.readmit_until is not None and clock.now() <= found.readmit_until
    if found.position and not who.is_signed and not is_readmitted:
        raise Refusal("elsewhere", language=language)
    return found


def _admit(
    connection: Connection, plan: Plan, study: AnyRow, request: Request, who: _Who, language: str, allow_simulated: bool
) -> int | None:
    """Refuse who may not start; returns the invitation that was used, if the study asks for one."""
    recruitment = plan.definition.recruitment
    if request.simulated and not allow_simulated:
        raise Refusal("simulated_refused", language=language)
    if (state := recruiting(connection, plan, study, request.simulated)) != "open":
        raise Refusal(state, language=language)
    if (recruitment.id_required or recruitment.id_signed) and who.identity is None:
        raise Refusal("id_missing", language=language)
    return _use_invitation(connection, study.id, request.invitation, language) if recruitment.invitation else None


def _begin(connection: Connection, plan: Plan, study: AnyRow, session: dict[str, Any]) -> None:
    """Write a new session, of which ``session`` tells whose it is, with all its steps."""
    number = study.sessions_started + 1
    # With the study file alone, which may be public, anybody could make the lists of all participants.
    rng = random.Random(f"{study.secret}/{plan.definition.seed}/{number}")
    assignment = assign(plan, _counted(connection, plan, study.id, session["simulated"]), rng)
    rows = plan.steps(replace(assignment, secret=study.secret), rng)
    now = clock.now()
    session |= {
        "study_id": study.id,
        "public_id": "".join(secrets.choice(PUBLIC_ALPHABET) for _ in range(12)),
        "number": number,
        "state": "active",
        "position": 0,
        "n_steps": len(rows),
        "n_trials": n_counted(rows),
        "started_at": now,
        "step_since": now,
        "block_row": assignment.block_row,
        "condition_row": assignment.condition_row,
        "clips": list(assignment.clips),
        "level_db": 0.0,
    }
    session["receipt_sha256"] = receipts.opened(session)
    inserted: Any = connection.execute(insert(Session).values(session))
    session_id = inserted.inserted_primary_key[0]
    connection.execute(insert(Step), [{"session_id": session_id} | row for row in rows])
    connection.execute(update(Study).where(Study.id == study.id).values(sessions_started=number))


def assign(plan: Plan, counted: list[tuple[int, int, list[str]]], rng: random.Random) -> Assignment:
    """Rows of the design and clips for the next participant, given those of the participants that count."""
    used = [(block, condition) for block, condition, _ in counted]
    block_row, condition_row = order.choose_rows(used, plan.n_block_rows, plan.n_condition_rows)
    clips = order.choose_clips(plan.clips, plan.n_clips, [clips for *_, clips in counted], rng)
    return Assignment(block_row, condition_row, tuple(clips))


def _counted(connection: Connection, plan: Plan, study_id: int, simulated: bool) -> list[tuple[int, int, list[str]]]:
    """Participants who completed, and those on their way; who has been silent for long has dropped out."""
    query = select(Session.block_row, Session.condition_row, Session.clips).where(
        counts(plan.definition, study_id, simulated)
    )
    return [tuple(row) for row in connection.execute(query)]


def _use_invitation(connection: Connection, study_id: int, code: str | None, language: str) -> int:
    if not code:
        raise Refusal("invitation_needed", language=language)
    query = (
        select(Invitation).where(Invitation.study_id == study_id, Invitation.code == tidy_code(code)).with_for_update()
    )
    found = connection.execute(query).one_or_none()
    if found is None:
        raise Refusal("invitation_wrong", language=language)
    if found.used_at is not None:
        raise Refusal("invitation_used", language=language)
    connection.execute(update(Invitation).where(Invitation.id == found.id).values(used_at=clock.now()))
    return found.id


def welcome(
    connection: Connection, running: RunningStudy, language: str | None, accepted: str | None, token: str | None
) -> dict[str, Any]:
    """What the start page shows; ``text`` is Markdown."""
    plan, study_id, d = running.plan, running.study_id, running.definition
    language = negotiate(language, accepted, d.languages)
    study = connection.execute(select(Study).where(Study.id == study_id)).one()
    known = None
    if token:
        query = select(Session.public_id, Session.state, Session.language, Session.finished_at)
        query = query.where(Session.token_sha256 == token_sha256(token), Session.study_id == study_id)
        known = connection.execute(query).one_or_none()
        if known is not None and not remembered_s(d.recruitment.shared_computer, known.finished_at):
            known = None
    return {
        "title": d.text(d.title, language),
        "text": d.text(d.welcome, language),
        "language": language,
        "languages": [{"code": code, "name": d.page_texts(code)["name"]} for code in d.languages],
        "texts": d.page_texts(language),
        "state": recruiting(connection, plan, study),
        "invitation_needed": d.recruitment.invitation,
        "id_parameters": d.recruitment.id_parameters,
        "id_required": d.recruitment.id_required or d.recruitment.id_signed,
        "contact": d.contact,
        "session": known and {"session": known.public_id, "state": known.state, "language": known.language},
    }
