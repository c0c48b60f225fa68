"""What the server says about itself: one JSON line per request, and Prometheus metrics; neither names a person.

A line has the route as it is declared (``/api/study/step/{step}``), never the address asked for, so that no session id,
participant id or query string reaches a log; no IP address, user agent or cookie either.
"""

import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.exc import StatementError
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.security import error

LOG = logging.getLogger("semantic_eq")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0)
MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
CAUSE = "semantic_eq.cause"  # where a request's scope has why its answer is 503
ABORTED = 499  # nginx's number for a client that went away before it was answered
MINUTE_S = 60.0
MOST_CAUSES = 200
DATABASE_DRIVERS = ("psycopg", "sqlite3")


class JsonLines(logging.Formatter):
    """Formats a log record, and the fields given to it as ``extra={"fields": {...}}``, as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["exception"] = "\n".join(_exception_text(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False)


def _exception_text(error: BaseException) -> Iterator[str]:
    """A traceback with all that led to it, in which a database's error has its kind only."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _exception_text(before)
        yield "which led to:"
    yield "".join(traceback.format_tb(error.__traceback__)).rstrip()
    kind, driver = type(error), type(error).__module__.partition(".")[0]
    if isinstance(error, StatementError):
        yield f"{kind.__name__}: {database_cause(error)}"
    elif driver in DATABASE_DRIVERS:
        yield _kind(error)
    else:
        yield "".join(traceback.format_exception_only(error)).rstrip()


def database_cause(error: StatementError) -> str:
    """Why a statement failed, without the values in a database's own words (``Key (id)=(...) already exists``)."""
    return _kind(error.orig) if error.orig is not None else type(error).__name__


def _kind(error: BaseException) -> str:
    """An error by its name and code; in its own words where these can only be of connections, locks and disks."""
    if state := getattr(error, "sqlstate", None):
        return f"{type(error).__name__} ({state})"
    code = getattr(error, "sqlite_errorname", None)
    said = " ".join(str(error).split()) if type(error).__name__ == "OperationalError" else ""
    return ": ".join([f"{type(error).__name__} ({code})" if code else type(error).__name__, *([said] if said else [])])


_last_said_s: dict[str, float] = {}


def once_a_minute(subject: str, cause: str) -> None:
    """Log what went wrong, but the same of the same subject at most once a minute."""
    now_s, key = time.monotonic(), f"{subject}: {cause}"
    if now_s - _last_said_s.get(key, -MINUTE_S) < MINUTE_S:
        return
    if len(_last_said_s) >= MOST_CAUSES:
        _last_said_s.clear()
    _last_said_s[key] = now_s
    LOG.warning("unavailable", extra={"fields": {"what": subject, "cause": cause}})


def log_json_lines(requests: bool = True) -> None:
    """Send the application's and uvicorn's log to stderr as JSON lines; uvicorn's access log has addresses: it is off.

    Parameters
    ----------
    requests : whether every request leaves a line, or only what went wrong.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    # uvicorn warns of every request that is none: anybody could fill a disk with that.
    levels = {"semantic_eq": logging.INFO if requests else logging.WARNING, "asyncio": logging.WARNING}
    for name, level in {**levels, "uvicorn": logging.ERROR, "uvicorn.error": logging.ERROR}.items():
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(level)
    logging.getLogger("uvicorn.access").disabled = True


class Metrics:
    """Counts requests and their durations in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter("semantic_eq_requests", "Requests answered", labels, registry=self.registry)
        self.seconds = Histogram(
            "semantic_eq_request_seconds", "Time to answer", ("route",), buckets=SECONDS, registry=self.registry
        )

    def exposition(self) -> bytes:
        """The metrics in Prometheus' text format, of all worker processes where there are several."""
        if os.environ.get(MULTIPROCESS):
            everyone = CollectorRegistry()
            MultiProcessCollector(everyone)
            return generate_latest(everyone)
        return generate_latest(self.registry)


class Observe:
    """Logs and counts each request; turns an unforeseen exception into a plain 500 whose cause only the log has."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()
        status = 0

        async def heard() -> Message:
            nonlocal status
            message = await receive()
            if message["type"] == "http.disconnect":
                status = status or ABORTED
            return message

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = status or message["status"]
            await send(message)

        try:
            await self.app(scope, heard, noted)
        except Exception as failure:
            if status == ABORTED and isinstance(failure, ClientDisconnect):
                return
            LOG.exception("failed", extra={"fields": {"route": route_of(scope)}})
            if status:  # too late for another answer: the connection breaks, which a client does not take for success
                raise
            sentence = "Something went wrong on the server; nothing that was saved is lost."
            await error(500, "server", sentence)(scope, receive, noted)
        finally:
            self._record(scope, status, time.perf_counter() - start)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_of(scope)
        self.metrics.requests.labels(scope["method"], route, str(status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        if status == 503:
            once_a_minute(route, scope.get(CAUSE, "not said"))
        level = logging.WARNING if status >= 500 else logging.DEBUG if route.startswith("/health") else logging.INFO
        fields = {"method": scope["method"], "route": route, "status": status, "ms": round(seconds * 1000, 1)}
        LOG.log(level, "request", extra={"fields": fields})


def route_of(scope: Scope) -> str:
    """The declared route that answered a request, or ``unmatched``."""
    route = scope.get("route")
    return getattr(route, "path", None) or scope.get("semantic_eq.page", "unmatched")
