"""Grouped commits: one commit for many, and one piece of work that fails spoils nobody's."""

import threading

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from study.refusals import Refusal
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
    begun, release = threading.Event(), threading.Event()
    commits.submit(lambda connection: (begun.set(), release.wait(10)))
    begun.wait(10)
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
