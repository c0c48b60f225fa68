"""Many connections at once: who must make room, who keeps a place, and what is left when file descriptors run out."""

import asyncio
import logging
import resource
import socket
import threading
import time
from contextlib import ExitStack

import httpx
import pytest
from fastapi import FastAPI, Request
from pydantic import BaseModel

from app import observing
from app.observing import JsonLines, Metrics, Observe
from tests.app.deployed import served
from tests.app.raw_sockets import (
    PATIENCE_S,
    Hasty,
    application,
    connect,
    request,
    sent,
    serving,
    status,
    until,
    until_closed,
)
from tests.app.study_process import free_port


@pytest.fixture(scope="module")
def port():
    with serving(application) as (port, _):
        yield port


def test_new_connection_takes_the_place_of_the_idlest(port):
    with ExitStack() as stack:
        idle = [stack.enter_context(connect(port)) for _ in range(5 * Hasty.most)]
        assert status(sent(port, request())) == 200
        assert until_closed(idle[0]) == b""


def test_requests_in_work_keep_their_places():
    release = threading.Event()

    async def slow(scope, receive, send):
        while not release.is_set():
            await asyncio.sleep(0.01)
        await application(scope, receive, send)

    with serving(slow) as (port, server), ExitStack() as stack:
        busy = [stack.enter_context(connect(port)) for _ in range(Hasty.most)]
        for connection in busy:
            connection.sendall(request())
        until(lambda: len(server.server_state.tasks) == Hasty.most)
        assert status(sent(port, request())) == 503
        release.set()
        assert [status(until_closed(connection)) for connection in busy] == [200] * Hasty.most


class Body(BaseModel):
    value: int


async def streamed(request: Request) -> int:
    return len(await request.body())


async def parsed(body: Body) -> int:
    return body.value


@pytest.mark.parametrize("endpoint", [streamed, parsed])
def test_aborted_request_is_no_failure(caplog, endpoint):
    caplog.set_level("INFO", logger="semantic_eq")
    app, metrics = FastAPI(), Metrics()
    app.add_middleware(Observe, metrics=metrics)
    app.post("/body")(endpoint)
    with serving(app) as (port, server):
        with connect(port) as connection:
            head = b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
            connection.sendall(head + b"{")
            until(lambda: server.server_state.tasks)
        until(lambda: b'status="499"' in metrics.exposition())
    lines = [line for line in caplog.records if line.name == "semantic_eq"]
    assert [(line.levelname, line.fields["status"]) for line in lines] == [("INFO", 499)]
    assert "Traceback" not in caplog.text


def test_without_file_descriptors_the_log_has_one_line():
    """Accepting fails for as long as something else has them all; then the server answers again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    handler, lines = logging.Handler(), []
    handler.emit = lambda record: lines.append(JsonLines().format(record))
    loggers = [logging.getLogger(name) for name in ("semantic_eq", "asyncio")]
    observing._last_said_s.clear()
    with serving(application) as (port, _), ExitStack() as stack:
        for logger in loggers:
            logger.addHandler(handler)
            stack.callback(logger.removeHandler, handler)
        waiting = [stack.enter_context(socket.socket()) for _ in range(5)]
        taken = [stack.enter_context(socket.socket())]
        highest = taken[0].fileno()
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, hard))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for connection in waiting:
            connection.connect(("127.0.0.1", port))
        time.sleep(2.5)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        waiting[0].settimeout(PATIENCE_S)
        waiting[0].sendall(request())
        assert status(until_closed(waiting[0])) == 200
    assert len(lines) == 1 and "Too many open files" in lines[0]


def test_loop_takes_many_connections_at_once(port):
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(port)) for _ in range(Hasty.most)]
        for connection in connections:
            connection.sendall(request())
        assert [status(until_closed(connection)) for connection in connections] == [200] * Hasty.most


def test_serve_has_these_limits(tmp_path, noises, study_file):
    """One real server with few file descriptors: a long head is refused, idle connections push nobody out."""
    port = free_port()
    options = ("--set", noises, "--study", study_file, "--log")
    with served(tmp_path, port, *options) as process, ExitStack() as stack:
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (160, 160))
        assert status(sent(port, request(headers="X: " + "a" * 32_000 + "\r\n"))) == 431
        for _ in range(400):
            stack.enter_context(connect(port)).sendall(b"GET /study/ HTTP/1.1\r\n")
        answer = httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=PATIENCE_S, trust_env=False)
        assert answer.status_code == 200
    assert len((tmp_path / "serve.log").read_text()) < 20_000


@pytest.mark.parametrize("as_worker", [False, True])
def test_no_answer_waits_until_its_beginning_is_acknowledged(as_worker):
    with serving(application, as_worker=as_worker) as (port, server), connect(port):
        until(lambda: server.server_state.connections)
        [connection] = server.server_state.connections
        used = connection.transport.get_extra_info("socket")
        assert used.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
