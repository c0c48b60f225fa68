"""The places of a study: who has one, and whether there is one left.

A place is taken with the first answer (the consent, in most studies), not by opening the page; so that no more people
than there are places get past it, that answer is taken under a lock on the study.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, or_, select

from study import clock
from study.design.definition import Definition
from study.design.plan import Plan
from study.refusals import Refusal
from study.storage.models import AnyRow, Session, Study


def abandoned_since(definition: Definition) -> float:
    """The latest time (s) at which an active session must have gone on for it to count as abandoned now."""
    return clock.now() - 60 * definition.recruitment.abandoned_after_minutes


def counts(plan: Plan, study_id: int, simulated: bool) -> Any:
    """Condition for sessions that completed or are in progress, not abandoned."""
    in_progress = (Session.state == "active") & (Session.step_since > abandoned_since(plan.definition))
    return (
        (Session.study_id == study_id)
        & (Session.simulated == simulated)
        & or_(Session.state == "completed", in_progress)
    )


def recruiting(connection: Connection, plan: Plan, study: AnyRow, simulated: bool = False) -> str:
    """``open``, ``paused``, ``closed``, or ``full`` when those who have a place reach the cap."""
    if study.state != "open" or simulated:
        return study.state
    return "full" if _is_full(connection, plan, study.id) else "open"


def _is_full(connection: Connection, plan: Plan, study_id: int) -> bool:
    cap = plan.definition.recruitment.cap
    if cap is None:
        return False
    query = select(func.count()).select_from(Session).where(counts(plan, study_id, False), Session.position > 0)
    return connection.execute(query).scalar_one() >= cap


def lock(connection: Connection, plan: Plan, study_id: int) -> None:
    """Before the first answer of a session of a study with a cap: let nobody else take the last place meanwhile."""
    if plan.definition.recruitment.cap is not None:
        connection.execute(select(Study.id).where(Study.id == study_id).with_for_update())


def take(connection: Connection, plan: Plan, session: AnyRow, kept: dict[str, Any]) -> None:
    """Refuse (``full``) a first answer where there is no place left; who declines needs none."""
    if session.simulated or kept.get("agreed") is False:
        return
    if _is_full(connection, plan, session.study_id):
        raise Refusal("full", language=session.language)
