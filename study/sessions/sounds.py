"""Which stimulus is behind the id under which a page asks for a sound."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from study.kinds import KINDS
from study.sessions import steps
from study.sessions.running import RunningStudy
from study.sessions.session import is_remembered
from study.storage.identity import token_sha256
from study.storage.models import Session, Step

_SOUND = (
    select(Session.id, Session.finished_at, Step.kind, Step.stimulus, Step.detail)
    .join(Session, Session.id == Step.session_id)
    .where(Session.token_sha256 == bindparam("token"), Session.public_id == bindparam("public_id"))
    .where(Session.study_id == bindparam("study"), Step.position == bindparam("position"))
)


class Sound(NamedTuple):
    """One sound: its stimulus, where it stands (session, step and number in it; see `Served.note`), and whose it is."""

    stimulus: str
    place: tuple[int, int, int]
    public_id: str


def sound(connection: Connection, running: RunningStudy, token: str, address: str) -> Sound | None:
    """What is behind a sound's id; None unless it is of this session."""
    public_id, _, rest = address.partition("-")
    place, _, number = rest.partition("-")
    position = steps.position_of(public_id, f"{public_id}-{place}")
    if position is None or (number and not (number.isascii() and number.isdigit())):
        return None
    sought = {"study": running.study_id, "token": token_sha256(token), "public_id": public_id, "position": position}
    row = connection.execute(_SOUND, sought).one_or_none()
    if row is None or not is_remembered(running, row):
        return None
    found, index = KINDS[row.kind].sounds(row), int(number or 0)
    return Sound(found[index], (row.id, position, index), public_id) if index < len(found) else None
