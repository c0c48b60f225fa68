"""A page of another site can neither change nor read anything: one rule for every changing request."""

import pytest
from fastapi.testclient import TestClient

from app import audience
from app.admin.access import COOKIE, Guesses
from tests.app.conftest import TOKEN

HOST = "study.example"
ELSEWHERE = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://study.example:8000"},
    {"Origin": "http://sub.study.example"},
    {"Origin": "http://study.example.evil.example"},
    {"Origin": "http://study.example@evil.example"},
    {"Origin": "http://evil.example@study.example"},
    {"Origin": "http://study.example/path"},
    {"Origin": "ftp://study.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://["},
    {"Origin": "http://[::1"},
    {"Origin": "http://study.example", "Sec-Fetch-Site": "same-site"},
    {"Origin": "http://study.example", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
]
FROM_HERE = [
    {},
    {"Origin": "http://study.example"},
    {"Origin": "http://STUDY.example", "Sec-Fetch-Site": "same-origin"},
]


@pytest.fixture
def browser(application):
    application.state.access.form = Guesses()
    application.state.access.header = Guesses()
    return TestClient(application, base_url=f"http://{HOST}", follow_redirects=False, raise_server_exceptions=False)


def changing(application) -> list[tuple[str, str]]:
    routes = [route for route in audience.every_route(application.routes) if hasattr(route, "methods")]
    found = [(method, route.path) for route in routes for method in route.methods - {*audience.SAFE_METHODS}]
    return [(method, path.replace("{step}", "x")) for method, path in found]


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_no_changing_request_is_taken_from_elsewhere(application, browser, headers):
    for credentials in ({}, {"Authorization": "Basic x"}, {"Authorization": f"Bearer {TOKEN}"}):
        for method, path in changing(application):
            answer = browser.request(method, path, json={}, headers=headers | credentials)
            assert (answer.status_code, answer.json()["error"]) == (403, "forged"), (method, path)


@pytest.mark.parametrize("headers", FROM_HERE, ids=str)
def test_a_page_of_this_site_and_a_program_may_take_part(browser, headers):
    started = browser.post("/api/study/session", json={}, headers=headers)
    assert started.status_code == 200
    step = started.json()["step"]["id"]
    answered = browser.post(f"/api/study/step/{step}", json={"answer": {"agreed": False}}, headers=headers)
    assert answered.json()["step"]["outcome"] == "declined"


def test_behind_tls_a_page_without_tls_is_elsewhere(application):
    browser = TestClient(application, base_url=f"https://{HOST}")
    statuses = [
        browser.post("/api/study/session", json={}, headers={"Origin": f"{scheme}://{HOST}"}).status_code
        for scheme in ("http", "https")
    ]
    assert statuses == [403, 200]


def test_a_request_without_a_host_comes_from_nowhere(browser):
    assert browser.post("/api/study/session", json={}, headers={"Host": "", "Origin": "http://"}).status_code == 403


@pytest.mark.parametrize("header", ["Basic x", "Bearer", "Bearer wrong", "x"])
def test_an_authorization_that_proves_nothing_needs_the_form_key(browser, header):
    browser.post("/sign-in", data={"token": TOKEN})
    assert browser.cookies[COOKIE]
    answer = browser.post("/api/admin/sign-out-others", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["error"]) == (403, "forged")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:7860", "0.0.0.0", "study.example"])
@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:3000", "null"])
def test_no_other_site_may_read_answers(browser, host, origin):
    asking = {"Host": host, "Origin": origin, "Access-Control-Request-Method": "GET"}
    for method in ("GET", "OPTIONS"):
        for path in (
            "/health/live",
            "/study/",
            "/study/theme.css",
            "/playground/",
            "/admin/",
            "/api/study",
            "/nothing",
        ):
            answer = browser.request(method, path, headers=asking)
            assert not [name for name in answer.headers if name.startswith("access-control")], path


def test_the_page_believes_no_forwarded_host_of_a_visitor(browser):
    forwarded = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Gradio-Server": "http://evil.example",
    }
    answer = browser.get("/study/", headers=forwarded)
    assert answer.status_code == 200 and "evil.example" not in answer.text
