"""Two replicas of the study on a real PostgreSQL: one is killed, and nobody loses an answer."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from sqlalchemy import func, insert, select

from app.participant.simulated import Crowd
from app.server import create_app
from study.design.listeners import Model
from study.design.stimuli import StimulusSet
from study.refusals import Refusal
from study.sessions import session, starting
from study.sessions.running import RunningStudy
from study.storage.database import open_database, reading
from study.storage.models import Event, Session
from tests.app.acknowledged import check_all_stored_once
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


@pytest.mark.slow
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
    check_all_stored_once(postgres, log, N_PARTICIPANTS * (3 + 36 + 6))


def test_database_that_is_away_is_reported_in_one_sentence(settings):
    away = settings.model_copy(update={"database_url": "postgresql://nobody:secret@127.0.0.1:1/study"})
    with pytest.raises(ValueError, match="cannot be used") as reported:
        create_app(away)
    assert "secret" not in str(reported.value) and "\n" not in str(reported.value)


def test_what_is_read_for_one_export_is_of_one_moment(postgres):
    """A second query sees what the first saw, whatever was committed between: else tables could contradict."""
    engine = open_database(postgres)
    event = {"study_id": None, "session_id": None, "at": 0.0, "kind": "between", "detail": {}}
    n = select(func.count()).select_from(Event).where(Event.kind == "between")
    with reading(engine) as connection:
        before = connection.execute(n).scalar_one()
        with engine.begin() as other:
            other.execute(insert(Event), event)
        assert connection.execute(n).scalar_one() == before
    with reading(engine) as connection:
        assert connection.execute(n).scalar_one() == before + 1
    engine.dispose()


QUESTION = {"id": "age", "label": "Your age?", "options": {"old": "Old", "young": "Young"}}
OLD = {
    "consent": None,
    "questionnaire": {"questions": [QUESTION], "quotas": [{"answers": {"age": ["old"]}, "at_most": 3}]},
}


@pytest.mark.parametrize(
    ("tables", "given"), [({"recruitment": {"cap": 3}}, {"agreed": True}), (OLD, {"answers": {"age": "old"}})]
)
def test_replicas_together_let_no_more_past_than_there_are_places(tmp_path, postgres, tables, given):
    """Each replica has a connection of its own for what it writes, so only the database can keep them apart."""
    folder, cap, n_people = write_set(tmp_path / "set", n_clips=3), 3, 12
    file = shipped(title="Places", checks={"attention": 3, "repeats": 0}, **tables)
    replicas = [RunningStudy.open(postgres, file, folder, create=number == 0) for number in range(4)]
    with ExitStack() as opened:
        for running in replicas:
            opened.callback(running.close)
        people = []
        with replicas[0].engine.begin() as connection:
            for _ in range(n_people):
                people.append(starting.start(connection, replicas[0], starting.Request(), False))
        barrier = threading.Barrier(n_people)

        def agree(number: int) -> bool:
            person, running = people[number], replicas[number % len(replicas)]
            answer = person["token"], None, person["step"]["id"], given, {}
            barrier.wait(60)
            with running.engine.begin() as connection:
                found = session.answer(connection, running, *answer)
            return not isinstance(found, Refusal) and not found["step"]["ends"]

        with ThreadPoolExecutor(n_people) as pool:
            assert sum(pool.map(agree, range(n_people))) == cap
        with replicas[0].engine.connect() as connection:
            past = select(func.count()).where(Session.position > 0, Session.study_id == replicas[0].study_id)
            assert connection.execute(past.where(Session.state == "active")).scalar_one() == cap
