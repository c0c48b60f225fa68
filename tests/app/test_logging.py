"""What reaches the log of failures: their kind and place, never a participant's id, a token's hash or any parameter."""

import json
import logging
import sys

import psycopg
import pytest
import sqlalchemy
from sqlalchemy import text

from app import observing
from app.observing import CAUSE, JsonLines, Metrics, Observe, database_cause, once_a_minute
from study.storage.database import open_database

SECRET = "5f3a0secret"


def log_line(failure: BaseException) -> str:
    record = logging.LogRecord("semantic_eq", logging.ERROR, "", 0, "failed", (), (type(failure), failure, None))
    try:
        raise failure
    except BaseException:
        record.exc_info = sys.exc_info()
    return JsonLines().format(record)


def failed(engine, statement: str, **parameters) -> sqlalchemy.exc.DBAPIError:
    with pytest.raises(sqlalchemy.exc.DBAPIError) as raised, engine.begin() as connection:
        connection.execute(text("CREATE TABLE ids (id varchar(20) PRIMARY KEY, n integer CHECK (n > 0))"))
        connection.execute(text("INSERT INTO ids VALUES (:id, 1)"), {"id": SECRET})
        connection.execute(text(statement), parameters)
    return raised.value


STATEMENTS = {
    "twice": ("INSERT INTO ids VALUES (:id, 1)", {"id": SECRET}),
    "check": ("INSERT INTO ids VALUES (:id, 0)", {"id": f"{SECRET}2"}),
    "no such table": ("INSERT INTO other VALUES (:id)", {"id": SECRET}),
    "type": ("INSERT INTO ids VALUES (:id, CAST(:n AS integer) / (SELECT 0))", {"id": "x", "n": SECRET}),
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request, tmp_path_factory):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('logging')}/study.sqlite"
    else:
        url = request.getfixturevalue("postgres")
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("statement", STATEMENTS)
def test_failed_statement_tells_no_value(engine, statement):
    sql, parameters = STATEMENTS[statement]
    if statement == "type" and engine.dialect.name == "sqlite":
        sql = "INSERT INTO ids VALUES (:id, json(:n))"
    failure = failed(engine, sql, **parameters)
    line = log_line(failure)
    assert SECRET not in line and SECRET not in database_cause(failure)
    assert type(failure).__name__ in line and "test_logging.py" in json.loads(line)["exception"]


def test_failure_after_a_failed_statement_tells_no_value(engine):
    """The chain of a traceback has the driver's own error too, whose words hold the key."""
    sql, parameters = STATEMENTS["twice"]
    outer = RuntimeError("could not begin")
    outer.__context__ = failed(engine, sql, **parameters)
    line = log_line(outer)
    assert SECRET not in line and "could not begin" in line and "which led to" in line


def test_kind_of_a_failure_says_what_to_look_for(tmp_path):
    locked = sqlalchemy.exc.OperationalError("", {}, _sqlite_locked(tmp_path))
    assert database_cause(locked) == "OperationalError (SQLITE_BUSY): database is locked"
    away = sqlalchemy.exc.OperationalError("", {}, psycopg.OperationalError("connection refused"))
    assert database_cause(away) == "OperationalError: connection refused"


def _sqlite_locked(folder):
    import sqlite3

    holder, other = (sqlite3.connect(folder / "locked", timeout=0, isolation_level=None) for _ in range(2))
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as raised:
        other.execute("BEGIN IMMEDIATE")
    holder.close(), other.close()
    return raised.value


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(observing, "_last_said_s", {})
    monkeypatch.setattr(observing.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize("later_s, n", [(59.9, 1), (60.0, 2), (60.1, 2)])
def test_cause_is_logged_once_a_minute(clock, caplog, later_s, n):
    for _ in range(100):
        once_a_minute("/x", "database is locked")
    clock[0] += later_s
    once_a_minute("/x", "database is locked")
    assert len(caplog.records) == n


def test_each_cause_has_its_own_minute(clock, caplog):
    for cause in ("database is locked", "disk is full", "database is locked"):
        once_a_minute("/x", cause)
    assert [record.fields["cause"] for record in caplog.records] == ["database is locked", "disk is full"]


@pytest.mark.anyio
@pytest.mark.parametrize("cause", ["database is locked", None])
async def test_every_503_has_its_cause_in_the_log(clock, caplog, cause):
    async def app(scope, receive, send):
        if cause:
            scope[CAUSE] = cause
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        pass

    for _ in range(3):
        await Observe(app, Metrics())({"type": "http", "method": "GET"}, None, send)
    found = [record.fields["cause"] for record in caplog.records if record.message == "unavailable"]
    assert found == [cause or "not said"]


def test_busy_database_is_503_with_its_cause_in_the_log(clock, client, application, caplog, monkeypatch):
    import sqlite3

    path = application.state.settings.database_url.removeprefix("sqlite:///")
    monkeypatch.setattr("study.storage.database.BUSY_TIMEOUT_MS", 0)
    application.state.running.engine.dispose()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        answer = client.post("/api/study/session", json={"simulated": True})
    finally:
        holder.close()
        application.state.running.engine.dispose()
    assert answer.status_code == 503
    causes = [record.fields["cause"] for record in caplog.records if record.message == "unavailable"]
    assert causes == ["OperationalError (SQLITE_BUSY): database is locked"]
