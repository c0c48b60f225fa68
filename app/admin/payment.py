"""The list by which participants are paid: their recruiter's ids, and what speaks against approving."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from app.admin import watching
from study import recruitment
from study.records import export
from study.records.spreadsheets import escaped

STRAIGHT_LINING = 0.9


def table(engine: Engine, id_parameters: Sequence[str]) -> pd.DataFrame:
    """One row per real participant: personal data.

    Returns
    -------
    DataFrame
        ``participant``, the id parameters, ``state``, ``minutes``, ``completion_code`` (as shown to them),
        ``suggestion`` (approve, look, none) and ``why``; texts are safe to open in a spreadsheet.
    """
    codes = recruitment.completion_codes(engine)
    about = {row["participant"]: suggestion(row) for row in watching.quality(engine)}
    found = export.sessions(engine, simulated=False, identifiers=True)
    names = found["participant"].tolist()
    ids = [name for name in id_parameters if name in found]
    return found[["participant", *ids, "state", "minutes"]].assign(
        **{name: found[name].map(lambda text: escaped(str(text)), na_action="ignore") for name in ids},
        completion_code=[codes.get(name, "") for name in names],
        suggestion=[about[name][0] for name in names],
        why=[about[name][1] for name in names],
    )


def suggestion(row: dict[str, Any]) -> tuple[str, str]:
    """Whether to approve a participant of `watching.quality` or to look first, and the reason.

    Nobody is to lose their pay by a rule alone: what is doubtful is to be looked at.
    """
    if row["state"] != "completed":
        return "none", row["state"].replace("_", " ")
    doubts = []
    if row["checks_passed"] < row["checks"]:
        doubts.append(f"{row['checks_passed']} of {row['checks']} checks passed")
    if row["headphones_passed"] is False:
        doubts.append("headphone check failed")
    if (row["same"] or 0.0) > STRAIGHT_LINING:
        doubts.append(f"the same rating in {row['same']:.0%} of trials")
    return ("look", "; ".join(doubts)) if doubts else ("approve", "")
