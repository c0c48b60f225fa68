"""A whole application over a small set of noises."""

import pytest
from fastapi.testclient import TestClient

from app.server import create_app
from app.settings import Settings
from tests.study.sets import write_set

TOKEN = "a-token-for-tests-only"


@pytest.fixture(scope="session")
def noises(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("noises"))


@pytest.fixture(scope="session")
def settings(tmp_path_factory, noises):
    url = f"sqlite:///{tmp_path_factory.mktemp('database')}/study.sqlite"
    return Settings(database_url=url, stimuli=noises, admin_token=TOKEN, allow_simulated=True)


@pytest.fixture(scope="session")
def application(settings):
    app = create_app(settings)
    with TestClient(app):
        yield app


@pytest.fixture
def client(application):
    """A browser of its own, before an application that all tests share."""
    application.state.access.forgive()
    return TestClient(application, follow_redirects=False)


@pytest.fixture
def signed_in(client):
    client.post("/sign-in", data={"token": TOKEN})
    return client
