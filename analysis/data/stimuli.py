"""The stimuli that were rated: how much each clip sounded like the descriptor before, and the EQ it was given."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

PARAMETERS = (
    "low_shelf_gain_db",
    "low_shelf_hz",
    *(f"peak_{band}_{what}" for band in (1, 2, 3) for what in ("gain_db", "hz", "q")),
    "high_shelf_gain_db",
    "high_shelf_hz",
)
FREQUENCIES_HZ = np.geomspace(30, 18_000, 160)
Response = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Stimuli:
    """The stimuli of a study.

    Attributes
    ----------
    table
        clip, condition, descriptor, baseline_score and the 13 parameters, one row per stimulus.
    curves_db
        Each stimulus's EQ, shape [stimulus, frequency] at `FREQUENCIES_HZ`; NaN where it has no parameters.
    """

    table: pd.DataFrame
    curves_db: np.ndarray

    @classmethod
    def of(cls, table: pd.DataFrame, response: Response) -> Stimuli:
        """Take the rows that have a clip, a condition and a descriptor.

        Parameters
        ----------
        table
            A stimulus set's manifest.csv, or `parameters_in_columns` of its manifest.json.
        response
            The equaliser's magnitude response: 13 parameters [n, 13] and frequencies in Hz [m] to dB [n, m].

        Raises
        ------
        ValueError
            A column is missing.
        """
        table = _current_names(table)
        for name in ("clip", "condition", "descriptor", "baseline_score", *PARAMETERS):
            if name not in table:
                raise ValueError(f"The table of stimuli has no column {name!r}; a stimulus set's manifest.csv has it.")
        chosen = table.dropna(subset=["clip", "condition", "descriptor"]).reset_index(drop=True)
        numbers = ["baseline_score", *PARAMETERS]
        chosen[numbers] = chosen[numbers].astype(object).apply(pd.to_numeric, errors="coerce").astype(float)
        parameters = chosen[list(PARAMETERS)].to_numpy()
        known = np.isfinite(parameters).all(axis=1)
        curves_db = np.full((len(chosen), len(FREQUENCIES_HZ)), np.nan)
        if known.any():
            curves_db[known] = response(parameters[known], FREQUENCIES_HZ)
        return cls(chosen.astype(dict.fromkeys(["clip", "condition", "descriptor"], str)), curves_db)

    def curves(self, descriptor: str, condition: str) -> np.ndarray:
        """Give the known EQ curves of one descriptor and condition in dB, shape [clip, frequency]."""
        return self.curves_db[self._known(descriptor, condition)]

    def baseline(self, descriptor: str, condition: str) -> np.ndarray:
        """Give how much the clips of those curves already sounded like the descriptor, shape [clip]."""
        return self.table["baseline_score"].to_numpy()[self._known(descriptor, condition)]

    def _known(self, descriptor: str, condition: str) -> np.ndarray:
        of_both = (self.table["descriptor"] == descriptor) & (self.table["condition"] == condition)
        return of_both.to_numpy() & np.isfinite(self.curves_db).all(axis=1)


def _current_names(table: pd.DataFrame) -> pd.DataFrame:
    """Take a column of a set made by version 0.1 by the name that it has now."""
    if "already_so" not in table or "baseline_score" in table:
        return table
    warnings.warn("The column already_so is now baseline_score; the former name still works.", FutureWarning, 3)
    return table.rename(columns={"already_so": "baseline_score"})


def parameters_in_columns(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Lay out a manifest's stimuli as a table with their 13 parameters in columns of their own."""
    table = pd.DataFrame([row for row in rows if row.get("kind", "stimulus") == "stimulus"])
    parameters = [list(row) if row is not None else [np.nan] * len(PARAMETERS) for row in table.pop("parameters")]
    return table.join(pd.DataFrame(parameters, columns=list(PARAMETERS), index=table.index))
