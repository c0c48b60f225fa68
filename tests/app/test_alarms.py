"""What a server lacks is said by `/health/ready`, the admin page and the log, and passes by itself; never a 500."""

import json
import shutil
import sqlite3
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app import alarms
from app.server import create_app
from study.storage import commits
from tests.app.small_study import begin
from tests.study.answering import walk

SENTENCES = {"en": "is paused", "de": "macht eine Pause", "es": "está en pausa", "zh": "暂停"}


@pytest.fixture
def own(settings, tmp_path, noises):
    """An application with a set and a database of its own; gives it and its folder."""
    folder = shutil.copytree(noises, tmp_path / "set")
    given = {"stimuli": folder, "database_url": f"sqlite:///{tmp_path}/study.sqlite", "playground": "off"}
    app = create_app(settings.model_copy(update=given))
    with TestClient(app):
        yield app, folder


def ready(app) -> tuple[int, list[str]]:
    answer = TestClient(app).get("/health/ready")
    return answer.status_code, answer.json()["missing"]


def admin(app, token) -> list[str]:
    answer = TestClient(app).get("/api/admin", headers={"Authorization": f"Bearer {token}"})
    return answer.raise_for_status().json()["alarms"]


def at_a_sound(app):
    """A participant before a sound; the browser and the sound's address."""
    browser = TestClient(app)
    step = walk(browser, begin(browser, simulated=True).json()["step"], until="practice")[-1]
    return browser, step["sounds"][0]


def file_of(app, folder, browser, address):
    """The file behind an address, found by what is missing when it is not there."""
    for path in sorted((folder / "audio").iterdir()):
        path.rename(path.with_suffix(".away"))
        status = browser.get(address).status_code
        path.with_suffix(".away").rename(path)
        if status != 200:
            return path
    raise AssertionError("no file of the set is behind that address")


def test_a_sound_that_goes_missing_is_a_pause_and_an_alarm_and_comes_back(own, settings, caplog):
    app, folder = own
    token = settings.admin_token.get_secret_value()
    browser, address = at_a_sound(app)
    path = file_of(app, folder, browser, address)
    caplog.clear()
    app.state.alarms._logged.clear()
    path.rename(path.with_suffix(".away"))
    for _ in range(3):
        answer = browser.get(address)
        assert (answer.status_code, answer.json()["error"]) == (503, "sound_missing")
        assert answer.headers["retry-after"] == "1" and "is missing on the server" in answer.json()["message"]
    assert ready(app) == (503, ["stimuli"])
    assert f"audio/{path.name} is missing or damaged" in admin(app, token)[0]
    logged = [record.fields["says"] for record in caplog.records if record.getMessage() == "alarm"]
    assert sum("Somebody waits" in said and path.name in said for said in logged) == 1 and len(logged) == 2
    shown = browser.get(f"/api/admin/stimuli/audio/{path.name}", headers={"Authorization": f"Bearer {token}"})
    assert shown.status_code == 404
    path.with_suffix(".away").rename(path)
    assert browser.get(address).status_code == 200
    assert ready(app) == (200, []) and admin(app, token) == []


def test_a_sound_that_was_missing_does_not_count_as_served(own):
    app, folder = own
    browser = TestClient(app)
    step = walk(browser, begin(browser).json()["step"], until="level")[-1]
    (folder / "audio").rename(folder / "away")
    assert browser.get(step["sounds"][0]).json()["error"] == "sound_missing"
    (folder / "away").rename(folder / "audio")
    refused = browser.post(f"/api/study/step/{step['id']}", json={"answer": {"level_db": -6.0}}).json()
    assert (refused["error"], refused["unserved"]) == ("unheard", step["sounds"])


def test_a_sound_that_is_damaged_in_mid_study_is_not_served(own):
    app, folder = own
    browser, address = at_a_sound(app)
    path = file_of(app, folder, browser, address)
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    assert browser.get(address).json()["error"] == "sound_missing"
    path.write_bytes(content)
    assert browser.get(address).status_code == 200


@pytest.mark.parametrize("language", SENTENCES)
def test_the_pause_is_said_in_each_language(client, language):
    texts = client.get("/api/study", params={"language": language}).json()["texts"]
    assert SENTENCES[language] in texts["sound_missing"]


def test_a_database_that_takes_no_commit_is_not_ready_until_it_does(own, settings, tmp_path, monkeypatch):
    app, _ = own
    monkeypatch.setattr(commits, "FRESH_S", 0.0)
    monkeypatch.setattr(commits, "TRY_AGAIN_S", 0.0)
    assert ready(app) == (200, [])
    other = sqlite3.connect(tmp_path / "study.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert ready(app) == (503, ["database"])
    other.execute("ROLLBACK")
    other.close()
    until = time.monotonic() + 30
    while ready(app) != (200, []):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_being_asked_often_writes_seldom(own):
    app, _ = own
    log = Path(app.state.running.engine.url.database + "-wal")
    assert ready(app) == (200, [])
    size = log.stat().st_size
    for _ in range(50):
        assert ready(app) == (200, [])
    assert log.stat().st_size == size


@pytest.mark.parametrize(
    ("free_bytes", "missing", "said"),
    [
        (8_000_000 - 1, ["disk"], "is full (8.0 MB free)"),
        (8_000_000, [], "Only 8 MB are free"),
        (500_000_000 - 1, [], "Only 500 MB are free"),
        (500_000_000, [], None),
        (500_000_000 + 1, [], None),
    ],
)
def test_a_disk_is_full_or_nearly_so_at_its_limits(own, settings, monkeypatch, free_bytes, missing, said):
    app, _ = own
    monkeypatch.setattr(alarms.Alarms, "_free_bytes", lambda self: free_bytes)
    assert ready(app)[1] == missing
    sentences = admin(app, settings.admin_token.get_secret_value())
    assert len(sentences) == (said is not None) and (said or "") in json.dumps(sentences)
