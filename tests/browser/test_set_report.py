import re

import numpy as np
import pytest

from stimuli.checking.plots import Line, plot
from stimuli.checking.report import write_report
from stimuli.checking.summary import curves_db, differences_db


@pytest.fixture(scope="module")
def page_file(small_set, tmp_path_factory):
    return write_report(small_set, tmp_path_factory.mktemp("report") / "report.html")


@pytest.fixture(scope="module")
def page(chromium, page_file):
    page = chromium.new_page()
    page.faults = []
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: page.faults.append(request.url) if "http" in request.url[:5] else None)
    page.goto(page_file.as_uri())
    yield page
    page.close()


def test_every_sound_of_the_set_can_be_played_from_the_page(small_set, page_file):
    addresses = re.findall(r'data-audio="([^"]+)"', page_file.read_text())
    played = {(page_file.parent / address).resolve() for address in addresses}
    assert played == {small_set.audio_path(stimulus.id).resolve() for stimulus in small_set.stimuli}


def test_a_condition_plays_and_another_goes_on_at_the_same_place(page):
    buttons = page.locator("#piano button[data-audio]")
    buttons.nth(0).click()
    page.wait_for_function("document.getElementById('player').currentTime > 0.5")
    buttons.nth(1).click()
    page.wait_for_function("!document.getElementById('player').paused")
    page.wait_for_function("document.getElementById('player').currentTime > 0.5")
    assert page.evaluate("document.getElementById('player').currentTime") < 5
    assert page.locator("[aria-pressed=true]").count() == 1
    page.keyboard.press("Space")
    page.wait_for_function("document.getElementById('player').paused")
    assert page.locator("[aria-pressed=true]").count() == 0
    assert page.faults == []


def test_the_page_shows_a_curve_per_clip_and_condition(small_set, page):
    assert page.locator("path.thin").count() == 3 * 3 * 2  # clips x conditions with an EQ x descriptors
    assert page.locator(".group").count() == 3 * 2
    text = page.locator("main").inner_text()
    assert "built-in" in text and "LUFS" in text and all(word in text for word in small_set.conditions)


@pytest.mark.slow
def test_a_page_to_send_holds_its_audio(small_set, tmp_path):
    import dataclasses

    few = dataclasses.replace(small_set, clips=small_set.clips[:1], stimuli=small_set.stimuli[:3])
    text = write_report(few, tmp_path / "one.html", embed=True).read_text()
    assert text.count("data:audio/mpeg;base64,") == 3 and "audio/" not in re.sub(r"data:audio\S+", "", text)


def test_differences_between_clips_are_those_of_all_pairs(small_set):
    rows = {(row.condition, row.descriptor): row for row in differences_db(small_set)}
    assert rows["static", "warm"].difference_db < 1e-9 < 0.1 < rows["semantic", "warm"].difference_db
    curves = np.array(list(curves_db(small_set, "semantic", "warm").values()))
    curves -= curves.mean(axis=1, keepdims=True)
    squares = [((curves[i] - curves[j]) ** 2).mean() for i in range(3) for j in range(i)]
    assert rows["semantic", "warm"].difference_db == pytest.approx(np.sqrt(np.mean(squares)))


def test_a_plot_is_drawn_to_scale():
    svg = plot([Line(np.array([40.0, 16000.0]), np.array([0.0, 99.0]), "c1")], (-12, 12), 6, "a <label>")
    assert 'd="M34.0 88.0L372.0 8.0"' in svg and "a &lt;label&gt;" in svg
