"""Disks that take nothing more: what is reported, and that nothing is lost."""

import ctypes
import os
import resource
import sqlite3
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from app.cli import main
from app.workbench.study import files
from study.records import export
from study.sessions.running import RunningStudy
from study.storage.database import open_database
from tests.study.sets import write_set
from tests.study.test_plan import shipped


@pytest.fixture
def place():
    """A folder that other users may read (pytest's own are closed to them), with a set and a study created on it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        write_set(folder / "set", n_clips=3)
        RunningStudy.open(f"sqlite:///{folder}/study.sqlite", small(), folder / "set").close()
        yield folder
        folder.chmod(0o755)


def small():
    return shipped(checks={"attention": 3, "repeats": 0})


def without_roots_rights(work) -> str:
    """What a process that file modes bind is shown. Root, whom they do not, gives up its capabilities and stays the
    owner of this program's files, which nobody else may be let read.
    """
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                drop_capabilities()
            work()
        except Exception as error:
            os.write(writes, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(0)
    os.close(writes)
    os.waitpid(child, 0)
    with os.fdopen(reads) as reported:
        return reported.read()


def drop_capabilities() -> None:
    """Linux's capset(2) for this process: version 3 of the interface, no capability of any kind."""
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(header, none):
        raise OSError(ctypes.get_errno(), "capset")


@pytest.mark.parametrize(
    ("folder_mode", "file_mode", "name", "reported"),
    [
        (0o555, 0o444, "study.sqlite", "it is on a read-only disk"),
        (0o777, 0o444, "study.sqlite", "it is on a read-only disk"),
        (0o555, 0o666, "study.sqlite", "it is on a read-only disk"),
        (0o555, 0o444, "new.sqlite", "its folder is missing or may not be written to"),
    ],
)
def test_a_read_only_disk_is_reported_before_anybody_takes_part(place, folder_mode, file_mode, name, reported):
    (place / "study.sqlite").chmod(file_mode)
    place.chmod(folder_mode)
    before = (place / "study.sqlite").read_bytes()
    said = without_roots_rights(lambda: RunningStudy.open(f"sqlite:///{place}/{name}", small(), place / "set"))
    assert said.startswith("ValueError: The database ") and reported in said and "\n" not in said
    assert (place / "study.sqlite").read_bytes() == before


@pytest.fixture
def full(request):
    """SQLite's own limit on a file's pages stands in for the disk's: the same error from the same writes."""

    def limit(raw, *_):
        raw.execute("PRAGMA max_page_count = 1")  # as many as there are, where there are more

    event.listen(Pool, "connect", limit)
    yield
    event.remove(Pool, "connect", limit)


def test_a_disk_that_is_full_is_reported_and_what_was_there_is_whole(place, full, capsys, monkeypatch):
    with pytest.raises(ValueError, match="the disk is full: make room"):
        open_database(f"sqlite:///{place}/new.sqlite")
    with pytest.raises(ValueError, match="the disk is full: make room"):
        RunningStudy.open(f"sqlite:///{place}/study.sqlite", small(), place / "set", create=True)
    arguments = ["study", "invite", "-n", "5000", "--database-url", f"sqlite:///{place}/study.sqlite"]
    monkeypatch.setattr(sys, "argv", ["semantic-eq", *arguments])
    with pytest.raises(SystemExit, match="1"):
        main()
    said = capsys.readouterr().err
    assert "the disk is full: make room" in said and "Traceback" not in said
    with sqlite3.connect(place / "study.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        counts = "SELECT (SELECT count(*) FROM study), (SELECT count(*) FROM invitation)"
        assert connection.execute(counts).fetchone() == (1, 0)


@contextmanager
def room_for(n_bytes: int):
    """What a file may have; the kernel refuses the rest of a write, as it does on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def everything_in(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_export_is_written_whole_or_not_at_all(place):
    running = RunningStudy.open(f"sqlite:///{place}/study.sqlite", None, place / "set")
    export.write(running.engine, place / "earlier")
    (place / "earlier" / "notes.txt").write_text("mine")
    before = everything_in(place / "earlier")
    for folder in (place / "new" / "er", place / "earlier"):
        with room_for(4096), pytest.raises(OSError, match="File too large"):
            export.write(running.engine, folder)
    assert not (place / "new").exists() and everything_in(place / "earlier") == before
    with pytest.raises(ValueError, match=r"notes\.txt is a file; a folder is expected"):
        export.write(running.engine, place / "earlier" / "notes.txt")
    running.close()


@pytest.mark.parametrize("arguments", [("new", "new.toml"), ("language", "fr", "--out", "new.json")])
def test_a_new_file_of_a_study_is_written_whole_or_not_at_all(tmp_path, arguments, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["semantic-eq", "study", *arguments])
    with room_for(4096), pytest.raises(SystemExit, match="1"):
        main()
    assert "File too large" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_study_file_that_the_workbench_cannot_save_stays_as_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text("before")
    with room_for(4096), pytest.raises(Exception, match="File too large"):
        files.save_as("x" * 5000, "mine.toml", "mine.toml")
    assert everything_in(tmp_path) == {Path("mine.toml"): b"before"}
