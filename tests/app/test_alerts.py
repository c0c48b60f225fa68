"""What the admin page draws attention to: each rule just below, at and just above its limit."""

import pytest
from sqlalchemy import update

from app.admin.alerts import alerts
from study import recruitment
from study.storage.models import Session, Study
from tests.app.small_study import begin

pytest_plugins = ("tests.app.study_fixtures",)

GOOD = {"state": "completed", "is_abandoned": False, "headphones_passed": True, "underruns": 0}


def reported(sessions=(), quiet_hours=0.0):
    return alerts({"quiet_hours": quiet_hours}, list(sessions))


def several(n, of, **changes):
    """So many sessions that differ from good ones, the newest, of so many."""
    return [GOOD | changes] * n + [GOOD] * (of - n)


def test_a_good_study_has_no_alert():
    assert reported() == reported([GOOD] * 40) == []


@pytest.mark.parametrize(("hours", "n"), [(None, 0), (23.99, 0), (24.0, 1), (50.0, 1)])
def test_a_day_without_anybody_is_said_while_the_study_is_open(hours, n):
    assert len(reported(quiet_hours=hours)) == n


@pytest.mark.parametrize(
    ("changes", "says", "limit", "of"),
    [
        ({"state": "screened_out"}, "were screened out", 5, 10),
        ({"state": "active", "is_abandoned": True}, "left before the end", 5, 10),
        ({"underruns": 3}, "heard gaps in the sound", 3, 12),
    ],
)
def test_what_many_of_the_newest_met_is_said(changes, says, limit, of):
    assert reported(several(limit - 1, of, **changes)) == []
    for n in (limit, limit + 1):
        (sentence,) = reported(several(n, of, **changes))
        assert sentence.startswith(f"{n} of the newest {of} participants {says}")
    assert reported(several(7, 7, **changes)) == [] and reported(several(8, 8, **changes)) != []
    assert reported([GOOD] * 20 + several(20, 20, **changes)) == []  # long ago


@pytest.mark.parametrize(("underruns", "n"), [(2, 0), (3, 1)])
def test_a_gap_or_two_is_no_trouble(underruns, n):
    assert len(reported(several(8, 8, underruns=underruns))) == n


def test_who_is_still_on_the_way_is_no_part_of_a_share():
    assert reported([GOOD | {"state": "active"}] * 12 + several(7, 7, state="screened_out")) == []


@pytest.mark.parametrize(
    ("failed", "passed", "name"),
    [
        ({"by_check": {"attention": 0}}, {"by_check": {"attention": 1}}, "an attention check"),
        ({"by_check": {"audible_check": 0}}, {"by_check": {"audible_check": 1}}, "a beep-counting check"),
        ({"headphones_passed": False}, {"headphones_passed": True}, "the headphone check"),
    ],
)
def test_a_check_that_nobody_passes_is_said_from_five_on(failed, passed, name):
    nobody_asked = GOOD | {"headphones_passed": None}
    assert reported([nobody_asked | failed] * 4 + [nobody_asked] * 9) == []
    (sentence,) = reported([nobody_asked | failed] * 5)
    assert sentence.startswith(f"None of 5 participants passed {name}")
    assert reported([nobody_asked | failed] * 5 + [nobody_asked | passed]) == []


def test_quiet_hours_begin_with_the_last_start_or_the_opening(serve):
    running, new = serve(recruitment={"cap": 1})

    def quiet_hours():
        return recruitment.overview(running.engine)["quiet_hours"]

    def pass_hours(hours):
        with running.engine.begin() as connection:
            connection.execute(update(Study).values(begun_at=Study.begun_at - 3600 * hours))
            connection.execute(update(Session).values(started_at=Session.started_at - 3600 * hours))

    assert quiet_hours() == pytest.approx(0, abs=0.1)
    pass_hours(30)
    assert quiet_hours() == pytest.approx(30, abs=0.1)
    browser = new()
    consent = begin(browser).json()["step"]
    assert quiet_hours() == pytest.approx(0, abs=0.1)
    pass_hours(30)
    recruitment.set_state(running.engine, "paused")
    assert quiet_hours() is None
    recruitment.set_state(running.engine, "open")
    assert quiet_hours() == pytest.approx(0, abs=0.1)
    browser.post(f"/api/study/step/{consent['id']}", json={"answer": {"agreed": True}})
    assert quiet_hours() is None  # full
