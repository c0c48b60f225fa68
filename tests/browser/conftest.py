"""A real Chromium before a real server: endpoints, audio and SQLite as in a study."""

import json
from contextlib import ExitStack

import pytest
from playwright.sync_api import expect, sync_playwright
from sqlalchemy import create_engine, select

from study.storage.models import Response, Session, Step
from tests.app.study_process import free_port
from tests.browser.install import find
from tests.browser.participant import STEPS, Participant
from tests.browser.study_server import application, in_thread, write_study
from tests.study.sets import write_set

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
QUIET += ["--disable-background-networking", "--disable-component-update"]
# Each window's address bar loads two pages of its own, a spare renderer waits beside: together more work than our page.
# A browser takes the last such option only, so this one repeats what of Playwright's own matters here.
WITHOUT = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "SpareRendererForSitePerProcess")
WITHOUT += ("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "PaintHolding")
WITHOUT += ("HttpsFirstBalancedModeAutoEnable", "MediaRouter", "OptimizationHints", "ThirdPartyStoragePartitioning")
QUIET += [f"--disable-features={','.join(WITHOUT)}"]
TIMEOUT_MS = 60_000  # for a machine that does much else
expect.set_options(timeout=TIMEOUT_MS)


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


@pytest.fixture(scope="session")
def long(tmp_path_factory):
    """A stimulus set of noises of eight seconds: longer than a machine that does much else stands still."""
    return write_set(tmp_path_factory.mktemp("long"), n_clips=3, duration_s=8.0)


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

    def responses(self, person: Participant, *kinds: str) -> list:
        """A participant's responses to steps of these kinds, in order."""
        query = select(Response).join(
            Step, (Step.session_id == Response.session_id) & (Step.position == Response.position)
        )
        query = query.join(Session, Session.id == Response.session_id).where(Session.public_id == person.session)
        return self.rows(query.where(Step.kind.in_(kinds or STEPS)).order_by(Response.position))

    def ratings(self, person: Participant) -> dict[str, int]:
        """A participant's ratings by step."""
        found = self.responses(person, "trial", "practice")
        return {f"{person.session}-{row.position:03d}": row.rating for row in found}


@pytest.fixture(scope="session")
def serve(tmp_path_factory, moments):
    """Gives the application over a short study on a set, started when such a study is first asked for."""
    running = {}
    with ExitStack() as servers:

        def start(folder=moments, n_descriptors=1, **tables) -> Served:
            key = json.dumps([str(folder), n_descriptors, tables])
            if key not in running:
                place = tmp_path_factory.mktemp("study")
                url = f"sqlite:///{place}/study.sqlite"
                app = application(url, folder, write_study(place / "study.json", n_descriptors, **tables))
                running[key] = Served(servers.enter_context(in_thread(app, free_port())), url)
            return running[key]

        yield start


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
