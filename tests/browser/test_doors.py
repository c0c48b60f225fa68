"""Who may come in, and what turns a participant away."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from study import recruitment
from study.storage.models import Session

BARE = {"questionnaire": None, "level": None, "instructions": None, "comments": None, "practice": None}


@pytest.mark.slow
def test_a_wrong_invitation_code_is_reported_and_the_right_one_opens(serve, visit):
    served = serve(**BARE, recruitment={"invitation": True})
    right = recruitment.invite(served.engine, 1)[0]
    person = visit(served.address).open()
    code = person.stage.get_by_label("Invitation code")
    code.fill("WRONG-CODE")
    person.primary.click()
    expect(person.stage.get_by_role("alert")).to_contain_text("code")
    expect(code).to_be_focused()
    code.fill(right.lower())
    person.primary.click()
    person.is_shown("consent")
    other = visit(served.address).open(f"?invitation={right}")
    assert other.stage.get_by_label("Invitation code").input_value() == right
    other.primary.click()
    other.is_shown("consent")
    assert other.session == person.session


@pytest.mark.slow
def test_a_browser_that_keeps_no_cookie_is_told_so_instead_of_beginning_again_and_again(serve, visit):
    person = visit(serve(**BARE).address, locale="de-DE").begin()
    person.page.context.clear_cookies()  # a frame of another site's page never had it
    with person.page.expect_response("**/step/*"):
        person._consent()
    person.is_shown("unavailable")
    assert "Diese Studie braucht ein Cookie" in person.stage.inner_text()
    session = person.page.context.new_cdp_session(person.page)
    session.send("Emulation.setDocumentCookieDisabled", {"disabled": True})
    person.reload().is_shown("unavailable")
    assert "Diese Studie braucht ein Cookie" in person.stage.inner_text() and person.primary.is_visible()


@pytest.mark.slow
def test_a_headphone_check_is_repeated_once_and_then_ends_the_study(serve, visit):
    check = {"test": "woods", "trials": 3, "pass_mark": 3, "attempts": 2, "on_failure": "screen_out"}
    served = serve(**BARE, consent=None, headphones=[check])
    person = visit(served.address)
    person.headphone_choices = lambda: [1, 1, 1]
    person.begin().answer()
    expect(person.stage.locator(".notice")).to_be_visible()
    person.answer()
    assert person.kind == "finished"
    assert "headphones" in person.stage.inner_text() and person.stage.locator("code").count() == 0
    ended = served.rows(select(Session.state, Session.headphones_passed).where(Session.public_id == person.session))
    assert ended == [("screened_out", False)]
    assert person.reload().kind == "finished"


@pytest.mark.slow
def test_who_declines_is_let_go_and_who_must_bring_an_id_is_reported(serve, visit):
    rules = {"id_parameters": ["PROLIFIC_PID"], "id_parameter": "PROLIFIC_PID", "id_required": True}
    served = serve(**BARE, recruitment=rules)
    without = visit(served.address).open()
    without.primary.click()
    without.is_shown("unavailable")
    assert "participant id" in without.stage.inner_text().lower()
    person = visit(served.address).begin("?PROLIFIC_PID=p1")
    person.page.get_by_role("button", name="I do not want to take part").click()
    person.is_shown("finished")
    assert served.rows(select(Session.state, Session.external_id)) == [("declined", None)]
    recruitment.set_state(served.engine, "paused")
    early = visit(served.address).open("?PROLIFIC_PID=p2")
    recruitment.set_state(served.engine, "open")
    early.primary.click()
    early.is_shown("start")
    recruitment.set_state(served.engine, "closed")
    late = visit(served.address).open("?PROLIFIC_PID=p2")
    assert late.kind == "unavailable" and late.primary.count() == 0


def test_who_began_elsewhere_goes_on_by_code_and_by_link(serve, visit):
    served = serve(**BARE)
    first = visit(served.address).begin("?PROLIFIC_PID=ada")
    first.answer()
    here = first.step
    second = visit(served.address).open("?PROLIFIC_PID=ada")
    second.primary.click()
    second.is_shown("elsewhere")  # an id is no password
    second.stage.get_by_label("Code from the other device").fill("WRONG-WRONG-WRONG")
    second.stage.get_by_role("button", name="Go on here").click()
    expect(second.stage).to_contain_text("not valid")
    first.page.get_by_role("button", name="Continue on another device").click()
    code = first.page.locator("dialog[open] code").inner_text()
    second.stage.get_by_label("Code from the other device").fill(code.lower())
    second.stage.get_by_role("button", name="Go on here").click()
    second.is_shown("trial")
    assert second.step == here
    first.page.reload()  # whose browser no longer holds the session
    first.is_shown("start")
    second.page.get_by_role("button", name="Continue on another device").click()
    link = second.page.locator("dialog[open] a").get_attribute("href")
    assert code not in link and served.address in link
    third = visit(served.address)
    third.page.goto(link)
    third.is_shown("trial")
    assert third.step == here and "#" not in third.page.url
    third.answer()
    assert served.rows(select(Session.state)) == [("active",)]


@pytest.mark.slow
def test_another_person_starts_at_a_shared_computer(serve, visit):
    served = serve(**BARE, recruitment={"shared_computer": True})
    person = visit(served.address).begin("?PROLIFIC_PID=ada").walk()
    assert person.reload().kind == "finished"
    before = person.session
    person.stage.get_by_role("button", name="Another person starts here").click()
    person.is_shown("start")
    assert "ada" not in person.page.url
    person.primary.click()
    person.is_shown("consent")
    assert person.session != before
    assert sorted(served.rows(select(Session.state))) == [("active",), ("completed",)]


SHORT_SIGHTED = """
const { get } = Object.getOwnPropertyDescriptor(AudioBuffer.prototype, "duration");
Object.defineProperty(AudioBuffer.prototype, "duration", { get() { return get.call(this) / 100; } });
"""


def test_an_answer_before_the_sound_can_have_been_heard_waits_and_goes_on_by_itself(serve, visit, long):
    """The page is made to believe that sounds are a hundredth as long as they are."""
    served = serve(long, **BARE, consent=None)
    person = visit(served.address)
    person.page.add_init_script(SHORT_SIGHTED)
    answered = []
    person.page.on("response", lambda reply: "/step/" in reply.url and answered.append(reply.status))
    person.begin()
    person.answer()
    assert answered[0] == 409 and answered[-1] == 200 and set(answered[:-1]) == {409}
    assert len(served.ratings(person)) == 1
