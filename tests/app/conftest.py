"""A whole application over a small set of noises."""

import pytest
from fastapi.testclient import TestClient

from app.admin.access import Guesses
from app.server import create_app
from app.settings import Settings
from study.design import definition
from tests.study.sets import write_set

SHORT = {
    "\n[welcome]": '\nclips = ["clip0", "clip1", "clip2"]\n\n[welcome]',
    "minimum_s = 20": "minimum_s = 0",
    "attention = 6": "attention = 2",
    "audible = 2": "audible = 1",
    "repeats = 6": "repeats = 0",
}
TOKEN = "a-token-for-tests-only"


@pytest.fixture(scope="session")
def noises(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("noises"))


@pytest.fixture(scope="session")
def study_file(tmp_path_factory):
    """The shipped study with three clips (36 rating trials), no rest and no last block."""
    text = definition.SHIPPED.read_text(encoding="utf-8")
    blocks, screening = text.index("[[blocks]]"), text.index("[screening]")
    text = text[:blocks] + text[screening:]
    for was, becomes in SHORT.items():
        assert was in text, was
        text = text.replace(was, becomes, 1)
    path = tmp_path_factory.mktemp("study") / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def settings(tmp_path_factory, noises, study_file):
    url = f"sqlite:///{tmp_path_factory.mktemp('database')}/study.sqlite"
    given = {"database_url": url, "stimuli": noises, "study_file": study_file, "admin_token": TOKEN}
    return Settings(**given, allow_simulated=True, playground="open")


@pytest.fixture(scope="session")
def application(settings):
    app = create_app(settings)
    with TestClient(app):
        yield app


@pytest.fixture
def client(application):
    """A browser of its own, before an application that all tests share."""
    application.state.access.form = Guesses()
    application.state.access.header = Guesses()
    return TestClient(application, follow_redirects=False)


@pytest.fixture
def signed_in(client):
    client.post("/sign-in", data={"token": TOKEN})
    return client
