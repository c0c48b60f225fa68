"""Paired comparisons and ABX at the page: by hand, by keyboard, on a telephone, and after a reload."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_people import findings, step_by_key

BARE = dict.fromkeys(("consent", "questionnaire", "level", "instructions", "comments", "practice", "headphones"))
WHOLE = {"min_listened_fraction": 1}
PAIR = WHOLE | {"paradigm": "pair", "no_difference": True, "strength": True, "reference": "original"}
ABX = WHOLE | {"paradigm": "abx", "trials": 2, "practice": 1}
BOTH = BARE | {"blocks": [PAIR | {"checks": {"attention": 1, "not_before": 0}}, ABX]}


@pytest.fixture(scope="module")
def study(serve):
    return serve(**BOTH)


@pytest.mark.slow
def test_by_hand_on_a_telephone_and_axe_finds_nothing(study, visit):
    person = visit(study.address, viewport={"width": 360, "height": 740}).begin()
    seen = {}
    while person.kind != "finished":
        if person.kind not in seen:
            person.hear_all()
            seen[person.kind] = findings(person)
            assert person.page.evaluate("document.documentElement.scrollWidth") == 360, person.kind
        person.answer()
    assert seen == {"pair": [], "abx": []}
    pairs, trials = (study.responses(person, kind) for kind in ("pair", "abx"))
    assert [row.answer for row in pairs] == [{"choice": "a", "strength": 1}] * 4
    assert [row.answer for row in trials] == [{"choice": "a"}] * 3
    for row, n in [*((row, 3) for row in pairs), *((row, 3) for row in trials)]:
        assert len(row.telemetry["sounds"]) == n and row.plays >= n
        assert all(sound["heard_s"] >= 0.28 for sound in row.telemetry["sounds"])


def test_by_keyboard_and_nothing_is_answered_before_all_is_heard(study, visit):
    person = visit(study.address).begin()
    press, options = person.page.keyboard.press, person.stage.locator(".options").get_by_role("radio")
    expect(person.stage.locator(".hint")).to_contain_text("Still to hear: A, B, Reference")
    press("1")
    assert options.first.is_disabled() and person.primary.is_disabled()
    hear_by_key(person, "abr")
    press("1")
    expect(options.first).to_be_checked()
    assert person.primary.is_disabled()  # how clearly is still to be said
    press("3")
    expect(person.stage.get_by_role("heading", name="How clearly?")).to_be_hidden()
    step_by_key(person, lambda: press("Enter"))
    assert [row.answer for row in study.responses(person, "pair")] == [{"choice": "same"}]
    person.walk(until="abx")
    hear_by_key(person, "abx")
    press("2")
    press("Enter")
    expect(person.stage.locator(".hint.notice")).to_have_text(re.compile("Right: X was B|Not this time: X was A"))
    step_by_key(person, lambda: press("Enter"))
    hear_by_key(person, "abx")
    press("2")
    step_by_key(person, lambda: press("Enter"))
    assert [row.answer for row in study.responses(person, "abx")] == [{"choice": "b"}] * 2


@pytest.mark.slow
def test_a_reload_comes_back_to_the_same_sounds(study, visit):
    person = visit(study.address).begin()
    person.hear_all()
    shown = person.step, person.stage.locator("h1").inner_text()
    person.reload()
    assert (person.step, person.stage.locator("h1").inner_text()) == shown
    expect(person.stage.get_by_role("radio").first).to_be_disabled()
    person.answer()
    assert len(study.responses(person, "pair")) == 1


def test_a_screen_reader_is_reported_what_each_button_plays_and_what_was_heard(study, visit):
    person = visit(study.address).begin()
    group = person.stage.get_by_role("group", name="Switch between the sounds")
    for name in ("Listen to B", "Listen to Reference"):
        expect(group.get_by_role("button", name=name, exact=True)).to_be_visible()
    person.hear_all()
    expect(group.get_by_role("button", name="Listen to B again")).to_have_attribute("aria-pressed", "false")
    expect(group.get_by_role("button", name="Listen to Reference again")).to_have_attribute("aria-pressed", "true")
    for name in ("A", "B", "No difference"):
        expect(person.stage.get_by_role("radio", name=name, exact=True)).to_be_enabled()


def hear_by_key(person, letters: str) -> None:
    """Play each sound to its end by its letter."""
    person.stage.locator(".play").wait_for()
    for letter in letters:
        person.page.keyboard.press(letter)
        heard = person.stage.locator(".switch[aria-pressed='true']")
        for _ in range(200):  # who switches in mid sound hears the rest only, and plays it again
            if heard.get_attribute("style") == "--heard: 100%;":
                break
            person.page.wait_for_timeout(50)
            person.page.keyboard.press(letter)
        expect(heard).to_have_attribute("style", "--heard: 100%;")
    expect(person.stage.get_by_role("radio").first).to_be_enabled()
