"""Questions that depend on earlier answers, and quotas: how many of whom may take part."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from study import recruitment
from study.design.definition import parse
from study.design.quotas import matches
from study.storage.models import Session
from tests.app.small_study import begin
from tests.study.test_plan import shipped

pytest_plugins = ("tests.app.study_fixtures",)

EXPERIENCE = {"id": "experience", "label": "Experience?", "options": {"none": "None", "some": "Some", "much": "Much"}}
ABOUT = {"id": "about", "label": "Of what?", "type": "text", "asked_if": {"experience": ["some", "much"]}}
OLD = {"id": "old", "label": "Old?", "options": {"yes": "Yes", "no": "No"}, "required": False}


def asked(*questions, **more):
    return {"questions": list(questions), **more}


def limited(at_most, answers=None):
    return asked(EXPERIENCE, OLD, quotas=[{"answers": answers or {"experience": ["none"]}, "at_most": at_most}])


def at_the_questions(browser, **body):
    """The step of the questionnaire of a new participant."""
    consent = begin(browser, **body).json()["step"]
    agreed = browser.post(f"/api/study/step/{consent['id']}", json={"answer": {"agreed": True}})
    return agreed.json()["step"]


def reply(browser, step, **answers):
    return browser.post(f"/api/study/step/{step['id']}", json={"answer": {"answers": answers}})


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ({"a": "x", "b": "y"}, True),
        ({"a": "z", "b": "y"}, True),
        ({"a": ["q", "z"], "b": "y"}, True),
        ({"a": ["q"], "b": "y"}, False),
        ({"a": "x", "b": "x"}, False),
        ({"a": "x"}, False),
        ({}, False),
    ],
)
def test_answers_are_of_a_kind_where_each_question_has_one_of_its_values(given, fits):
    assert matches({"a": ["x", "z"], "b": ["y"]}, given) is fits


@pytest.mark.parametrize(
    ("questions", "message"),
    [
        (asked(ABOUT, EXPERIENCE), "question about: asked_if names experience, which is not a choice asked earlier"),
        (asked(EXPERIENCE, ABOUT | {"asked_if": {"experience": ["lots"]}}), "experience has no option 'lots'"),
        (asked(EXPERIENCE, quotas=[{"answers": {"age": ["x"]}, "at_most": 1}]), "quota 1 names age"),
        (asked(EXPERIENCE, quotas=[{"answers": {}, "at_most": 1}]), "at least 1 item"),
        (
            asked(EXPERIENCE, quotas=[{"answers": {"experience": ["none"]}, "at_most": -1}]),
            "greater than or equal to 0",
        ),
    ],
)
def test_what_nobody_can_answer_is_refused(questions, message):
    with pytest.raises(ValueError, match=message):
        shipped(questionnaire=questions)


def test_a_question_is_asked_where_an_earlier_answer_says_so(serve):
    _, new = serve(questionnaire=asked(EXPERIENCE, ABOUT))
    browser = new()
    step = at_the_questions(browser)
    assert step["questions"][1]["asked_if"] == {"experience": ["some", "much"]}
    assert reply(browser, step, experience="none", about="mixing").status_code == 422
    assert reply(browser, step, experience="some").status_code == 422
    assert reply(browser, step, experience="none").status_code == 200
    browser = new()
    assert reply(browser, at_the_questions(browser), experience="some", about="mixing").status_code == 200


@pytest.mark.parametrize(("at_most", "outcomes"), [(0, [True, True]), (1, [False, True]), (2, [False, False])])
def test_a_quota_is_full_from_its_number_on(serve, at_most, outcomes):
    ends = {"screened_out_code": "OUT", "screened_out_redirect": "https://pay.example/?cc={code}&pid={PID}"}
    _, new = serve(
        questionnaire=limited(at_most),
        completion=ends | {"quota_text": "We have **enough**."},
        recruitment={"id_parameters": ["PID"]},
    )
    for number, is_out in enumerate(outcomes):
        browser = new()
        step = at_the_questions(browser, parameters={"PID": f"p {number}"})
        following = reply(browser, step, experience="none").json()["step"]
        assert (following["kind"] == "finished") is is_out
        if is_out:
            assert (following["outcome"], following["quota_full"], following["code"]) == ("screened_out", True, "OUT")
            assert following["redirect"] == f"https://pay.example/?cc=OUT&pid=p%20{number}"
            assert "<strong>enough</strong>" in following["html"]
            assert reply(browser, step, experience="none").json() == {"saved": True, "step": following}
    browser = new()
    assert reply(browser, at_the_questions(browser), experience="some").json()["step"]["kind"] != "finished"


def test_a_quota_counts_who_takes_part_and_nobody_else(serve):
    running, new = serve(questionnaire=limited(1, {"experience": ["none", "some"], "old": ["yes"]}))
    title = "experience: none or some; old: yes"

    def outcome(**answers):
        browser = new()
        return browser, reply(browser, at_the_questions(browser), **answers).json()["step"].get("outcome")

    assert outcome(experience="none", old="no")[1] is None and outcome(experience="none")[1] is None
    first, ended = outcome(experience="some", old="yes")
    assert ended is None
    assert recruitment.overview(running.engine)["quotas"] == {title: "1 of 1"}
    assert outcome(experience="none", old="yes")[1] == "screened_out"
    simulated = new()
    step = at_the_questions(simulated, simulated=True)
    assert reply(simulated, step, experience="none", old="yes").json()["step"]["kind"] != "finished"
    first.post("/api/study/withdraw")
    _, ended = outcome(experience="none", old="yes")
    assert ended is None
    with running.engine.begin() as connection:  # has dropped out
        connection.execute(update(Session).values(step_since=Session.step_since - 3601))
    assert outcome(experience="none", old="yes")[1] is None
    assert recruitment.overview(running.engine)["screened_out"] == 1


def test_no_more_than_the_quota_get_past_it_together(serve):
    running, new = serve(questionnaire=limited(3))
    waiting = [(browser, at_the_questions(browser)) for browser in [new() for _ in range(8)]]
    with ThreadPoolExecutor(8) as threads:
        replies = threads.map(lambda who: reply(*who, experience="none").json()["step"], waiting)
        taken = sum(step["kind"] != "finished" for step in replies)
    assert taken == 3
    assert recruitment.overview(running.engine)["screened_out"] == 5


def test_a_study_file_may_leave_out_the_end(serve):
    without = shipped(completion=None)
    assert without.completion.text == "" and not without.completion.unique
    minimal = {"title": "A", "conditions": ["a", "b"], "descriptors": [{"name": "w", "label": "w", "definition": "w"}]}
    assert parse(minimal).completion == without.completion
