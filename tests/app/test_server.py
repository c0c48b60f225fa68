"""The server's doors: health, redirects, errors, and settings that reach worker processes."""

import json
import stat
import tempfile

import pytest
from fastapi.testclient import TestClient

from app.observing import JsonLines
from app.server import create_app
from app.settings import Settings, admin_token
from tests.app.conftest import TOKEN


@pytest.mark.parametrize("path", ["/", "/study"])
def test_front_door_keeps_the_recruiters_parameters(client, path):
    answer = client.get(f"{path}?PROLIFIC_PID=5f3&STUDY_ID=a%20b")
    assert (answer.status_code, answer.headers["location"]) == (307, "/study/?PROLIFIC_PID=5f3&STUDY_ID=a%20b")


def test_redirects_stay_below_the_proxys_prefix(application):
    client = TestClient(application, root_path="/listening")  # as `uvicorn --root-path` does
    answer = client.get("/listening/admin", follow_redirects=False)
    assert answer.headers["location"] == "/listening/sign-in?next=admin"


def test_alive_and_ready_while_stimuli_and_database_are_there(client):
    assert client.get("/health/live").json() == {"status": "alive"}
    assert client.get("/health/ready").json() == {"status": "ready", "missing": []}


def test_not_ready_when_the_stimuli_are_gone(settings, client):
    settings.stimuli.rename(settings.stimuli.with_name("elsewhere"))
    answer = client.get("/health/ready")
    settings.stimuli.with_name("elsewhere").rename(settings.stimuli)
    assert (answer.status_code, answer.json()["missing"]) == (503, ["stimuli"])


def test_unknown_address_is_reported_in_the_one_form_of_errors(client):
    answer = client.get("/nothing/here")
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_unforeseen_failure_tells_the_log_and_not_the_client(client, caplog, monkeypatch):
    def breaks():
        raise RuntimeError("the secret cause")

    monkeypatch.setattr("app.server._what_is_missing", lambda app: breaks())
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["error"]) == (500, "server")
    assert "secret" not in answer.text and "the secret cause" in caplog.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_log_line_has_the_route_and_nothing_personal(client, caplog):
    caplog.set_level("INFO", logger="semantic_eq")
    client.get("/sign-in?PROLIFIC_PID=5f3secret", headers={"User-Agent": "Firefox secret"})
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records if record.name == "semantic_eq"]
    assert lines[-1].keys() == {"time", "level", "event", "method", "route", "status", "ms"}
    assert lines[-1]["route"] == "/sign-in"
    assert not any("secret" in json.dumps(line) or "testclient" in json.dumps(line) for line in lines)


def test_metrics_count_requests_by_route_for_the_experimenter_only(client):
    client.get("/health/live")
    assert client.get("/metrics").status_code == 401
    text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert 'semantic_eq_requests_total{method="GET",route="/health/live",status="200"}' in text


def test_settings_reach_the_workers_whole(settings, monkeypatch):
    monkeypatch.setenv("SEMANTIC_EQ_SETTINGS", "")
    settings.to_environment()
    assert Settings.from_environment() == settings
    assert TOKEN not in repr(settings)


def test_token_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    token = admin_token(tmp_path / "data")
    assert len(token) >= 32 and admin_token(tmp_path / "data") == token
    assert stat.S_IMODE((tmp_path / "data" / "admin-token").stat().st_mode) == 0o600


def test_short_tokens_are_refused_in_a_sentence(settings):
    with pytest.raises(ValueError, match="16 characters or more"):
        Settings(admin_token="password")


def test_a_stopped_server_leaves_no_clip_behind(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with TestClient(create_app(settings)):
        (folder,) = tmp_path.glob("semantic-eq-playground-*")
        (folder / "clip.flac").write_bytes(b"a clip")
    assert not folder.exists()
