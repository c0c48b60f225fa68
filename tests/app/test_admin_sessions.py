"""Who is signed in as the experimenter, for how long, and that a session that ended stays ended everywhere."""

import time

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from app.admin.access import COOKIE
from app.server import create_app
from study.storage import admin_sessions
from study.storage.database import open_database
from tests.app.conftest import TOKEN

HASH, OTHER_HASH = "a" * 64, "b" * 64


@pytest.fixture
def engine(tmp_path):
    engine = open_database(tmp_path / "study.sqlite")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('signed-in')}/study.sqlite"


@pytest.fixture(scope="module")
def replicas(settings, url):
    """Two processes' applications over one database."""
    return [create_app(settings.model_copy(update={"database_url": url})) for _ in range(2)]


def browser(app, cookie=None):
    client = TestClient(app, follow_redirects=False)
    if cookie is None:
        client.post("/sign-in", data={"token": TOKEN})
    else:
        client.cookies.set(COOKIE, cookie)
    client.headers["X-Form-Key"] = app.state.access.form_key(client.cookies[COOKIE])
    return client


def test_a_cookie_sent_again_after_the_sign_out_opens_no_replica(replicas):
    client = browser(replicas[0])
    cookie = client.cookies[COOKIE]
    assert [browser(app, cookie).get("/api/admin").status_code for app in replicas] == [200, 200]
    assert client.post("/api/admin/sign-out").status_code == 204 and COOKIE not in client.cookies
    assert [browser(app, cookie).get("/api/admin").status_code for app in replicas] == [401, 401]


def test_all_others_are_signed_out_and_this_one_stays(replicas):
    first, second, third = (browser(app) for app in (*replicas, replicas[0]))
    shown = third.get("/api/admin").json()["signed_in"]
    assert [row["this"] for row in shown][:3] == [True, False, False]
    assert shown[0].keys() == {"started_at", "seen_at", "this"}
    third.post("/api/admin/sign-out-others")
    assert [one.get("/api/admin").status_code for one in (first, second, third)] == [401, 401, 200]
    assert len(third.get("/api/admin").json()["signed_in"]) == 1


def test_a_program_with_the_token_signs_out_everybody(replicas):
    signed_in = browser(replicas[0])
    program = TestClient(replicas[1], headers={"Authorization": f"Bearer {TOKEN}"})
    assert program.post("/api/admin/sign-out-others").status_code == 204
    assert signed_in.get("/api/admin").status_code == 401


def test_signing_in_again_ends_the_session_before(replicas):
    client = browser(replicas[0])
    before = client.cookies[COOKIE]
    client.post("/sign-in", data={"token": TOKEN})
    assert client.cookies[COOKIE] != before
    assert browser(replicas[0], before).get("/api/admin").status_code == 401


def test_a_new_token_ends_all_sessions_for_good(settings, replicas, url):
    cookie = browser(replicas[0]).cookies[COOKIE]
    create_app(
        settings.model_copy(update={"database_url": url, "admin_token": type(settings.admin_token)(TOKEN + "!")})
    )
    again = create_app(settings.model_copy(update={"database_url": url}))
    assert [browser(app, cookie).get("/api/admin").status_code for app in (*replicas, again)] == [401, 401, 401]


def test_the_database_holds_neither_cookie_nor_token(replicas):
    cookie = browser(replicas[0]).cookies[COOKIE]
    with replicas[0].state.running.engine.connect() as connection:
        rows = str(connection.execute(text("SELECT * FROM admin_session")).all())
    assert cookie not in rows and TOKEN not in rows


@pytest.mark.parametrize(("seconds", "is_open"), [(-1, True), (0, False), (1, False)])
def test_a_session_ends_after_eight_hours(engine, monkeypatch, seconds, is_open):
    monkeypatch.setattr(admin_sessions.time, "time", lambda: 1000.0)
    key = admin_sessions.start(engine, HASH)
    monkeypatch.setattr(admin_sessions.time, "time", lambda: 1000.0 + 8 * 3600 + seconds)
    assert (admin_sessions.find(engine, key, HASH) is not None) == is_open
    assert bool(admin_sessions.open_sessions(engine, HASH)) == is_open


@pytest.mark.parametrize(("seconds", "noted"), [(59.0, 0.0), (60.0, 60.0), (61.0, 61.0)])
def test_when_a_browser_was_seen_is_noted_once_a_minute(engine, monkeypatch, seconds, noted):
    monkeypatch.setattr(admin_sessions.time, "time", lambda: 1000.0)
    key = admin_sessions.start(engine, HASH)
    monkeypatch.setattr(admin_sessions.time, "time", lambda: 1000.0 + seconds)
    admin_sessions.find(engine, key, HASH)
    (row,) = admin_sessions.open_sessions(engine, HASH)
    assert (row["started_at"], row["seen_at"]) == (1000.0, 1000.0 + noted)


def test_a_session_belongs_to_its_token(engine):
    key = admin_sessions.start(engine, HASH)
    assert admin_sessions.find(engine, key, OTHER_HASH) is None and admin_sessions.find(engine, key, HASH)
    assert admin_sessions.find(engine, key + "x", HASH) is None


def test_sessions_that_ran_out_are_deleted_at_the_next_sign_in(engine, monkeypatch):
    admin_sessions.start(engine, HASH)
    later = time.time() + admin_sessions.LASTS_S + 1
    monkeypatch.setattr(admin_sessions.time, "time", lambda: later)
    admin_sessions.start(engine, HASH)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM admin_session")).scalar_one() == 1


def test_who_looks_why_nothing_can_be_written_still_gets_in(engine, monkeypatch):
    """As on a full disk; the page that shows the room left must open all the same."""
    key = admin_sessions.start(engine, HASH)
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = ON"))
    later = time.time() + admin_sessions.SEEN_EVERY_S
    monkeypatch.setattr(admin_sessions.time, "time", lambda: later)
    with pytest.raises(DBAPIError):
        admin_sessions.start(engine, HASH)
    assert admin_sessions.find(engine, key, HASH)
