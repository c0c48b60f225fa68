"""Raw sockets against a real server: what never ends is ended, what is too long is refused."""

import json
import select
import socket
import time

import pytest

from tests.app.raw_sockets import (
    MEGABYTE,
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
)  # fmt: skip


@pytest.fixture(scope="module")
def port():
    with serving(application) as (port, _):
        yield port


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
