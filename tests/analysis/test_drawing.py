"""Figures drawn by another process: the same, and nothing of it is left whatever happens."""

import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from analysis.writing.drawing import Figures, Here, Process
from app.sentences import sentence
from tests.analysis.example import example
from tests.analysis.test_commands import run
from tests.stimuli.test_jobs import is_running

ROW = {"participants": "all", "analysis": "t-test", "estimate": 1.0, "ci_low": 0.5, "ci_high": 1.5, "p": 0.01}
TABLE = pd.DataFrame([ROW])


@pytest.fixture(scope="module")
def process():
    with Process() as process:
        yield process


def drawn(artist, folder, *arguments):
    folder.mkdir()
    with Figures(artist, folder, simulated=True) as figures:
        figures.draw("multiverse", *arguments)
        svgs = figures.svgs()
    assert svgs == {"multiverse": (folder / "multiverse.svg").read_text(encoding="utf-8")}
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_another_process_writes_the_same_bytes(process, tmp_path):
    there, here = (drawn(artist, tmp_path / name, TABLE, "a", "b") for name, artist in (("0", process), ("1", Here())))
    assert there == here and set(here) == {f"multiverse.{ending}" for ending in ("pdf", "svg", "png")}


def test_what_drawing_raises_is_raised_with_its_place(process, tmp_path):
    process.ask("multiverse", (TABLE.drop(columns="p"), "a", "b"), tmp_path, False)
    process.ask("multiverse", (TABLE, "a", "b"), tmp_path / "nowhere", False)
    process.ask("multiverse", (TABLE, "a", "b"), tmp_path, False)
    with pytest.raises(AttributeError, match="'p'") as raised:
        process.answer()
    assert "multiverse_figure" in "".join(raised.value.__notes__)
    with pytest.raises(FileNotFoundError) as raised:
        process.answer()
    assert sentence(raised.value) == f"No such file or directory: {tmp_path / 'nowhere' / 'multiverse.pdf'}."
    process.answer()
    assert (tmp_path / "multiverse.svg").exists()


def test_a_failure_of_the_analysis_stops_the_drawing(tmp_path):
    with Process() as process:
        with pytest.raises(ValueError, match="no"), Figures(process, tmp_path, simulated=False) as figures:
            figures.draw("multiverse", TABLE, "a", "b")
            raise ValueError("no")
        assert process._process.returncode is not None and not list(tmp_path.iterdir())


def test_a_process_that_dies_is_reported_in_a_sentence_and_leaves_nothing(tmp_path, monkeypatch):
    table = tmp_path / "ratings.csv"
    example(participants=2, clips=2).to_csv(table, index=False)
    started = []

    class Killed(Process):
        def __init__(self):
            super().__init__()
            started.append(self._process.pid)
            self._process.kill()

    monkeypatch.setattr("analysis.writing.drawing.Process", Killed)
    with pytest.raises(ChildProcessError, match=r"process that draws the figures ended .*; is memory short") as raised:
        run("analyse", "--ratings", table, "--out", tmp_path / "out")
    assert sentence(raised.value) == str(raised.value)
    assert [path.name for path in tmp_path.iterdir()] == ["ratings.csv"] and not is_running(started[0])


WAITS = """
import time
from analysis.writing.drawing import Process
with Process() as process:
    print(process._process.pid, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGKILL])
def test_no_process_is_left_by_one_that_is_ended(ended_by):
    with subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as asking:
        pid = int(asking.stdout.readline())
        assert is_running(pid)
        asking.send_signal(ended_by)
    until = time.monotonic() + 20
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.01)
    assert not is_running(pid), os.kill(pid, signal.SIGKILL)
