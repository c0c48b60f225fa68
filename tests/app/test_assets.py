"""How long a browser keeps the study page's script and style."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.participant import page


@pytest.fixture(scope="module")
def browser():
    application = FastAPI()
    application.include_router(page.router())
    return TestClient(application)


@pytest.mark.parametrize(
    ("version", "kept"),
    [(page.VERSION, "public, max-age=31536000, immutable"), ("0", "no-cache"), ("zzz", "no-cache")],
)
@pytest.mark.parametrize("name", page.FILES)
def test_a_file_of_this_version_is_kept_for_a_year_and_others_are_asked_for_again(browser, version, name, kept):
    answer = browser.get(f"{page.ASSETS}/{version}/{name}")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, kept)
    plain = browser.get(f"{page.ASSETS}/{version}/{name}", headers={"Accept-Encoding": "identity"})
    assert plain.content == answer.content == page.FILES[name][1] and "content-encoding" not in plain.headers


def test_another_name_is_no_file(browser):
    assert browser.get(f"{page.ASSETS}/{page.VERSION}/nothing.js").status_code == 404
