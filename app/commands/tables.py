"""The tables that `semantic-eq analyse` analyses, and what is known of their study: from its database or its export."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.publishing.layout import places

if TYPE_CHECKING:
    import pandas as pd

    from analysis.analyse import Settings
    from analysis.data.columns import Order

FILES = {"ratings": "responses.csv", "pairs": "pairs.csv", "abx": "abx.csv"}  # of an exported folder


@dataclass(frozen=True)
class Tables:
    """The tables of one study, and what is known of it.

    Attributes
    ----------
    settings, order
        Of the analysis, as the study or the command states them.
    wanted
        The orders that the command names, of which every label must be there.
    ratings, pairs, abx
        Tidy tables; None where nothing was asked in this way.
    definition
        The study file, where the tables come from a study, with all that it leaves to the program.
    stated, manifest
        The study file and the stimulus set's manifest as they were stored with the study.
    scale
        Of every question whose own is not in the study file.
    simulated
        True: only simulated participants; None: the real ones, else the simulated.
    asked
        What the column `descriptor` holds, as in `Ratings`.
    chosen
        The one question that is to be analysed, by its name; None: all.
    """

    settings: Settings
    order: Order
    wanted: Order = field(default_factory=dict)
    ratings: pd.DataFrame | None = None
    pairs: pd.DataFrame | None = None
    abx: pd.DataFrame | None = None
    definition: dict[str, Any] = field(default_factory=dict)
    stated: dict[str, Any] | None = None
    manifest: dict[str, Any] | None = None
    scale: tuple[float, float] | None = None
    simulated: bool | None = None
    asked: str = "descriptor"
    chosen: str | None = None


def from_folder(folder: Path, tables: Tables) -> Tables:
    """Read the tables of an exported folder that have rows, and what lies beside them.

    Raises
    ------
    ValueError
        The folder holds none.
    """
    from analysis.data.reading import read_csv

    there = places(folder)
    found = {name: there[file] for name, file in FILES.items() if file in there}
    if not found:
        raise ValueError(f"{folder} holds none of {', '.join(FILES.values())}, which `semantic-eq export` writes.")
    with_rows = {name: read_csv(path) for name, path in found.items() if _has_rows(path)}
    if not with_rows:
        raise ValueError(f"The tables in {folder} have no rows; was the export made before anyone answered?")
    return beside(there, replace(tables, **with_rows))


def from_database(database_url: str, study: int | None, tables: Tables) -> Tables:
    """Read the study's tables, and what its definition and manifest say: orders, scale, rules, stimuli."""
    from study.design.frozen import definition_of
    from study.records.export import of_kinds, ratings, sessions
    from study.storage.database import opened, reading
    from study.storage.studies import study_row

    with opened(database_url) as engine:
        table, people = ratings(engine, study_id=study), sessions(engine, study_id=study)
        others = of_kinds(engine, study_id=study)
        with reading(engine) as connection:
            row = study_row(connection, study)
    definition, manifest = definition_of(row).model_dump(mode="json"), json.loads(row.manifest)
    made = {"responses": table, "sessions": people} | others
    return of_made(made, definition, manifest, tables, f"The study in {database_url}")


def of_made(
    made: Mapping[str, pd.DataFrame], definition: dict[str, Any], manifest: dict[str, Any], tables: Tables, where: str
) -> Tables:
    """Take the tables of a study that have rows, and what its definition and manifest say."""
    found = _with_rows({"ratings": made["responses"]} | dict(made))
    if not found:
        raise ValueError(f"{where} holds no ratings yet; has anyone started, or was another database used?")
    return _of_study(definition, manifest, made["sessions"], replace(tables, **found))


def beside(there: Mapping[str, Path], tables: Tables) -> Tables:
    """Take what the study's file, its manifest and its sessions say, where they lie with exported tables."""
    from analysis.data.reading import read_csv

    if "study.json" not in there:
        return tables
    definition = json.loads(there["study.json"].read_text(encoding="utf-8"))
    manifest, sessions = there.get("manifest.json"), there.get("sessions.csv")
    stimuli = json.loads(manifest.read_text(encoding="utf-8")) if manifest else None
    return _of_study(definition, stimuli, read_csv(sessions) if sessions else None, tables)


def _of_study(
    definition: dict[str, Any], manifest: dict[str, Any] | None, people: pd.DataFrame | None, tables: Tables
) -> Tables:
    """Take what the study states of its analysis."""
    from app.study_settings import blocks_of, of_study

    settings, order = of_study(definition, manifest, people, tables.settings, tables.order)
    stated, definition = definition, definition | {"blocks": blocks_of(definition)}
    tables = replace(tables, definition=definition, stated=stated, manifest=manifest)
    return _with_simulated(replace(tables, settings=settings, order=order), people)


def _has_rows(path: Path) -> bool:
    with path.open("rb") as file:
        return bool(file.readline()) and bool(file.readline().strip())


def _with_rows(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Keep the tables that can be analysed and have rows."""
    return {name: table for name, table in tables.items() if name in FILES and not table.empty}


def _with_simulated(tables: Tables, people: pd.DataFrame | None) -> Tables:
    """Say of every comparison and ABX trial whether its participant is simulated, where only the sessions do."""
    if people is None or "simulated" not in people:
        return tables
    of = dict(zip(people["participant"].astype(str), people["simulated"], strict=True))
    marked = {
        name: table.assign(simulated=table["participant"].astype(str).map(of))
        for name in ("pairs", "abx")
        if (table := getattr(tables, name)) is not None and "simulated" not in table and "participant" in table
    }
    return replace(tables, **marked)
