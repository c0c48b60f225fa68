"""Whom each route serves: declared where the route is added, and checked in the very route that matched.

No path is read here. The router decides what an address means, and the route that it chose asks who may come in, so
that no second reading of the address (an encoding, a line break, a prefix) can disagree with the first. A route that
declares nobody keeps the application from starting (`undeclared`).

Every changing request must also come from a page of this very site: browsers send `Origin` and `Sec-Fetch-Site`,
programs send neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.security import BODY_LIMIT_BYTES, BodyLimit, error

if TYPE_CHECKING:
    from app.admin.access import Access

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Audience(StrEnum):
    """Whom a route serves."""

    PUBLIC = "public"
    PARTICIPANT = "participant"
    """What a participant sends and hears: `study.session` looks all of it up under the session of the cookie."""
    ADMIN = "admin"
    METRICS = "metrics"
    """Who holds the metrics token, or is the admin."""


class Declared(BaseRoute):
    """A route with an audience; to be mixed into one of the frameworks' routes.

    Attributes
    ----------
    audience : whom the route serves.
    page : name of the page that this route shows to a browser (``admin``): who may not see it is sent to the sign-in.
    """

    audience: Audience
    page: str | None = None

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that the router gave to this route, or turn it away."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if self.audience in (Audience.ADMIN, Audience.METRICS) and isinstance(self, APIRoute):
            send = _unless_said_not_stored(send)
        if refusal := await self._refusal(scope):
            await refusal(scope, receive, send)
            return
        limit = getattr(self, "max_body_size", None) or BODY_LIMIT_BYTES
        await BodyLimit(super().handle, limit)(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        connection = HTTPConnection(scope)
        changing = scope["method"] not in SAFE_METHODS
        if changing and not same_origin(connection):
            return error(403, "forged", FORGED)
        if self.audience in (Audience.PUBLIC, Audience.PARTICIPANT):
            return None
        access: Access = scope["app"].state.access
        if self.audience is Audience.METRICS and access.is_scraper(connection):
            return None
        if access.is_bearer(connection):
            return None
        browser = await run_in_threadpool(access.browser, connection)
        if browser is None:
            return self._sign_in(scope)
        if changing and not access.is_form_key(connection):
            return error(403, "forged", "The request does not come from the admin page; reload the page and try again.")
        scope.setdefault("state", {})["admin_session"] = browser
        return None

    def _sign_in(self, scope: Scope) -> Response:
        if self.page is not None and scope["method"] in ("GET", "HEAD") and _is_document(self, scope):
            root = scope.get("app_root_path", scope.get("root_path", ""))
            return RedirectResponse(f"{root}/sign-in?next={self.page}", 303, {"Cache-Control": "no-store"})
        return error(401, "sign_in", "Sign in on the admin page first.")


FORGED = (
    "The request does not come from a page of this site. If it does, a proxy in between changes the Host header: "
    "it must pass it on with its port."
)


class MountedPage(Declared, Mount):
    """A page of Gradio's under a path, with an audience."""

    def __init__(self, path: str, app: ASGIApp, audience: Audience) -> None:
        super().__init__(path, app)
        self.audience = audience
        self.page = path.strip("/")

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or turn it away; the log names the page, since Gradio's own routes are not ours."""
        scope["semantic_eq.page"] = f"{self.path}/*"
        await super().handle(scope, receive, send)


def router(audience: Audience, page: str | None = None, **options: Any) -> APIRouter:
    """A router whose routes all serve ``audience``; ``page`` and the rest as `Declared` and `fastapi.APIRouter` say."""
    route_class = type("DeclaredRoute", (Declared, APIRoute), {"audience": audience, "page": page})
    return APIRouter(route_class=route_class, **options)


def every_route(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Each route below ``routes``, those of included routers too."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from every_route(included.routes)


def undeclared(routes: Iterable[BaseRoute]) -> list[str]:
    """The addresses of routes that declare no audience."""
    open_to_all = [route for route in every_route(routes) if not isinstance(getattr(route, "audience", None), Audience)]
    return [getattr(route, "path", type(route).__name__) for route in open_to_all]


def same_origin(connection: HTTPConnection) -> bool:
    """Whether the browser says that the request comes from a page of this very site (or says nothing)."""
    if any(site not in ("same-origin", "none") for site in connection.headers.getlist("sec-fetch-site")):
        return False
    host = connection.headers.get("host", "").lower()
    return all(_is_of(origin, host, connection.scope["scheme"]) for origin in connection.headers.getlist("origin"))


def _is_of(origin: str, host: str, scheme: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:  # an address that is none, such as http://[
        return False
    schemes = ("https",) if scheme == "https" else ("http", "https")  # a proxy may have taken the TLS off
    return parts.scheme in schemes and bool(host) and f"{parts.scheme}://{host}" == origin.lower()


def _is_document(route: Declared, scope: Scope) -> bool:
    return not isinstance(route, Mount) or scope["path"] == f"{scope['root_path']}/"


def _unless_said_not_stored(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).setdefault("Cache-Control", "no-store")
        await send(message)

    return sent
