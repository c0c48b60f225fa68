"""Who is the experimenter: a token, a session in the database after signing in, and a limit on guesses.

Everything that is derived from the token is the same in all processes and replicas, and changes with it.
"""

import hashlib
import hmac
import time
from collections import deque

from sqlalchemy import Engine
from starlette.requests import HTTPConnection

from study.storage import admin_sessions

COOKIE = "semantic_eq_admin"
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


class Access:
    """Checks the token, and signs browsers in and out.

    The form and the ``Authorization`` header are two doors, each with its own limit on guesses, so that a program with
    a stale token does not keep the experimenter out, nor guesses at the form a program.

    Parameters
    ----------
    token : the admin token. Sessions that were started by another one end here.
    engine : the database that holds the sessions.
    """

    def __init__(self, token: str, engine: Engine) -> None:
        self._token = token
        self._engine = engine
        # Slow to compute, for a database that gets lost must not make a token of few characters easy to guess.
        salt = b"semantic-eq admin session"
        self._token_hash = hashlib.scrypt(token.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32).hex()
        self.metrics_token = metrics_token(token)
        self.form = Guesses()
        self.header = Guesses()
        admin_sessions.end_of_other_tokens(engine, self._token_hash)

    def is_token(self, given: str) -> bool:
        """Whether ``given`` is the token, compared in constant time."""
        return hmac.compare_digest(given.encode(), self._token.encode())

    def is_scraper(self, connection: HTTPConnection) -> bool:
        """Whether a request carries the metrics token; never limited by anybody's guesses."""
        return hmac.compare_digest(_bearer(connection).encode(), self.metrics_token.encode())

    def is_bearer(self, connection: HTTPConnection) -> bool:
        """Whether a request carries the token as ``Authorization: Bearer``; a wrong one counts as a guess."""
        given = _bearer(connection)
        if not given or self.header.seconds_to_wait():
            return False
        if right := self.is_token(given):
            return right
        self.header.note_wrong()
        return False

    def sign_in(self, connection: HTTPConnection) -> str:
        """Begin a session, for the cookie; one that this browser had before ends."""
        self.sign_out(connection)
        return admin_sessions.start(self._engine, self._token_hash)

    def sign_out(self, connection: HTTPConnection) -> None:
        """End the session of the request's cookie, where it has one."""
        if key := connection.cookies.get(COOKIE):
            admin_sessions.end(self._engine, key)

    def sign_out_others(self, kept: int | None) -> None:
        """End all sessions but ``kept``."""
        admin_sessions.end_others(self._engine, self._token_hash, kept)

    def browser(self, connection: HTTPConnection) -> int | None:
        """The number of the open session whose cookie a request carries."""
        key = connection.cookies.get(COOKIE)
        return admin_sessions.find(self._engine, key, self._token_hash) if key else None

    def browsers(self, this: int | None) -> list[dict[str, object]]:
        """Who is signed in: ``started_at``, ``seen_at`` and whether it is session ``this``."""
        return [
            {"started_at": row["started_at"], "seen_at": row["seen_at"], "this": row["id"] == this}
            for row in admin_sessions.open_sessions(self._engine, self._token_hash)
        ]

    def form_key(self, cookie: str) -> str:
        """What changing requests with this cookie must send in ``X-Form-Key``: no other site can read it."""
        return _derived(self._token, f"form {cookie}")

    def is_form_key(self, connection: HTTPConnection) -> bool:
        """Whether a request carries the form key that goes with its cookie."""
        given, expected = connection.headers.get("x-form-key", ""), self.form_key(connection.cookies.get(COOKIE, ""))
        return hmac.compare_digest(given.encode(), expected.encode())


def metrics_token(token: str) -> str:
    """A token that opens ``/metrics`` and nothing else.

    Nobody can guess its 256 bits, so it needs no limit on guesses, and who has it cannot find the admin's.
    """
    return _derived(token, "metrics")


def _derived(token: str, purpose: str) -> str:
    key = hashlib.sha256(b"semantic-eq admin cookie\0" + token.encode()).digest()
    return hmac.new(key, purpose.encode(), hashlib.sha256).hexdigest()


def _bearer(connection: HTTPConnection) -> str:
    kind, _, given = connection.headers.get("authorization", "").partition(" ")
    return given.strip() if kind.lower() == "bearer" else ""
