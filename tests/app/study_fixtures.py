"""The fixture `serve`: a shortened study behind real endpoints, on a set of noises."""

import tomllib

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.participant import endpoints
from study.design import definition
from study.sessions.running import RunningStudy
from tests.app.small_study import SMALL
from tests.study.sets import write_set


@pytest.fixture(scope="module")
def noises(tmp_path_factory):
    """A stimulus set."""
    return write_set(tmp_path_factory.mktemp("noises"))


@pytest.fixture
def serve(tmp_path, noises):
    """Starts a study whose file is the shipped one but for some tables (None leaves one out); gives browsers."""
    opened = []

    def start(allow_simulated=True, create=False, **tables):
        table = tomllib.loads(definition.SHIPPED.read_text(encoding="utf-8")) | SMALL | tables
        file = definition.parse({key: value for key, value in table.items() if value is not None})
        running = RunningStudy.open(f"sqlite:///{tmp_path}/study.sqlite", file, noises, create=create)
        opened.append(running)
        app = FastAPI()
        app.include_router(endpoints.router(running, allow_simulated=allow_simulated))
        return running, lambda: TestClient(app)

    yield start
    for running in opened:
        running.close()
