"""Whether a sound could have been heard: when it was served and its step came up, against how long it lasts.

A sound is often served before its step comes up (the page fetches ahead), so the later of the two counts. When sounds
were first served is gathered and stored a few times a second with what else is committed then; until it is, this
process remembers it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from sqlalchemy import Connection, select, update

from study import clock
from study.design.plan import Plan
from study.kinds import KINDS
from study.refusals import Refusal
from study.storage.commits import Commits
from study.storage.models import AnyRow, Step

STORED_EVERY_S = 0.5
CLOCK_SHARE = 0.95  # a sound device's clock may run faster than the server's, and moves in buffers


def needed_s(plan: Plan, step: AnyRow) -> list[float]:
    """Seconds of each sound of a step that must be heard before its answer; empty where none need be."""
    kind = KINDS[step.kind]
    share = kind.min_listened_fraction(plan.definition, step)
    if share is None:
        return []
    names = kind.sounds(step)
    needed = [CLOCK_SHARE * share * plan.stimuli.by_id[name].duration_s for name in names]
    n = len(names) - kind.n_optional(step)
    return needed[:n] + [0.0] * (len(names) - n)


def missing_s(needed: Sequence[float], served: Mapping[str, float], since: float, at: float) -> float:
    """Seconds that lack until all sounds could have been heard, one after the other; 0 where they could.

    Parameters
    ----------
    needed : sequence of float
        Seconds of each sound.
    served : mapping
        Number of a sound (as text) to when it was first served; one that is not there is served at ``at``.
    since, at : float
        When the step came up, and when its answer arrived.
    """
    if not needed or clock.elapsed_s(since, at) is None:
        return 0.0
    ready = [served.get(str(number), at) for number in range(len(needed))]
    # A time ahead of the clock is from before it was set back: all that is known is that the sound was served.
    ready = [min(max(moment, since), at) if moment <= at else min(since, at) for moment in ready]
    lacks = [sum(s for s, moment in zip(needed, ready, strict=True) if moment >= t) - (at - t) for t in ready]
    return max(0.0, *lacks)


def check(plan: Plan, session: AnyRow, served: Mapping[str, float], at: float) -> None:
    """Refuse (``unheard``) an answer that comes before the sounds of its step could have been heard.

    The refusal says after how long it will be taken, and which sounds must be fetched (again) until then.
    """
    if session.simulated or session.resume_sha256 is None:  # started by a version that did not note what it served
        return
    needed = needed_s(plan, session)
    unserved = [number for number in range(len(needed)) if str(number) not in served]
    lacks_s = missing_s(needed, served, session.step_since, at)
    if unserved or lacks_s > 0:
        raise Refusal("unheard", language=session.language, retry_after_s=round(lacks_s + 0.01, 2), unserved=unserved)


class Served:
    """When this process first served which sound of which step: kept until it is stored."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits
        self._waiting: dict[tuple[int, int], dict[str, float]] = {}
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def note(self, session_id: int, position: int, number: int = 0) -> None:
        """A sound is being served."""
        with self._lock:
            self._waiting.setdefault((session_id, position), {}).setdefault(str(number), clock.now())
            self._set_timer()

    def of(self, session_id: int, step: AnyRow) -> dict[str, float]:
        """When the sounds of a step were first served, by their numbers."""
        with self._lock:
            return self._waiting.get((session_id, step.position), {}) | (step.served or {})

    def store(self) -> Future[Any] | None:
        """Have what is waiting written with the next commit."""
        with self._lock:
            self._timer = None
            waiting = {key: dict(own) for key, own in self._waiting.items()}
        if not waiting:
            return None
        try:
            stored = self._commits.submit(lambda connection: _store(connection, waiting))
        except Refusal:  # the server is stopping
            return None
        stored.add_done_callback(lambda future: self._stored(future, waiting))
        return stored

    def _set_timer(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(STORED_EVERY_S, self.store)
            self._timer.daemon = True
            self._timer.start()

    def _stored(self, future: Future[Any], waiting: Mapping[tuple[int, int], Mapping[str, float]]) -> None:
        """Forget what is in the database; what could not be written is tried again."""
        with self._lock:
            if future.cancelled() or future.exception() is not None:
                self._set_timer()
                return
            for key, own in waiting.items():
                left = {number: at for number, at in self._waiting.pop(key, {}).items() if number not in own}
                if left:
                    self._waiting[key] = left
            if self._waiting:
                self._set_timer()


def _store(connection: Connection, waiting: Mapping[tuple[int, int], Mapping[str, float]]) -> None:
    for (session_id, position), own in sorted(waiting.items()):
        place = (Step.session_id == session_id, Step.position == position)
        found = connection.execute(select(Step.served).where(*place).with_for_update()).one_or_none()
        if found is None:
            continue  # withdrawn meanwhile
        served = dict(own) | (found.served or {})
        if served != found.served:
            connection.execute(update(Step).where(*place).values(served=served))
