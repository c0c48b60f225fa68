"""The server's numbers and flags, written out: cookies, headers, lengths, statuses, levels of the log, time limits."""

import logging
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.responses import HTMLResponse, JSONResponse

from app import connections, observing
from app.admin.access import COOKIE
from app.participant import endpoints
from app.playground import workers
from app.security import SecurityHeaders
from study.refusals import Refusal
from tests.app.conftest import TOKEN
from tests.app.small_study import begin

pytest_plugins = ("tests.app.study_fixtures",)


def flags(answer) -> set[str]:
    """What a cookie is set with, but for its value."""
    return set(answer.headers["set-cookie"].split("; ")[1:])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_participants_cookie_lasts_sixty_days_and_no_script_reads_it(serve, scheme):
    running, browser = serve()
    page = TestClient(browser().app, base_url=f"{scheme}://study.example")
    lasting = {"HttpOnly", "Max-Age=5184000", "Path=/", "SameSite=lax"}
    assert flags(begin(page)) == lasting | ({"Secure"} if scheme == "https" else set())
    behind_proxy = FastAPI()
    behind_proxy.include_router(endpoints.router(running, secure_cookie=True))
    assert "Secure" in flags(begin(TestClient(behind_proxy)))


@pytest.mark.parametrize(("scheme", "secure"), [("http", set()), ("https", {"Secure"})])
def test_an_experimenters_cookie_lasts_eight_hours_and_no_script_reads_it(application, scheme, secure):
    browser = TestClient(application, base_url=f"{scheme}://study.example", follow_redirects=False)
    answer = browser.post("/sign-in", data={"token": TOKEN})
    assert answer.headers["set-cookie"].startswith(f"{COOKIE}=")
    assert flags(answer) == {"HttpOnly", "Max-Age=28800", "Path=/", "SameSite=strict"} | secure


def test_a_pages_name_and_an_id_have_a_longest_length(serve):
    _, browser = serve(recruitment={"id_parameters": ["ID"], "id_parameter": "ID"})
    for page, status in {"x" * 64: 200, "x" * 65: 422, "\x7f": 422}.items():
        assert begin(browser(), page).status_code == status
    for identity, status in {"x" * 128: 200, "x" * 129: 422, "a\nb": 422, "": 200}.items():
        assert begin(browser(), parameters={"ID": identity}).status_code == status


STATUSES = {
    **{"id_missing": 400, "no_session": 401, "unknown_step": 404, "unknown_audio": 404, "other_page": 409},
    **{"already_answered": 409, "not_current": 409, "too_early": 409, "unheard": 409, "invalid": 422},
    **{"busy": 503, "sound_missing": 503, "full": 403, "elsewhere": 403, "resume_wrong": 403},
}


def test_each_refusal_has_its_status(serve, monkeypatch):
    _, browser = serve()
    for code, status in STATUSES.items():
        monkeypatch.setattr(endpoints.starting, "welcome", lambda *given, code=code: Refusal(code))
        answer = browser().get("/api/study")
        assert (answer.status_code, answer.json()["error"]) == (status, code)


def test_every_answer_has_the_security_headers_and_no_page_is_stored():
    inner = FastAPI()
    inner.get("/page")(lambda: HTMLResponse("x"))
    inner.get("/data")(lambda: JSONResponse({}, headers={"Cache-Control": "max-age=1"}))
    browser = TestClient(SecurityHeaders(inner, "'self'"))
    expected = {
        "content-security-policy": (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
            "font-src 'self' data:; media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; "
            "manifest-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
        ),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=()",
    }
    for path, stored in (("/page", "no-store"), ("/data", "max-age=1")):
        headers = browser.get(path).headers
        assert {name: headers[name] for name in expected} == expected and headers["cache-control"] == stored


@pytest.mark.parametrize(
    ("path", "status", "level"),
    [
        *(
            ("/x", 200, logging.INFO),
            ("/x", 499, logging.INFO),
            ("/x", 500, logging.WARNING),
            ("/x", 501, logging.WARNING),
        ),
        *(("/health", 200, logging.DEBUG), ("/health/ready", 499, logging.DEBUG), ("/health", 503, logging.WARNING)),
    ],
)
def test_a_servers_faults_are_warnings_and_its_health_is_no_news(caplog, path, status, level):
    scope = {"type": "http", "method": "GET", "route": SimpleNamespace(path=path)}
    with caplog.at_level(logging.DEBUG):
        observing.Observe(None, observing.Metrics())._record(scope, status, 0.1)
    assert [record.levelno for record in caplog.records if record.getMessage() == "request"] == [level]


def test_what_a_connection_is_waited_for():
    assert connections.Connection.head_s == 10 and connections.Connection.body_s == 20
    assert connections.Connection.stalled_s == 30 and connections.Connection.check_s == 1
    assert connections.SLOWEST_BYTES_PER_S == 8000 and connections.FRAMING_PER_BODY_BYTE == 8


@pytest.mark.parametrize(
    ("limits", "held", "asked"),
    [
        *(((1024, 4000), 2000, (4000, 4000)), ((1024, 1024), 512, (1024, 1024)), ((1024, -1), 2000, (4000, -1))),
        *(((3999, 9999), 2000, (4000, 9999)), ((4000, 9999), 2000, None), ((9999, 9999), 2000, None)),
    ],
)
def test_half_of_the_file_descriptors_are_for_connections(monkeypatch, limits, held, asked):
    set_to = []
    monkeypatch.setattr(connections.resource, "getrlimit", lambda what: limits)
    monkeypatch.setattr(connections.resource, "setrlimit", lambda what, wanted: set_to.append(wanted))
    assert connections.max_connections() == held and set_to == ([asked] if asked else [])


def counted_as(host):
    return workers.client_of(SimpleNamespace(client=host and SimpleNamespace(host=host)))


def test_a_network_of_ipv6_counts_as_one_client_and_each_ipv4_address_as_its_own():
    assert counted_as("2001:db8:1:2::1") == counted_as("2001:db8:1:2:ffff:ffff:ffff:ffff")
    assert counted_as("2001:db8:1:2::1") != counted_as("2001:db8:1:3::1")
    assert counted_as("192.0.2.1") != counted_as("192.0.2.2") and counted_as("192.0.2.1") == counted_as("192.0.2.1")
    assert counted_as("a name") != counted_as("another") and counted_as(None) == counted_as("")
