"""Several sounds on a page: they switch without a gap, each must be heard, and nothing needs a mouse or dragging."""

import hashlib
import json

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.test_people import findings
from tests.browser.test_player import BARE, HEARD_IN, RECORD
from tests.study.sets import write_set

PAGES = {"paradigm": "multistimulus", "descriptors_per_clip": "one"}
STUDY = BARE | {"conditions": ["original", "semantic", "flow", "static"]}
TWO = [
    {"type": "scale", "low": -3, "high": 3, "labels": {"-3": "much less", "0": "the same", "3": "much more"}},
    {"name": "quality", "type": "continuous"},
    {"name": "remark", "type": "text", "text": "Anything odd?"},
]


@pytest.fixture(scope="module")
def alike(tmp_path_factory):
    """A set in which every condition of a clip is the very same sound of half a second."""
    folder = write_set(tmp_path_factory.mktemp("alike"), n_clips=3, duration_s=0.5)
    manifest = json.loads((folder / "manifest.json").read_text())
    first: dict[str, bytes] = {}
    for row in manifest["stimuli"]:
        if row["kind"] == "stimulus":
            file = folder / "audio" / f"{row['id']}.flac"
            data = first.setdefault(row["clip"], file.read_bytes())
            file.write_bytes(data)
            row["sha256"] = hashlib.sha256(data).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def shown(serve, visit, block=PAGES, folder=None, **options):
    served = serve(*([folder] if folder else []), **STUDY | {"blocks": [block]})
    return served, visit(served.address, **options)


def sound(person, letter):
    return person.stage.locator("button.sound", has_text=letter)


def hear_all(person, letters="ABCD"):
    for letter in letters:
        sound(person, letter).click()
        expect(sound(person, letter)).to_have_attribute("aria-label", f"Sound {letter}, heard")


def test_switching_leaves_no_gap_of_a_single_sample(serve, visit, alike):
    _, person = shown(serve, visit, PAGES | {"min_listened_fraction": 0}, alike, **HEARD_IN)
    person.page.add_init_script(RECORD)
    person.begin()
    person.page.wait_for_function("window.recording")
    person.play()
    heard = "window.heard > {} * window.output.context.sampleRate"
    person.page.wait_for_function(heard.format(0.6), polling=100)
    for letter in "BCDACB":
        sound(person, letter).click()
    person.page.wait_for_function(heard.format(2), polling=100)
    sound(person, "D").click()
    person.page.wait_for_function(heard.format(2.7), polling=100)
    assert sound(person, "D").get_attribute("aria-pressed") == "true"
    recorded, rate_hz = person.page.evaluate("[window.recorded, window.output.context.sampleRate]")
    assert largest_difference(np.array(recorded), round(rate_hz / 2)) < 1e-6


def largest_difference(samples, period):
    """By how much any pass of the looped sound differs from the first."""
    start = np.flatnonzero(samples)[0] + period // 50  # after the fade at the beginning
    passes = samples[start : start + (samples.size - start) // period * period].reshape(-1, period)
    assert len(passes) >= 4 and np.abs(passes[0]).max() > 0.05
    return np.abs(passes - passes[0]).max()


def test_each_sound_is_heard_and_rated_before_one_goes_on(serve, visit, moments):
    served, person = shown(serve, visit, PAGES | {"min_listened_fraction": 1.0})
    person.begin()
    person.play()
    sliders = person.stage.get_by_role("slider", name="How good is the sound quality?")
    hear_all(person, "ABC")
    expect(sliders.first).to_be_disabled()
    hear_all(person, "D")
    expect(sliders.first).to_be_enabled()
    assert {slider.get_attribute("aria-valuetext") for slider in sliders.all()} == {"not answered yet"}
    for number, slider in enumerate(sliders.all()[:3]):
        slider.focus()
        person.page.keyboard.press("End" if number else "Home")
    expect(person.primary).to_be_disabled()  # one has no answer, and nothing is preset
    person.stage.locator(".signal").nth(3).get_by_text("good", exact=True).click()  # a tick: no dragging
    expect(person.primary).to_be_enabled()
    step = person.step
    person.primary.click()
    expect(person.stage).to_have_attribute("data-step", person.next_of(step))
    [row] = served.responses(person, "multistimulus")
    assert [own["quality"] for own in row.answer["answers"]] == [0, 100, 100, 70]
    assert [own["plays"] >= 1 and own["heard_s"] >= 0.28 for own in row.telemetry["sounds"]] == [True] * 4
    assert row.rating is None and row.plays == sum(own["plays"] for own in row.telemetry["sounds"])


def test_a_page_of_several_questions_is_taken_by_keyboard_and_kept_over_a_reload(serve, visit):
    block = PAGES | {"questions": TWO, "min_listened_fraction": 0.2, "loop": False}
    served, person = shown(serve, visit, block)
    person.begin()
    press = person.page.keyboard.press
    sound(person, "A").wait_for()

    def hear() -> None:
        for letter in "abcd":
            expect(sound(person, letter.upper())).to_be_enabled()
            press(letter)
            for _ in range(200):  # who switches in mid sound hears the rest only, and plays it again
                if sound(person, letter.upper()).get_attribute("aria-label") == f"Sound {letter.upper()}, heard":
                    break
                person.page.wait_for_timeout(50)
                press(letter)
            expect(sound(person, letter.upper())).to_have_attribute("aria-label", f"Sound {letter.upper()}, heard")

    hear()
    for row in person.stage.locator(".signal").all()[:2]:
        row.get_by_role("radio").first.focus()
        press("Space")
        press("ArrowRight")
        row.get_by_role("slider").focus()
        press("ArrowRight")
    person.reload().is_shown("multistimulus")
    sound(person, "A").wait_for()
    hear()
    for row in person.stage.locator(".signal").all()[2:]:
        row.get_by_role("radio").last.focus()
        press("Space")
        row.get_by_role("slider").focus()
        press("PageUp")
    step = person.step
    person.stage.locator("h1").focus()
    press("Enter")
    expect(person.stage).to_have_attribute("data-step", person.next_of(step))
    [row] = served.responses(person, "multistimulus")
    assert [own["descriptor"] for own in row.answer["answers"]] == [-2, -2, 3, 3]
    assert [own["quality"] for own in row.answer["answers"]] == [51, 51, 60, 60]


def test_a_reference_is_switched_to_in_place_and_need_not_be_heard(serve, visit):
    served, person = shown(serve, visit, {"paradigm": "single", "reference": "original", "checks": {"attention": 0}})
    person.begin()
    person.play()
    expect(person.tile(3)).to_be_enabled()
    sound(person, "Reference").click()
    expect(sound(person, "Reference")).to_have_attribute("aria-pressed", "true")
    assert findings(person) == []
    step = person.step
    person.rate(3)
    expect(person.stage).to_have_attribute("data-step", person.next_of(step))
    person.answer()
    first, second = served.responses(person, "trial")
    assert first.rating == 3 and [own["plays"] for own in first.telemetry["sounds"]][1] >= 1
    assert [own["plays"] for own in second.telemetry["sounds"]][1] == 0


@pytest.mark.slow
@pytest.mark.parametrize("questions", [TWO, None])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(serve, visit, questions):
    block = PAGES | {"min_listened_fraction": 0} | ({"questions": questions} if questions else {})
    _, person = shown(serve, visit, block)
    person.begin()
    expect(sound(person, "A")).to_be_enabled()
    for width in (360, 1100):
        person.page.set_viewport_size({"width": width, "height": 740})
        assert findings(person) == []
        assert person.page.evaluate("document.documentElement.scrollWidth") == width
