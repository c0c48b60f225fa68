"""Work that takes long and can be stopped: at its next step, from a button beside it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Stopped(Exception):  # noqa: N818 - what the user wished, not a failure
    """The work was stopped by its user."""


class Job:
    """One piece of work at a time."""

    def __init__(self) -> None:
        self._running = threading.Lock()
        self._stopping = threading.Event()

    @contextmanager
    def alone(self, what: str) -> Iterator[None]:
        """Begin the work.

        Raises
        ------
        ValueError
            When it is under way already.
        """
        if not self._running.acquire(blocking=False):
            raise ValueError(f"{what} is under way already: wait for it, or stop it.")
        self._stopping.clear()
        try:
            yield
        finally:
            self._running.release()

    def stop(self) -> None:
        """Ask the work to stop."""
        self._stopping.set()

    @property
    def is_stopping(self) -> bool:
        """Whether the work was asked to stop."""
        return self._stopping.is_set()

    def go_on(self) -> None:
        """A step of the work; raises `Stopped` when it is to go no further."""
        if self._stopping.is_set():
            raise Stopped
