"""Grouped commits: what requests write at the same moment is committed once; each is answered after that commit.

One thread owns one connection. While it commits, the next requests gather; so the disk is waited for once per
group, not once per response. A piece of work that fails spoils nobody's: the group is rolled back and each of its
pieces is run on its own.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from sqlalchemy import Connection, Engine, update
from sqlalchemy.exc import DBAPIError

from study.refusals import Refusal
from study.storage.models import Study

Work = Callable[[Connection], Any]
MAX_GROUP = 64
FRESH_S = 10.0
TRY_AGAIN_S = 1.0
TRY_S = 2.0


class Commits:
    """Runs pieces of work in transactions; `run` awaits one, `submit` gives its future."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: list[tuple[Work, Future[Any]]] = []
        self._wake = threading.Condition()
        self._closed = False
        self._trying = threading.Lock()
        self._committed_at = self._failed_at = self._tried_at = -math.inf
        self._thread = threading.Thread(target=self._loop, name="commits", daemon=True)
        self._thread.start()

    async def run(self, work: Work) -> Any:
        """Run ``work(connection)`` and return its result once it is committed; what it raises is raised here."""
        return await asyncio.wrap_future(self.submit(work))

    def submit(self, work: Work) -> Future[Any]:
        """As `run`, from a thread."""
        future: Future[Any] = Future()
        with self._wake:
            if self._closed:
                raise Refusal("busy")  # the page sends it again, to another process or to the next start
            self._waiting.append((work, future))
            self._wake.notify()
        return future

    def works(self) -> bool:
        """Whether the database takes a commit: as the last one went, tried anew where that is long ago or failed."""
        with self._trying:
            now = time.monotonic()
            if self._committed_at > max(self._failed_at, now - FRESH_S):
                return True
            if now - self._tried_at < TRY_AGAIN_S:
                return False
            self._tried_at = now
            try:
                self.submit(_change_nothing).result(TRY_S)
            except (DBAPIError, Refusal, TimeoutError):
                return False
            return True

    def close(self) -> None:
        """Finish what is waiting, then stop."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()

    def _loop(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._closed:
                    self._wake.wait()
                group, self._waiting = self._waiting[:MAX_GROUP], self._waiting[MAX_GROUP:]
            if not group:
                return
            if group := [piece for piece in group if piece[1].set_running_or_notify_cancel()]:
                self._commit(group)

    def _commit(self, group: list[tuple[Work, Future[Any]]]) -> None:
        """One transaction for all; where one piece fails, one transaction each."""
        is_begun = False
        try:
            with self._engine.begin() as connection:
                is_begun = True
                results = [work(connection) for work, _ in group]
        except Exception as error:
            self._failed_at = time.monotonic()
            if is_begun and len(group) > 1:
                for piece in group:
                    self._commit([piece])
                return
            for _, future in group:  # the database is away or locked: nobody needs to wait for that once more
                future.set_exception(error)
            return
        self._committed_at = time.monotonic()
        for (_, future), result in zip(group, results, strict=True):
            future.set_result(result)


def _change_nothing(connection: Connection) -> None:
    """A write that has to reach the disk."""
    connection.execute(update(Study).values(state=Study.state))
