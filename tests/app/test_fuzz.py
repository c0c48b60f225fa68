"""Whatever is sent to any endpoint: never a 500, never anything of another session."""

import json
import re
import string
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.admin.access import Guesses
from tests.app.conftest import TOKEN

FUZZ = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
words = st.text(max_size=40)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | words
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3))
KNOWN = "language parameters invitation simulated again answer telemetry rating agreed answers choices level_db text "
KNOWN += "state n note who clip descriptors condition name token"
known = st.sampled_from(KNOWN.split())
bodies = (st.dictionaries(known, values, max_size=4).map(json.dumps) | values.map(json.dumps)).map(str.encode)
bodies |= st.binary(max_size=60)
ascii_words = st.text(string.printable[:-6], max_size=30)


@pytest.fixture(scope="module")
def victim(application):
    """Somebody on their way: their session, step and sounds are nobody else's."""
    client = TestClient(application)
    start = client.post("/api/study/session", json={"parameters": {"PROLIFIC_PID": "the-victim"}}).json()
    return client, start["session"], start["step"]


def addresses(application) -> list[tuple[str, str]]:
    """Method and path of every declared endpoint, from the application's own description of itself."""
    paths = application.openapi()["paths"]
    assert {"/api/study/step/{step}", "/api/admin/withdraw", "/api/playground/clips"} <= paths.keys()
    return sorted((method.upper(), path) for path, methods in paths.items() for method in methods)


def filled(path: str, word: str) -> str:
    return re.sub(r"\{[^}]*\}", lambda _: quote(word, safe=""), path)


@pytest.mark.parametrize("who", ["nobody", "participant", "admin"])
@FUZZ
@given(data=st.data())
def test_no_request_breaks_the_server_or_shows_another_session(application, victim, who, data):
    _, session, step = victim
    method, path = data.draw(st.sampled_from(addresses(application)))
    word = data.draw(words | st.sampled_from([session, step["id"], "..", "../../etc/passwd", "%00", "a" * 5000]))
    query = data.draw(st.dictionaries(st.sampled_from(["language", "simulated", "start_s", "next"]), words, max_size=2))
    headers = {"Content-Type": data.draw(st.sampled_from(["application/json", "text/plain", "x"]))}
    headers |= {"X-Page": data.draw(ascii_words)} if data.draw(st.booleans()) else {}
    headers |= {"Authorization": f"Bearer {TOKEN}"} if who == "admin" else {}
    stranger = TestClient(application, raise_server_exceptions=False, follow_redirects=False)
    if who == "participant":
        stranger.post("/api/study/session", json={"simulated": True})
    application.state.access.form = Guesses()
    application.state.access.header = Guesses()
    body = data.draw(bodies) if method == "POST" else None
    answer = stranger.request(method, filled(path, word), params=query, content=body, headers=headers)
    assert answer.status_code < 500 or answer.json()["error"] == "busy", (method, path, word, body, answer.text)
    if who != "admin":
        assert "the-victim" not in answer.text
        assert session not in answer.text.replace(word, "") or not word


def test_every_step_and_sound_of_a_session_is_its_own(application, victim):
    _, session, step = victim
    stranger = TestClient(application)
    stranger.post("/api/study/session", json={"simulated": True}, headers={"X-Page": "b"})
    sounds = step["prefetch"] or [f"/api/study/audio/{session}-005"]
    assert all(stranger.get(address).status_code == 404 for address in sounds)
    taken = stranger.post(f"/api/study/step/{step['id']}", json={"answer": {"agreed": True}}, headers={"X-Page": "b"})
    assert taken.status_code == 404 and session not in taken.text
