"""Opening the database: settings, versions, migrations, and what a user reads when it cannot be opened."""

import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text, true
from sqlalchemy.exc import IntegrityError

from study.records.export import ratings
from study.sessions.running import RunningStudy
from study.storage import database
from study.storage.backup import backup
from study.storage.database import connect, open_database, reading, upgrade
from study.storage.models import Base, Response, Session
from tests.study.test_export import take_part
from tests.study.test_plan import shipped

FIRST_ROWS = (
    "INSERT INTO study VALUES (1, 0, '{}', 'h', '{}', 'h', '{}', 'open', 1)",
    "INSERT INTO session (id, study_id, public_id, number, token_sha256, page, state, simulated, language, position, "
    "n_steps, n_trials, started_at, step_since, block_row, condition_row, clips, level_db, parameters) "
    "VALUES (1, 1, 'k3v9', 1, 'h', '', 'active', 0, 'en', 1, 2, 1, 0, 0, 0, 0, '[]', 0, '{}')",
    "INSERT INTO step VALUES (1, 0, 'trial', 'rating', 1, 1, 's', 'c', 'flow', 'warm', NULL, NULL, 0, '{}')",
    "INSERT INTO response (session_id, position, answered_at, server_ms, rating, answer) VALUES (1, 0, 1, 2, 5, '{}')",
)


@pytest.fixture
def address(tmp_path):
    return f"sqlite:///{tmp_path}/study.sqlite"


def test_sqlite_runs_with_wal_foreign_keys_and_full_synchronisation(address):
    engine = open_database(address)
    with reading(engine) as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous")
        }
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(
            text("INSERT INTO step VALUES (7, 0, 'trial', NULL, 0, 1, 'a', 'b', 'c', 'd', 1, NULL, 0, '{}', NULL)")
        )
    engine.dispose()


def test_migrations_lead_to_exactly_the_tables_of_the_models(address):
    engine = open_database(address)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    upgrade(engine)
    assert "session" in inspect(engine).get_table_names()
    engine.dispose()


def test_rows_of_the_first_version_survive_every_later_migration(address):
    engine = open_database(address, migrate=False)
    upgrade(engine, "0001")
    with engine.begin() as connection:
        for row in FIRST_ROWS:
            connection.execute(text(row))
    upgrade(engine)
    with reading(engine) as connection:
        assert connection.execute(select(Response.rating, Session.public_id).join(Session, true())).all() == [
            (5, "k3v9")
        ]
    engine.dispose()


LATER = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"

def upgrade():
    with op.batch_alter_table("response") as table:
        table.add_column(sa.Column("mood", sa.String(8), nullable=False, server_default="calm"))
        table.alter_column("rating", new_column_name="score")
"""


def test_a_study_with_data_is_brought_forward_by_the_next_versions_start_and_the_older_refuses_it(
    tmp_path, address, noises, monkeypatch
):
    small = shipped(clips=["clip0", "clip1", "clip2"], checks={"attention": 3, "repeats": 0}, breaks=None)
    running = RunningStudy.open(address, small, noises)
    take_part(running)
    before = ratings(running.engine).rating.dropna().tolist()
    running.close()
    shutil.copytree(database.MIGRATIONS, tmp_path / "migrations")
    (tmp_path / "migrations/versions/0003_a_mood.py").write_text(LATER)
    with monkeypatch.context() as next_version:
        next_version.setattr(database, "MIGRATIONS", tmp_path / "migrations")
        RunningStudy.open(address, folder=noises).close()
    with sqlite3.connect(tmp_path / "study.sqlite") as connection:
        found = connection.execute("SELECT score, mood FROM response WHERE score IS NOT NULL ORDER BY position")
        assert found.fetchall() == [(rating, "calm") for rating in before] and len(before) > 40
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    with pytest.raises(
        ValueError, match=r"made by another version .* \(its tables are at 0003, unknown here\): use that"
    ):
        RunningStudy.open(address, folder=noises)


def test_several_processes_may_open_a_new_database_at_once(address):
    with ThreadPoolExecutor(6) as pool:
        engines = list(pool.map(open_database, [address] * 6))
    assert {inspect(engine).has_table("response") for engine in engines} == {True}
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize(
    ("statement", "reported"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "made by another version of semantic-eq"),
        ("DROP TABLE alembic_version", "is a database of something else"),
    ],
)
def test_a_database_of_another_version_is_left_alone_and_reported(tmp_path, address, statement, reported):
    open_database(address).dispose()
    with sqlite3.connect(tmp_path / "study.sqlite") as connection:
        connection.execute(statement)
    before = (tmp_path / "study.sqlite").read_bytes()
    with pytest.raises(ValueError, match=reported) as raised:
        open_database(address)
    assert "\n" not in str(raised.value) and "--database-url" in str(raised.value)
    assert (tmp_path / "study.sqlite").read_bytes() == before


@pytest.mark.parametrize(
    ("url", "reported"),
    [
        ("sqlite:////proc/none/study.sqlite", "The folder /proc/none for the database cannot be made"),
        ("mysql://localhost/x", "mysql is not a database that a study can use"),
        (
            "postgresql://127.0.0.1:1/x",
            r"port 1 failed: Connection refused \(no server answers there: start it, or correct the address\)\.$",
        ),
        ("http://", "is not a database"),
    ],
)
def test_an_address_that_does_not_work_is_reported_in_one_sentence(url, reported):
    with pytest.raises(ValueError, match=reported) as raised:
        open_database(url)
    assert "\n" not in str(raised.value)


def test_reading_commands_make_no_empty_database(tmp_path):
    with pytest.raises(ValueError, match=r"There is no database .*study.sqlite"):
        connect(f"sqlite:///{tmp_path}/study.sqlite")
    assert not list(tmp_path.iterdir())
    (tmp_path / "notes.txt").write_text("these are notes, and no database of anything" * 40)
    with pytest.raises(ValueError, match="something else or damaged"):
        connect(f"sqlite:///{tmp_path}/notes.txt")


def test_a_backup_of_a_live_database_is_whole_and_serves_in_its_place(tmp_path, address):
    engine, copy = open_database(address), tmp_path / "copies" / "copy.sqlite"
    stop = threading.Event()

    def write_on() -> None:
        """Two rows per transaction: a copy with an odd number of them is torn."""
        while not stop.is_set():
            with engine.begin() as connection:
                for _ in range(2):
                    connection.execute(text("INSERT INTO event (at, kind, detail) VALUES (0, 'test', '{}')"))

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_on)
        backup(engine, copy)
        stop.set()
        writing.result()
    with pytest.raises(ValueError, match="already exists"):
        backup(engine, copy)
    engine.dispose()
    restored = connect(f"sqlite:///{copy}")
    with reading(restored) as connection:
        assert connection.execute(text("SELECT count(*) % 2 FROM event")).scalar() == 0
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    restored.dispose()
