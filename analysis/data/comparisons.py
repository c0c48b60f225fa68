"""What tables of paired comparisons and of ABX trials have in common: answered rows, conditions in one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.data.columns import label, one_population, refuse_alike, require_columns, usual_names
from analysis.numbers import counted


@dataclass(frozen=True)
class Form:
    """What a table holds.

    Attributes
    ----------
    required, optional
        Its columns; others are left out.
    kinds
        Of its column `kind`: what is analysed. Practice and checks are not.
    answer
        The column without which a row is a missing answer.
    done
        What participants did.
    unit
        One row.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    kinds: tuple[str, ...]
    answer: str
    done: str
    unit: str


def answered(table: pd.DataFrame, form: Form, simulated: bool | None) -> tuple[pd.DataFrame, bool, list[str]]:
    """Keep the rows of one population that were answered.

    Returns
    -------
    tuple
        The rows with the columns of the form, whether the participants are simulated, and what was left out.
    """
    table = usual_names(table)
    require_columns(table, form.required, form.done)
    table = table[[name for name in (*form.required, *form.optional) if name in table.columns]].copy()
    table, is_simulated, notes = one_population(table, simulated)
    if "kind" in table:
        table = table[table["kind"].astype(object).fillna(form.kinds[0]).isin(form.kinds)]
    unanswered = table[form.answer].isna()
    if unanswered.all():
        raise ValueError(
            f"No row has an answer in {form.answer!r}; was the table exported before anyone {form.done}, or is all "
            "of it practice?"
        )
    notes += [f"{counted(int(unanswered.sum()), form.unit)} without an answer."] if unanswered.any() else []
    return table[~unanswered].copy(), is_simulated, notes


def label_conditions(table: pd.DataFrame, columns: Sequence[str]) -> None:
    """Write the labels of conditions alike, in place; no row may lack its a or its b."""
    for column in columns:
        if column in table:
            table[column] = table[column].astype(object).map(label, na_action="ignore")
    for column in ("a", "b"):
        empty = table[column].isna().to_numpy()
        if empty.any():
            raise ValueError(f"Row {table.index[empty.argmax()]}, column {column!r}: empty; a condition is expected.")


def conditions_of(table: pd.DataFrame, order: list[str] | None) -> tuple[str, ...]:
    """List the conditions that were compared: in the study's order, else in that of their appearance."""
    found = list(dict.fromkeys(table[["a", "b"]].to_numpy().ravel()))
    refuse_alike("a", found)
    known = [name for name in order or [] if name in found]
    return tuple(known + [name for name in found if name not in known])
