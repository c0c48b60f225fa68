"""Makes the sounds of the condition `personal` in a process of its own, from the judgements that a session has stored.

A session is begun with once: when its last judgement is in, or when its sounds are asked for and missing, as after a
restart. The same judgements give the same files, so that it does no harm when two servers do the same work.
"""

from __future__ import annotations

import hmac
import logging
import multiprocessing
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from pebble import ProcessPool
from sqlalchemy import select

from study.design import personal
from study.sessions.made import MadeSounds, forget
from study.sessions.running import RunningStudy
from study.storage.database import reading
from study.storage.models import Response, Session, Step

LONGEST_S = 300.0
LESS_URGENT = 5
MAX_PROCESSES = 2
LOG = logging.getLogger("semantic_eq")


class Judgement(NamedTuple):
    """A word, a probe's 13 parameters, and its judgement from -1 to 1."""

    descriptor: str
    parameters: tuple[float, ...]
    value: float


class Renderer:
    """Makes the personal sounds of a running study; made when its server starts, closed with it.

    Parameters
    ----------
    running : RunningStudy
        With `RunningStudy.made`; without, nothing is ever done.
    """

    def __init__(self, running: RunningStudy) -> None:
        self._running = running
        self._parameters = {row["id"]: row.get("parameters") for row in running.stimuli.content["stimuli"]}
        self._under_way: set[str] = set()
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="personal")
        self._pool: ProcessPool | None = None
        self._n_judgements = sum(step["kind"] == "calibration" for step in running.plan.sample)
        if running.made:
            running.made.ask = self.begin
            self._threads.submit(self._sweep, running.made)

    def begin(self, public_id: str) -> None:
        """Make what a session lacks, unless that is under way."""
        with self._lock:
            if public_id in self._under_way:
                return
            self._under_way.add(public_id)
        try:
            self._threads.submit(self._begin, public_id)
        except RuntimeError:  # the server is stopping
            self._under_way.discard(public_id)

    def judged(self, public_id: str, position: int) -> None:
        """An answer was stored; the last judgement of a session begins its sounds."""
        sample = self._running.plan.sample
        is_judgement = position < len(sample) and sample[position]["kind"] == "calibration"
        if self._running.made and is_judgement and sample[position + 1]["kind"] != "calibration":
            self.begin(public_id)

    def progress(self, public_id: str) -> dict[str, int]:
        """How many of a session's sounds are there, and how many there will be."""
        made = self._running.made
        return {"ready": made.n_ready(public_id), "total": len(made.sources)} if made else {"ready": 0, "total": 0}

    def close(self) -> None:
        """End the processes; what was begun is made when it is asked for again."""
        self._threads.shutdown(cancel_futures=True)
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()

    def _begin(self, public_id: str) -> None:
        try:
            judgements = self._judgements(public_id)
            if self._running.made is None or len(judgements) < self._n_judgements:
                self._under_way.discard(public_id)
                return
            if self._pool is None or not self._pool.active:
                context = multiprocessing.get_context("spawn")
                n = min(MAX_PROCESSES, os.cpu_count() or 1)
                self._pool = ProcessPool(max_workers=n, initializer=_less_urgent, context=context)
            arguments = (self._running.made, self._files(), self._running.secret, public_id, judgements)
            future = self._pool.schedule(render, args=arguments, timeout=LONGEST_S)
            future.add_done_callback(lambda done: self._done(public_id, done))
        except Exception as error:  # a database that is away: the page asks again
            self._under_way.discard(public_id)
            _log(public_id, error)

    def _done(self, public_id: str, future: Future[None]) -> None:
        self._under_way.discard(public_id)
        if not future.cancelled() and (error := future.exception()) is not None:
            _log(public_id, error)
        try:
            self._threads.submit(self._forget_withdrawn, public_id)
        except RuntimeError:
            return  # the server is stopping; the next one looks

    def _files(self) -> dict[str, str]:
        sources = self._running.made.sources if self._running.made else {}
        return {sound: str(self._running.stimuli.audio_path(source)) for sound, source in sources.items()}

    def _judgements(self, public_id: str) -> list[Judgement]:
        answered = (Response.session_id == Step.session_id) & (Response.position == Step.position)
        query = select(Step.descriptor, Step.stimulus, Response.answer).join(Response, answered)
        query = query.join(Session, Session.id == Step.session_id).where(Session.public_id == public_id)
        query = query.where(Step.kind == "calibration").order_by(Step.position)
        with reading(self._running.engine) as connection:
            rows = connection.execute(query).all()
        return [Judgement(word, tuple(self._parameters[sound]), answer["judgement"]) for word, sound, answer in rows]

    def _forget_withdrawn(self, public_id: str) -> None:
        with reading(self._running.engine) as connection:
            found = connection.execute(select(Session.id).where(Session.public_id == public_id)).scalar()
        if found is None:
            forget(self._running.engine, public_id)

    def _sweep(self, made: MadeSounds) -> None:
        """Delete what belongs to no session any more."""
        for folder in made.folder.glob("*"):
            self._forget_withdrawn(folder.name)


def render(made: MadeSounds, files: dict[str, str], secret: str, public_id: str, judgements: list[Judgement]) -> None:
    """Make all sounds of a session that are not there, in a process of its own."""
    from stimuli.rendering.personal import setting_of, version

    settings: dict[str, Any] = {}
    for sound, file in files.items():
        word = made.descriptor_of(sound)
        if made.has(public_id, sound):
            continue
        if word not in settings:
            own = [(judged.parameters, judged.value) for judged in judgements if judged.descriptor == word]
            settings[word] = setting_of(word, own)
        dither = hmac.digest(secret.encode(), f"{personal.CONDITION} {public_id} {sound}".encode(), "sha256")
        content, about = version(Path(file), settings[word], int.from_bytes(dither))
        made.keep(public_id, sound, content, about)


def _less_urgent() -> None:
    os.nice(LESS_URGENT)
    os.environ["OMP_NUM_THREADS"] = "1"


def _log(public_id: str, error: BaseException) -> None:
    says = f"The personal sounds of session {public_id} were not made ({type(error).__name__}: {error})."
    LOG.error("alarm", extra={"fields": {"alarm": "personal", "says": says}})
