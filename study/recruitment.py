"""The experimenter's hand on a running study: how it fills, pausing and closing, invitations, withdrawal."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection, Engine, func, insert, select, update

from study import clock
from study.design.frozen import definition_of
from study.kinds import KINDS
from study.records.tables import participant
from study.sessions import places
from study.sessions.made import forget
from study.sessions.places import abandoned_since
from study.sessions.session import delete_session, log
from study.sessions.starting import MAX_PARAMETER
from study.storage.database import reading
from study.storage.identity import ALPHABET, SIGNATURE, signature
from study.storage.models import AnyRow, Event, Invitation, Response, Session, Step, Study
from study.storage.studies import study_row

STATES = ("open", "paused", "closed")
CODE_LENGTH = 10
MAX_INVITATIONS = 10_000
DAY_S = 24 * 3600.0
READMITTED_S = DAY_S


def overview(engine: Engine, simulated: bool = False) -> dict[str, Any]:
    """How many participants started, completed and left, and where.

    Returns
    -------
    dict
        ``study``, ``state``, ``cap``, counts (``started``, ``completed``, ``active``, ``abandoned``, ``declined``,
        ``screened_out``, ``withdrawn``), ``dropped_at`` (where -> how many stopped there), ``block_rows`` and
        ``condition_rows`` (row -> completed), ``headphones_passed``, ``minutes`` (median), ``invitations``,
        ``quiet_hours`` (since somebody started or the study was opened; None while it takes nobody) and ``quotas``
        (title -> how many places are taken, and of how many).
    """
    with reading(engine) as connection:
        study = study_row(connection)
        definition = definition_of(study)
        query = select(Session.__table__).where(Session.study_id == study.id, Session.simulated == simulated)
        rows = connection.execute(query).all()
        since = abandoned_since(definition)
        gone = [row for row in rows if row.state == "active" and row.step_since <= since]
        withdrawn = select(func.count()).where(Event.study_id == study.id, Event.kind == "withdrawn")
        return {
            "study": study.id,
            "begun_at": clock.minute(study.begun_at),
            "state": study.state,
            "cap": definition.recruitment.cap,
            "started": len(rows),
            "completed": sum(row.state == "completed" for row in rows),
            "active": sum(row.state == "active" for row in rows) - len(gone),
            "abandoned": len(gone),
            "declined": sum(row.state == "declined" for row in rows),
            "screened_out": sum(row.state == "screened_out" for row in rows),
            "withdrawn": connection.execute(withdrawn).scalar_one(),
            "dropped_at": _dropped_at(connection, gone),
            "block_rows": _tally(rows, "block_row"),
            "condition_rows": _tally(rows, "condition_row"),
            "headphones_passed": dict(Counter(str(row.headphones_passed) for row in rows if row.state == "completed")),
            "minutes": _median([_took_s(row) / 60 for row in rows if row.state == "completed"]),
            "invitations": _invitations(connection, study.id),
            "quiet_hours": _quiet_hours(connection, study, rows),
            "quotas": places.filled(connection, definition, study.id, simulated),
        }


def _quiet_hours(connection: Connection, study: AnyRow, rows: Sequence[AnyRow]) -> float | None:
    if study.state != "open" or places.is_full(connection, definition_of(study), study.id):
        return None
    opened = select(func.max(Event.at)).where(Event.study_id == study.id, Event.kind == "state")
    since = [study.begun_at, connection.execute(opened).scalar() or 0.0, *(row.started_at for row in rows)]
    return round((clock.elapsed_s(max(since), clock.now()) or 0.0) / 3600, 2)


def completion_codes(engine: Engine) -> dict[str, str]:
    """The code that each participant who completed was shown."""
    with reading(engine) as connection:
        study_id = study_row(connection).id
        query = select(Session.number, Session.completion_code).where(Session.study_id == study_id)
        rows = connection.execute(query).all()
    return {participant(row.number): row.completion_code for row in rows if row.completion_code}


def recruiters_ids(engine: Engine, simulated: bool = False) -> dict[str, str]:
    """The id by which the recruiting site knows each participant who came with one: personal data."""
    with reading(engine) as connection:
        of_study = (Session.study_id == study_row(connection).id, Session.simulated == simulated)
        query = select(Session.number, Session.external_id).where(*of_study, Session.external_id.is_not(None))
        return {participant(row.number): row.external_id for row in connection.execute(query)}


def arrivals(engine: Engine, simulated: bool = False) -> list[dict[str, Any]]:
    """How many started and completed on each day of UTC since the first, days without anybody included."""
    with reading(engine) as connection:
        of_study = (Session.study_id == study_row(connection).id, Session.simulated == simulated)
        query = select(Session.started_at, Session.finished_at, Session.state).where(*of_study)
        rows = connection.execute(query).all()
    started = Counter(_day(row.started_at) for row in rows)
    completed = Counter(_day(row.finished_at) for row in rows if row.state == "completed" and row.finished_at)
    met = started | completed
    days = range(min(met), max(met) + 1) if met else ()
    return [{"day": clock.day(day * DAY_S), "started": started[day], "completed": completed[day]} for day in days]


def _day(at: float) -> int:
    return int(at // DAY_S)


def whereabouts(engine: Engine, simulated: bool = False) -> dict[str, dict[str, Any]]:
    """The step at which each participant is: ``step`` of ``n_steps``, its kind in words (``at``), ``is_abandoned``."""
    with reading(engine) as connection:
        study = study_row(connection)
        query = (
            select(Session.number, Session.position, Session.n_steps, Session.state, Session.step_since, Step.kind)
            .join(Step, (Step.session_id == Session.id) & (Step.position == Session.position))
            .where(Session.study_id == study.id, Session.simulated == simulated)
        )
        rows = connection.execute(query).all()
        since = abandoned_since(definition_of(study))
    return {
        participant(row.number): {
            "step": row.position + 1,
            "n_steps": row.n_steps,
            "at": KINDS[row.kind].title,
            "is_abandoned": row.state == "active" and row.step_since <= since,
        }
        for row in rows
    }


def _dropped_at(connection: Connection, gone: list[AnyRow]) -> dict[str, int]:
    places = {row.id: row.position for row in gone}
    query = select(Step.session_id, Step.position, Step.kind).where(Step.session_id.in_(places))
    kinds = (kind for session_id, position, kind in connection.execute(query) if places[session_id] == position)
    return dict(Counter(KINDS[kind].title for kind in kinds).most_common())


def _tally(rows: Sequence[AnyRow], name: str) -> dict[int, int]:
    counts = Counter(getattr(row, name) for row in rows if row.state == "completed")
    return dict(sorted(counts.items()))


def _took_s(row: AnyRow) -> float:
    return clock.elapsed_s(row.started_at, row.finished_at) or 0.0


def _median(values: list[float]) -> float | None:
    middle = sorted(values)[(len(values) - 1) // 2 : len(values) // 2 + 1]
    return round(sum(middle) / len(middle), 1) if middle else None


def _invitations(connection: Connection, study_id: int) -> dict[str, int]:
    query = select(func.count(), func.count(Invitation.used_at)).where(Invitation.study_id == study_id)
    made, used = connection.execute(query).one()
    return {"made": made, "used": used}


def set_state(engine: Engine, state: str) -> None:
    """Open, pause or close the study to newcomers; participants in progress may finish."""
    if state not in STATES:
        raise ValueError(f"Unknown state {state!r} (known: {', '.join(STATES)}).")
    with engine.begin() as connection:
        study = study_row(connection)
        connection.execute(update(Study).where(Study.id == study.id).values(state=state))
        row = {"study_id": study.id, "session_id": None, "at": clock.now(), "kind": "state", "detail": {"state": state}}
        connection.execute(insert(Event), row)


def invite(engine: Engine, n: int, note: str = "") -> list[str]:
    """Make ``n`` invitation codes, each for one session."""
    if not 1 <= n <= MAX_INVITATIONS:
        raise ValueError(f"{n} invitations were asked for; 1 to {MAX_INVITATIONS} can be made at once.")
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(n)]
    with engine.begin() as connection:
        study_id = study_row(connection).id
        rows = [{"study_id": study_id, "code": code, "note": note[:200], "made_at": clock.now()} for code in codes]
        connection.execute(insert(Invitation), rows)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def readmit(engine: Engine, who: str) -> str:
    """Let one participant go on in another browser with their id or invitation alone, once, within a day.

    Returns
    -------
    str
        The participant's name in the tables.

    Raises
    ------
    ValueError
        When there is nobody of that name, they have finished, or they came with neither.
    """
    with engine.begin() as connection:
        [session, *_] = _named(connection, who, "nobody was readmitted")
        name = participant(session.number)
        if session.state != "active":
            raise ValueError(f"{name} has nothing left to go on with: the session is {session.state}.")
        if session.external_id is None and session.invitation_id is None:
            raise ValueError(
                f"{name} came with neither id nor invitation, so nothing distinguishes them from others: they can "
                "go on elsewhere only with the code that their own page shows."
            )
        values = {"readmit_until": clock.now() + READMITTED_S}
        connection.execute(update(Session).where(Session.id == session.id).values(values))
        log(connection, session, "readmitted", {})
    return name


def links(engine: Engine, ids: list[str], url: str) -> list[str]:
    """A link for each id, signed with the study's secret: it proves the id, and goes on in any browser.

    Raises
    ------
    ValueError
        When the study's file names no id parameter, or an id is none.
    """
    with reading(engine) as connection:
        study = study_row(connection)
    name = definition_of(study).recruitment.id_parameter
    if not name:
        raise ValueError("The study's file names no id_parameter in [recruitment], which a link would carry.")
    for number, identity in enumerate(ids, start=1):
        if not identity or not identity.isprintable() or len(identity) > MAX_PARAMETER:
            raise ValueError(f"Id {number} is {identity[:40]!r}; an id has 1 to {MAX_PARAMETER} printable characters.")
    if twice := [identity for identity, n in Counter(ids).items() if n > 1]:
        raise ValueError(f"The id {twice[0]!r} is there {ids.count(twice[0])} times; each needs its own.")
    address = url.rstrip("/").removesuffix("/study") + "/study/?"
    return [address + urlencode({name: identity, SIGNATURE: signature(study.secret, identity)}) for identity in ids]


def described(engine: Engine, who: str) -> list[str]:
    """One line for each session of a session's, participant's or recruiter's id.

    Raises
    ------
    ValueError
        When there is nobody of that name.
    """
    answers = select(func.count()).select_from(Response)
    with reading(engine) as connection:
        return [
            f"{participant(row.number)}, session {row.public_id}: {row.state}, started {clock.minute(row.started_at)}, "
            f"{connection.execute(answers.where(Response.session_id == row.id)).scalar_one()} answers"
            for row in _named(connection, who, "nothing was deleted")
        ]


def withdraw(engine: Engine, who: str) -> str:
    """Delete one participant's rows.

    Parameters
    ----------
    who : str
        The session, the participant's name in the tables (P0007), or the id that the participant came with.

    Returns
    -------
    str
        The session whose rows are gone.

    Raises
    ------
    ValueError
        When there is nobody of that name.
    """
    with engine.begin() as connection:
        found = _named(connection, who, "nothing was deleted")
        for row in found:
            delete_session(connection, row, "experimenter")
    for row in found:
        forget(engine, row.public_id)
    return found[0].public_id


def _named(connection: Connection, who: str, otherwise: str) -> list[AnyRow]:
    """The sessions of a session's, participant's or recruiter's id; ValueError when there are none."""
    query = select(Session.__table__).where(Session.study_id == study_row(connection).id)
    rows = connection.execute(query)
    found = [row for row in rows if who in (row.public_id, participant(row.number), row.external_id)]
    if not found:
        raise ValueError(f"The study has no session, participant or id {who!r}: {otherwise}.")
    return found
