"""The whole way of a participant, with every way of asking, in the three engines that browsers are built on.

Each of the two that are not Chromium runs before a sound device that plays into nothing: without one they rightly say
that no sound begins.
"""

import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from sqlalchemy import select

from study.storage.models import Session, Step
from tests.browser import desktop, firefox, webkit
from tests.browser.conftest import QUIET, TIMEOUT_MS
from tests.browser.install import find
from tests.browser.participant import Participant
from tests.study.sets import write_set

DURATION_S = 1.0
STUDY = {
    "conditions": ["original", "semantic", "flow"],
    "headphones": [{"test": "woods", "trials": 1, "pass_mark": 1, "attempts": 1}],
    "breaks": {"minimum_s": 0, "suggested_s": 1},
    "blocks": [
        {"paradigm": "single", "checks": {"attention": 2, "not_before": 1}},
        {"paradigm": "multistimulus", "descriptors_per_clip": "one", "checks": {"attention": 1}},
        {"paradigm": "pair", "conditions": ["original", "semantic"]},
        {"paradigm": "abx", "conditions": ["original", "semantic"], "trials": 2, "practice": 1},
    ],
}
ALL_KINDS = {"consent", "questionnaire", "level", "headphones", "instructions", "practice", "trial", "break"}
ALL_KINDS |= {"multistimulus", "pair", "abx", "comments"}


@contextmanager
def chromium(folder):
    """A participant's page in Chromium, and how the study calls that browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=QUIET)
        yield lambda address: Participant(browser.new_page(), address), "Chrome"
        browser.close()


@contextmanager
def in_firefox(folder):
    """The same in Firefox."""
    with desktop.sound_device(folder) as environment, sync_playwright() as playwright:
        browser = firefox.launch(playwright, folder, environment)
        context = browser.new_context(viewport={"width": 1100, "height": 800})
        context.set_default_timeout(TIMEOUT_MS)
        yield lambda address: Participant(context.new_page(), address), "Firefox"
        browser.close()


@contextmanager
def in_webkit(folder):
    """The same in WebKit, whose MiniBrowser calls itself Safari."""
    with (
        desktop.sound_device(folder) as sound,
        desktop.screen(sound) as environment,
        webkit.page(environment) as page,
    ):
        yield lambda address: webkit.WebKitParticipant(page, address), "Safari"


ENGINES = [
    chromium,
    pytest.param(in_firefox, marks=pytest.mark.firefox),
    pytest.param(in_webkit, marks=pytest.mark.webkit),
]


@pytest.fixture(scope="module")
def seconds(tmp_path_factory):
    """A set of noises of a second at a rate that devices have."""
    return write_set(tmp_path_factory.mktemp("seconds"), n_clips=3, duration_s=DURATION_S, rate_hz=48_000)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES, ids=["chromium", "firefox", "webkit"])
def test_the_whole_way_with_a_reload_in_every_kind_of_step(engine, serve, seconds):
    served = serve(seconds, **STUDY)
    with tempfile.TemporaryDirectory() as folder, engine(Path(folder)) as (arrive, browser):
        person = arrive(served.address).begin()
        kinds = walk(person)
        code = person.stage.locator("code").inner_text()
        rate_hz = person.page.evaluate("() => new AudioContext().sampleRate")
        check_session(served, person, {"browser": browser, "output_rate_hz": rate_hz}, code)
        check_answers(served, person)
    assert kinds == ALL_KINDS


def check_session(served, person, facts, code) -> None:
    """Hold that the session is complete, under the code that the page shows, with these facts of the browser."""
    columns = select(Session.state, Session.completion_code, Session.client)
    [[state, kept, client]] = served.rows(columns.where(Session.public_id == person.session))
    assert (state, kept) == ("completed", code)
    assert facts.items() <= client.items()


def check_answers(served, person) -> None:
    """Hold that every answer is kept as it was given, and that its sounds were heard."""
    assert served.ratings(person) == person.rated and len(person.rated) == 1 + 9 + 2
    check_heard(served.responses(person, "trial", "practice"), n_sounds=1)
    check_heard(served.responses(person, "pair"), n_sounds=2)
    check_heard(served.responses(person, "abx"), n_sounds=3)
    pages = served.responses(person, "multistimulus")
    check_heard(pages, n_sounds=3, fraction=0.5)
    asked = {step.position: step.expected for step in attention(served, person)}
    for row in pages:
        assert row.answer["answers"] == [{"quality": asked.get(row.position, 70)}] * 3
    assert {row.answer["choice"] for row in served.responses(person, "pair", "abx")} == {"a"}
    given = {row.position: row.rating for row in served.responses(person, "trial") if row.position in asked}
    assert given.items() <= asked.items() and (len(given), len(asked)) == (2, 3)


def walk(person) -> set[str]:
    """Answer every step, having loaded the page anew in the first of each kind; gives the kinds that there were."""
    seen = set()
    while person.kind != "finished":
        shown = person.step, person.kind, person.whereabouts()
        if person.kind not in seen:
            person.reload()
            assert (person.step, person.kind, person.whereabouts()) == shown
            seen.add(person.kind)
        person.answer()
    return seen


def check_heard(rows, n_sounds: int, fraction: float = 1.0) -> None:
    """Hold that each sound was heard as far as it must be, and no more than there was to hear."""
    assert rows
    for row in rows:
        reported = (row.telemetry or {}).get("sounds") or [{"plays": row.plays, "heard_s": row.heard_s}]
        assert len(reported) == n_sounds
        for own in reported:
            assert 0.98 * fraction * DURATION_S <= own["heard_s"] <= own["plays"] * DURATION_S + 0.01
        assert row.first_play_ms >= 0 and row.rt_start_ms >= 1000 * 0.98 * fraction * DURATION_S


def attention(served, person):
    """The attention checks of a participant's session."""
    query = select(Step).join(Session).where(Session.public_id == person.session, Step.trial_kind == "attention")
    return served.rows(query)
