"""Every route serves the audience that is written here, by whatever spelling of its address a client comes to it."""

import http.client
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app import audience
from app.admin.access import Guesses
from app.audience import Audience, MountedPage
from app.server import create_app
from tests.app.conftest import TOKEN
from tests.app.study_process import free_port
from tests.browser.study_server import in_thread

SERVES = {
    Audience.PUBLIC: """
        / /study /study/ /study-assets/{version}/{name} /playground-assets/{version}/{name}
        /admin-assets/{version}/{name} /health/live /health/ready /sign-in /sign-in.css""",
    Audience.PARTICIPANT: """
        /api/study /api/study/session /api/study/step /api/study/step/{step} /api/study/audio/{sound}
        /api/study/withdraw /api/study/leave /api/study/made""",
    Audience.ADMIN: """
        /admin /admin/ /playground /playground/ /api/admin /api/admin/quality /api/admin/look /api/admin/ratings
        /api/admin/state /api/admin/payment
        /api/admin/invitations /api/admin/readmit /api/admin/withdraw /api/admin/sign-out /api/admin/sign-out-others
        /api/admin/export /api/admin/stimuli/report /api/admin/stimuli/audio/{name} /api/playground
        /api/playground/clips
        /api/playground/built-in /api/playground/clips/{clip}/audio /api/playground/curves
        /api/playground/reference /api/playground/word /api/playground/word/versions
        /api/playground/download""",
    Audience.METRICS: "/metrics",
}
OPEN_TO_NEWCOMERS = {"/api/study", "/api/study/session"}
OTHERS = ("HEAD", "PUT", "DELETE", "OPTIONS")
METHODS = ("GET", "POST", *OTHERS)
ENDINGS = (
    "", "%0A", "%0D", "%0D%0A", "%00", "%09", "%20", "%0B", "%0C", "%1C", "%C2%85", "%C2%A0", "%E2%80%A8", "%E2%80%A9",
    "%EF%BB%BF", "/", "//", "/.", "/..", "%2F", "%2F..", ";", ";a=b", "?", "?a=b", "%3F", "%23", ".json", "~",
)  # fmt: skip
BEGINNINGS = (
    "/",
    "/.",
    "/x/..",
    "/%2e%2e",
    "/%0A",
    "/listening",
    "/study/..",
    "/study/assets/..;",
    "http://other.example",
)
WITHIN = (
    lambda path: path.replace("/", "//"),
    lambda path: path.replace("/", "/./"),
    lambda path: path.replace("/", "%2F"),
    lambda path: path.replace("/", "%5C"),
    lambda path: path.replace("/", "%EF%BC%8F"),
    lambda path: path.upper(),
    lambda path: f"/%{ord(path[1]):02X}{path[2:]}" if len(path) > 1 else path,
    lambda path: f"/%25{ord(path[1]):02X}{path[2:]}" if len(path) > 1 else path,
)


def spellings(path: str) -> list[str]:
    ways = [path + end for end in ENDINGS] + [start + path for start in BEGINNINGS] + [way(path) for way in WITHIN]
    return list(dict.fromkeys(ways))


class Watched:
    """An application that remembers the last route that answered."""

    def __init__(self, app):
        self.app = app
        self.route = None

    async def __call__(self, scope, receive, send):
        async def noted(message):
            if message["type"] == "http.response.start":
                page = scope.get("semantic_eq.page", "").removesuffix("*")
                self.route = page or getattr(scope.get("route"), "path", None)
            await send(message)

        await self.app(scope, receive, noted)


class Client:
    """Sends addresses exactly as they are written."""

    def __init__(self, watched, address):
        self.watched = watched
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc)

    def ask(self, method, target, **headers):
        """The status and the route that answered."""
        self.watched.route = None
        body = b'{"answer": {}}' if method in ("POST", "PUT") else None
        self.connection.request(method, target, body, {"Content-Type": "application/json", **headers})
        answer = self.connection.getresponse()
        answer.read()
        return answer.status, self.watched.route


@pytest.fixture(scope="module")
def guarded(settings, tmp_path_factory):
    """The application with the admin's playground."""
    url = f"sqlite:///{tmp_path_factory.mktemp('guarded')}/study.sqlite"
    return create_app(settings.model_copy(update={"database_url": url, "playground": "admin"}))


@pytest.fixture(scope="module")
def raw(guarded):
    watched = Watched(guarded)
    with in_thread(watched, free_port()) as address:
        yield Client(watched, address)


def expected() -> dict[str, Audience]:
    return {path: serves for serves, paths in SERVES.items() for path in paths.split()}


def filled(route: str, sound: str) -> str:
    return route.replace("{name}", f"{sound}.flac").replace("{", "").replace("}", "")


def test_every_route_declares_what_is_written_here(guarded):
    declared = {}
    for route in audience.every_route(guarded.routes):
        declared[f"{route.path}/" if isinstance(route, MountedPage) else route.path] = route.audience
    assert declared == expected()


def test_a_route_without_an_audience_is_named():
    app = FastAPI(openapi_url=None)
    app.include_router(audience.router(Audience.PUBLIC))
    assert audience.undeclared(app.routes) == []
    app.add_api_route("/open", lambda: "anybody")
    assert audience.undeclared(app.routes) == ["/open"]


def test_the_application_does_not_start_with_a_route_that_declares_no_audience(settings, monkeypatch):
    monkeypatch.setattr("app.server._add_health", lambda app: app.add_api_route("/backdoor", lambda: "anybody"))
    with pytest.raises(ValueError, match="/backdoor declare no audience"):
        create_app(settings)


def test_no_spelling_of_an_address_opens_a_route_to_others_than_its_audience(guarded, raw):
    """Each route in each spelling without any credentials: some six thousand requests at a real server.

    An address as it is meets every method; another spelling GET, POST and one of the others, in turn.
    """
    serves, reached = expected(), set()
    closed = {path for path, whom in serves.items() if whom is not Audience.PUBLIC} - OPEN_TO_NEWCOMERS
    sound = guarded.state.running.stimuli.rows[0].id
    for route in serves:
        for number, target in enumerate(spellings(filled(route, sound))):
            for method in ("GET", "POST", OTHERS[number % len(OTHERS)]) if number else METHODS:
                status, answered = raw.ask(method, target)
                assert status < 500, (method, target)
                if answered in closed:
                    reached.add(answered)
                    turned_away = status in (303, 401, 403, 405) or (status == 404 and "study" in answered)
                    assert turned_away, (method, target, status, answered)
    assert reached == closed


def test_each_audience_comes_in_by_the_proper_address(guarded, raw):
    sound = guarded.state.running.stimuli.rows[0].id
    tokens = {Audience.ADMIN: TOKEN, Audience.METRICS: guarded.state.access.metrics_token}
    for holder, token in tokens.items():
        for route, serves in expected().items():
            status, _ = raw.ask("GET", filled(route, sound), Authorization=f"Bearer {token}")
            closed = serves in tokens and holder is not Audience.ADMIN and serves is not holder
            without_session = route in ("/api/study/step", "/api/study/made")
            assert (status in (303, 401)) == (closed or without_session), (holder, route, status)


@pytest.mark.parametrize("path", ["/api/admin%0A", "/metrics%0A", "/api/playground%0A", "/api/admin/export%0A"])
def test_a_line_break_after_an_address_opens_nothing(guarded, path):
    assert TestClient(guarded).get(path).status_code in (401, 404)


@pytest.mark.parametrize(
    "path", ["/api/admin", "/api/admin/quality", "/api/admin/export", "/api/playground", "/metrics"]
)
def test_what_the_admin_reads_is_not_stored(guarded, path):
    guarded.state.access.header = Guesses()
    for headers, status in (({"Authorization": f"Bearer {TOKEN}"}, 200), ({}, 401)):
        answer = TestClient(guarded).get(path, headers=headers)
        assert (answer.status_code, answer.headers["cache-control"]) == (status, "no-store")


@pytest.mark.parametrize("path", ["/study/gradio_api/queue/join", "/admin/", "/api/admin"])
def test_a_websocket_finds_nothing(guarded, path):
    with pytest.raises(WebSocketDisconnect), TestClient(guarded).websocket_connect(path):
        pass
