"""Two participants at once: what one answers changes nothing of the other, and is shown in what follows."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select

from study.refusals import Refusal
from study.sessions import hearing, session, starting, steps
from study.sessions.running import RunningStudy
from study.storage.models import Session, Step
from tests.study.answering import answer_to
from tests.study.test_plan import shipped

SMALL = {"clips": ["clip0", "clip1", "clip2"], "headphones": None, "breaks": None, "checks": {"attention": 0}}


@pytest.fixture
def pair(tmp_path, noises):
    """A running study with two simulated participants at its first step."""
    running = RunningStudy.open(f"sqlite:///{tmp_path}/study.sqlite", shipped(**SMALL), noises)
    with running.engine.begin() as connection:
        request = starting.Request(simulated=True)
        started = [starting.start(connection, running, request, True) for _ in range(2)]
    yield running, started
    running.close()


def answered(running, started, step, answer=None):
    with running.engine.begin() as connection:
        sent = answer_to(step) if answer is None else answer
        return session.answer(connection, running, started["token"], None, step["id"], sent, {})


@pytest.mark.parametrize("who", [0, 1])
def test_a_consent_is_stored_with_its_own_session_only(pair, who):
    running, started = pair
    answered(running, started[who], started[who]["step"])
    with running.engine.connect() as connection:
        consented = connection.scalars(select(Session.consented_at).order_by(Session.id)).all()
    assert [at is not None for at in consented] == [who == 0, who == 1]


def test_what_an_answer_changes_is_in_the_next_step(pair):
    running, (started, _) = pair
    step = started["step"]
    while step["kind"] != "level":
        assert step["level_db"] == 0
        step = answered(running, started, step)["step"]
    assert answered(running, started, step, {"level_db": -9.5})["step"]["level_db"] == -9.5


@pytest.mark.parametrize("who", [0, 1])
def test_an_answer_that_comes_twice_is_saved_and_another_one_refused(pair, who):
    running, started = pair
    for one in started:
        answered(running, one, one["step"])
    again = answered(running, started[who], started[who]["step"])
    assert again["saved"] and again["step"]["progress"]["done"] == 1
    other = answered(running, started[who], started[who]["step"], {"agreed": False})
    assert isinstance(other, Refusal) and other.code == "already_answered"


def test_only_the_current_step_takes_an_answer(pair):
    running, (started, _) = pair
    n_steps = started["step"]["progress"]["total"] + 1
    places = {f"{n_steps - 1:03d}": "not_current", f"{n_steps:03d}": "unknown_step", "x": "unknown_step"}
    for place, code in ({"001": "not_current"} | places).items():
        refused = answered(running, started, started["step"] | {"id": f"{started['session']}-{place}"})
        assert isinstance(refused, Refusal) and refused.code == code
    assert answered(running, started, started["step"])["saved"]


def test_the_first_page_promises_what_the_next_says(pair):
    running, (started, _) = pair
    assert started["step"]["kind"] == "consent" and running.minutes == started["step"]["progress"]["minutes_left"]
    seconds = running.plan.sample[0]["seconds_left"]
    assert 60 * (running.minutes - 1) < seconds <= 60 * running.minutes and round(seconds / 60) < running.minutes


def test_minutes_left_are_rounded_up(pair):
    running, (started, _) = pair
    with running.engine.connect() as connection:
        rows = session.look_up(connection, started["token"])
    for seconds_left, minutes in {0: 0, 1: 1, 59: 1, 60: 1, 61: 2, 119.5: 2, 120: 2, 120.5: 3}.items():
        row = SimpleNamespace(**dict(rows[0]._mapping) | {"seconds_left": seconds_left})
        assert steps.show(running.plan, row, [row])["progress"]["minutes_left"] == minutes


@pytest.mark.parametrize(
    ("address", "position"),
    [
        *(("abc-000", 0), ("abc-012", 12), ("abc-1234", 1234), ("abc-123456", 123_456)),
        *(
            ("abc-12", None),
            ("abc-1234567", None),
            ("abd-012", None),
            ("abc-0x1", None),
            ("abc-०१२", None),
            ("abc", None),
        ),
    ],
)
def test_a_steps_address_is_its_session_and_three_to_six_digits(address, position):
    assert steps.position_of("abc", address) == position


def test_when_a_sound_was_first_served_is_stored(pair):
    running, _ = pair
    place = (Step.session_id == 2, Step.position == 3)
    for now, kept in [({"0": 5.0}, {"0": 5.0}), ({"0": 9.0, "1": 7.0}, {"0": 5.0, "1": 7.0})]:
        with running.engine.begin() as connection:
            hearing._store(connection, {(2, 3): now, (99, 3): now})  # the latter withdrawn meanwhile
            assert connection.scalar(select(Step.served).where(*place)) == kept
    with running.engine.connect() as connection:
        assert connection.scalar(select(Step.served).where(Step.session_id == 1, Step.position == 3)) is None
