"""A copy of a live SQLite database, whole at one moment, while participants go on answering."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from study.storage import private

PAGES_AT_ONCE = 1000


def backup(engine: Engine, target: str | Path) -> int:
    """Copy the database to a new file; returns its size in bytes.

    Raises
    ------
    ValueError
        When the database is not SQLite, the file already exists, or the copy is not sound.
    """
    target = Path(target)
    if engine.dialect.name != "sqlite":
        raise ValueError(f"A {engine.dialect.name} database is backed up by its own tool, pg_dump.")
    if target.exists():
        raise ValueError(f"{target} already exists: name another file, so that no older backup is lost.")
    private.make_folder(target.parent)
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    private.open_private(part, "xb").close()
    connection = engine.raw_connection()
    try:
        copy = sqlite3.connect(part)
        source: Any = connection.driver_connection  # sqlite3's own
        source.backup(copy, pages=PAGES_AT_ONCE)
        copy.execute("PRAGMA journal_mode = DELETE")
        state = copy.execute("PRAGMA integrity_check").fetchone()[0]
        copy.close()
    except sqlite3.Error as error:
        part.unlink(missing_ok=True)
        raise OSError(f"The backup {target} could not be written: {error}.") from None
    finally:
        connection.close()
    if state != "ok":
        raise ValueError(f"The backup is not sound ({state}): the database itself may be damaged.")
    part.replace(target)
    return target.stat().st_size
