"""A step as the participant's page gets it: everything to show, nothing that tells what a sound is.

Texts are Markdown under ``text`` and sounds are ids under ``audio`` and ``prefetch``; the server makes HTML and
addresses of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from sqlalchemy import Row

from study import clock
from study.definition import Definition
from study.plan import Plan
from study.texts import message

N_PREFETCHED = 2


def step_id(public_id: str, position: int) -> str:
    """Address of a step: its session and place, nothing else."""
    return f"{public_id}-{position:03d}"


def position_of(public_id: str, address: str) -> int | None:
    """The place that `step_id` was made from; None for anything else."""
    head, _, tail = address.rpartition("-")
    return int(tail) if head == public_id and tail.isascii() and tail.isdigit() and 3 <= len(tail) <= 6 else None


def show(plan: Plan, session: Row, steps: Sequence[Row], *, since: float | None = None) -> dict[str, Any]:
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
        "level_db": session.level_db,
        "progress": {
            "done": step.position,
            "total": session.n_steps - 1,
            "minutes_left": -int(-step.seconds_left // 60),
            "trial": step.trial_number,
            "trials": session.n_trials,
            "block": step.block or 0,
            "blocks": len(plan.blocks),
        },
    }
    common |= _OWN[step.kind](plan, session, step)
    if step.kind == "break":
        common["remaining_s"] = remaining_s(plan.definition, session, since)
    ahead = [sound for later in steps[1:] for sound in sounds(session.public_id, later)]
    return common | {"prefetch": ahead[:N_PREFETCHED]}


def sounds(public_id: str, step: Row) -> list[str]:
    """Ids of a step's sounds, in order: its own address, with a number where it has several."""
    address = step_id(public_id, step.position)
    if step.kind == "headphones":
        return [f"{address}-{number}" for number in range(len(step.detail["sounds"]))]
    return [address] if step.stimulus else []


def _trial(plan: Plan, session: Row, step: Row) -> dict[str, Any]:
    d, language = plan.definition, session.language
    descriptor = next(x for x in d.descriptors if x.name == step.descriptor)
    label = d.text(descriptor.label, language)
    if descriptor.question:
        question = d.text(descriptor.question, language).replace("{descriptor}", label)
    else:
        question = message(language, "question", descriptor=label)
    return {
        "audio": step_id(session.public_id, step.position),
        "descriptor": label,
        "question": question,
        "definition": d.text(descriptor.definition, language),
        "scale": _scale(d, language, label),
        "hear_share": d.design.hear_share,
        "notice": _notice(step, language),
        "duration_s": plan.stimuli.by_id[step.stimulus].duration_s,
    }


def _scale(d: Definition, language: str, label: str) -> dict[str, Any]:
    ends = {"low": d.scale.low, "high": d.scale.high}
    for name in ("low_label", "high_label"):
        own = getattr(d.scale, name)
        text = (
            d.text(own, language).replace("{descriptor}", label) if own else message(language, name, descriptor=label)
        )
        ends[name] = text
    return ends


def _notice(step: Row, language: str) -> str | None:
    if step.trial_kind == "attention":
        return message(language, "attention_notice", rating=step.expected)
    return message(language, "audible_notice") if step.trial_kind == "audible_check" else None


def _consent(plan: Plan, session: Row, step: Row) -> dict[str, Any]:
    d, part = plan.definition, plan.definition.consent
    items = [d.text(item, session.language) for item in part.items]
    return {"text": d.text(part.text, session.language), "version": part.version, "items": items}


def _questionnaire(plan: Plan, session: Row, step: Row) -> dict[str, Any]:
    d, language = plan.definition, session.language
    questions = []
    for question in d.questionnaire.questions:
        shown = question.model_dump(include={"id", "type", "required", "max_length", "minimum", "maximum"})
        options = [{"value": value, "label": d.text(label, language)} for value, label in question.options.items()]
        questions.append(shown | {"label": d.text(question.label, language), "options": options})
    return {"text": d.text(d.questionnaire.text, language), "questions": questions}


def _headphones(plan: Plan, session: Row, step: Row) -> dict[str, Any]:
    d, attempt = plan.definition, step.detail["attempt"]
    screen = d.headphones[step.detail["screen"]]
    return {
        "text": d.text(screen.text, session.language),
        "test": screen.test,
        "attempt": attempt,
        "attempts": screen.attempts,
        "failed_before": attempt > 1,
        "intervals": 3,
        "trials": [{"audio": sound} for sound in sounds(session.public_id, step)],
    }


def _level(plan: Plan, session: Row, step: Row) -> dict[str, Any]:
    d = plan.definition
    return {
        "text": d.text(d.level.text, session.language),
        "audio": step_id(session.public_id, step.position),
        "minimum_db": d.level.minimum_db,
        "maximum_db": d.level.maximum_db,
    }


def _instructions(plan: Plan, session: Row, step: Row) -> dict[str, Any]:
    return {"text": plan.definition.text(plan.definition.instructions.text, session.language)}


def _break(plan: Plan, session: Row, step: Row) -> dict[str, Any]:
    d = plan.definition
    following = next((x for x in d.descriptors if x.name == step.descriptor), None)
    return {
        "text": d.text(d.breaks.text, session.language),
        "minimum_s": 0 if session.simulated else d.breaks.minimum_s,
        "suggested_s": d.breaks.suggested_s,
        "next": following
        and {
            "descriptor": d.text(following.label, session.language),
            "definition": d.text(following.definition, session.language),
        },
    }


def remaining_s(d: Definition, session: Row, since: float | None = None) -> float:
    """Seconds of a break's minimum that are left: none for a simulated participant, or where the clock was set back."""
    if session.simulated:
        return 0.0
    elapsed_s = clock.elapsed_s(session.step_since if since is None else since, clock.now())
    return 0.0 if elapsed_s is None else round(max(d.breaks.minimum_s - elapsed_s, 0.0), 1)


def _comments(plan: Plan, session: Row, step: Row) -> dict[str, Any]:
    part = plan.definition.comments
    return {"text": plan.definition.text(part.text, session.language), "max_length": part.max_length}


def _finished(plan: Plan, session: Row, step: Row) -> dict[str, Any]:
    d, part, outcome = plan.definition, plan.definition.completion, session.state
    texts = {"completed": part.text, "screened_out": part.screened_out_text, "declined": part.declined_text}
    code = session.completion_code
    redirect = None
    if outcome == "completed" and part.redirect and not session.simulated:
        redirect = part.redirect.replace("{code}", code or "")
        for name in d.recruitment.id_parameters:
            redirect = redirect.replace(f"{{{name}}}", quote(session.parameters.get(name, ""), safe=""))
    return {
        "text": d.text(texts.get(outcome, ""), session.language),
        "outcome": outcome,
        "code": code,
        "redirect": redirect,
    }


_OWN = {
    "trial": _trial,
    "practice": _trial,
    "consent": _consent,
    "questionnaire": _questionnaire,
    "headphones": _headphones,
    "level": _level,
    "instructions": _instructions,
    "break": _break,
    "comments": _comments,
    "finished": _finished,
}
