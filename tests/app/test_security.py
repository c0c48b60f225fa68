"""The closed doors: Gradio's routes, request bodies, the admin's guard, forged requests and guessed tokens."""

import gradio as gr
import pytest
from fastapi.testclient import TestClient

from app import gradio_pages
from app.admin.access import COOKIE, Guesses
from app.audience import Audience
from tests.app.conftest import TOKEN

FILE = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}


def echoing_page() -> gr.Blocks:
    with gr.Blocks() as page:
        file = gr.File()
        file.change(lambda value: value, file, gr.File(), api_name="echo", queue=False)
    return page


def test_mounted_page_hands_out_no_file_of_the_server(monkeypatch):
    """Gradio checks paths only once `has_launched` is set, which mounting alone does not do."""
    from fastapi import FastAPI

    app = FastAPI()
    monkeypatch.setattr(gradio_pages, "PageOnly", lambda bare, head: bare)  # Gradio's own check alone must do
    gradio_pages.mount(app, echoing_page(), "/page", Audience.PUBLIC)
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.post("/page/gradio_api/run/echo", json={"data": [FILE]})
    assert answer.status_code >= 400 and "root:" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload",
        "/gradio_api/run/echo",
        "/gradio_api/queue/join",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file/etc/passwd",
        "/gradio_api/info",
        "/gradio_api/openapi.json",
        "/gradio_api/proxy=http://127.0.0.1:1/",
        "/gradio_api/stream/a/b/c/playlist-file",
        "/config",
        "/monitoring",
        "/static/js/../../../../../../../../etc/passwd",
        "/assets/..%2f..%2f..%2fetc%2fpasswd",
        "/login",
    ],
)
@pytest.mark.parametrize("page", ["/study", "/admin"])
def test_gradio_shows_pages_and_does_nothing_else(signed_in, page, path):
    for method in ("GET", "POST"):
        answer = signed_in.request(method, page + path, headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code in (403, 404, 405) and "root:" not in answer.text


def test_body_over_the_limit_is_refused_by_its_stated_length(client):
    answer = client.post("/sign-in", content=b"x", headers={"Content-Length": str(64_001)})
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


@pytest.mark.parametrize(("n_bytes", "status"), [(63_999, 422), (64_000, 422), (64_001, 413)])
def test_a_body_has_64_kilobytes_at_most(client, n_bytes, status):
    body = {"token": "x" * (n_bytes - len("token="))}
    assert client.post("/sign-in", data=body).status_code == status


@pytest.mark.parametrize(
    ("wrong", "after_s", "wait_s"), [(4, 0, 0), (5, 0, 60), (6, 0, 60), (5, 59, 1), (5, 60, 0), (5, 61, 0)]
)
def test_five_wrong_tokens_a_minute_are_taken(monkeypatch, wrong, after_s, wait_s):
    guesses = Guesses()
    monkeypatch.setattr("app.admin.access.time.monotonic", lambda: 1000.0)
    for _ in range(wrong):
        guesses.note_wrong()
    monkeypatch.setattr("app.admin.access.time.monotonic", lambda: 1000.0 + after_s)
    assert guesses.seconds_to_wait() == wait_s


def test_body_over_the_limit_is_refused_while_it_arrives(client):
    endless = (b"x" * 10_000 for _ in range(20))  # sent in chunks, without a stated length
    answer = client.post("/sign-in", content=endless, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 413


def test_headers_on_every_answer(client):
    for path in ("/health/live", "/nothing", "/sign-in", "/admin"):
        headers = client.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "'unsafe-eval'" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/admin", "/admin/", "/api/admin/quality", "/metrics", "/admin/assets/index.js"])
def test_admin_is_shut_without_the_token(client, path):
    for headers in ({}, {"Cookie": f"{COOKIE}=9999999999.{'0' * 64}"}, {"Authorization": "Bearer wrong"}):
        assert client.get(path, headers=headers).status_code in (303, 401)


def test_sign_in_sets_a_cookie_that_scripts_and_other_sites_cannot_use(client):
    answer = client.post("/sign-in", data={"token": TOKEN, "next": "//evil.example"})
    cookie = answer.headers["set-cookie"]
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/")
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/"))
    assert TOKEN not in cookie


def test_guesses_are_limited_and_then_even_the_right_token_waits(client):
    statuses = [client.post("/sign-in", data={"token": f"wrong {n}"}).status_code for n in range(5)]
    assert statuses == [401] * 5
    assert client.post("/sign-in", data={"token": TOKEN}).status_code == 429


def test_scraper_and_experimenter_are_not_limited_by_each_others_guesses(client):
    access = client.app.state.access
    admin, scraper = ({"Authorization": f"Bearer {token}"} for token in (TOKEN, access.metrics_token))
    for n in range(5):
        client.post("/sign-in", data={"token": f"wrong {n}"})
    assert client.get("/metrics", headers=admin).status_code == 200
    for n in range(5):
        client.get("/metrics", headers={"Authorization": f"Bearer wrong {n}"})
    assert client.get("/metrics", headers=admin).status_code == 401  # for else it could be guessed here
    assert client.get("/metrics", headers=scraper).status_code == 200
    access.form = Guesses()
    assert client.post("/sign-in", data={"token": TOKEN}).status_code == 303


def test_metrics_token_opens_nothing_else(client):
    scraper = {"Authorization": f"Bearer {client.app.state.access.metrics_token}"}
    assert client.get("/api/admin", headers=scraper).status_code == 401
    assert client.post("/sign-in", data={"token": client.app.state.access.metrics_token}).status_code == 401


def test_changing_request_needs_the_form_key_of_this_cookie(signed_in):
    key = signed_in.app.state.access.form_key(signed_in.cookies[COOKIE])
    path = "/api/admin/sign-out"
    assert signed_in.post(path).status_code == 403
    assert signed_in.post(path, headers={"X-Form-Key": key[::-1]}).status_code == 403
    assert signed_in.post(path, headers={"X-Form-Key": key, "Origin": "https://evil.example"}).status_code == 403
    assert signed_in.post(path, headers={"X-Form-Key": key}).status_code == 204
