"""What was started in a step and not sent yet is still there after a reload, or after the server has refused it."""

import json
import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from study.storage.models import Session

CHECK = {"test": "woods", "trials": 2, "pass_mark": 2, "attempts": 1}
REST_S = 600


@pytest.mark.slow
def test_what_was_begun_in_a_step_is_there_after_a_reload(serve, visit):
    served = serve(consent=None, instructions=None, headphones=[CHECK], practice=None)
    person = visit(served.address).begin()
    person.stage.get_by_role("radio", name="25–34").check()
    expect(person.reload().stage.get_by_role("radio", name="25–34")).to_be_checked()
    person.answer()
    level = person.stage.locator("#level")
    level.press("ArrowLeft")
    chosen_db = level.input_value()
    expect(person.reload().stage.locator("#level")).to_have_value(chosen_db)
    person.answer()
    person.play_headphones()
    person.page.keyboard.press("2")
    expect(person.stage.locator(".tag")).to_have_text("Set 2 of 2")
    expect(person.reload().stage.locator(".tag")).to_have_text("Set 2 of 2")
    person.answer()
    assert [len(row.answer["choices"]) for row in served.responses(person, "headphones")] == [2]
    box = person.walk(until="comments").stage.get_by_role("textbox")
    box.fill("נעים")
    expect(box).to_have_css("direction", "rtl")  # whatever the page's own language is
    box.fill("a" * 1999)
    expect(person.stage.get_by_role("status")).to_be_empty()
    box.press("a")
    expect(person.stage.get_by_role("status")).to_have_text("No more than 2000 characters fit in here.")
    box.fill("half a sen")
    expect(box).to_have_css("direction", "ltr")
    expect(person.reload().stage.get_by_role("textbox")).to_have_value("half a sen")


@pytest.mark.slow
def test_a_break_goes_on_while_the_page_is_loaded_anew(serve, visit):
    steps = {"consent": None, "questionnaire": None, "level": None, "instructions": None, "practice": None}
    served = serve(n_descriptors=2, breaks={"minimum_s": REST_S}, **steps)
    person = visit(served.address).begin().walk(until="break")
    expect(person.primary).to_be_disabled()
    with served.engine.begin() as connection:  # time passes
        connection.execute(update(Session).values(step_since=Session.step_since - REST_S + 60))
    expect(person.reload().stage.get_by_role("timer")).to_have_text(re.compile("in [01]:|when you are ready"))
    with served.engine.begin() as connection:
        connection.execute(update(Session).values(step_since=Session.step_since - 60))
    person.reload().answer()


def test_a_refused_answer_is_reported_and_need_not_be_written_again(serve, visit):
    person = visit(serve(consent=None, practice=None).address).begin()

    def damage(route):
        route.continue_(post_data=json.dumps({"answer": {"answers": {"age": "unheard of"}}}))

    person.page.route("**/api/study/step/*", damage, times=1)
    questions = person.stage.locator("fieldset")
    for question in questions.all():
        question.get_by_role("radio").last.check()
    person.primary.click()
    complaint = person.page.locator(".middle > .complaint").first
    expect(complaint).to_contain_text("does not fit")
    expect(person.stage.get_by_role("radio", checked=True)).to_have_count(questions.count())
    person.primary.click()
    person.is_shown("level")
    expect(complaint).to_be_hidden()
