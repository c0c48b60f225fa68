"""What may be seen of the ratings while the study runs: means after a warning, or, of a study with planned looks, only
whether to go on."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from app.admin.watching import plain
from study.design.frozen import definition_of
from study.records import export
from study.storage.database import reading
from study.storage.studies import study_row

Scale = tuple[float, float]

if TYPE_CHECKING:
    from analysis.analyse import Settings
    from analysis.data.ratings import Ratings

INTERIM_WARNING = (
    "Looking at results while the study runs, and then deciding whether to go on, makes false positives likelier. "
    "Look only to see that the study works."
)


def ratings_so_far(engine: Engine, simulated: bool = False) -> tuple[list[dict[str, Any]], Scale]:
    """Mean and 95 % CI per descriptor and condition of the first rated question, as `semantic-eq analyse` has them, and
    the ends of its scale.

    They are of those who completed, on the question's scale and without those whom the study's screening leaves out; no
    test is made.

    Raises
    ------
    ValueError
        When nobody has completed the study, or its planned looks are not over.
    """
    from analysis.data.cells import cells
    from analysis.data.screening import screen
    from analysis.statistics.descriptives import means

    ratings, settings = _of_study(engine, simulated)
    done = settings.completed or []
    if settings.looks and len(done) < settings.looks.at[-1]:
        at = ", ".join(map(str, settings.looks.at))
        raise ValueError(f"This study has planned looks (at {at} participants): ratings are shown after the last.")
    if not done:
        raise ValueError("Nobody has completed the study, so there are no ratings to show.")
    ratings = ratings.without([name for name in ratings.levels("participant") if name not in done])
    screening = screen(ratings, settings.rules, settings.headphones)
    kept = ratings.without(screening.broke()) if screening.splits() else ratings
    return [plain(row) for row in means(cells(kept)).to_dict("records")], ratings.scale


def look(engine: Engine, simulated: bool = False) -> dict[str, Any]:
    """Say at a planned look whether to go on, and nothing else of the ratings.

    Returns
    -------
    dict
        ``planned`` (numbers of participants; empty without planned looks), ``completed``, ``decision`` (``go on``,
        ``stop``, or None before the first look).
    """
    with reading(engine) as connection:
        planned = definition_of(study_row(connection)).analysis.looks
    if not planned:
        return {"planned": [], "completed": 0, "decision": None}
    from app.study_settings import completed

    done = completed(export.sessions(engine, simulated)) or []
    reached = max((n for n in planned if n <= len(done)), default=0)
    decision = _decision(engine, simulated, tuple(done[:reached])) if reached else None
    return {"planned": planned, "completed": len(done), "decision": decision}


@lru_cache(maxsize=16)
def _decision(engine: Engine, simulated: bool, first: tuple[str, ...]) -> str | None:
    """Take the looks that these participants reach; a look takes a second, and the page asks every fifteen."""
    from analysis.statistics.results import compared_conditions
    from analysis.statistics.sequential import decision, taken

    ratings, settings = _of_study(engine, simulated)
    pair = compared_conditions(ratings.levels("condition"))
    if settings.looks is None or pair is None:
        return None
    return decision(taken(settings.looks, ratings, first, pair, settings.rules, settings.headphones))


def _of_study(engine: Engine, simulated: bool) -> tuple[Ratings, Settings]:
    from analysis.analyse import Settings
    from analysis.data.questions import by_question
    from analysis.data.ratings import from_table
    from app.study_settings import blocks_of, of_study, scale_of

    table, people = export.ratings(engine, simulated), export.sessions(engine, simulated)
    with reading(engine) as connection:
        study = definition_of(study_row(connection))
    definition = study.model_dump(mode="json")
    settings, order = of_study(definition, None, people, Settings(), {"condition": None, "descriptor": None})
    if table.empty and settings.completed:
        raise ValueError("This study asks for no ratings: `semantic-eq analyse` shows its comparisons when it is over.")
    if table.empty:
        raise ValueError("Nobody has completed the study, so there are no ratings to show.")
    first = by_question(table)[0]
    scale = scale_of({"blocks": blocks_of(definition)}, first) or settings.scale or (1.0, 7.0)
    return from_table(first.table, scale, simulated, order), settings
