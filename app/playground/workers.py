"""Who may ask how much of the playground at once, and the process that does it: the study's own never waits for it."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import multiprocessing
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from pebble import ProcessExpired, ProcessPool
from starlette.requests import Request

from app.playground import work

T = TypeVar("T")
LONGEST_S = 60.0  # the first piece of work loads the models
KEY = secrets.token_bytes(32)  # of this process and for its life only


class Busy(Exception):  # noqa: N818 - an answer, not a failure
    """Too much is asked for at once; the same may do in a moment."""


class WorkFailed(Exception):  # noqa: N818 - says what did not work
    """A process that took too long or died; the next one is another."""


class Places:
    """How many may do something at the same time.

    Parameters
    ----------
    in_all : of all clients together.
    per_client : of one client.
    """

    def __init__(self, in_all: int, per_client: int) -> None:
        self.in_all, self.per_client = in_all, per_client
        self.taken: Counter[bytes] = Counter()

    @contextmanager
    def of(self, request: Request) -> Iterator[None]:
        """A place for as long as the context lasts.

        Raises
        ------
        Busy
            When all, or all of this client, are taken.
        """
        client = client_of(request)
        if self.taken[client] >= self.per_client:
            raise Busy("You are asking for several things at once: wait for the first of them.")
        if self.taken.total() >= self.in_all:
            raise Busy("Many people are using the playground: try again in a moment.")
        self.taken[client] += 1
        try:
            yield
        finally:
            self.taken[client] -= 1
            self.taken += Counter()  # forgets those who have none


def client_of(request: Request) -> bytes:
    """Whom to count a request for: a keyed hash of its network address, kept in memory while it is being answered.

    The address is the one that a trusted proxy names, or that of the connection. People behind one router share it, as
    do those behind a proxy that names none; a network of 2^64 IPv6 addresses, which one person has, counts as one.
    """
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
        network = address.packed[:8] if address.version == 6 else address.packed
    except ValueError:
        network = host.encode()
    return hashlib.blake2b(network, key=KEY, digest_size=16).digest()


class Workers:
    """One process that does the playground's work, piece by piece: made when it is needed, and anew when it dies."""

    def __init__(self) -> None:
        self._pool: ProcessPool | None = None

    async def run(self, piece: Callable[..., T], *arguments: object) -> T:
        """What ``piece(*arguments)`` of `work` gives or raises.

        Raises
        ------
        WorkFailed
            When it took too long, or its process died.
        """
        if self._pool is None or not self._pool.active:  # a process that dies with nothing to do breaks its pool
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPool(max_workers=1, initializer=work.begin, context=context)
        try:
            return await asyncio.wrap_future(self._pool.schedule(piece, args=arguments, timeout=LONGEST_S))
        except TimeoutError:
            raise WorkFailed(f"{piece.__name__} took more than {LONGEST_S:g} s") from None
        except (ProcessExpired, BrokenProcessPool):
            raise WorkFailed(f"the process of {piece.__name__} died") from None

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()
