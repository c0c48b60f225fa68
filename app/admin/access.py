"""Who is the experimenter: a token, a signed cookie after signing in, a limit on guesses and a guard against forgery.

The key of all signatures comes from the admin token, so replicas agree without shared memory, and a new token ends
every signed-in session.
"""

import hashlib
import hmac
import time
from collections import deque
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.security import error, path_below_root

COOKIE = "semantic_eq_admin"
SIGNED_IN_S = 8 * 3600
METRICS = "/metrics"
GUESSES = 5
GUESSES_WINDOW_S = 60.0


class Guesses:
    """How many wrong tokens came through one door lately: five per minute, from everyone together.

    Counting everyone together needs no address of anyone; the true experimenter keeps a valid cookie meanwhile.
    """

    def __init__(self) -> None:
        self._wrong: deque[float] = deque()

    def seconds_to_wait(self) -> float:
        """How long until another guess is allowed."""
        now = time.monotonic()
        while self._wrong and now - self._wrong[0] > GUESSES_WINDOW_S:
            self._wrong.popleft()
        return GUESSES_WINDOW_S - (now - self._wrong[0]) if len(self._wrong) >= GUESSES else 0.0

    def note_wrong(self) -> None:
        """Count a wrong token."""
        self._wrong.append(time.monotonic())

    def forgive(self) -> None:
        """Forget all wrong guesses."""
        self._wrong.clear()


class Access:
    """Checks the token and makes and reads what proves that somebody gave it.

    The form and the ``Authorization`` header are two doors, each with its own limit on guesses, so that a program with
    a stale token does not keep the experimenter out, nor guesses at the form a program.

    Parameters
    ----------
    token : the admin token.
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._key = hashlib.sha256(b"semantic-eq admin cookie\0" + self._token).digest()
        self.form = Guesses()
        self.header = Guesses()

    def is_token(self, given: str) -> bool:
        """Whether ``given`` is the token, compared in constant time."""
        return hmac.compare_digest(given.encode(), self._token)

    @property
    def metrics_token(self) -> str:
        """A token that opens ``/metrics`` and nothing else.

        Nobody can guess its 256 bits, so it needs no limit on guesses, and who has it cannot find the admin's.
        """
        return self._sign("metrics")

    def is_scraper(self, connection: HTTPConnection) -> bool:
        """Whether a request carries the metrics token; never limited by anybody's guesses."""
        return hmac.compare_digest(_bearer(connection).encode(), self.metrics_token.encode())

    def cookie(self) -> str:
        """A cookie value that proves the token was given, for eight hours."""
        expires = str(int(time.time()) + SIGNED_IN_S)
        return f"{expires}.{self._sign(expires)}"

    def is_cookie(self, value: str) -> bool:
        """Whether ``value`` was made by `cookie` and has not expired."""
        expires, _, signature = value.partition(".")
        valid = hmac.compare_digest(signature.encode(), self._sign(expires).encode())
        return valid and expires.isascii() and expires.isdigit() and int(expires) > time.time()

    def form_key(self, cookie: str) -> str:
        """What a changing request must send in ``X-Form-Key``: another site cannot read it, so cannot forge one."""
        return self._sign(f"form {cookie}")

    def is_signed_in(self, connection: HTTPConnection) -> bool:
        """Whether a request carries a valid cookie, or the token as ``Authorization: Bearer`` (for programs)."""
        return self.is_bearer(connection) or self.is_cookie(connection.cookies.get(COOKIE, ""))

    def is_bearer(self, connection: HTTPConnection) -> bool:
        """Whether a request carries the token as ``Authorization: Bearer``; a wrong one counts as a guess."""
        given = _bearer(connection)
        if not given or self.header.seconds_to_wait():
            return False
        if right := self.is_token(given):
            return right
        self.header.note_wrong()
        return False

    def may_change(self, connection: HTTPConnection) -> bool:
        """Whether a changing request comes from the admin page itself (or from a program that holds the token)."""
        if connection.headers.get("authorization"):
            return True  # browsers do not add this header by themselves
        given = connection.headers.get("x-form-key", "").encode()
        expected = self.form_key(connection.cookies.get(COOKIE, "")).encode()
        return hmac.compare_digest(given, expected) and same_origin(connection)

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def _bearer(connection: HTTPConnection) -> str:
    kind, _, given = connection.headers.get("authorization", "").partition(" ")
    return given.strip() if kind.lower() == "bearer" else ""


def same_origin(connection: HTTPConnection) -> bool:
    """Whether the browser says that the request comes from a page of this very site (or says nothing)."""
    if connection.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = connection.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == connection.headers.get("host")


class AdminGate:
    """Lets only the experimenter through to the given path prefixes; pages redirect to the sign-in, data is 401.

    Parameters
    ----------
    app : the application inside.
    access : who is the experimenter.
    prefixes : guarded paths and everything below them.
    """

    def __init__(self, app: ASGIApp, access: Access, prefixes: tuple[str, ...]) -> None:
        self.app = app
        self.access = access
        self.prefixes = prefixes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not self._is_guarded(scope):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        if path_below_root(scope) == METRICS and self.access.is_scraper(connection):
            await self.app(scope, receive, send)
        elif not self.access.is_signed_in(connection):
            await self._turn_away(scope, receive, send)
        elif scope.get("method", "GET") not in ("GET", "HEAD") and not self.access.may_change(connection):
            sentence = "The request does not come from the admin page; reload the page and try again."
            await error(403, "forged", sentence)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _is_guarded(self, scope: Scope) -> bool:
        path = path_below_root(scope)
        return any(path == prefix or path.startswith(f"{prefix}/") for prefix in self.prefixes)

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = path_below_root(scope)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif path in ("/admin", "/admin/", "/playground", "/playground/") and scope["method"] == "GET":
            address = f"{scope.get('root_path', '')}/sign-in?next={path.strip('/')}"
            await RedirectResponse(address, 303)(scope, receive, send)
        else:
            await error(401, "sign_in", "Sign in on the admin page first.")(scope, receive, send)
