"""The workbench as an experimenter uses it, by mouse."""

import re

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from app.workbench.application import launched
from stimuli.manifest import Manifest
from stimuli.music.clips import built_in
from tests.app.study_process import free_port

TOKEN = "a-token-for-tests-only"
MINUTES_MS = 300_000


@pytest.fixture(scope="module")
def workbench():
    with launched(port=free_port(), token=TOKEN) as running:
        yield running


@pytest.fixture
def music(tmp_path, monkeypatch):
    """A working folder with three recordings in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "music").mkdir()
    for name in ("piano", "rock", "strings"):
        sound = built_in(name)
        path = tmp_path / "music" / f"my {name}.wav"
        soundfile.write(path, np.concatenate([sound, sound / 2], axis=1).T, 44_100)
    return sorted((tmp_path / "music").iterdir())


@pytest.fixture
def page(visit, workbench):
    page = visit(workbench.address).page
    page.goto(workbench.with_token)
    return page


def choose(page, label, option):
    """Choose from a drop-down list."""
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


def test_a_built_in_clip_is_equalised_and_downloaded_under_its_name(page):
    page.get_by_role("button", name="Equalise", exact=True).click()
    expect(page.get_by_text("There is no clip yet")).to_be_visible()
    choose(page, "or a built-in clip", "Drum kit")
    expect(page.get_by_text("How much it already sounds so").first).to_be_visible()
    page.get_by_label("static", exact=True).check()
    page.get_by_role("button", name="Equalise", exact=True).click()
    with page.expect_download() as started:
        page.get_by_role("link", name=re.compile("MB")).click()
    assert started.value.suggested_filename == "drums-static-warm-100.flac"
    expect(page.get_by_text("After, at the same loudness")).to_be_visible()


@pytest.mark.slow
def test_from_a_folder_of_music_to_a_report_by_mouse(page, music):
    make_a_set(page, music)
    write_a_study(page)
    preview_it(page)
    rehearse_it(page)
    take_simulated_listeners_through_it(page)
    open_tab(page, "Results")
    page.get_by_role("button", name="Analyse").click()
    said = page.get_by_text("are analysed in data/results/report.html")
    expect(said).to_be_visible(timeout=MINUTES_MS)
    assert "SIMULATED participants" in said.inner_text()
    report = page.frame_locator("iframe[title='The report']")
    expect(report.get_by_role("heading", level=1)).to_contain_text("How does it sound?")
    with page.expect_download() as started:
        page.get_by_role("link", name=re.compile(r"B\s⇣")).locator("visible=true").first.click()
    assert started.value.suggested_filename == "results.zip"
    package_it(page)


def package_it(page):
    """Package what was analysed, and download it."""
    page.get_by_label("The simulated participants, where there are real ones too").check()
    page.get_by_label("Authors, one per line").fill("Ada Lovelace")
    page.get_by_label("Licence of the data").fill("CC-BY-4.0")
    page.get_by_role("button", name="Package").click()
    expect(page.get_by_text("are packaged in")).to_be_visible(timeout=MINUTES_MS)
    with page.expect_download() as started:
        page.get_by_role("link", name=re.compile(r"B\s⇣")).locator("visible=true").last.click()
    assert started.value.suggested_filename == "package.zip"


def make_a_set(page, music):
    """Drop recordings, move an excerpt, build a set of two conditions and one word, and hear it."""
    open_tab(page, "Stimuli")
    with page.expect_file_chooser() as chooser:
        page.get_by_text("Drop File Here").locator("visible=true").click()
    chooser.value.set_files(music)
    expect(page.get_by_text("my_strings").locator("visible=true").first).to_be_visible()
    expect(page.locator(".progress-text").locator("visible=true")).to_have_count(0)
    tab = page.get_by_role("tabpanel").locator("visible=true")
    for name in ("bright", "airy", "flow", "static"):
        tab.get_by_label(name, exact=True).uncheck()
    page.get_by_text("my_piano").locator("visible=true").first.click()
    page.get_by_label("number input for Excerpt begins at, s").fill("1.5")
    page.get_by_role("button", name="Build the set").click()  # at once: what was typed last counts
    expect(page.get_by_text("mine has 6 stimuli of 3 clips.")).to_be_visible(timeout=MINUTES_MS)
    assert {clip.clip: clip.start_s for clip in Manifest.load("data/stimuli/mine").clips}["my_piano"] == 1.5
    page.get_by_role("button", name="Verify every file").click()
    expect(page.get_by_text("mine is intact")).to_be_visible(timeout=MINUTES_MS)


def write_a_study(page):
    """Begin with a template, mend what does not fit so small a set in the form, and save."""
    open_tab(page, "Study")
    page.get_by_role("button", name="New file from it").click()
    expect(page.get_by_text("do not fit among the")).to_be_visible()
    choose(page, "Part of the study file", "blocks 2: multistimulus")
    page.get_by_role("button", name="Leave it out").click()
    expect(page.get_by_label("Part of the study file")).to_have_value("blocks 1: single")
    expect(page.locator(".toast-body")).to_have_count(0)
    choose(page, "Part of the study file", "checks")
    for name, value in {"attention": "0", "audible": "0", "repeats": "0"}.items():
        box = page.get_by_label(name, exact=True).locator("visible=true")
        box.fill(value)
        box.blur()
    expect(page.get_by_text("It can be served.")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("study.toml is written.")).to_be_visible()


def preview_it(page):
    """Look at the study in a frame: in another language, and as wide as a phone, at the same step."""
    page.get_by_role("tab", name="Preview", exact=True).click()
    page.get_by_role("button", name="Show as a participant sees it").click()
    shown = page.frame_locator("iframe[title='The study as a participant sees it']")
    shown.get_by_role("button", name="Start").click(timeout=MINUTES_MS)
    expect(shown.get_by_role("heading", level=1)).to_have_text("Before you start")
    shown.get_by_role("combobox").select_option("de")
    expect(shown.get_by_role("heading", level=1)).to_have_text("Bevor Sie beginnen")
    page.get_by_label("phone", exact=True).check()
    expect(page.locator("iframe[style*='390px']")).to_be_visible()
    expect(shown.get_by_role("heading", level=1)).to_have_text("Bevor Sie beginnen")
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.locator("iframe")).to_have_count(0)


def rehearse_it(page):
    """Rehearse without the pages in a browser, for which another test has the time."""
    open_tab(page, "Run")
    page.get_by_role("button", name="Rehearse: go or no-go").click()
    page.get_by_label("Walk every page in a headless browser").uncheck()
    page.get_by_role("button", name="Rehearse", exact=True).click()
    expect(page.get_by_text("Go: nothing failed in 12 checks; 1 check left out.").first).to_be_visible(
        timeout=MINUTES_MS
    )
    expect(page.frame_locator("iframe[title='The rehearsal']").get_by_role("heading", level=1)).to_be_visible()


def take_simulated_listeners_through_it(page):
    """Start the server, send listeners, look at them, and stop it."""
    open_tab(page, "Run")
    page.get_by_label("Port", exact=True).fill(str(free_port()))
    page.get_by_label("Let simulated listeners take part, to try it").check()
    page.get_by_role("button", name="Start the server").click()
    expect(page.get_by_text("is served")).to_be_visible(timeout=MINUTES_MS)
    page.get_by_role("button", name="Try it with simulated listeners").click()
    page.get_by_role("button", name="Send them").click()
    expect(page.get_by_text("12 of 12 finished")).to_be_visible(timeout=MINUTES_MS)
    page.get_by_label("Simulated participants", exact=True).check()
    page.get_by_role("button", name="Refresh", exact=True).locator("visible=true").click()
    expect(page.get_by_text("P0012").locator("visible=true").first).to_be_visible()
    page.get_by_role("button", name="Stop it").click()
    expect(page.get_by_text("No server runs.")).to_be_visible()


def open_tab(page, name):
    """Go to a tab."""
    page.get_by_role("tab", name=name, exact=True).click()
