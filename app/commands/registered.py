"""An analysis held against the preregistration that the command or the study file names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from app.commands.tables import Tables


def held_against(tables: Tables, folder: Path | None, options: Mapping[str, object]) -> Tables:
    """Compare the conditions that were registered, unless others are wanted, and list the deviations.

    Parameters
    ----------
    folder
        Of the preregistration; None: the one that the study file names.
    options
        Of the command, that change the analysis.
    """
    import pandas as pd

    from app import preregistration

    named = ((tables.stated or {}).get("analysis") or {}).get("preregistration")
    if folder is None and not named:
        return tables
    place = folder or Path(str(named))
    if folder is None and not (place / preregistration.NAME).is_file():
        row = ["preregistration", "folder", named, "not there, so nothing was compared"]
        found = pd.DataFrame([row], columns=preregistration.COLUMNS)
        return replace(tables, settings=replace(tables.settings, deviations=found))
    plan, _ = preregistration.read(place)
    wanted = tables.settings.compared or (tuple(plan["compared"]) if plan["compared"] else None)
    settings = replace(tables.settings, compared=wanted)
    said = {name: "yes" if value is True else _text(value) for name, value in options.items()}
    done = preregistration.Done(
        tables.stated, tables.manifest, settings, tables.order, wanted, _participants(tables), said
    )
    settings = replace(settings, deviations=preregistration.deviations(plan, done))
    return replace(tables, settings=settings)


def _participants(tables: Tables) -> int:
    """Count who completed, else who answered."""
    from analysis.data.columns import truths

    table = next(table for table in (tables.ratings, tables.pairs, tables.abx) if table is not None)
    if tables.simulated is None and "simulated" in table:
        marked = truths(table, "simulated")
        table = table if marked.all() else table[~marked]
    there = set(table["participant"].astype(str))
    completed = tables.settings.completed
    return len(there if completed is None else there & set(completed))


def _text(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def deviations_text(deviations: pd.DataFrame | None) -> list[str]:
    """Say whether the analysis deviates, where there is a preregistration."""
    from analysis.writing.deviations import summary

    return [] if deviations is None else [summary(deviations)]
