"""A tidy table of ABX trials, checked: one row per trial with participant, a, b and correct.

`descriptor` and `clip` are used where they are there; `kind` and `simulated` as in ratings. A row without `correct` is
a missing answer: counted and left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.columns import Order, label, labels, one_population, refuse_alike, require_columns, usual_names
from analysis.numbers import counted

REQUIRED = ("participant", "a", "b", "correct")
OPTIONAL = ("descriptor", "clip", "kind", "simulated")
KINDS = ("abx", "rating")  # of `kind`: what is analysed; practice and checks are left out
EVERY = "all"  # of a table that names no descriptors or clips
_YES, _NO = {"true", "1", "1.0", "yes"}, {"false", "0", "0.0", "no"}


@dataclass(frozen=True)
class AbxTrials:
    """The ABX trials of one study.

    Attributes
    ----------
    main
        participant, descriptor, clip (categorical), a, b (text, in the conditions' order) and correct (bool).
    conditions
        In the study's order, or the order of appearance.
    simulated, notes
        As in `Ratings`.
    """

    main: pd.DataFrame
    conditions: tuple[str, ...]
    simulated: bool = False
    notes: tuple[str, ...] = ()

    def levels(self, column: str) -> list[str]:
        """Give the labels of one column, in their order."""
        return list(self.main[column].cat.categories)


def from_table(table: pd.DataFrame, simulated: bool | None = None, order: Order | None = None) -> AbxTrials:
    """Check a table of ABX trials.

    Parameters
    ----------
    table
        At least the columns participant, a, b, correct.
    simulated
        True: the simulated participants; False: the real ones; None: the real ones, and where there are none the
        simulated.
    order
        The study's order of `condition` and `descriptor`.

    Raises
    ------
    ValueError
        Names the row, the column and the value that cannot be right.
    """
    table = usual_names(table)
    require_columns(table, REQUIRED, "listened")
    table = table[[name for name in (*REQUIRED, *OPTIONAL) if name in table.columns]].copy()
    table, is_simulated, notes = one_population(table, simulated)
    if "kind" in table:
        table = table[table["kind"].astype(object).fillna("abx").isin(KINDS)]
    unanswered = table["correct"].isna()
    if unanswered.all():
        raise ValueError("No row says whether it was correct; was the table exported before anyone listened?")
    notes += [f"{counted(int(unanswered.sum()), 'trial')} without an answer."] if unanswered.any() else []
    table, order = table[~unanswered].copy(), order or {}
    main = pd.DataFrame(index=table.index)
    for column in ("participant", "descriptor", "clip"):
        if column not in table or table[column].isna().all():
            table[column] = EVERY
        main[column] = labels(table, column, order.get(column))
    main["correct"] = _correct(table)
    conditions = _pairs(table, main, order.get("condition"))
    return AbxTrials(main, conditions, is_simulated, tuple(notes))


def _correct(table: pd.DataFrame) -> np.ndarray:
    words = table["correct"].astype(str).str.strip().str.lower()
    wrong = ~words.isin(_YES | _NO).to_numpy()
    if wrong.any():
        row = wrong.argmax()
        raise ValueError(
            f"Row {table.index[row]}, column 'correct': {table['correct'].iloc[row]!r} is neither true nor false."
        )
    return words.isin(_YES).to_numpy()


def _pairs(table: pd.DataFrame, main: pd.DataFrame, order: list[str] | None) -> tuple[str, ...]:
    """Put every pair into the conditions' order, whichever sound was A."""
    for column in ("a", "b"):
        empty = table[column].isna().to_numpy()
        if empty.any():
            raise ValueError(f"Row {table.index[empty.argmax()]}, column {column!r}: empty; a condition is wanted.")
        table[column] = table[column].astype(object).map(label)
    same = (table["a"] == table["b"]).to_numpy()
    if same.any():
        row = table.index[same.argmax()]
        raise ValueError(f"Row {row}, columns 'a' and 'b': both are {table['a'][row]!r}; two sounds are wanted.")
    found = list(dict.fromkeys(table[["a", "b"]].to_numpy().ravel()))
    refuse_alike("a", found)
    known = [name for name in order or [] if name in found]
    conditions = tuple(known + [name for name in found if name not in known])
    place = {name: i for i, name in enumerate(conditions)}
    turned = np.array([place[a] > place[b] for a, b in zip(table["a"], table["b"], strict=True)], dtype=bool)
    main["a"], main["b"] = np.where(turned, table["b"], table["a"]), np.where(turned, table["a"], table["b"])
    return conditions
