"""What each page says to somebody who hears it read out, and what Enter does where something is missing."""

import pytest
from playwright.sync_api import expect

NOTHING_BEFORE = {"consent": None, "headphones": [], "level": None, "instructions": None, "practice": None}


@pytest.mark.slow
def test_the_focus_brings_the_checks_notice_and_the_scale_asks_for_no_degree(serve, visit):
    checks = {"attention": 0, "audible": 1, "repeats": 0, "not_before": 0}
    served = serve(**NOTHING_BEFORE | {"questionnaire": None}, checks=checks)
    person = visit(served.address).begin()
    for _ in range(40):
        if person.stage.locator(".notice").count():
            break
        person.answer()
    question = person.stage.get_by_role("heading", level=1)
    expect(question).to_be_focused()
    expect(question).to_have_text("How many beeps do you hear?")
    expect(question).to_have_accessible_description(person.stage.locator(".notice").inner_text())
    expect(person.stage.locator(".ends")).to_have_count(0)
    assert person.page.locator("main").count() == 1  # Gradio's own, around the page


@pytest.mark.slow
def test_the_first_trial_after_practice_says_that_it_counts(serve, visit):
    served = serve(**NOTHING_BEFORE | {"questionnaire": None, "practice": {"trials": 1}})
    person = visit(served.address).begin()
    expect(person.stage.locator(".tag")).to_have_text("Practice")
    person.answer()
    question = person.stage.get_by_role("heading", level=1)
    expect(question).to_have_accessible_description("Practice is over: from here on your answers count.")


def test_enter_on_an_unfilled_questionnaire_goes_to_what_is_missing(serve, visit):
    person = visit(serve(**NOTHING_BEFORE).address).begin().is_shown("questionnaire")
    person.page.keyboard.press("Enter")
    expect(person.stage.get_by_role("radio").first).to_be_focused()
    person.is_shown("questionnaire")
