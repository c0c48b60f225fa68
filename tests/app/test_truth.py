"""What is stored is true: only sounds that can have been heard are rated, and nothing impossible is believed."""

import time

import pandas as pd
import pytest
from sqlalchemy import select, update

from study import clock
from study.records import export
from study.storage.models import Response, Session, Step
from tests.app.small_study import begin, count
from tests.study.answering import answer_to, send, walk

pytest_plugins = ("tests.app.study_fixtures",)

HEAR_ALL = {"design": {"min_listened_fraction": 1.0}}
UNTIL_TRIAL = {"headphones": None, "practice": None, "level": None}


def test_ratings_without_a_sound_fetched_are_refused_however_long_one_waits(serve):
    running, browser = serve(**HEAR_ALL, **UNTIL_TRIAL)
    page = browser()
    trial = walk(page, begin(page).json()["step"], until="trial")[-1]
    with running.engine.begin() as connection:
        connection.execute(update(Session).values(step_since=Session.step_since - 3000))
    address = f"/api/study/step/{trial['id']}"
    assert page.head(trial["sounds"][0]).status_code == 200  # which brings no sound
    refused = page.post(address, json={"answer": {"rating": 4}})
    assert refused.status_code == 409 and refused.json()["error"] == "unheard"
    assert refused.json()["unserved"] == [trial["sounds"][0]] and refused.json()["message"].endswith(".")
    assert count(running, Response, Response.rating.is_not(None)) == 0


@pytest.mark.parametrize(("after_s", "is_taken"), [(0.03, False), (0.047, False), (0.0476, True), (0.06, True)])
def test_a_rating_is_taken_once_the_sound_can_have_been_heard(serve, monkeypatch, after_s, is_taken):
    running, browser = serve(**HEAR_ALL, **UNTIL_TRIAL)
    page = browser()
    trial = walk(page, begin(page).json()["step"], until="trial")[-1]
    start = clock.now()
    monkeypatch.setattr(clock, "now", lambda: start)
    page.get(trial["sounds"][0])
    monkeypatch.setattr(clock, "now", lambda: start + after_s)
    reported = page.post(f"/api/study/step/{trial['id']}", json={"answer": {"rating": 4}}).json()
    assert reported.get("saved", False) == is_taken == (count(running, Response, Response.rating == 4) == 1)
    if not is_taken:
        assert reported["unserved"] == [] and 0 < reported["retry_after_s"] <= 0.06


def test_the_same_answer_again_after_the_wait_is_taken(serve):
    running, browser = serve(**HEAR_ALL, **UNTIL_TRIAL)
    page = browser()
    trial = walk(page, begin(page).json()["step"], until="trial")[-1]
    assert send(page, trial, {"rating": 4}).json()["saved"]
    assert count(running, Response, Response.rating == 4) == 1


def test_headphone_trials_and_the_level_need_their_sounds_too(serve):
    _, browser = serve()
    page = browser()
    for kind, n in (("level", 1), ("headphones", 6)):
        step = walk(page, begin(page).json()["step"], until=kind)[-1]
        refused = page.post(f"/api/study/step/{step['id']}", json={"answer": answer_to(step)}).json()
        assert refused["error"] == "unheard" and len(refused["unserved"]) == n
        assert send(page, step, answer_to(step)).json()["saved"]


def test_what_was_served_is_stored_soon_so_that_another_process_knows_it(serve):
    running, browser = serve(**UNTIL_TRIAL)
    page = browser()
    trial = walk(page, begin(page).json()["step"], until="trial")[-1]
    page.get(trial["sounds"][0])
    running.served.store().result()
    position = int(trial["id"][-3:])
    with running.engine.connect() as connection:
        [served] = connection.scalars(select(Step.served).where(Step.position == position))
    assert list(served) == ["0"] and abs(served["0"] - time.time()) < 60
    first = served["0"]
    page.get(trial["sounds"][0])
    running.served.store().result()
    with running.engine.connect() as connection:
        assert connection.scalars(select(Step.served).where(Step.position == position)).one() == {"0": first}


def test_simulated_participants_need_hear_nothing_and_get_neither_code_nor_way_back(serve):
    completion = {"text": "Thanks", "unique": True, "redirect": "https://example.org/?cc={code}"}
    running, browser = serve(**HEAR_ALL, completion=completion)
    page = browser()
    step = begin(page, simulated=True).json()["step"]
    while step["kind"] != "finished":
        step = page.post(f"/api/study/step/{step['id']}", json={"answer": answer_to(step)}).json()["step"]
    assert (step["outcome"], step["code"], step["redirect"]) == ("completed", None, None)
    assert count(running, Session, Session.completion_code.is_not(None)) == 0


def test_impossible_measures_are_missing_with_a_flag_in_the_export(serve):
    running, browser = serve(**UNTIL_TRIAL)
    page = browser()
    trial = walk(page, begin(page).json()["step"], until="trial")[-1]
    sent = {"rt_ms": -5, "heard_s": 400.0, "plays": 1, "focus_losses": 2}
    page.post(f"/api/study/step/{trial['id']}", json={"answer": {"rating": 4}, "telemetry": sent})
    row = export.ratings(running.engine).iloc[0]
    assert row.flagged == "rt_ms heard_s" and row[["rt_ms", "heard_s"]].isna().all()
    assert (row.plays, row.focus_losses) == (1, 2)


def test_each_answer_has_its_own_language(serve):
    running, browser = serve(**UNTIL_TRIAL)
    page = browser()
    step = walk(page, begin(page, language="en").json()["step"], until="trial")[-1]
    for language in ("de", "zh", "es"):
        step = begin(page, language=language).json()["step"]
        page.post(f"/api/study/step/{step['id']}", json={"answer": {"rating": 4}})
    assert export.ratings(running.engine).language.tolist() == ["de", "zh", "es"]


@pytest.fixture
def set_back(monkeypatch):
    """Sets the server's clock back by some seconds."""
    return lambda seconds: monkeypatch.setattr(clock, "now", lambda: time.time() - seconds)


def test_the_clock_set_back_by_an_hour_freezes_no_break_and_makes_no_time_negative(serve, set_back):
    rest = {"minimum_s": 20, "suggested_s": 20, "text": "Rest."}
    running, browser = serve(**HEAR_ALL, **UNTIL_TRIAL, breaks=rest)
    page = browser()
    step = walk(page, begin(page).json()["step"], until="trial")[-1]
    page.get(step["sounds"][0])
    with running.engine.begin() as connection:
        connection.execute(update(Session).values(step_since=Session.step_since - 10))
    set_back(3600)
    step = page.post(f"/api/study/step/{step['id']}", json={"answer": {"rating": 4}}).json()["step"]
    pause = walk(page, step, until="break")[-1]
    assert 0 < pause["remaining_s"] <= 20
    set_back(7200)
    assert page.get("/api/study/step").json()["step"]["remaining_s"] == 0
    step = page.post(f"/api/study/step/{pause['id']}", json={"answer": {}}).json()["step"]
    assert step["kind"] == "trial"
    with running.engine.connect() as connection:
        times = connection.execute(select(Response.server_ms, Response.flags).order_by(Response.position)).all()
    assert sum(row.server_ms is None for row in times) == 2
    assert all((row.server_ms is None) == (row.flags == ["server_ms"]) for row in times)
    assert min(row.server_ms for row in times if row.server_ms is not None) >= 0


def test_a_session_that_ends_before_it_began_has_no_length(serve, set_back):
    running, browser = serve(**UNTIL_TRIAL)
    page = browser()
    step = begin(page).json()["step"]
    set_back(3600)
    walk(page, step)
    assert export.sessions(running.engine).minutes.isna().all()


FIREFOX = "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
CHROME = "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile Safari/537.36"
FACTS = ["browser", "browser_version", "operating_system", "device", "output_rate_hz", "output_latency_ms"]


def facts(running):
    """What `sessions.csv` says of the browser of the only session."""
    [row] = export.sessions(running.engine)[FACTS].convert_dtypes().astype(object).values.tolist()
    return row


def test_what_is_listened_with_is_exported_and_the_user_agent_is_stored_nowhere(serve, tmp_path):
    running, browser = serve()
    page = browser()
    page.headers["user-agent"] = FIREFOX + "x" * 5000
    started = begin(page, client={"output_rate_hz": 44100, "output_latency_ms": 23, "touch": False, "more": "?"}).json()
    assert facts(running) == ["Firefox", 132, "Linux", "desktop", 44100, 23]
    begin(page)  # a reload, whose sound device is not open yet
    assert facts(running) == ["Firefox", 132, "Linux", "desktop", 44100, 23]
    other = browser()
    other.headers["user-agent"] = CHROME
    assert begin(other, resume=started["resume"], client={"output_rate_hz": 48000}).status_code == 200
    assert facts(running)[:5] == ["Chrome", 130, "Android", "phone", 48000] and facts(running)[5] is pd.NA
    export.write(running.engine, tmp_path / "export")
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"Chrome" in stored and b"Mozilla" not in stored and b"SM-S911B" not in stored and b"more" not in stored


def test_what_a_finished_session_was_listened_with_stays(serve):
    running, browser = serve(**UNTIL_TRIAL)
    page = browser()
    page.headers["user-agent"] = FIREFOX
    walk(page, begin(page).json()["step"])
    page.headers["user-agent"] = CHROME
    assert begin(page).json()["step"]["kind"] == "finished"
    assert facts(running)[0] == "Firefox"
