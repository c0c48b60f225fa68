"""Answers survive a dead server, a dead network, a closed tab and a second tab: each exactly once in the database."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from study.storage.models import Event, Response, Session, Step
from tests.app.study_process import free_port
from tests.browser.conftest import Served
from tests.browser.study_server import in_process, write_study

BARE = {"consent": None, "questionnaire": None, "level": None, "instructions": None, "comments": None, "practice": None}


def withdraw(person):
    person.page.get_by_role("button", name="Withdraw from the study").click()
    person.page.get_by_role("button", name="Delete my answers").click()


@pytest.fixture
def trials(serve, visit):
    """A participant before the first of six trials, and where the study is served."""
    served = serve(**BARE)
    return visit(served.address).begin(), served


@pytest.mark.slow
def test_a_killed_server_that_comes_back_has_every_answer_once(tmp_path, moments, visit):
    url, port = f"sqlite:///{tmp_path}/study.sqlite", free_port()
    file = write_study(tmp_path / "study.json", **BARE)
    served = Served(f"http://127.0.0.1:{port}", url)
    arguments = (port, url, moments, file)
    with in_process(*arguments) as first:
        person = visit(served.address).begin()
        person.answer()
        first.kill()
        first.join()
    person.rate(6)
    expect(person.saving).to_have_attribute("data-state", "reconnecting")
    with in_process(*arguments):
        expect(person.stage).to_have_attribute("data-step", person.next_of(list(person.rated)[-1]), timeout=60_000)
        expect(person.saving).to_have_attribute("data-state", "saved")
        person.is_shown("trial").walk()
    assert served.ratings(person) == person.rated
    assert len(person.rated) == 6


def test_offline_says_so_keeps_the_answer_over_a_closed_tab_and_sends_it_when_back(trials):
    person, served = trials
    person.answer()
    context = person.page.context
    context.set_offline(True)
    person.rate(7)
    expect(person.saving).to_contain_text("Reconnecting")
    person.page.keyboard.press("3")  # an answer that was given can no longer be changed
    expect(person.tile(7)).to_be_checked()
    kept = person.page.evaluate("Object.entries(localStorage).filter(([key]) => key.includes('/answer/'))")
    assert [key.endswith(list(person.rated)[-1]) for key, _ in kept] == [True]
    assert len(served.ratings(person)) == 1
    person.page.close()
    context.set_offline(False)
    person.page = context.new_page()
    person.open().is_shown("trial")
    expect(person.stage).to_have_attribute("data-step", person.next_of(list(person.rated)[-1]))
    person.is_shown("trial").walk()
    assert served.ratings(person) == person.rated
    person.page.wait_for_function("!Object.keys(localStorage).some((key) => key.includes('/answer/'))")


@pytest.mark.parametrize(
    ("status", "reported"), [(429, "Verbindung wird wiederhergestellt"), (404, "Etwas ist schiefgegangen")]
)
def test_a_page_that_does_not_reach_the_study_says_so_in_its_reader_s_language(serve, visit, status, reported):
    person = visit(serve(**BARE).address, locale="de-AT")
    person.page.clock.install()
    person.page.route("**/api/study", lambda route: route.fulfill(status=status))
    with person.page.expect_response("**/api/study"):
        person.page.goto(f"{person.address}/study/", wait_until="commit")
    line = person.page.locator(".study [lang=de]")
    line.wait_for(state="attached")
    person.page.clock.fast_forward(3_100)
    expect(line).to_be_visible()
    expect(line).to_contain_text(reported)
    if status == 429:
        person.page.unroute("**/api/study")
        person.page.clock.fast_forward(10_000)
        person.is_shown("start")


def test_a_browser_without_scripts_is_not_left_with_an_empty_page(serve, visit):
    person = visit(serve(**BARE).address, java_script_enabled=False)
    person.page.goto(f"{person.address}/study/")
    expect(person.page.locator("noscript p")).to_be_in_viewport(timeout=5_000)  # get_by_text passes over noscript


def test_an_acknowledgement_that_got_lost_leaves_one_row(trials):
    person, served = trials

    def deliver_but_lose_the_reply(route):
        route.fetch()
        route.abort()

    person.page.route("**/api/study/step/*", deliver_but_lose_the_reply, times=1)
    person.answer()
    assert served.ratings(person) == person.rated
    assert served.rows(select(Event).where(Event.kind == "second_answer")) == []


def test_an_answer_from_long_ago_that_is_not_the_stored_one_is_dropped_and_the_study_goes_on(trials):
    person, served = trials
    step = person.step
    person.answer()
    stale = "([key, kept]) => localStorage.setItem(key, JSON.stringify({ body: { answer: { rating: 1 } }, kept }))"
    person.page.evaluate(stale, [f"listening-study/answer/{person.session}/{step}", 1e15])
    person.reload().walk()
    assert served.ratings(person) == person.rated


def test_of_two_tabs_the_older_says_so_and_stops_until_it_is_called_back(trials):
    older, served = trials
    newer = older.page.context.new_page()
    newer.goto(f"{served.address}/study/")
    newer.locator(".stage[data-kind='trial']").wait_for()
    older.page.bring_to_front()
    older.rate(5)
    older.is_shown("other_page")
    withdraw(older)
    older.is_shown("other_page")
    assert served.ratings(older) == {}
    assert not older.page.locator(".play").is_visible()
    older.primary.click()
    older.is_shown("trial").walk()
    assert next(iter(served.ratings(older).values())) == 5


def test_withdrawing_deletes_every_row(trials):
    person, served = trials
    person.answer()
    session = served.rows(select(Session.id).where(Session.public_id == person.session))[0].id
    withdraw(person)
    person.is_shown("withdrawn")
    expect(person.page.get_by_role("button", name="Continue on another device")).to_have_count(0)
    for column in (Session.id, Step.session_id, Response.session_id, Event.session_id):
        assert served.rows(select(func.count()).where(column == session)) == [(0,)]
    assert "answer/" not in person.page.evaluate("JSON.stringify(localStorage)")
