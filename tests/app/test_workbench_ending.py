"""The workbench ends, by a signal or killed: the study's server that it started ends too, with all answers stored."""

import signal
import subprocess
import sys
import time

import httpx
import pytest

from study.design import templates
from tests.app.deployed import ROOT, START_S, environment
from tests.app.study_process import free_port
from tests.study.sets import write_set

CHILD = """
import runpy, sys, threading, time
threading.Thread(target=runpy.run_path(sys.argv[1])["_watch"], daemon=True).start()
try:
    print("running", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("stopped")
"""
WORKBENCH = """
import sys, threading
from app.cli import main
from app.workbench import run
port, own = sys.argv[1:]
database = "sqlite:///study.sqlite"
threading.Thread(target=run.start_server, args=("study.toml", database, "this machine only", int(port), False)).start()
sys.argv = ["semantic-eq", "workbench", "--no-open", "--port", own]
main()
"""


def test_a_program_of_the_workbench_stops_as_by_ctrl_c_once_nobody_holds_its_input():
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", CHILD, ROOT / "app/workbench/child.py"], text=True, **pipes) as child:
        assert child.stdout.readline() == "running\n"
        child.stdin.close()
        assert child.stdout.read() == "stopped\n"


@pytest.mark.slow  # two Pythons that import all
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_a_study_that_was_started_ends_with_the_workbench(tmp_path, by):
    write_set(tmp_path / "data" / "stimuli" / "default", n_clips=5)
    (tmp_path / "study.toml").write_text(templates.template("rating"), encoding="utf-8")
    port = free_port()
    arguments = [sys.executable, "-c", WORKBENCH, str(port), str(free_port())]
    with (tmp_path / "log").open("wb") as log:
        workbench = subprocess.Popen(arguments, cwd=tmp_path, env=environment({}), stdout=log, stderr=log)
    try:
        assert until(lambda: answers(port) or "Error" in (tmp_path / "log").read_text())
        assert answers(port), (tmp_path / "log").read_text()
        workbench.send_signal(by)
        assert workbench.wait(60) == (0 if by is signal.SIGTERM else -by)
        assert until(lambda: not answers(port))
    finally:
        workbench.kill()


def until(is_so, seconds=START_S):
    """Wait for it; whether it came."""
    end = time.monotonic() + seconds
    while not (found := is_so()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def answers(port):
    """Whether the study is served."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
