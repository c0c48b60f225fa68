"""Whose session it is: an id is no password, a shared computer forgets, and places are taken by those who take part."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import select, update

from study import clock, recruitment
from study.storage import identity
from study.storage.models import Event, Invitation, Response, Session
from tests.app.small_study import begin, count
from tests.study.answering import answer_to, walk

pytest_plugins = ("tests.app.study_fixtures",)

ID = {"PROLIFIC_PID": "5f3e"}
BY_ID = {"id_parameters": ["PROLIFIC_PID"], "id_parameter": "PROLIFIC_PID"}
SHORT = {"headphones": None, "level": None, "practice": None}


def refused(answer, code):
    """Whether it was refused with this code, in a sentence."""
    reported = answer.json()
    return (answer.status_code, reported["error"]) == (403, code) and reported["message"].endswith(".")


def consent(page, step, agreed=True):
    return page.post(f"/api/study/step/{step['id']}", json={"answer": {"agreed": agreed}})


def taking_part(browser, **body):
    """A browser whose participant has agreed, and what the start answered."""
    page = browser()
    started = begin(page, **body).json()
    assert consent(page, started["step"]).status_code == 200
    return page, started


def test_an_id_alone_neither_reads_nor_answers_nor_withdraws_a_session(serve):
    running, browser = serve()
    victim, started = taking_part(browser, parameters=ID)
    attacker = browser()
    for more in ({}, {"again": True}, {"resume": ""}, {"invitation": "X"}):
        assert refused(begin(attacker, parameters=ID, **more), "elsewhere")
    assert attacker.post("/api/study/withdraw").json()["error"] == "no_session"
    assert victim.get("/api/study/step").json()["session"] == started["session"] and count(running, Session) == 1
    assert begin(victim, parameters=ID).json()["session"] == started["session"]  # a reload is as easy as ever


def test_a_used_invitation_alone_does_not_either(serve):
    running, browser = serve(recruitment={"invitation": True})
    [code] = recruitment.invite(running.engine, 1)
    page, _ = taking_part(browser, invitation=code)
    assert refused(begin(browser(), invitation=code), "elsewhere")
    assert begin(page).status_code == 200


def test_the_code_opens_once_is_typed_as_one_likes_and_cannot_be_guessed(serve):
    _, browser = serve()
    first, started = taking_part(browser, parameters=ID)
    code = started["resume"]
    assert re.fullmatch(r"([A-Z2-9]{5}-){2}[A-Z2-9]{5}", code)
    assert len(identity.ALPHABET) ** identity.RESUME_LENGTH > 2**60
    assert begin(first).json()["resume"] == code  # also after a reload
    moved = begin(browser(), resume=f" {code.lower().replace('-', ' ')} ").json()
    assert moved["session"] == started["session"] and moved["resume"] != code
    assert first.get("/api/study/step").json()["error"] == "no_session"
    assert refused(begin(browser(), resume=code), "resume_wrong")
    assert refused(begin(browser(), resume=code[:-1] + "A"), "resume_wrong")


def test_codes_are_stored_as_hashes_and_mean_nothing_after_the_end(serve):
    running, browser = serve(**SHORT)
    page, started = taking_part(browser)
    walk(page, page.get("/api/study/step").json()["step"])
    assert refused(begin(browser(), resume=started["resume"]), "resume_wrong")
    assert begin(page).json()["resume"] is None
    with running.engine.connect() as connection:
        kept = str(connection.execute(select(Session.__table__)).all())
    assert started["resume"] not in kept and started["resume"].replace("-", "") not in kept


def test_the_experimenters_word_opens_a_session_once_and_for_a_day(serve, monkeypatch):
    running, browser = serve()
    _, started = taking_part(browser, parameters=ID)
    assert recruitment.readmit(running.engine, "5f3e") == "P0001"
    assert begin(browser(), parameters=ID).json()["session"] == started["session"]
    assert refused(begin(browser(), parameters=ID), "elsewhere")
    recruitment.readmit(running.engine, started["session"])
    until = clock.now() + 24 * 3600
    monkeypatch.setattr(clock, "now", lambda: until + 0.1)
    assert refused(begin(browser(), parameters=ID), "elsewhere")
    monkeypatch.setattr(clock, "now", lambda: until - 1)
    assert begin(browser(), parameters=ID).status_code == 200
    assert count(running, Event, Event.kind == "readmitted") == 2


def test_who_cannot_be_readmitted_is_said(serve):
    running, browser = serve(**SHORT)
    page, _ = taking_part(browser)
    with pytest.raises(ValueError, match="P0001 came with neither id nor invitation"):
        recruitment.readmit(running.engine, "P0001")
    with pytest.raises(ValueError, match="no session, participant or id 'P0009': nobody was readmitted"):
        recruitment.readmit(running.engine, "P0009")
    walk(page, page.get("/api/study/step").json()["step"])
    with pytest.raises(ValueError, match="P0001 has nothing left to go on with: the session is completed"):
        recruitment.readmit(running.engine, "P0001")


def test_declining_under_somebodys_id_or_invitation_locks_nobody_out(serve):
    running, browser = serve(recruitment=BY_ID | {"invitation": True})
    [code] = recruitment.invite(running.engine, 1)
    body = {"parameters": ID, "invitation": code}
    attacker = browser()
    assert consent(attacker, begin(attacker, **body).json()["step"], agreed=False).json()["step"]["code"] is None
    with running.engine.connect() as connection:
        kept = connection.execute(select(Session.external_id, Session.parameters, Session.invitation_id)).one()
        assert kept == (None, {}, None)  # nothing but the decision
        assert connection.scalars(select(Invitation.used_at)).one() is None
    assert begin(attacker, **body).json()["step"]["outcome"] == "declined"  # a reload shows it still
    _, started = taking_part(browser, **body)
    assert started["step"]["kind"] == "consent"


def test_who_declined_may_take_part_after_all(serve):
    running, browser = serve()
    page = browser()
    ended = consent(page, begin(page, parameters=ID).json()["step"], agreed=False).json()["step"]
    assert ended["may_start_again"] and ended["forget_after_s"] is None
    assert page.post("/api/study/leave").json() == {"left": True}
    assert begin(page, parameters=ID).json()["step"]["kind"] == "consent" and count(running, Session) == 2


def test_an_id_is_not_taken_by_opening_the_page_with_it(serve):
    running, browser = serve()
    attacker = browser()
    step = begin(attacker, parameters=ID).json()["step"]
    page, _ = taking_part(browser, parameters=ID)
    assert consent(attacker, step).json()["error"] == "no_session" and count(running, Session) == 1
    assert page.get("/api/study/step").status_code == 200


def test_signed_links_are_the_only_way_in_where_the_study_says_so(serve):
    running, browser = serve(recruitment=BY_ID | {"id_signed": True})
    [link, other] = recruitment.links(running.engine, ["5f3e", "a&b é"], "https://example.org/study/")
    assert link.startswith("https://example.org/study/?PROLIFIC_PID=5f3e&signature=")
    signed = dict(parse_qsl(urlsplit(link).query))
    assert begin(browser()).json()["error"] == "id_missing"
    for wrong in (ID, ID | {"signature": "x"}, ID | {"signature": dict(parse_qsl(urlsplit(other).query))["signature"]}):
        assert refused(begin(browser(), parameters=wrong), "id_unsigned")
        assert refused(begin(browser(), parameters=wrong, simulated=True), "id_unsigned")
    assert refused(begin(browser(), parameters={"PROLIFIC_PID": "5f3é", "signature": "é" * 22}), "id_unsigned")
    page, started = taking_part(browser, parameters=signed)
    assert begin(page, parameters=signed).json()["session"] == started["session"]
    assert begin(browser(), parameters=signed).json()["session"] == started["session"]  # proof enough elsewhere
    assert begin(browser(), parameters=dict(parse_qsl(urlsplit(other).query))).status_code == 200


@pytest.mark.parametrize(
    ("ids", "said"),
    [(["a", "a"], "'a' is there 2 times"), ([""], "Id 1 is ''"), (["a", "b" * 129], "Id 2 is 'bbb"), (["a\n"], "Id 1")],
)
def test_ids_that_cannot_be_signed_are_said(serve, ids, said):
    running, _ = serve()
    with pytest.raises(ValueError, match=said):
        recruitment.links(running.engine, ids, "http://127.0.0.1")


def test_simulated_participants_pass_neither_ids_nor_invitations_by(serve):
    running, browser = serve(recruitment=BY_ID | {"id_required": True, "invitation": True})
    assert begin(browser(), simulated=True).json()["error"] == "id_missing"
    assert refused(begin(browser(), simulated=True, parameters=ID), "invitation_needed")
    codes = recruitment.invite(running.engine, 2)
    assert begin(browser(), simulated=True, parameters=ID, invitation=codes[0]).status_code == 200
    assert begin(browser(), parameters=ID, invitation=codes[1]).json()["step"]["kind"] == "consent"  # the real one


@pytest.mark.parametrize(("shared", "limit_s"), [(False, 24 * 3600.0), (True, 10 * 60.0)])
def test_a_browser_forgets_a_finished_session_on_time(serve, monkeypatch, shared, limit_s):
    _, browser = serve(**SHORT, recruitment=BY_ID | {"shared_computer": shared})
    page, _ = taking_part(browser, parameters=ID)
    shown = walk(page, page.get("/api/study/step").json()["step"])
    finished_at = clock.now()
    assert shown[-1]["may_start_again"] == shared
    assert shown[-1]["forget_after_s"] == (pytest.approx(limit_s, abs=5) if shared else None)
    monkeypatch.setattr(clock, "now", lambda: finished_at + limit_s - 10)
    assert begin(page, parameters=ID).json()["step"]["code"] == shown[-1]["code"]
    assert page.get("/api/study").json()["session"]["state"] == "completed"
    monkeypatch.setattr(clock, "now", lambda: finished_at + limit_s + 1)
    assert page.get("/api/study").json()["session"] is None
    assert (
        page.get("/api/study/step").json()["error"] == page.post("/api/study/withdraw").json()["error"] == "no_session"
    )
    assert refused(begin(page, parameters=ID), "already_completed")
    assert begin(page, parameters={"PROLIFIC_PID": "next"}).json()["step"]["kind"] == "consent"


def test_the_cookie_of_a_finished_session_lasts_no_longer_than_it_is_remembered(serve):
    _, browser = serve(**SHORT, recruitment=BY_ID | {"shared_computer": True})
    page, _ = taking_part(browser)
    step = walk(page, page.get("/api/study/step").json()["step"], until="comments")[-1]
    answered = page.post(f"/api/study/step/{step['id']}", json={"answer": answer_to(step)})
    assert "max-age=600" in answered.headers["set-cookie"].lower()


def test_another_person_starts_where_one_has_finished_and_not_before(serve):
    running, browser = serve(**SHORT, recruitment=BY_ID | {"shared_computer": True})
    page, started = taking_part(browser)
    early = page.post("/api/study/leave")
    assert (early.status_code, early.json()["error"]) == (409, "not_current")
    walk(page, page.get("/api/study/step").json()["step"])
    kept = page.cookies.get("study_session")
    assert page.post("/api/study/leave").json() == {"left": True} and page.cookies.get("study_session") is None
    replayed = browser()
    replayed.cookies.set("study_session", kept)
    assert replayed.get("/api/study/step").json()["error"] == "no_session"
    assert begin(page).json()["session"] != started["session"] and count(running, Session) == 2


def test_places_are_not_used_up_by_those_who_only_looked(serve):
    _, browser = serve(recruitment={"cap": 1})
    looking = [browser() for _ in range(4)]
    steps = [begin(page).json()["step"] for page in looking]
    assert browser().get("/api/study").json()["state"] == "open"
    assert consent(looking[0], steps[0]).status_code == 200
    assert refused(consent(looking[1], steps[1]), "full")
    assert consent(looking[2], steps[2], agreed=False).json()["step"]["outcome"] == "declined"
    assert looking[0].post("/api/study/withdraw").status_code == 200
    assert consent(looking[1], steps[1]).status_code == 200  # nothing was lost: the place is free again
    assert refused(consent(looking[3], steps[3]), "full")


def test_no_more_get_past_consent_at_once_than_there_are_places(serve):
    running, browser = serve(recruitment={"cap": 3})
    pages = [browser() for _ in range(12)]
    steps = [begin(page).json()["step"] for page in pages]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(consent, pages, steps))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [403] * 9
    assert count(running, Session, Session.position > 0) == 3 == count(running, Response)


def test_a_session_of_the_version_before_goes_on_and_gets_its_code_with_the_next_reload(serve):
    running, browser = serve()
    page, _ = taking_part(browser)
    with running.engine.begin() as connection:
        connection.execute(update(Session).values(resume_sha256=None, step_since=time.time()))
    step = walk(page, page.get("/api/study/step").json()["step"], until="level")[-1]
    assert page.post(f"/api/study/step/{step['id']}", json={"answer": {"level_db": -6}}).json()["saved"]
    code = begin(page).json()["resume"]
    assert begin(browser(), resume=code).status_code == 200
