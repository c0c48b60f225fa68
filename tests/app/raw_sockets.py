"""A server with `app.connections`' limits, sooner, and clients that write to its socket what they like."""

import socket
import threading
import time
from contextlib import contextmanager, suppress

import uvicorn

from app.connections import Connection
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


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), PATIENCE_S)


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
