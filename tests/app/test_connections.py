"""Raw sockets against a real server: what never ends is ended, what is too long is refused, the others are answered."""

import asyncio
import json
import logging
import resource
import select
import socket
import threading
import time
from contextlib import ExitStack, contextmanager, suppress

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel

from app import observing
from app.connections import Connection
from app.observing import JsonLines, Metrics, Observe
from tests.app.deployed import served
from tests.app.study_process import free_port

PATIENCE_S = 30
MEGABYTE = 1_000_000


class Hasty(Connection):
    """The same limits, sooner."""

    head_s, body_s, stalled_s, check_s = 0.5, 0.6, 0.4, 0.05
    most = 12


async def application(scope, receive, send):
    """Answers with the length of the body, or with as many bytes as the query string says."""
    length, more = 0, scope["method"] == "POST"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length, more = length + len(message["body"]), message["more_body"]
    body = bytes(int(scope["query_string"])) if scope["query_string"] else str(length).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def serving(app, protocol=Hasty, as_worker=False):
    port = free_port()
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, http=protocol, ws="none", loop="app.connections:Loop", log_config=None,
        access_log=False, timeout_keep_alive=60, lifespan="off",
    )  # fmt: skip
    server = uvicorn.Server(config)
    sockets = [config.bind_socket()] if as_worker else None  # as the process that starts `--workers 2` hands it on
    thread = threading.Thread(target=server.run, args=(sockets,), daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    try:
        yield port, server
    finally:
        server.should_exit = server.force_exit = True
        thread.join()


@pytest.fixture(scope="module")
def port():
    with serving(application) as (port, _):
        yield port


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    return connection


def until_closed(connection) -> bytes:
    """What comes until the server closes, however it does."""
    parts = []
    with suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def sent(port, content: bytes) -> bytes:
    """The answer to ``content``, after which nothing more is sent."""
    with connect(port) as connection:
        with suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(content)
        return until_closed(connection)


def until(true) -> None:
    """Wait for what must come."""
    end_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def status(answer: bytes) -> int:
    return int(answer[9:12]) if answer else 0


def request(method="GET", path="/", headers="", body=b"") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: a\r\n{headers}Connection: close\r\n\r\n".encode() + body


OTHERS = len("/" + "Hosta" + "Connectionclose")


@pytest.mark.parametrize("length, expected", [(8000 - 1, 200), (8000, 200), (8000 + 1, 414)])
def test_address_has_a_length(port, length, expected):
    assert status(sent(port, request(path="/" + "a" * (length - 1)))) == expected


@pytest.mark.parametrize("length, expected", [(32_000 - 1, 200), (32_000, 200), (32_000 + 1, 431)])
def test_head_has_a_length(port, length, expected):
    header = "X: " + "a" * (length - OTHERS - 1) + "\r\n"
    assert status(sent(port, request(headers=header))) == expected


ENDLESS = {
    "address": (b"GET /", b"a" * 1000, 414),
    "header": (b"GET / HTTP/1.1\r\nX: ", b"a" * 1000, 431),
    "headers": (b"GET / HTTP/1.1\r\n", b"X: a\r\n" * 200, 431),
    "name of a header": (b"GET / HTTP/1.1\r\n", b"a" * 1000, 431),
    "method": (b"", b"A" * 1000, 400),
    "chunk extension": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a" * 1000, 431),
    "trailer": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"a" * 1000, 431),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_endless_part_is_refused_early(port, what):
    """Before it has taken a megabyte, of which the client's and the server's kernel hold a part."""
    first, more, expected = ENDLESS[what]
    with connect(port) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        connection.sendall(first)
        taken = 0
        while taken < 10 * MEGABYTE and not select.select([connection], [], [], 0)[0]:
            try:
                connection.sendall(more)
            except (ConnectionResetError, BrokenPipeError):
                break
            taken += len(more)
        assert taken < MEGABYTE
        assert status(until_closed(connection)) in (expected, 0)  # 0: the refusal was lost in the reset


UNFINISHED = {
    "nothing": (b"", 0),
    "half a line": (b"GET /stu", 408),
    "half a head": (b"GET / HTTP/1.1\r\nHost: a\r\n", 408),
    "no body": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n", 408),
    "half a body": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + bytes(50), 408),
    "half a chunk": (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", 408),
    "blank lines": (b"\r\n\r\n", 408),
    "a second head": (b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT", 200),
}


@pytest.mark.parametrize("what", UNFINISHED)
def test_unfinished_request_is_let_go(port, what):
    content, expected = UNFINISHED[what]
    with connect(port) as connection:
        connection.sendall(content)
        answer = until_closed(connection)
    assert status(answer) == expected
    if expected == 408:
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"] == "timeout"
    if what == "a second head":
        assert answer.count(b"HTTP/1.1 408") == 1


def test_dripping_head_is_let_go(port):
    """A byte now and then keeps no connection open."""
    with connect(port) as connection:
        for _ in range(10 * PATIENCE_S):
            if select.select([connection], [], [], 0.1)[0]:
                break
            connection.sendall(b"X")
        assert status(until_closed(connection)) in (400, 408, 0)


def test_body_that_keeps_coming_is_waited_for(port):
    """Longer than ``body_s`` in all, as an upload over a slow line is."""
    parts = [bytes(20_000)] * 8
    with connect(port) as connection:
        connection.sendall(request("POST", headers=f"Content-Length: {sum(map(len, parts))}\r\n"))
        for part in parts:
            time.sleep(2 * Hasty.body_s / len(parts))
            connection.sendall(part)
        answer = until_closed(connection)
    assert status(answer) == 200 and answer.endswith(b"160000")


def test_answer_that_nobody_fetches_is_dropped():
    with serving(application) as (port, server), connect(port) as connection:
        connection.sendall(request(path=f"/?{50 * MEGABYTE}"))
        connection.recv(1)
        until(lambda: not server.server_state.connections)


def test_answer_that_is_fetched_slowly_arrives(port):
    with connect(port) as connection:
        connection.sendall(request(path=f"/?{20 * MEGABYTE}"))
        parts = []
        while part := connection.recv(MEGABYTE):
            parts.append(part)
            time.sleep(0.01)
    assert len(b"".join(parts)) > 20 * MEGABYTE


@pytest.mark.parametrize("n, cut", [(16, False), (17, False), (18, True)])
def test_requests_sent_ahead_have_a_number(port, n, cut):
    """One is being answered while the others wait."""
    ahead = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * (n - 1) + request()
    assert (sent(port, ahead).count(b"HTTP/1.1 200") < n) is cut


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
