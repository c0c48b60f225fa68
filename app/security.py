"""What stands between the internet and the pages: headers, limits and the closed doors of Gradio.

Everything here is plain ASGI middleware, so that audio streams through it unbuffered; only the few HTML documents are
held, to give their scripts a nonce. `docs/security.md` has the threats behind each line.
"""

import contextlib
import re
import secrets
from collections.abc import Iterable, Mapping

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CLOSE = {"Connection": "close"}
# What a page of Gradio's needs: its document, its style, its own scripts and fonts. Nothing here reads a request body.
GRADIO_PATHS = re.compile(r"/(|theme\.css|assets/[\w.-]+|static/(js|css|fonts|img)/[\w./-]+)")
# Gradio compiles each gr.HTML template with Function(), so its pages need 'unsafe-eval'; no page of ours does.
GRADIO_SCRIPTS = "'self' 'nonce-{nonce}' 'unsafe-eval'"
POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors {ancestors}"
)
OUTSIDE_LINKS = re.compile(
    rb"<meta\s[^>]*(?:og:|twitter:)[^>]*>|<link rel=\"manifest\"[^>]*>|<meta\s+property=\"og:[^>]*>", re.S
)
ICON = b'<link rel="icon" href="data:,">'  # else every visit asks for /favicon.ico
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=()",
}


def error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """The application's one form of an error: ``{"error": code, "message": sentence}``."""
    return JSONResponse({"error": code, "message": message}, status, headers)


class SecurityHeaders:
    """Adds the security headers to every answer, and a script nonce to HTML documents.

    Parameters
    ----------
    app : the application inside.
    frame_ancestors : CSP source list of the sites that may embed the pages.
    gradio : path prefixes of the mounted Gradio pages, which need a wider script policy than the rest.
    documents : paths of other HTML pages with scripts of their own.
    heads : HTML for the ``<head>`` of a mounted page's document, by its prefix. Gradio adds its own ``head=`` only once
        its scripts have run; what stands here is fetched beside them.
    """

    def __init__(
        self,
        app: ASGIApp,
        frame_ancestors: str,
        gradio: Iterable[str],
        documents: Iterable[str] = (),
        heads: Mapping[str, str] | None = None,
    ) -> None:
        self.app = app
        self.frame_ancestors = frame_ancestors
        self.gradio = tuple(gradio)
        self.documents = frozenset(documents)
        self.heads = {f"{prefix}/": html.encode() for prefix, html in (heads or {}).items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        inside = _mounted_path(scope, self.gradio)
        document = inside == "/" or path_below_root(scope) in self.documents
        if inside is not None:  # a mounted page has no declared route that the log could name
            scope["semantic_eq.page"] = f"{scope['path'].removesuffix(inside)}/*"
        nonce = secrets.token_urlsafe(16)
        scripts = GRADIO_SCRIPTS.format(nonce=nonce) if document else "'self'"
        policy = POLICY.format(scripts=scripts, ancestors=self.frame_ancestors)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers["Content-Security-Policy"] = policy
                if headers.get("content-type", "").startswith("text/html"):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        if document:
            head = self.heads.get(path_below_root(scope), b"")
            await self.app(_uncompressed(scope), receive, _Rewriter(send_with_headers, nonce, head))
        else:
            await self.app(scope, receive, send_with_headers)


class _Rewriter:
    """A ``send`` that holds an HTML document, gives each script the nonce and drops links to other places."""

    def __init__(self, send: Send, nonce: str, head: bytes) -> None:
        self.send = send
        self.nonce = nonce.encode()
        self.head = ICON + head + b"</head>"
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        self.body += message.get("body", b"")
        if message.get("more_body"):
            return
        body = OUTSIDE_LINKS.sub(b"", self.body).replace(b"</head>", self.head, 1)
        body = re.sub(rb"<script\b", b'<script nonce="' + self.nonce + b'"', body)
        headers = MutableHeaders(scope=self.start)
        if self.body:  # the answer to HEAD has a length but no body
            headers["content-length"] = str(len(body))
        await self.send(self.start)
        await self.send({"type": "http.response.body", "body": body})


class GradioGate:
    """Lets through only the requests that show a Gradio page; uploads, files, events and API listings are 404.

    All work goes through the application's own endpoints, so nothing is lost, and the routes that have let clients
    read files of the server are out of reach whatever a later version of Gradio does.
    """

    def __init__(self, app: ASGIApp, gradio: Iterable[str]) -> None:
        self.app = app
        self.gradio = tuple(gradio)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = _mounted_path(scope, self.gradio)
        if path is None:
            await self.app(scope, receive, send)
        elif scope["type"] != "http" or ".." in path or not GRADIO_PATHS.fullmatch(path):
            await _refuse(scope, receive, send, error(404, "not_found", "There is nothing at this address."))
        elif scope["method"] not in ("GET", "HEAD"):
            await _refuse(scope, receive, send, error(405, "method", "This address can only be read."))
        else:  # Gradio takes ?deep_link= and the like for itself; no page here uses them on the server
            await self.app({**scope, "query_string": b""}, receive, send)


class BodyLimit:
    """Refuses request bodies over a limit, by their stated length or, where that lies, while they arrive.

    Parameters
    ----------
    app : the application inside.
    limit_bytes : the limit of every path not in ``larger``.
    larger : limits in bytes of particular paths.
    """

    def __init__(self, app: ASGIApp, limit_bytes: int, larger: dict[str, int] | None = None) -> None:
        self.app = app
        self.limit_bytes = limit_bytes
        self.larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.larger.get(path_below_root(scope), self.limit_bytes)
        too_large = error(413, "too_large", f"A request here may have at most {limit:,} bytes.", CLOSE)
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if not stated.isdigit() or int(stated) > limit:
            await too_large(scope, receive, send)
            return
        arrived = 0
        answered = False

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > limit:
                raise _TooLarge
            return message

        async def unless_too_large(message: Message) -> None:
            nonlocal answered
            if arrived <= limit:  # else the application is only telling that it could not read the body
                answered = True
                await send(message)

        with contextlib.suppress(_TooLarge):
            await self.app(scope, counted, unless_too_large)
        if arrived > limit and not answered:
            await too_large(scope, receive, send)


class _TooLarge(Exception):  # noqa: N818 - a signal inside BodyLimit, never seen outside
    pass


async def _refuse(scope: Scope, receive: Receive, send: Send, response: JSONResponse) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await response(scope, receive, send)


def path_below_root(scope: Scope) -> str:
    """The path of a request without the prefix that a reverse proxy stripped."""
    return scope["path"].removeprefix(scope.get("root_path", ""))


def _mounted_path(scope: Scope, prefixes: tuple[str, ...]) -> str | None:
    """The path inside the mounted Gradio page that a request names, or None for every other request."""
    if scope["type"] not in ("http", "websocket"):
        return None
    path = path_below_root(scope)
    return next((path.removeprefix(prefix) for prefix in prefixes if path.startswith(f"{prefix}/")), None)


def _uncompressed(scope: Scope) -> Scope:
    headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    return {**scope, "headers": headers}
