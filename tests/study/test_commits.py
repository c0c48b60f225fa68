"""Grouped commits: one commit for many, and one piece of work that fails spoils nobody's."""

import threading
from types import SimpleNamespace

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from study.refusals import Refusal
from study.storage import commits as commits_module
from study.storage.commits import Commits
from study.storage.database import open_database, reading

INSERT = "INSERT INTO event (at, kind, detail) VALUES (:at, 'test', '{}')"


@pytest.fixture
def engine(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/study.sqlite")
    yield engine
    engine.dispose()


def stored(engine):
    with reading(engine) as connection:
        return connection.execute(text("SELECT at FROM event ORDER BY at")).scalars().all()


def insert(at):
    return lambda connection: connection.execute(text(INSERT), {"at": at}).rowcount


def held_back(commits):
    """Keep the committing thread busy until the returned event is set, so that what follows gathers."""
    started, release = threading.Event(), threading.Event()
    commits.submit(lambda connection: (started.set(), release.wait(10)))
    started.wait(10)
    return release


def test_work_that_gathers_is_committed_together(engine):
    commits, committed = Commits(engine), []
    event.listen(engine, "commit", committed.append)
    release = held_back(commits)
    futures = [commits.submit(insert(at)) for at in range(20)]
    release.set()
    assert [future.result(10) for future in futures] == [1] * 20
    commits.close()
    assert len(committed) == 2 and stored(engine) == list(range(20))


def test_a_piece_that_fails_spoils_nobodys(engine):
    commits = Commits(engine)
    release = held_back(commits)
    good = commits.submit(insert(1))
    bad = commits.submit(lambda connection: connection.execute(text("INSERT INTO nowhere VALUES (1)")))
    also_good = commits.submit(insert(2))
    release.set()
    assert (good.result(10), also_good.result(10)) == (1, 1)
    with pytest.raises(DBAPIError, match="nowhere"):
        bad.result(10)
    commits.close()
    assert stored(engine) == [1, 2]


def test_closing_finishes_what_waits_and_takes_nothing_more(engine):
    commits = Commits(engine)
    futures = [commits.submit(insert(at)) for at in range(5)]
    commits.close()
    assert all(future.result(0) == 1 for future in futures)
    with pytest.raises(Refusal, match="busy"):
        commits.submit(insert(9))


def fail(connection):
    connection.execute(text("INSERT INTO nowhere VALUES (1)"))


@pytest.mark.parametrize(
    ("fails_at", "asked_at", "works", "tries"),
    [
        (None, 0.0, True, 0),  # as the last commit went
        (None, 9.9, True, 0),
        (None, 10.0, True, 1),
        (0.5, 0.9, False, 0),  # tried a moment ago
        (0.5, 1.0, True, 1),
        (0.5, 30.0, True, 1),
    ],
)
def test_whether_the_database_works_is_tried_where_nobody_knows(engine, monkeypatch, fails_at, asked_at, works, tries):
    def set_clock(seconds):
        monkeypatch.setattr(commits_module, "time", SimpleNamespace(monotonic=lambda: 1000.0 + seconds))

    commits, committed = Commits(engine), []
    set_clock(0.0)
    event.listen(engine, "commit", committed.append)
    assert commits.works() and len(committed) == 1  # nothing was written yet
    if fails_at is not None:
        set_clock(fails_at)
        with pytest.raises(DBAPIError):
            commits.submit(fail).result(10)
    set_clock(asked_at)
    assert commits.works() is works and len(committed) == 1 + tries
    commits.close()


def test_a_database_that_takes_nothing_does_not_work(engine):
    commits = Commits(engine)
    commits.close()
    assert commits.works() is False
