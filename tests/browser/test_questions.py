"""The questionnaire: questions that depend on earlier answers, and the end for whom there is no place left."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_plain_words import NOTHING_BEFORE

QUESTIONS = [
    {"id": "experience", "label": "Have you mixed music?", "options": {"none": "Never", "some": "Sometimes"}},
    {"id": "how", "label": "How often?", "options": {"day": "Daily", "year": "Yearly"}},
    {"id": "what", "label": "What every day?", "type": "text", "asked_if": {"how": ["day"]}},
]
QUESTIONS[1]["asked_if"] = {"experience": ["some"]}
FULL = {"answers": {"experience": ["none"]}, "at_most": 0}
END = {"quota_text": "We have enough people like you.", "screened_out_redirect": "https://recruiter.example/out"}


@pytest.mark.slow
def test_questions_come_and_go_with_earlier_answers_and_a_full_quota_ends_kindly(serve, visit):
    questionnaire = {"questions": QUESTIONS, "quotas": [FULL]}
    served = serve(**NOTHING_BEFORE | {"questionnaire": questionnaire, "completion": END})
    person = visit(served.address).begin().is_shown("questionnaire")
    form = person.stage.locator("form")
    expect(form.get_by_text("How often?")).to_be_hidden()
    form.get_by_role("radio", name="Sometimes").check()
    form.get_by_role("radio", name="Daily").check()
    form.get_by_role("textbox").fill("dance music")
    expect(person.reload().stage.get_by_role("textbox")).to_have_value("dance music")
    form.get_by_role("radio", name="Never").check()  # takes both of the others away, one through the other
    expect(form.get_by_role("textbox")).to_be_hidden()
    expect(form.get_by_text("How often?")).to_be_hidden()
    person.primary.click()
    person.is_shown("finished")
    expect(person.stage).to_contain_text("We have enough people like you.")
    expect(person.stage.get_by_role("heading")).to_have_text("Thank you for your interest")
    expect(person.stage.get_by_role("link")).to_have_attribute("href", "https://recruiter.example/out")
    assert [row.answer for row in served.responses(person, "questionnaire")] == [{"answers": {"experience": "none"}}]
