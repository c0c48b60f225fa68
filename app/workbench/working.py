"""Work in a thread that tells how far it is, read by a callback of the page, which alone may move its progress bar."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

from app.workbench.jobs import Job

Report = Callable[..., None]
_END = object()


def followed(job: Job, work: Callable[[Report], Any]) -> Iterator[Any]:
    """Do the work; gives what it tells, as a tuple, and what it yields where it is a generator.

    It ends early, without an error, where the job was stopped.
    """
    heard: queue.Queue[Any] = queue.Queue()

    def report(*said: Any) -> None:
        job.go_on()
        heard.put(said)

    def all_of_it() -> None:
        try:
            done = work(report)
            for each in done if isinstance(done, Iterator) else ():
                heard.put(each)
        except Exception as error:  # raised again where it is read
            heard.put(error)
        heard.put(_END)

    threading.Thread(target=all_of_it, daemon=True).start()
    while (each := heard.get()) is not _END:
        if isinstance(each, Exception):
            if job.is_stopping:
                return
            raise each
        yield each
