"""Two replicas of the study on a real PostgreSQL: one is killed, and nobody loses an answer."""

import json
import threading
import time
from collections import Counter

import pytest

from app.participant.simulated import Crowd
from app.server import create_app
from study.design.listeners import Model
from study.design.stimuli import StimulusSet
from study.records.export import ratings
from study.storage.database import connect
from tests.app.balancer import Balancer
from tests.app.study_process import free_port, kill, served
from tests.study.sets import write_set
from tests.study.test_plan import shipped

N_PARTICIPANTS = 8
WAIT_S = 90


def wait_until(condition) -> None:
    until = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < until, f"waited {WAIT_S} s in vain"
        time.sleep(0.05)


def test_one_of_two_replicas_is_killed_and_everyone_finishes(tmp_path, postgres):
    folder, log, file = write_set(tmp_path / "set", n_clips=3), tmp_path / "acknowledged.jsonl", tmp_path / "study.json"
    file.write_text(shipped(checks={"attention": 3, "repeats": 3, "repeat_distance": 5}).canonical())
    ports = [free_port(), free_port()]
    with (
        served(ports[0], postgres, folder, file) as first,
        served(ports[1], postgres, folder, file),
        Balancer(free_port(), ports) as proxy,
        log.open("w") as lines,
    ):
        crowd = Crowd(f"http://127.0.0.1:{proxy.port}", Model(), StimulusSet.load(folder), log=lines)
        walking = threading.Thread(target=crowd.run, args=(N_PARTICIPANTS, N_PARTICIPANTS))
        walking.start()
        wait_until(lambda: log.read_text().count("\n") > 100)
        kill(first)
        walking.join(timeout=150)
    assert crowd.tally.finished == N_PARTICIPANTS
    engine = connect(postgres)
    table = ratings(engine)
    engine.dispose()
    stored = Counter(zip(table.session, table.trial, table.rating, strict=True))
    acknowledged = [tuple(json.loads(line).values()) for line in log.read_text().splitlines()]
    assert all(stored[line] == 1 for line in acknowledged)
    assert len(acknowledged) == len(set(acknowledged)) == len(table) == N_PARTICIPANTS * (3 + 36 + 6)


def test_database_that_is_away_is_told_in_one_sentence(settings):
    away = settings.model_copy(update={"database_url": "postgresql://nobody:secret@127.0.0.1:1/study"})
    with pytest.raises(ValueError, match="cannot be used") as told:
        create_app(away)
    assert "secret" not in str(told.value) and "\n" not in str(told.value)
