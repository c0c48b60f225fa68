"""Waiting until the sounds of the condition ``personal`` are there: passed unnoticed where they are.

It comes before the first step that plays one (`study.design.plan`). Its answer is the server's: what was made, which is
so stored, chained, exported and withdrawn with everything else of the session.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from study.design.columns import Column
from study.kinds.base import Kind, Moment
from study.storage.models import AnyRow

if TYPE_CHECKING:
    from study.design.definition import Definition
    from study.design.plan import Assignment, Plan

PARAMETERS = (
    *("low_shelf_gain_db", "low_shelf_hz"),
    *(f"peak_{band}_{what}" for band in (1, 2, 3) for what in ("gain_db", "hz", "q")),
    *("high_shelf_gain_db", "high_shelf_hz"),
)
COLUMNS = ("stimulus", "clip", "descriptor", "sha256", "lufs", "dbtp", "limited_db", "intensity")


class _Personal(Kind):
    name = "personal"
    place = 99
    title = "the making of the personal sounds"
    is_made = True
    table: ClassVar[Mapping[str, Column]] = {
        "stimulus": Column("string", "id, as in responses; the file differs between sessions"),
        "clip": Column("string", "source excerpt"),
        "descriptor": Column("string", "word that the sound was made for"),
        "sha256": Column("string", "of the file that was served"),
        "lufs": Column("Float64", "integrated loudness, LUFS"),
        "dbtp": Column("Float64", "true peak, dBTP"),
        "limited_db": Column("Float64", "by how much the clip was limited beyond its other stimuli, dB"),
        "intensity": Column("Float64", "share of the gains that were wanted; 1 unless peak or size allowed less"),
        **{name: Column("Float64", "parameter of the EQ") for name in PARAMETERS},
    }

    def steps(self, plan: Plan, assignment: Assignment, rng: random.Random) -> list[dict[str, Any]]:
        """None of its own: the plan puts it where it is needed."""
        return []

    def show(self, at: Moment) -> dict[str, Any]:
        return {"text": at.message("personal_text")}

    def check(self, answer: Mapping[str, Any], step: AnyRow, definition: Definition) -> dict[str, Any]:
        return {"made": answer["made"]}

    def rows(
        self, step: Mapping[str, Any], answer: Mapping[str, Any], measured: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        return [
            {name: made[name] for name in COLUMNS} | dict(zip(PARAMETERS, made["parameters"], strict=True))
            for made in answer["made"]
        ]


KIND = _Personal()
