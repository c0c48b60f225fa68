"""Makes the sounds of the condition `personal` in a process of its own, from the judgements that a session has stored.

The processes start with the first judgement, since what they import takes longer than the sounds. A session is started
once: when its last judgement is in, or when its sounds are asked for and missing, as after a restart; its sounds
are shared among the processes. The same judgements give the same files, so that it does no harm when two servers do
the same work.
"""

from __future__ import annotations

import hmac
import logging
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from itertools import pairwise
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
N_PROCESSES = min(2, os.cpu_count() or 1)
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
        if not self._submit(self._begin, public_id):
            self._under_way.discard(public_id)

    def judged(self, public_id: str, position: int) -> None:
        """An answer was stored; the last judgement of a session begins its sounds."""
        sample = self._running.plan.sample
        is_judgement = position < len(sample) and sample[position]["kind"] == "calibration"
        if not self._running.made or not is_judgement:
            return
        if sample[position + 1]["kind"] != "calibration":
            self.begin(public_id)
        else:
            self._submit(self._processes)

    def progress(self, public_id: str) -> dict[str, int]:
        """How many of a session's sounds are there, and how many there will be."""
        made = self._running.made
        return {"ready": made.n_ready(public_id), "total": len(made.sources)} if made else {"ready": 0, "total": 0}

    def close(self) -> None:
        """End the processes; what was in work is made when it is asked for again."""
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
            more = (self._running.secret, public_id, judgements)
            parts = [
                self._processes().schedule(render, args=(self._running.made, files, *more), timeout=LONGEST_S)
                for files in shared(self._files(), N_PROCESSES)
            ]
            left: set[Future[None]] = set(parts)
            for part in parts:
                part.add_done_callback(lambda done: self._done(public_id, done, left))
        except Exception as error:  # a database that is away: the page asks again
            self._under_way.discard(public_id)
            _log(public_id, error)

    def _done(self, public_id: str, part: Future[None], left: set[Future[None]]) -> None:
        left.discard(part)
        if not part.cancelled() and (error := part.exception()) is not None:
            _log(public_id, error)
        if not left:
            self._under_way.discard(public_id)
            self._submit(self._forget_withdrawn, public_id)

    def _processes(self) -> ProcessPool:
        """The processes, started where they are not running."""
        if self._pool is None or not self._pool.active:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPool(max_workers=N_PROCESSES, initializer=_begin_process, context=context)
            self._pool.schedule(os.getpid)  # a pool starts with its first piece of work
        return self._pool

    def _submit(self, piece: Callable[..., object], *arguments: object) -> bool:
        """Have something done in the background; False when the server is stopping: the next one looks."""
        try:
            self._threads.submit(piece, *arguments)
        except RuntimeError:
            return False
        return True

    def _files(self) -> dict[str, str]:
        """The file that each sound is made of, those of a word together."""
        made = self._running.made
        sources = sorted(made.sources.items(), key=lambda each: made.descriptor_of(each[0])) if made else []
        return {sound: str(self._running.stimuli.audio_path(source)) for sound, source in sources}

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


def shared(files: dict[str, str], n: int) -> list[dict[str, str]]:
    """Files in as many parts of about the same size, each of neighbours; fewer where there are fewer files."""
    items = list(files.items())
    ends = [round(len(items) * part / n) for part in range(n + 1)]
    parts = [dict(items[begin:end]) for begin, end in pairwise(ends)]
    return [part for part in parts if part]


def _begin_process() -> None:
    os.nice(LESS_URGENT)
    os.environ["OMP_NUM_THREADS"] = "1"
    import_module("stimuli.rendering.personal")


def _log(public_id: str, error: BaseException) -> None:
    says = f"The personal sounds of session {public_id} were not made ({type(error).__name__}: {error})."
    LOG.error("alarm", extra={"fields": {"alarm": "personal", "says": says}})
