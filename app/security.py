"""What every answer and every request body is held to: headers, a script policy, a limit.

Everything here is plain ASGI, so that audio streams through it unbuffered. `docs/security.md` has the threats behind
each line.
"""

import contextlib
import re
import secrets

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CLOSE = {"Connection": "close"}
BODY_LIMIT_BYTES = 64_000  # of every request whose route declares no `max_body_size` of its own
SCRIPTS = "semantic_eq.scripts"  # where a request's scope has the script policy of its answer
POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors {ancestors}"
)
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
    """Adds the security headers to every answer.

    Parameters
    ----------
    app : the application inside.
    frame_ancestors : CSP source list of the sites that may embed the pages.
    """

    def __init__(self, app: ASGIApp, frame_ancestors: str) -> None:
        self.app = app
        self.frame_ancestors = frame_ancestors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                scripts = scope.get(SCRIPTS, "'self'")
                headers["Content-Security-Policy"] = POLICY.format(scripts=scripts, ancestors=self.frame_ancestors)
                if headers.get("content-type", "").startswith("text/html"):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self.app(scope, receive, send_with_headers)


def allow_scripts(scope: Scope, document: bytes, more: str = "") -> bytes:
    """Let the scripts that stand in a document run, by a nonce in each and in the policy of this answer.

    Parameters
    ----------
    scope : the request that the document answers.
    document : HTML in which no visitor's text stands unescaped.
    more : further sources of the script policy.
    """
    nonce = secrets.token_urlsafe(16)
    scope[SCRIPTS] = f"'self' 'nonce-{nonce}' {more}".strip()
    return re.sub(rb"<script\b", b'<script nonce="' + nonce.encode() + b'"', document)


class BodyLimit:
    """Refuses request bodies over a limit, by their stated length or, where that lies, while they arrive.

    Parameters
    ----------
    app : the application inside.
    limit_bytes : the limit.
    """

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        self.app = app
        self.limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.limit_bytes
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
