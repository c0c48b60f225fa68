"""What may be answered to each kind of step, and what of it is stored. Nothing is stored that was not asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from study.definition import Definition, Question
from study.refusals import Refusal
from study.telemetry import is_number


def check(kind: str, answer: Mapping[str, Any], detail: Mapping[str, Any], definition: Definition) -> dict[str, Any]:
    """The answer as it is stored.

    Parameters
    ----------
    kind : str
        The step's kind.
    answer : mapping
        As sent.
    detail : mapping
        The step's own column ``detail``.

    Raises
    ------
    Refusal
        ``invalid``, with what is wrong.
    """
    if kind in ("trial", "practice"):
        scale = definition.scale
        rating = answer.get("rating")
        if type(rating) is not int or not scale.low <= rating <= scale.high:
            raise _invalid(f"rating must be a whole number from {scale.low} to {scale.high}")
        return {"rating": rating}
    if kind not in _CHECKS:
        raise _invalid(f"a step of kind {kind} takes no answer")
    return _CHECKS[kind](answer, detail, definition)


def _invalid(detail: str) -> Refusal:
    return Refusal("invalid", detail=detail)


def _nothing(answer, detail, definition) -> dict:
    return {}


def _consent(answer, detail, definition) -> dict:
    if type(answer.get("agreed")) is not bool:
        raise _invalid("agreed must be true or false")
    return {"agreed": answer["agreed"], "version": definition.consent.version}


def _questionnaire(answer, detail, definition) -> dict:
    given = answer.get("answers")
    if not isinstance(given, dict):
        raise _invalid("answers must be an object")
    known = {question.id: question for question in definition.questionnaire.questions}
    if extra := [key for key in given if key not in known]:
        raise _invalid(f"there is no question {extra[0][:64]!r}")
    kept = {}
    for question in known.values():
        value = given.get(question.id)
        if value in (None, "", []):
            if question.required:
                raise _invalid(f"{question.id} is not answered")
            continue
        kept[question.id] = _value(question, value)
    return {"answers": kept}


def _value(question: Question, value: Any) -> Any:
    if question.type == "choice":
        fits = isinstance(value, str) and value in question.options
    elif question.type == "choices":
        fits = isinstance(value, list) and all(isinstance(v, str) and v in question.options for v in value)
        fits = fits and len(set(value)) == len(value)
    elif question.type == "text":
        fits = isinstance(value, str) and len(value) <= question.max_length
        value = clean(value) if fits else value
    else:
        low, high = question.minimum, question.maximum
        fits = is_number(value) and (low is None or value >= low) and (high is None or value <= high)
    if not fits:
        raise _invalid(f"{question.id} has an answer that is none of its {question.type}'s")
    return value


def _headphones(answer, detail, definition) -> dict:
    choices, expected = answer.get("choices"), detail["expected"]
    if not isinstance(choices, list) or len(choices) != len(expected):
        raise _invalid(f"choices must be {len(expected)} numbers from 1 to 3")
    if any(type(choice) is not int or not 1 <= choice <= 3 for choice in choices):
        raise _invalid("a choice must be 1, 2 or 3")
    correct = sum(choice == right for choice, right in zip(choices, expected, strict=True))
    passed = correct >= definition.headphones[detail["screen"]].pass_mark
    return {"choices": choices, "correct": correct, "passed": passed}


def _level(answer, detail, definition) -> dict:
    level_db, allowed = answer.get("level_db"), definition.level
    if not is_number(level_db) or not allowed.minimum_db <= level_db <= allowed.maximum_db:
        raise _invalid(f"level_db must be from {allowed.minimum_db:g} to {allowed.maximum_db:g}")
    return {"level_db": float(level_db)}


def _comments(answer, detail, definition) -> dict:
    text, longest = answer.get("text", ""), definition.comments.max_length
    if not isinstance(text, str) or len(text) > longest:
        raise _invalid(f"text must have at most {longest} characters")
    return {"text": clean(text)}


_CHECKS = {
    "consent": _consent,
    "questionnaire": _questionnaire,
    "headphones": _headphones,
    "level": _level,
    "instructions": _nothing,
    "break": _nothing,
    "comments": _comments,
}


def clean(text: str) -> str:
    """Free text without control characters (which neither PostgreSQL nor a CSV file takes) and surrogates."""
    kept = "".join(c for c in text if c in "\n\t" or (ord(c) >= 32 and not 0xD800 <= ord(c) <= 0xDFFF))
    return kept.strip()
