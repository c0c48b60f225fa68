"""The workbench as an experimenter uses it, by mouse."""

import re

import pytest
from playwright.sync_api import expect

from app.workbench.application import launched
from tests.app.study_process import free_port

TOKEN = "a-token-for-tests-only"


@pytest.fixture(scope="module")
def workbench():
    with launched(port=free_port(), token=TOKEN) as running:
        yield running


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
