"""Opening the database: SQLite or PostgreSQL, brought to this version by Alembic.

SQLite runs in WAL mode with foreign keys and full synchronisation. A transaction begins with BEGIN IMMEDIATE, so that
two processes wait for each other instead of failing half-way; one that only reads (`reading`) waits for nobody.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from study.storage import private

DEFAULT_URL = "sqlite:///data/study.sqlite"
BUSY_TIMEOUT_MS = 5000
MIGRATIONS = Path(__file__).with_name("migrations")
MIGRATION_LOCK = 7_215_044  # any number, the same in every process


def open_database(url: str | URL = DEFAULT_URL, *, create: bool = True, migrate: bool = True) -> Engine:
    """Connect, and bring the tables to this program's version.

    Parameters
    ----------
    url : str
        ``sqlite:///path``, ``postgresql://user@host/name``, or a bare path of an SQLite file.
    create : bool
        False refuses an SQLite file that is not there (commands that only read).
    migrate : bool
        False leaves the tables alone.

    Raises
    ------
    ValueError
        One sentence: an address that is none, a server that does not answer, a database of another version.
    """
    address = _address(url)
    _prepare_file(address, create)
    options = (
        {"poolclass": StaticPool} if _in_memory(address) else {"pool_pre_ping": address.get_backend_name() != "sqlite"}
    )
    engine = create_engine(address, hide_parameters=True, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        with in_one_sentence(address):
            if migrate:
                upgrade(engine)
    except ValueError:
        engine.dispose()
        raise
    return engine


@contextmanager
def in_one_sentence(address: URL) -> Iterator[None]:
    """Turn what the driver complains of into a ValueError that says what to do."""
    try:
        yield
    except DBAPIError as error:
        raise ValueError(f"The database {shown(address)} cannot be used: {reason(error)}.") from None


def connect(url: str | URL = DEFAULT_URL) -> Engine:
    """Open a database that is there already; see `open_database`."""
    return open_database(url, create=False)


@contextmanager
def opened(url: str | URL = DEFAULT_URL) -> Iterator[Engine]:
    """A database that is there already, for as long as it is needed; see `open_database`."""
    engine = connect(url)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for reading one consistent state."""
    options: dict[str, Any] = {"reads_only": True}
    if engine.dialect.name == "postgresql":  # else each query sees what was committed before it
        options["isolation_level"] = "REPEATABLE READ"
    with engine.connect().execution_options(**options) as connection:
        yield connection


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that are missing; several processes may do so at once."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        found = MigrationContext.configure(connection).get_current_revision()
        _refuse_strangers(connection, found, known, shown(engine.url))
        if found != scripts.get_current_head():
            config.attributes["connection"] = connection
            command.upgrade(config, revision)


def _refuse_strangers(connection: Connection, revision: str | None, known: set[str], name: str) -> None:
    if revision is None and (tables := inspect(connection).get_table_names()):
        others = [table for table in tables if table != "alembic_version"]
        if others:
            raise ValueError(
                f"{name} is a database of something else (it has the table {others[0]}): "
                "name another with --database-url."
            )
    if revision is not None and revision not in known:
        raise ValueError(
            f"{name} was made by another version of semantic-eq (its tables are at {revision}, unknown here): "
            "use that version, or name another database with --database-url."
        )


def shown(address: URL) -> str:
    """An address as people may see it: without the password."""
    return address.database or "memory" if address.get_backend_name() == "sqlite" else address.render_as_string()


def reason(error: DBAPIError) -> str:
    """What a database driver said, on one line, with what to do about the usual causes."""
    said = re.sub(r"\s+", " ", re.sub(r"\s+Is the server running[^?]*\?", "", str(error.orig))).strip(" .")
    advice = {
        "readonly": "it is on a read-only disk or belongs to another user: copy it to where you may write",
        "unable to open": "its folder is missing or may not be written to",
        "full": "the disk is full: make room, then do the same again",
        "locked": "another program holds it",
        "refused": "no server answers there: start it, or correct the address",
        "not a database": "the file is something else or damaged",
    }
    hint = next((hint for part, hint in advice.items() if part in said), None)
    return f"{said} ({hint})" if hint else said


def _address(url: str | URL) -> URL:
    text_url = str(url) if not isinstance(url, URL) else None
    try:
        address = make_url(f"sqlite:///{url}" if text_url and "://" not in text_url else url)
    except ArgumentError:
        raise ValueError(
            f"{url!r} is not a database address; use sqlite:///file or postgresql://user@host/name."
        ) from None
    if address.drivername in ("postgresql", "postgres"):
        address = address.set(drivername="postgresql+psycopg")
    if address.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise ValueError(f"{address.drivername} is not a database that a study can use; use sqlite or postgresql.")
    try:
        address.get_dialect()
    except NoSuchModuleError:
        raise ValueError(f"The driver of {address.drivername} is not installed.") from None
    return address


def _in_memory(address: URL) -> bool:
    return address.get_backend_name() == "sqlite" and address.database in (None, "", ":memory:")


def _prepare_file(address: URL, create: bool) -> None:
    if address.get_backend_name() != "sqlite" or _in_memory(address):
        return
    path = Path(str(address.database))
    if not create and not path.exists():
        raise ValueError(
            f"There is no database {path}; start a study with `semantic-eq serve`, or name one with --database-url."
        )
    try:
        private.make_folder(path.parent)
    except OSError as error:
        raise ValueError(f"The folder {path.parent} for the database cannot be made: {error.strerror}.") from None
    with contextlib.suppress(OSError):  # SQLite says what is wrong with it
        private.open_private(path, "xb").close()
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):  # new ones take the rights of the database
        private.close_to_others(path.with_name(name))


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours to send
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA foreign_keys = ON")
    _to_wal(cursor)
    cursor.execute("PRAGMA synchronous = FULL")  # an acknowledged answer outlives a power cut too
    cursor.close()


def _to_wal(cursor: sqlite3.Cursor) -> None:
    """Switch to WAL; where another process does so at this moment, SQLite does not wait by itself."""
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    reads_only = connection.get_execution_options().get("reads_only")
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")
