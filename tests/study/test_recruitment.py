"""Who has a place, who has left, and how a study fills: each limit just below, at and just above."""

from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, update

from study import clock, recruitment
from study.refusals import Refusal
from study.sessions import places, starting
from study.sessions.running import RunningStudy
from study.storage.models import Invitation, Session, Study
from tests.study.test_plan import shipped
from tests.study.test_sessions import SMALL, answered

NOW = 1_800_000_000.0
DAY_S = 86_400.0


@pytest.fixture
def at(monkeypatch):
    """What sets the clock, which stands still; at first at NOW."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture(scope="module")
def running(tmp_path_factory, noises):
    """A study whose participants come with an id, and five of them."""
    folder = tmp_path_factory.mktemp("recruitment")
    definition = shipped(**SMALL, recruitment={"id_parameters": ["who"], "id_parameter": "who"})
    running = RunningStudy.open(f"sqlite:///{folder}/study.sqlite", definition, noises)
    for number in range(5):
        start(running, parameters={"who": f"{number}"})
    yield running
    running.close()


def start(running, **request):
    with running.engine.begin() as connection:
        return starting.start(connection, running, starting.Request(**request), True)


def set_sessions(running, rows):
    """Overwrite columns of the first sessions; the others become simulated ones, which nothing counts."""
    with running.engine.begin() as connection:
        connection.execute(update(Session).values(simulated=True))
        for number, values in enumerate(rows, start=1):
            own = {
                "state": "active",
                "simulated": False,
                "position": 0,
                "started_at": NOW,
                "step_since": NOW,
                "finished_at": None,
            } | values
            connection.execute(update(Session).where(Session.number == number).values(own))


def test_who_has_not_gone_on_for_an_hour_is_abandoned(running, at):
    set_sessions(running, [{"step_since": NOW - silent_s} for silent_s in (0, 3599.9, 3600, 3600.1)])
    overview, whereabouts = recruitment.overview(running.engine), recruitment.whereabouts(running.engine)
    assert (overview["active"], overview["abandoned"]) == (2, 2)
    assert [row["is_abandoned"] for row in whereabouts.values()] == [False, False, True, True]


@pytest.mark.parametrize(
    ("values", "has_place"),
    [
        ({"position": 0}, False),
        ({"position": 1}, True),
        ({"position": 1, "step_since": NOW - 3599.9}, True),
        ({"position": 1, "step_since": NOW - 3600}, False),
        ({"position": 1, "step_since": NOW - 3600, "state": "completed"}, True),
        ({"position": 1, "state": "declined"}, False),
        ({"position": 1, "state": "screened_out"}, False),
        ({"position": 1, "simulated": True}, False),
    ],
)
@pytest.mark.parametrize("cap", [1, 2, 3])
def test_a_study_is_full_with_the_last_place(running, at, cap, values, has_place):
    set_sessions(running, [{"position": 1}, values])
    definition = shipped(**SMALL, recruitment={"cap": cap})
    with running.engine.connect() as connection:
        assert places.is_full(connection, definition, running.study_id) is (1 + has_place >= cap)


@pytest.mark.parametrize("n", [0, 10_001])
def test_from_one_to_ten_thousand_invitations_are_made_at_once(running, at, n):
    with pytest.raises(ValueError, match=f"{n} invitations were asked for; 1 to 10000"):
        recruitment.invite(running.engine, n)
    codes = recruitment.invite(running.engine, 10_000 if n else 1, "x" * 201)
    assert len(set(codes)) == len(codes) == (10_000 if n else 1)
    assert all(len(code) == 11 and code[5] == "-" for code in codes)
    with running.engine.connect() as connection:
        assert connection.scalar(select(func.max(func.length(Invitation.note)))) == 200


@pytest.mark.parametrize(
    ("minutes", "median"), [([], None), ([1], 1.0), ([9, 1], 5.0), ([9, 1, 3], 3.0), ([9, 1, 3, 4], 3.5)]
)
def test_the_median_of_the_minutes_of_those_who_completed(running, at, minutes, median):
    taken = [{"state": "completed", "started_at": NOW - 60 * each, "finished_at": NOW} for each in minutes]
    set_sessions(running, [*taken, {"state": "screened_out", "started_at": NOW - 7200, "finished_at": NOW}])
    assert recruitment.overview(running.engine)["minutes"] == median


def test_days_are_those_of_utc_and_none_is_left_out(running, at):
    midnight = NOW // DAY_S * DAY_S
    first, second = midnight - 2 * DAY_S - 0.1, midnight
    set_sessions(
        running,
        [
            {"started_at": first, "finished_at": second - 0.1, "state": "completed"},
            {"started_at": second, "finished_at": second, "state": "declined"},
        ],
    )
    days = [tuple(row.values()) for row in recruitment.arrivals(running.engine)]
    counts = {"2027-01-12": (1, 0), "2027-01-13": (0, 0), "2027-01-14": (0, 1), "2027-01-15": (1, 0)}
    assert days == [(day, *of_day) for day, of_day in counts.items()]


@pytest.mark.parametrize(
    ("created_h", "started_h", "state", "quiet_h"),
    [
        *((36, None, "open", 36.0), (36, 1.5, "open", 1.5), (0, None, "open", 0.0), (36, 36, "open", 36.0)),
        *((36, None, "paused", None), (36, None, "closed", None)),
    ],
)
def test_quiet_hours_are_since_somebody_started_or_could(running, at, created_h, started_h, state, quiet_h):
    set_sessions(running, [] if started_h is None else [{"started_at": NOW - 3600 * started_h}])
    with running.engine.begin() as connection:
        connection.execute(update(Study).values(begun_at=NOW - 3600 * created_h, state=state))
    try:
        assert recruitment.overview(running.engine)["quiet_hours"] == quiet_h
    finally:
        with running.engine.begin() as connection:
            connection.execute(update(Study).values(state="open"))


def test_each_has_a_place_on_the_way_and_a_code_of_their_own(running, at):
    set_sessions(running, [{"completion_code": "abc", "position": 2}, {"completion_code": None}])
    shown = recruitment.whereabouts(running.engine)
    assert [(name, row["step"], row["at"]) for name, row in shown.items()] == [
        ("P0001", 3, "setting the level"),
        ("P0002", 1, "the consent form"),
    ]
    assert recruitment.completion_codes(running.engine) == {"P0001": "abc"}


@pytest.mark.parametrize(("later_s", "goes_on"), [(0, True), (DAY_S, True), (DAY_S + 1, False)])
def test_who_is_readmitted_may_go_on_within_a_day(running, at, later_s, goes_on):
    who = {"who": f"after {later_s} s"}
    started = start(running, parameters=who)
    answered(running, started, started["step"])
    recruitment.readmit(running.engine, who["who"])
    at(NOW + later_s)
    found = start(running, parameters=who)
    if goes_on:
        assert found["session"] == started["session"]
    else:
        assert isinstance(found, Refusal) and found.code == "elsewhere"


@pytest.mark.parametrize(("identity", "taken"), [("x" * 128, True), ("x" * 129, False), ("a\nb", False)])
def test_an_id_has_up_to_128_printable_characters(running, at, identity, taken):
    found = start(running, parameters={"who": identity})
    assert isinstance(found, Refusal) is not taken
    if taken:
        assert len(recruitment.links(running.engine, [identity], "https://example.org")) == 1
    else:
        with pytest.raises(ValueError, match="an id has 1 to 128 printable characters"):
            recruitment.links(running.engine, [identity], "https://example.org")


@pytest.mark.parametrize(
    ("state", "simulated", "shown"),
    [
        *(("open", False, "full"), ("paused", False, "paused"), ("closed", False, "closed")),
        *(("open", True, "open"), ("paused", True, "paused"), ("closed", True, "closed")),
    ],
)
def test_a_full_study_is_open_to_simulated_listeners_only(running, at, state, simulated, shown):
    set_sessions(running, [{"position": 1}])
    plan = SimpleNamespace(definition=shipped(**SMALL, recruitment={"cap": 1}))
    study = SimpleNamespace(id=running.study_id, state=state)
    with running.engine.connect() as connection:
        assert places.recruiting(connection, plan, study, simulated) == shown
        assert simulated or places.recruiting(connection, plan, study) == shown


def test_a_study_has_one_of_three_states(running, at):
    for state in ("paused", "closed", "open"):
        recruitment.set_state(running.engine, state)
        assert recruitment.overview(running.engine)["state"] == state
    with pytest.raises(ValueError, match=r"Unknown state 'full' \(known: open, paused, closed\)"):
        recruitment.set_state(running.engine, "full")


@pytest.mark.parametrize("n_answers", [0, 1])
def test_who_is_to_be_deleted_is_described_with_their_own_answers(running, at, n_answers):
    who = f"described {n_answers}"
    started = start(running, parameters={"who": who})
    for _ in range(n_answers):
        answered(running, started, started["step"])
    (line,) = recruitment.described(running.engine, who)
    assert line.endswith(f"session {started['session']}: active, started 2027-01-15 08:00 UTC, {n_answers} answers")


def test_who_came_with_nothing_of_their_own_is_not_readmitted(running, at):
    started = start(running)
    with pytest.raises(ValueError, match="came with neither id nor invitation"):
        recruitment.readmit(running.engine, started["session"])
