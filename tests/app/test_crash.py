"""A server killed with SIGKILL under load, and started again, has lost no acknowledged response and doubled none."""

import threading
import time

from app.participant.simulated import Crowd
from study.design.listeners import Model
from study.design.stimuli import StimulusSet
from tests.app.acknowledged import check_all_stored_once
from tests.app.study_process import free_port, kill, start
from tests.study.sets import write_set
from tests.study.test_plan import shipped

N_PARTICIPANTS = 6


def wait_for_lines(log, n: int, limit_s: float = 180) -> None:
    """Until the log holds ``n`` lines more than none."""
    until = time.monotonic() + limit_s
    while log.read_text().count("\n") < n:
        assert time.monotonic() < until, f"{n} responses did not come within {limit_s} s"
        time.sleep(0.02)


def test_no_acknowledged_response_is_lost_when_the_server_is_killed_under_load(tmp_path):
    folder, log, port = write_set(tmp_path / "set", n_clips=3), tmp_path / "acknowledged.jsonl", free_port()
    file = tmp_path / "study.json"
    file.write_text(shipped(checks={"attention": 3, "repeats": 3, "repeat_distance": 5}).canonical())
    server = (port, f"sqlite:///{tmp_path}/study.sqlite", folder, file)
    with log.open("w") as lines:
        crowd = Crowd(f"http://127.0.0.1:{port}", Model(), StimulusSet.load(folder), log=lines)
        process = start(*server)
        walking = threading.Thread(target=crowd.run, args=(N_PARTICIPANTS, N_PARTICIPANTS))
        walking.start()
        for n in (40, 120):
            wait_for_lines(log, n)
            kill(process)
            process = start(*server)
        walking.join(timeout=300)
        kill(process)
    assert crowd.tally.finished == N_PARTICIPANTS and crowd.tally.retries > 0
    check_all_stored_once(server[1], log, N_PARTICIPANTS * (3 + 36 + 6))
