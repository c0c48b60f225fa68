"""Jobs on several workers: which are gone when the work is done."""

import os
from pathlib import Path

import joblib

from stimuli.jobs import workers_of


def is_running(pid):
    """Whether a process is there, and is not only waited for by its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_no_worker_is_left_when_the_work_is_done():
    with workers_of(2, "loky") as workers:
        pids = set(workers.run([joblib.delayed(os.getpid)() for _ in range(4)]))
        assert os.getpid() not in pids and all(map(is_running, pids))
    assert not any(map(is_running, pids))
