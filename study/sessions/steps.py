"""A step as the participant's page gets it: everything to show, nothing that reveals what a sound is.

Texts are Markdown under ``text`` and sounds are ids under ``sounds`` and ``prefetch``; the server makes HTML and
addresses of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from study.design.plan import Plan, in_minutes
from study.kinds import KINDS, is_counted
from study.kinds.base import Moment
from study.storage.models import AnyRow

N_PREFETCHED = 2


def step_id(public_id: str, position: int) -> str:
    """Address of a step: its session and place, nothing else."""
    return f"{public_id}-{position:03d}"


def place_of(address: str) -> int | None:
    """The place that an address of some session's step names; None for anything else."""
    tail = address.rpartition("-")[2]
    return int(tail) if tail.isascii() and tail.isdigit() and 3 <= len(tail) <= 6 else None


def position_of(public_id: str, address: str) -> int | None:
    """The place that `step_id` was made from; None for anything else."""
    return place_of(address) if address.rpartition("-")[0] == public_id else None


def show(plan: Plan, session: AnyRow, steps: Sequence[AnyRow], *, since: float | None = None) -> dict[str, Any]:
    """The step ``steps[0]`` of a session, followed in ``steps`` by those after it.

    Parameters
    ----------
    session : row
        Its ``public_id``, ``language``, ``n_steps``, ``n_trials``, ``level_db``, ``step_since``, ``simulated``.
    since : float, optional
        When the step came up, where that is later than ``session`` knows.
    """
    step = steps[0]
    common = {
        "id": step_id(session.public_id, step.position),
        "kind": step.kind,
        "is_trial": is_counted(step.kind, step.trial_kind),
        "ends": KINDS[step.kind].ends,
        "level_db": session.level_db,
        "progress": {
            "done": step.position,
            "total": session.n_steps - 1,
            "minutes_left": in_minutes(step.seconds_left),
            "trial": step.trial_number,
            "trials": session.n_trials,
            "block": step.block or 0,
            "blocks": plan.n_parts,
        },
    }
    at = Moment(plan, session, step, session.step_since if since is None else since)
    common |= KINDS[step.kind].show(at) | {"sounds": sounds(session.public_id, step)}
    ahead = [sounds(session.public_id, later) for later in steps[1:]]
    n = max(N_PREFETCHED, *(len(own) for own in ahead[:1]), 0)  # all of the next step, where it has several
    return common | {"prefetch": [sound for own in ahead for sound in own][:n]}


def sounds(public_id: str, step: AnyRow) -> list[str]:
    """Ids of a step's sounds, in order: its own address, with a number where it has several."""
    address, n = step_id(public_id, step.position), len(KINDS[step.kind].sounds(step))
    return [address] if n == 1 else [f"{address}-{number}" for number in range(n)]
