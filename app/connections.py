"""What one connection, and all of them together, may cost before a request has come in.

uvicorn bounds none of this where httptools reads the requests, so `Connection` does: bytes of a head, length of an
address, time to the end of head and body, requests sent ahead, answers that nobody fetches, connections in all. A
client that keeps the server waiting loses its place first; a request that the server is working on never does.

asyncio meets a lack of file descriptors by accepting, and logging, as often as the backlog is long, each second;
`Loop` tries once.
"""

from __future__ import annotations

import asyncio
import json
import resource
import socket
from typing import Any

from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.observing import once_a_minute
from app.security import CLOSE, error

MOST_CONNECTIONS = 2000
MOST_HEAD_BYTES = 32_000
MOST_ADDRESS_BYTES = 8_000
# Small chunks have more framing than content: six bytes around one.
FRAMING_PER_BODY_BYTE = 8
HEAD_S = 10.0
BODY_S = 20.0
STALLED_S = 30.0
SLOWEST_BYTES_PER_S = 8_000
MOST_SENT_AHEAD = 16
CHECK_S = 1.0
REFUSALS = {
    408: ("timeout", "The request did not arrive in time."),
    414: ("too_long", f"An address here may have at most {MOST_ADDRESS_BYTES:,} bytes."),
    431: ("too_large", f"The headers of a request may have at most {MOST_HEAD_BYTES:,} bytes."),
    503: ("busy", "The server has as many connections as it can hold: try again in a moment."),
}


def max_connections() -> int:
    """How many connections this process can hold: half of its file descriptors at most, the rest is for its files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * MOST_CONNECTIONS
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(MOST_CONNECTIONS, soft // 2)


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with limits; named to uvicorn as ``http=``.

    Attributes
    ----------
    head_s, body_s, stalled_s : s for a head, for a body, and without an answer's going on; the latter two grow with the
        bytes that come or go, at the slowest rate that is waited for.
    check_s : s between two looks at them.
    """

    head_s, body_s, stalled_s, check_s = HEAD_S, BODY_S, STALLED_S, CHECK_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        _send_at_once(transport)
        self.url = b""
        self._in_head, self._in_body = True, False
        self._since = self.loop.time()
        self._raw_bytes = self._body_bytes = 0
        self._unsent_bytes, self._patience_s = 0, self.stalled_s
        self._check = self.loop.call_later(self.check_s, self._look)
        if len(self.connections) > self.most:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._check.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._raw_bytes += len(data)
        if self.transport.is_closing():
            return
        if self._in_head and len(self.url) > MOST_ADDRESS_BYTES:
            self._refuse(414)
        elif self._raw_bytes > MOST_HEAD_BYTES + (1 + FRAMING_PER_BODY_BYTE) * self._body_bytes and self._receiving:
            self._refuse(431)
        elif len(self.pipeline) > MOST_SENT_AHEAD:
            self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._raw_bytes = self._body_bytes = 0
        self._in_head, self._since = True, self.loop.time()

    def on_headers_complete(self) -> None:
        head_bytes = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if len(self.url) > MOST_ADDRESS_BYTES:
            self.app = _refusal(414)
        elif head_bytes > MOST_HEAD_BYTES:
            self.app = _refusal(431)
        self._in_head, self._in_body, self._since = False, True, self.loop.time()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()
        self._since = self.loop.time()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._since = self.loop.time()

    @property
    def most(self) -> int:
        """Connections that this process holds at once."""
        return max_connections()

    @property
    def _answered(self) -> bool:
        return self.cycle is None or (self.cycle.response_complete and not self.pipeline)

    @property
    def _receiving(self) -> bool:
        return self._in_head or self._in_body

    @property
    def _waits_for_client(self) -> bool:
        """Whether nothing happens here before the client sends more."""
        return self._in_body or self._answered

    def _look(self) -> None:
        """Close what has kept the server waiting for too long."""
        self._check = self.loop.call_later(self.check_s, self._look)
        now = self.loop.time()
        if self._answer_stalls():
            self.transport.abort()
        elif self.transport.is_closing():
            return
        elif self._in_body:
            if now - self._since > self.body_s + self._body_bytes / SLOWEST_BYTES_PER_S:
                self._refuse(408)
        elif self._answered and now - self._since > self.head_s:
            self._refuse(408)

    def _answer_stalls(self) -> bool:
        unsent_bytes = self.transport.get_write_buffer_size()
        sent_s = max(0, self._unsent_bytes - unsent_bytes) / SLOWEST_BYTES_PER_S
        self._unsent_bytes = unsent_bytes
        patience_s = self._patience_s + sent_s - self.check_s if unsent_bytes else self.stalled_s
        self._patience_s = min(patience_s, self.stalled_s)
        return self._patience_s < 0

    def _make_room(self) -> None:
        """Let go the connection that has kept the server waiting longest: idle ones before unfinished bodies."""
        others = [other for other in self.connections if isinstance(other, Connection) and other is not self]
        waiting = [other for other in others if other._waits_for_client]
        once_a_minute("connections", f"All {self.most} connections are in use.")
        if waiting:
            min(waiting, key=lambda other: (other._in_body, other._since)).transport.abort()
        else:
            self._refuse(503)

    def _refuse(self, status: int) -> None:
        """Tell a client that has sent anything why it is refused, unless it is being answered; then close."""
        nothing_came = self._answered and not self._raw_bytes and status == 408
        if self.cycle is not None and not self.cycle.response_complete:
            nothing_came |= self.cycle.response_started
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.pipeline.clear()
        if not nothing_came:
            self.transport.write(_raw(status))
        self.transport.close()


def _send_at_once(transport: asyncio.Transport) -> None:
    """Switch off Nagle's algorithm, which holds back the end of an answer until its beginning is acknowledged: 40 ms.

    asyncio does so, but not for the sockets that uvicorn hands to its workers, which do not say that they are TCP.
    """
    used = transport.get_extra_info("socket")
    if used is not None and used.family in (socket.AF_INET, socket.AF_INET6):
        used.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _refusal(status: int) -> Response:
    return error(status, *REFUSALS[status], CLOSE)


def _raw(status: int) -> bytes:
    code, sentence = REFUSALS[status]
    body = json.dumps({"error": code, "message": sentence}).encode()
    head = f"content-type: application/json\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    return STATUS_LINE[status] + head.encode() + body


class Loop(asyncio.SelectorEventLoop):
    """asyncio's loop, which accepts one connection a turn and says once a minute why it cannot."""

    def __init__(self) -> None:
        super().__init__()
        self.set_exception_handler(_tell)

    def _accept_connection(
        self,
        protocol_factory: Any,
        sock: Any,
        sslcontext: Any = None,
        server: Any = None,
        backlog: int = 100,
        *more: Any,
    ) -> None:
        super()._accept_connection(protocol_factory, sock, sslcontext, server, 1, *more)  # type: ignore[misc]  # private


def _tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if "socket.accept()" in context["message"]:
        once_a_minute("accept", f"No connection can be taken: {context['exception'].strerror}.")
    else:
        loop.default_exception_handler(context)
