"""What the server says about itself: one JSON line per request, and Prometheus metrics; neither names a person.

A line has the route as it is declared (``/api/study/step/{step}``), never the address asked for, so that no session id,
participant id or query string reaches a log; no IP address, user agent or cookie either.
"""

import json
import logging
import os
import sys
import time
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.security import error

LOG = logging.getLogger("semantic_eq")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0)
MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"


class JsonLines(logging.Formatter):
    """Formats a log record, and the fields given to it as ``extra={"fields": {...}}``, as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def log_json_lines(requests: bool = True) -> None:
    """Send the application's and uvicorn's log to stderr as JSON lines; uvicorn's access log has addresses: it is off.

    Parameters
    ----------
    requests : whether every request leaves a line, or only what went wrong.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("semantic_eq", "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(logging.INFO if requests and name == "semantic_eq" else logging.WARNING)
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
        began = time.perf_counter()
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception:
            LOG.exception("failed", extra={"fields": {"route": route_of(scope)}})
            if status:  # too late for another answer: the connection breaks, which a client does not take for success
                raise
            sentence = "Something went wrong on the server; nothing that was saved is lost."
            await error(500, "server", sentence)(scope, receive, noted)
        finally:
            self._record(scope, status, time.perf_counter() - began)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_of(scope)
        self.metrics.requests.labels(scope["method"], route, str(status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        level = logging.WARNING if status >= 500 else logging.DEBUG if route.startswith("/health") else logging.INFO
        fields = {"method": scope["method"], "route": route, "status": status, "ms": round(seconds * 1000, 1)}
        LOG.log(level, "request", extra={"fields": fields})


def route_of(scope: Scope) -> str:
    """The declared route that answered a request, or ``unmatched``."""
    route = scope.get("route")
    return getattr(route, "path", None) or scope.get("semantic_eq.page", "unmatched")
