"""Who may take part: id parameters, invitations, caps, pauses, simulated participants, languages and the way out."""

import pytest
from sqlalchemy import select

from study import recruitment
from study.storage.models import Session
from tests.app.small_study import N_TRIALS, begin, count
from tests.study.answering import walk

pytest_plugins = ("tests.app.study_fixtures",)

PROLIFIC = {"PROLIFIC_PID": "5f3e", "STUDY_ID": "9a", "SESSION_ID": "77", "UNASKED": "x"}


def refused(answer, code, status=403):
    """Whether it was refused with this code, in a sentence."""
    reported = answer.json()
    return answer.status_code == status and reported["error"] == code and reported["message"].endswith(".")


def test_one_completed_session_per_id_and_an_unfinished_one_goes_on_elsewhere_with_its_code(serve):
    running, browser = serve()
    first, second = browser(), browser()
    started = begin(first, parameters=PROLIFIC).json()
    step = walk(first, started["step"], until="trial")[-1]
    resumed = begin(second, "b", resume=started["resume"]).json()
    assert resumed["session"] == started["session"] and resumed["step"] == step
    assert first.get("/api/study/step").json()["error"] == "no_session"
    walk(second, resumed["step"], headers={"X-Page": "b"})
    assert refused(begin(browser(), parameters=PROLIFIC), "already_completed")
    with running.engine.connect() as connection:
        kept = connection.execute(select(Session.external_id, Session.parameters)).one()
    assert kept == ("5f3e", {key: value for key, value in PROLIFIC.items() if key != "UNASKED"})


def test_another_id_in_the_same_browser_is_another_participant(serve):
    running, browser = serve()
    page = browser()
    begin(page, parameters={"PROLIFIC_PID": "one"})
    begin(page, parameters={"PROLIFIC_PID": "two"})
    assert count(running, Session) == 2


def test_the_id_parameter_may_be_required(serve):
    needed = {"id_parameters": ["PID"], "id_parameter": "PID", "id_required": True}
    _, browser = serve(recruitment=needed)
    assert refused(begin(browser()), "id_missing", 400)
    assert begin(browser(), parameters={"PID": "a"}).status_code == 200
    assert refused(begin(browser(), parameters={"PID": "a" * 129}), "invalid", 422)


def test_an_invitation_starts_one_session_which_goes_on_with_its_code(serve):
    running, browser = serve(recruitment={"invitation": True})
    [code] = recruitment.invite(running.engine, 1)
    assert refused(begin(browser()), "invitation_needed")
    assert refused(begin(browser(), invitation="AAAAA-AAAAA"), "invitation_wrong")
    started = begin(browser(), invitation=code.lower().replace("-", " ")).json()
    elsewhere = browser()
    again = begin(elsewhere, resume=started["resume"]).json()
    assert again["session"] == started["session"] and count(running, Session) == 1
    walk(elsewhere, again["step"])
    assert refused(begin(browser(), invitation=code), "invitation_used")


def test_a_full_study_takes_nobody_more_until_somebody_withdraws(serve):
    _, browser = serve(recruitment={"cap": 1})
    page = browser()
    walk(page, begin(page).json()["step"], until="questionnaire")
    assert browser().get("/api/study").json()["state"] == "full"
    assert refused(begin(browser()), "full")
    assert begin(browser(), simulated=True).status_code == 200
    page.post("/api/study/withdraw")
    assert begin(browser()).status_code == 200


@pytest.mark.parametrize(("state", "code"), [("paused", "paused"), ("closed", "closed")])
def test_a_paused_or_closed_study_lets_those_on_the_way_finish(serve, state, code):
    running, browser = serve()
    page = browser()
    step = begin(page).json()["step"]
    recruitment.set_state(running.engine, state)
    assert refused(begin(browser()), code) and browser().get("/api/study").json()["state"] == state
    assert walk(page, step)[-1]["outcome"] == "completed"


def test_simulated_participants_need_the_servers_leave_and_are_marked(serve):
    running, browser = serve(allow_simulated=False)
    assert refused(begin(browser(), simulated=True), "simulated_refused")
    assert count(running, Session) == 0


def test_a_finished_browser_sees_its_code_again_and_may_start_another_session(serve):
    running, browser = serve()
    page = browser()
    code = walk(page, begin(page).json()["step"])[-1]["code"]
    assert begin(page).json()["step"]["code"] == code
    assert begin(page, again=True).json()["step"]["kind"] == "consent" and count(running, Session) == 2


def test_who_declines_or_fails_the_screening_is_led_out(serve):
    screen = {"test": "woods", "trials": 6, "pass_mark": 6, "attempts": 2, "on_failure": "screen_out"}
    _, browser = serve(headphones=[screen])
    page = browser()
    consent = begin(page).json()["step"]
    no = page.post(f"/api/study/step/{consent['id']}", json={"answer": {"agreed": False}}).json()["step"]
    assert (no["kind"], no["outcome"], no["code"]) == ("finished", "declined", None)
    page = browser()
    shown = walk(page, begin(page).json()["step"])
    attempts = [(step["attempt"], step["failed_before"]) for step in shown if step["kind"] == "headphones"]
    assert attempts == [(1, False), (2, True)] and shown[-1]["outcome"] == "screened_out"


def test_the_way_out_leads_back_to_the_recruiting_site(serve):
    completion = {"text": "Thanks", "code": "C0DE", "redirect": "https://example.org/back?cc={code}&pid={PROLIFIC_PID}"}
    _, browser = serve(completion=completion)
    page = browser()
    end = walk(page, begin(page, parameters={"PROLIFIC_PID": "a&b"}).json()["step"])[-1]
    assert end["code"] == "C0DE" and end["redirect"] == "https://example.org/back?cc=C0DE&pid=a%26b"


def test_language_comes_from_the_browser_or_by_hand_and_may_change_on_the_way(serve):
    _, browser = serve()
    page = browser()
    headers = {"Accept-Language": "fr, de-AT;q=0.9, en;q=0.5"}
    assert page.get("/api/study", headers=headers).json()["language"] == "de"
    assert page.get("/api/study?language=zh", headers=headers).json()["title"] == "听起来怎么样？"
    assert begin(page, language="es").json()["step"]["items"][0] == "Tengo 18 años o más."
    step = begin(page, language="de").json()["step"]
    assert walk(page, step, until="trial")[-1]["descriptor"] in ("warm", "hell", "luftig")


def test_breaks_have_a_length_for_people(serve):
    _, browser = serve(breaks={"minimum_s": 600, "suggested_s": 900, "text": "Rest."})
    page, machine = browser(), browser()
    pause = walk(page, begin(page).json()["step"], until="break")[-1]
    assert 590 < pause["remaining_s"] <= 600 and pause["next"]["definition"]
    early = page.post(f"/api/study/step/{pause['id']}", json={"answer": {}})
    assert early.status_code == 409 and early.json()["error"] == "too_early" and early.json()["retry_after_s"] > 590
    shown = walk(machine, begin(machine, simulated=True).json()["step"])
    assert sum(step["kind"] == "trial" for step in shown) == N_TRIALS and shown[-1]["outcome"] == "completed"


def test_a_session_of_an_older_study_does_not_go_on_in_the_new_one(serve):
    _, browser = serve()
    page = browser()
    trial = walk(page, begin(page).json()["step"], until="trial")[-1]
    _, newer = serve(create=True, title="Another study")
    other = newer()
    other.cookies = page.cookies
    assert other.get("/api/study/step").json()["error"] == "no_session"
    assert other.get(trial["sounds"][0]).status_code == 404
    assert begin(other).json()["step"]["kind"] == "consent"
