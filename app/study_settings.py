"""What a study's own file, manifest and sessions say of its analysis: the same, wherever its ratings are looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.analyse import Settings
from analysis.data.columns import Order, truths
from analysis.data.questions import Asked
from analysis.data.screening import Rules
from analysis.data.stimuli import Stimuli, parameters_in_columns
from analysis.statistics.sequential import Looks

SAMPLE_RATE_HZ = 44_100  # at which curves are drawn


def of_study(
    definition: dict[str, Any],
    manifest: dict[str, Any] | None,
    people: pd.DataFrame | None,
    settings: Settings,
    order: Order,
) -> tuple[Settings, Order]:
    """Take a study's order of conditions, scale, screening rules, planned tests, EQ curves and headphone checks.

    Parameters
    ----------
    definition, manifest
        Of the study and its stimulus set, as JSON has them.
    people
        The table of sessions.
    settings, order
        What was given by hand; an order given there comes before the study's.
    """
    order = {
        "condition": order["condition"] or definition["conditions"],
        "descriptor": order["descriptor"] or [descriptor["name"] for descriptor in definition["descriptors"]],
    }
    plan = definition.get("analysis") or {}
    settings = replace(
        settings,
        title=_text(definition["title"]),
        rules=Rules.of(definition.get("screening") or {}),
        stimuli=Stimuli.of(parameters_in_columns(manifest["stimuli"]), response_db) if manifest else None,
        headphones=_headphones(people),
        scale=(float(definition["scale"]["low"]), float(definition["scale"]["high"])),
        smallest_effect=plan.get("smallest_effect"),
        listeners=_listeners(definition, people),
        looks=Looks(tuple(plan["looks"]), plan["spending"]) if plan.get("looks") else None,
        completed=completed(people),
    )
    return settings, order


def blocks_of(definition: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the blocks of a study file with all that it leaves to the program: every question with its scale."""
    from study.design.definition import parse

    blocks = definition.get("blocks") or []
    if all(block.get("questions") for block in blocks):
        return blocks
    return [block.model_dump(mode="json") for block in parse(definition).effective_blocks]


def scale_of(definition: dict[str, Any], asked: Asked) -> tuple[float, float] | None:
    """Find a question's scale in the study file; None where it has none there."""
    for block in definition.get("blocks") or []:
        for question in block.get("questions") or []:
            if asked.paradigm in (None, block["paradigm"]) and question["name"] == asked.question and "low" in question:
                return float(question["low"]), float(question["high"])
    return None


def completed(people: pd.DataFrame | None) -> list[str] | None:
    """List the participants who completed, the first to do so first; None where sessions are not known."""
    if people is None or not {"state", "finished_at", "participant"} <= set(people.columns):
        return None
    return people[people["state"] == "completed"].sort_values("finished_at")["participant"].astype(str).tolist()


def _listeners(definition: dict[str, Any], people: pd.DataFrame | None) -> pd.DataFrame | None:
    """Give the answers to the questionnaire's choices, by participant and question."""
    questions = (definition.get("questionnaire") or {}).get("questions") or []
    columns = {f"question_{q['id']}": q["id"] for q in questions if q.get("type", "choice") == "choice"}
    if people is None or not set(columns) & set(people.columns):
        return None
    answers = people.set_index(people["participant"].astype(str))
    return answers[[name for name in columns if name in answers]].rename(columns=columns)


def response_db(parameters: np.ndarray, frequencies_hz: np.ndarray) -> np.ndarray:
    """Give the equaliser's magnitude response."""
    from model.eq import response_db

    return response_db(parameters, frequencies_hz, SAMPLE_RATE_HZ)


def _headphones(people: pd.DataFrame | None) -> dict[str, bool] | None:
    if people is None or "headphones_passed" not in people:
        return None
    known = people.dropna(subset="headphones_passed")
    passed = truths(known, "headphones_passed")
    return dict(zip(known["participant"].astype(str), passed.tolist(), strict=True))


def _text(text: str | dict[str, str]) -> str:
    return text if isinstance(text, str) else text.get("en") or next(iter(text.values()))
