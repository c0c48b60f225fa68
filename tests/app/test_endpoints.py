"""The study's endpoints, spoken to as the participant's page does."""

import hashlib
import json
import random
from dataclasses import replace

import pytest
from sqlalchemy import event, select

from app.participant.masking import unmask
from study.sessions.starting import assign
from study.storage.models import Event, Response, Session, Step
from tests.app.small_study import N_TRIALS, begin, count
from tests.study.answering import answer_to, walk

pytest_plugins = ("tests.app.study_fixtures",)


def test_a_whole_way_stores_every_response_before_the_code_is_shown(serve):
    running, client = serve()
    page = client()
    shown = walk(page, begin(page).json()["step"])
    kinds = list(dict.fromkeys(step["kind"] for step in shown))
    assert kinds == [
        "consent",
        "questionnaire",
        "level",
        "headphones",
        "instructions",
        "practice",
        "trial",
        "comments",
        "finished",
    ]
    assert shown[-1]["outcome"] == "completed" and len(shown[-1]["code"]) == 8
    assert [step["progress"]["done"] for step in shown] == sorted(step["progress"]["done"] for step in shown)
    assert count(running, Response, Response.rating.is_not(None)) == 3 + N_TRIALS
    assert count(running, Session, Session.state == "completed", Session.headphones_passed.is_(False)) == 1


def test_the_same_answer_again_is_acknowledged_and_another_refused(serve):
    running, client = serve()
    page = client()
    trial = walk(page, begin(page).json()["step"], until="trial")[-1]
    address = f"/api/study/step/{trial['id']}"
    first = page.post(address, json={"answer": {"rating": 5}}).json()
    again = page.post(address, json={"answer": {"rating": 5}}).json()
    other = page.post(address, json={"answer": {"rating": 2}})
    assert first == again and first["saved"]
    assert other.status_code == 409 and other.json()["error"] == "already_answered"
    assert other.json()["step"] == first["step"]
    assert count(running, Response, Response.rating == 5) == 1 and count(running, Response, Response.rating == 2) == 0
    assert count(running, Event, Event.kind == "second_answer") == 1


def test_a_reload_shows_the_same_step_and_the_older_page_stops(serve):
    _, client = serve()
    page = client()
    step = walk(page, begin(page, "old").json()["step"], until="trial", headers={"X-Page": "old"})[-1]
    assert begin(page, "new").json()["step"] == step
    answer = {"json": {"answer": answer_to(step)}}
    older = page.post(f"/api/study/step/{step['id']}", **answer, headers={"X-Page": "old"})
    assert older.status_code == 409 and older.json()["error"] == "other_page"
    assert page.post(f"/api/study/step/{step['id']}", **answer, headers={"X-Page": "new"}).status_code == 200


def test_sound_is_the_sessions_own_and_its_headers_tell_nothing(serve):
    running, client = serve()
    page, stranger = client(), client()
    begin(stranger)
    trial = walk(page, begin(page).json()["step"], until="trial")[-1]
    address = trial["sounds"][0]
    whole, part = page.get(address), page.get(address, headers={"Range": "bytes=0-9"})
    known = page.get(address, headers={"If-None-Match": "*", "If-Modified-Since": "Wed, 01 Jan 2070 00:00:00 GMT"})
    assert {"etag", "last-modified", "content-range"}.isdisjoint(whole.headers)
    assert [part.status_code, known.status_code] == [200, 200] and part.content == known.content == whole.content
    assert page.head(address).headers["content-length"] == str(len(whole.content))
    assert whole.headers["cache-control"].startswith("private") and "immutable" in whole.headers["cache-control"]
    assert stranger.get(trial["sounds"][0]).status_code == 404 and client().get(trial["sounds"][0]).status_code == 404
    named = [row.id for row in running.stimuli.rows] + list(running.definition.conditions) + list(running.plan.clips)
    received = str(trial) + str(whole.headers)
    assert not [name for name in named if name in received]


def test_one_stimulus_travels_under_another_mask_at_each_presentation(serve):
    running, client = serve()
    hashes, stored = [], {row.sha256 for row in running.stimuli.rows}
    for browser in (client(), client()):
        for address in [sound for step in walk(browser, begin(browser).json()["step"]) for sound in step["sounds"]]:
            masked = browser.get(address).content
            hashes.append(hashlib.sha256(masked).hexdigest())
            assert hashlib.sha256(unmask(masked, address)).hexdigest() in stored
    assert len(hashes) > 2 * N_TRIALS and len(set(hashes)) == len(hashes)
    assert not stored & set(hashes)


def test_nobody_can_make_a_participants_list_from_the_study_file(serve):
    running, client = serve()
    begin(client())
    with running.engine.connect() as connection:
        number, *rows = connection.execute(select(Session.number, Session.block_row, Session.condition_row)).one()
        stored = connection.scalars(select(Step.stimulus).order_by(Step.position)).all()
    plan, lists, sequences = running.plan, [], []
    for secret, prefix in (("", ""), (running.secret, f"{running.secret}/")):
        rng = random.Random(f"{prefix}{plan.definition.seed}/{number}")
        assignment = replace(assign(plan, [], rng), secret=secret)
        assert [assignment.block_row, assignment.condition_row] == rows
        lists.append([step["stimulus"] for step in plan.steps(assignment, rng)])
        blocks = plan.trials(assignment, random.Random(1))
        sequences.append([t.stimulus.condition for block in blocks for t in block if t.kind == "rating"])
    assert lists[1] == stored != lists[0] and sequences[0] != sequences[1]


def test_withdrawing_deletes_the_persons_rows(serve):
    running, client = serve()
    page = client()
    walk(page, begin(page).json()["step"], until="trial")
    assert page.post("/api/study/withdraw").json() == {"withdrawn": True}
    assert [count(running, table) for table in (Session, Step, Response)] == [0, 0, 0]
    assert page.get("/api/study/step").json()["error"] == "no_session"
    assert count(running, Event, Event.kind == "withdrawn", Event.session_id.is_(None)) == 1


def test_a_full_disk_is_reported_as_busy_and_the_answer_is_taken_when_there_is_room(serve):
    running, client = serve(comments={"max_length": 10_000})
    page, pages = client(), [1]  # SQLite takes 1 for as many pages as there are
    comments = walk(page, begin(page).json()["step"], until="comments")[-1]
    event.listen(running.engine.pool, "checkout", lambda raw, *_: raw.execute(f"PRAGMA max_page_count = {pages[-1]}"))
    before, long = count(running, Response), {"answer": {"text": "x" * 10_000}}
    full = page.post(f"/api/study/step/{comments['id']}", json=long)
    assert full.status_code == 503 and full.json()["error"] == "busy" and full.headers["retry-after"] == "1"
    assert count(running, Response) == before and page.get("/api/study/step").json()["step"] == comments
    pages.append(1_000_000)
    assert page.post(f"/api/study/step/{comments['id']}", json=long).json()["step"]["outcome"] == "completed"


@pytest.mark.parametrize(
    ("kind", "answer", "reported"),
    [
        ("trial", {"rating": 8}, "from 1 to 7"),
        ("trial", {"rating": True}, "from 1 to 7"),
        ("trial", {"rating": "5"}, "from 1 to 7"),
        ("consent", {}, "agreed must be true or false"),
        ("questionnaire", {"answers": {"age": "7"}}, "age has an answer"),
        ("questionnaire", {"answers": {"shoe": "42"}}, "unknown question 'shoe'"),
        ("questionnaire", {"answers": {}}, "age is not answered"),
        ("headphones", {"choices": [1, 2]}, "6 numbers from 1 to 3"),
        ("level", {"level_db": 3}, "from -40 to 0"),
        ("level", {"level_db": float("1e999")}, "from -40 to 0"),
        ("comments", {"text": "x" * 2001}, "at most 2000 characters"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_with_its_reason(serve, kind, answer, reported):
    _, client = serve()
    page = client()
    step = walk(page, begin(page).json()["step"], until=kind)[-1]
    body = json.dumps({"answer": answer})
    headers = {"Content-Type": "application/json"}
    refused = page.post(f"/api/study/step/{step['id']}", content=body, headers=headers)
    assert refused.status_code == 422 and reported in refused.json()["message"]
    assert page.get("/api/study/step").json()["step"]["id"] == step["id"]


def test_requests_that_are_none_are_reported_and_never_a_fault_of_the_server(serve):
    _, client = serve()
    page = client()
    step = begin(page).json()["step"]
    address = f"/api/study/step/{step['id']}"
    statuses = [
        page.post(address, content=b"{").status_code,
        page.post(address, json={"answer": [1]}).status_code,
        page.post(address, json={"answer": {"rating": 1, "x": "y" * 70_000}}).status_code,
        page.post(address, json={"answer": {}}, headers={"X-Page": "p" * 65}).status_code,
        page.post("/api/study/session", json={"parameters": {"PROLIFIC_PID": 5}}).status_code,
        page.post(f"/api/study/step/{step['id']}9999999", json={"answer": {}}).status_code,
        page.get(f"/api/study/audio/{step['id']}-x").status_code,
        page.get("/api/study/audio/..%2f..%2fmanifest.json").status_code,
        client().get("/api/study/step").status_code,
    ]
    assert statuses == [422, 422, 413, 422, 422, 404, 404, 404, 401]
