"""Browsers that are signed in as the experimenter.

They are rows of the database, so that every process and replica knows at once who signed out. A session ends at the
sign-out, when another admin token comes into use, or eight hours after the sign-in. Of its
key only the SHA-256 is kept.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from contextlib import suppress
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ColumnElement

from study.storage.database import reading
from study.storage.models import AdminSession

LASTS_S = 8 * 3600
SEEN_EVERY_S = 60.0
KEY_BYTES = 32


def start(engine: Engine, token_sha256: str) -> str:
    """Sign a browser in; gives its key. Rows of sessions that ran out are deleted.

    Parameters
    ----------
    engine : the study's database.
    token_sha256 : hash of the admin token by which it signs in.
    """
    key, now = secrets.token_urlsafe(KEY_BYTES), time.time()
    times = {"started_at": now, "seen_at": now, "expires_at": now + LASTS_S}
    with engine.begin() as connection:
        connection.execute(delete(AdminSession).where(AdminSession.expires_at <= now))
        connection.execute(insert(AdminSession).values(key_sha256=_hash(key), token_sha256=token_sha256, **times))
    return key


def find(engine: Engine, key: str, token_sha256: str) -> int | None:
    """The number of the session that has this key, or None where none is open; notes that it was seen."""
    with reading(engine) as connection:
        query = select(AdminSession.id, AdminSession.seen_at).where(_is_open(token_sha256))
        row = connection.execute(query.where(AdminSession.key_sha256 == _hash(key))).one_or_none()
    if row is None:
        return None
    now = time.time()
    if now - row.seen_at >= SEEN_EVERY_S:  # not at every request: each is a commit
        # Who looks why the disk is full must get in although nothing can be noted.
        with suppress(DBAPIError), engine.begin() as connection:
            connection.execute(update(AdminSession).where(AdminSession.id == row.id).values(seen_at=now))
    return row.id


def open_sessions(engine: Engine, token_sha256: str) -> list[dict[str, Any]]:
    """``id``, ``started_at`` and ``seen_at`` (seconds since 1970) of every open session, the newest first."""
    columns = (AdminSession.id, AdminSession.started_at, AdminSession.seen_at)
    with reading(engine) as connection:
        query = select(*columns).where(_is_open(token_sha256)).order_by(AdminSession.id.desc())
        return [dict(row) for row in connection.execute(query).mappings()]


def end(engine: Engine, key: str) -> None:
    """Sign out the browser that has this key; nothing happens where none has."""
    _end(engine, AdminSession.key_sha256 == _hash(key))


def end_others(engine: Engine, token_sha256: str, kept: int | None) -> None:
    """Sign out every browser but that of session ``kept``."""
    _end(engine, _is_open(token_sha256) & (AdminSession.id != (kept or 0)))


def end_of_other_tokens(engine: Engine, token_sha256: str) -> None:
    """Sign out whoever signed in by another token than the one now in use, for good: should it come back, too."""
    _end(engine, AdminSession.token_sha256 != token_sha256)


def _end(engine: Engine, which: ColumnElement[bool]) -> None:
    with engine.begin() as connection:
        connection.execute(
            update(AdminSession).where(which, AdminSession.ended_at.is_(None)).values(ended_at=time.time())
        )


def _is_open(token_sha256: str) -> ColumnElement[bool]:
    return (
        (AdminSession.token_sha256 == token_sha256)
        & AdminSession.ended_at.is_(None)
        & (AdminSession.expires_at > time.time())
    )


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
