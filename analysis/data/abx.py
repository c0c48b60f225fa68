"""A tidy table of ABX trials, checked: one row per trial with participant, a, b and correct.

`descriptor` and `clip` are used where they are there; `kind` and `simulated` as in ratings. A row without `correct` is
a missing answer: counted and left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.columns import Order, labels, truths
from analysis.data.comparisons import Form, answered, conditions_of, label_conditions

FORM = Form(
    required=("participant", "a", "b", "correct"),
    optional=("descriptor", "clip", "kind", "simulated"),
    kinds=("abx", "rating"),
    answer="correct",
    done="listened",
    unit="trial",
)
EVERY = "all"  # of a table that names no descriptors or clips


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
    left_out
        A sentence about who was left out by the rules stated before the study; empty where nobody was.
    """

    main: pd.DataFrame
    conditions: tuple[str, ...]
    simulated: bool = False
    notes: tuple[str, ...] = ()
    left_out: str = ""

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
    table, is_simulated, notes = answered(table, FORM, simulated)
    order = order or {}
    main = pd.DataFrame(index=table.index)
    for column in ("participant", "descriptor", "clip"):
        if column not in table or table[column].isna().all():
            table[column] = EVERY
        main[column] = labels(table, column, order.get(column))
    main["correct"] = truths(table, "correct")
    conditions = _pairs(table, main, order.get("condition"))
    return AbxTrials(main, conditions, is_simulated, tuple(notes))


def _pairs(table: pd.DataFrame, main: pd.DataFrame, order: list[str] | None) -> tuple[str, ...]:
    """Put every pair into the conditions' order, whichever sound was A."""
    label_conditions(table, ("a", "b"))
    same = (table["a"] == table["b"]).to_numpy()
    if same.any():
        row = table.index[same.argmax()]
        raise ValueError(
            f"Row {row}, columns 'a' and 'b': both are {table['a'][row]!r}; two different sounds are expected."
        )
    conditions = conditions_of(table, order)
    place = {name: i for i, name in enumerate(conditions)}
    turned = np.array([place[a] > place[b] for a, b in zip(table["a"], table["b"], strict=True)], dtype=bool)
    main["a"], main["b"] = np.where(turned, table["b"], table["a"]), np.where(turned, table["a"], table["b"])
    return conditions
