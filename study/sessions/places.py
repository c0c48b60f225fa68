"""The places of a study: who has one, and whether there is one left.

A place is taken with the first answer (the consent, in most studies), not by opening the page, and one of a quota with
the answers that it is about; so that no more people than there are places get past them, such answers are taken under a
lock on the study.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, or_, select

from study import clock
from study.design.definition import Definition
from study.design.plan import Plan
from study.kinds import KINDS
from study.refusals import Refusal
from study.storage.models import AnyRow, Response, Session, Step, Study


def abandoned_since(definition: Definition) -> float:
    """The latest time (s) at which an active session must have gone on for it to count as abandoned now."""
    return clock.now() - 60 * definition.recruitment.abandoned_after_minutes


def counts(definition: Definition, study_id: int, simulated: bool) -> Any:
    """Condition for sessions that completed or are in progress, not abandoned."""
    in_progress = (Session.state == "active") & (Session.step_since > abandoned_since(definition))
    return (
        (Session.study_id == study_id)
        & (Session.simulated == simulated)
        & or_(Session.state == "completed", in_progress)
    )


def recruiting(connection: Connection, plan: Plan, study: AnyRow, simulated: bool = False) -> str:
    """``open``, ``paused``, ``closed``, or ``full`` when those who have a place reach the cap."""
    if study.state != "open" or simulated:
        return study.state
    return "full" if is_full(connection, plan.definition, study.id) else "open"


def is_full(connection: Connection, definition: Definition, study_id: int) -> bool:
    """Whether those who have a place reach the cap."""
    cap = definition.recruitment.cap
    if cap is None:
        return False
    query = select(func.count()).select_from(Session).where(counts(definition, study_id, False), Session.position > 0)
    return connection.execute(query).scalar_one() >= cap


def lock(connection: Connection, plan: Plan, study_id: int, position: int | None) -> None:
    """Before an answer with which a limited place may be taken: let nobody else take the last one meanwhile."""
    if position in plan.limited:
        connection.execute(select(Study.id).where(Study.id == study_id).with_for_update())


def take(connection: Connection, plan: Plan, session: AnyRow, kept: dict[str, Any]) -> None:
    """Refuse (``full``) a first answer where there is no place left; who declines needs none."""
    if session.simulated or kept.get("agreed") is False:
        return
    if is_full(connection, plan.definition, session.study_id):
        raise Refusal("full", language=session.language)


def full_quota(connection: Connection, plan: Plan, session: AnyRow, kept: dict[str, Any]) -> bool:
    """Whether a participant's answers to the current step are of a kind of whom enough take part."""
    kind = KINDS[session.kind]
    mine = [quota for quota in kind.quotas(plan.definition) if quota.takes(kind.counted(kept))]
    if not mine or session.simulated:
        return False
    others = _answers(connection, plan.definition, session.study_id, session.kind)
    return any(sum(quota.takes(given) for given in others) >= quota.at_most for quota in mine)


def filled(connection: Connection, definition: Definition, study_id: int, simulated: bool = False) -> dict[str, str]:
    """How many places of each quota are taken, by its title: ``12 of 20``."""
    found: dict[str, str] = {}
    for name, kind in KINDS.items():
        if quotas := kind.quotas(definition):
            given = _answers(connection, definition, study_id, name, simulated)
            found |= {quota.title: f"{sum(map(quota.takes, given))} of {quota.at_most}" for quota in quotas}
    return found


def _answers(
    connection: Connection, definition: Definition, study_id: int, kind: str, simulated: bool = False
) -> list[Mapping[str, Any]]:
    """What the participants who have a place answered to the steps of a kind."""
    query = (
        select(Response.answer)
        .join(Step, (Step.session_id == Response.session_id) & (Step.position == Response.position))
        .join(Session, Session.id == Response.session_id)
        .where(counts(definition, study_id, simulated), Step.kind == kind)
    )
    return [KINDS[kind].counted(answer) for answer in connection.execute(query).scalars()]
