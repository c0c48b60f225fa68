"""A study rehearsed without a server: simulated listeners go the participants' way, in this process."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from study.design.listeners import Listener, Model
from study.design.stimuli import Stimulus
from study.kinds import KINDS
from study.refusals import Refusal
from study.sessions import session, starting, steps
from study.sessions.running import RunningStudy
from study.storage.models import Session, Step


def rehearse(running: RunningStudy, n: int, model: Model | None = None, seed: int = 0) -> None:
    """Take ``n`` simulated listeners through a study that asks for neither ids nor invitations.

    The same seed gives the same listeners; the orders are those of the study in this database.
    """
    for number in range(n):
        with running.engine.begin() as connection:
            _take_part(connection, running, Listener(model or Model(), f"{seed}/{number}"))


def _take_part(connection: Connection, running: RunningStudy, listener: Listener) -> None:
    started = _done(starting.start(connection, running, starting.Request(simulated=True), True))
    token, step = started["token"], started["step"]
    heard = _sounds(connection, running, started["session"])
    while not step["ends"] and not listener.leaves(step["progress"]):
        position = steps.position_of(started["session"], step["id"])
        answer = listener.answer(step, heard[position or 0])
        answered = session.answer(connection, running, token, None, step["id"], answer, listener.telemetry(step))
        step = _done(answered)["step"]


def _sounds(connection: Connection, running: RunningStudy, public_id: str) -> dict[int, list[Stimulus | None]]:
    """What is heard at each step of a session."""
    own = select(Step).join(Session, Session.id == Step.session_id).where(Session.public_id == public_id)
    rows = connection.execute(own).all()
    return {row.position: [running.stimuli.by_id[name] for name in KINDS[row.kind].sounds(row)] for row in rows}


def _done(answered: Any) -> dict[str, Any]:
    if isinstance(answered, Refusal):
        raise answered
    return answered
