"""A real Chromium before a real server: endpoints, audio and SQLite as in a study."""

import pytest
from playwright.sync_api import sync_playwright
from sqlalchemy import create_engine

from tests.app.study_process import free_port
from tests.browser.install import find
from tests.browser.participant import Participant
from tests.browser.study_server import application, in_thread, write_study
from tests.study.sets import write_set

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
QUIET += ["--disable-background-networking", "--disable-component-update"]
TIMEOUT_MS = 20_000


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def moments(tmp_path_factory):
    """A stimulus set of noises, each a third of a second."""
    return write_set(tmp_path_factory.mktemp("moments"), n_clips=3, duration_s=0.3)


class Served:
    """A study being served: where, and its database."""

    def __init__(self, address: str, database_url: str):
        self.address = address
        self.database_url = database_url
        self.engine = create_engine(database_url)

    def rows(self, query) -> list:
        """What the database answers."""
        with self.engine.connect() as connection:
            return connection.execute(query).all()


@pytest.fixture
def serve(tmp_path, moments):
    """Starts the application over a short study on a set; gives where it is served."""
    closing = []

    def start(folder=moments, n_descriptors=1, **tables) -> Served:
        file = write_study(tmp_path / "study.json", n_descriptors, **tables)
        url = f"sqlite:///{tmp_path}/study.sqlite"
        server = in_thread(application(url, folder, file), free_port())
        closing.append(server)
        return Served(server.__enter__(), url)

    yield start
    for server in closing:
        server.__exit__(None, None, None)


@pytest.fixture
def visit(chromium):
    """Opens a browser of its own (cookies, storage); at the end no page may have failed or asked another machine."""
    contexts, problems = [], []

    def noted(request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            problems.append(f"asked {request.url}")

    def said(message) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:  # the test cut the network
            problems.append(message.text)

    def open_browser(address: str, **options) -> Participant:
        context = chromium.new_context(**{"locale": "en-GB", "viewport": {"width": 1100, "height": 800}} | options)
        context.set_default_timeout(TIMEOUT_MS)
        context.on("request", noted)
        context.on("weberror", lambda error: problems.append(str(error.error)))
        context.on("console", said)
        contexts.append(context)
        return Participant(context.new_page(), address)

    yield open_browser
    for context in contexts:
        context.close()
    assert problems == []
