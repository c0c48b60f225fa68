"""A tidy table of paired comparisons, checked: one row per comparison.

Columns participant, descriptor, clip, a, b and choice, which is the name of a or of b, or `same`. `first` (the name of
the condition that was presented first, or stood at the left) and `strength` are used where they are there; `kind` and
`simulated` as in ratings. A row without a choice is a missing answer: counted and left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.columns import Order, labels, numbers
from analysis.data.comparisons import Form, answered, conditions_of, label_conditions
from analysis.numbers import counted

SAME = "same"
FORM = Form(
    required=("participant", "descriptor", "clip", "a", "b", "choice"),
    optional=("first", "strength", "kind", "simulated"),
    kinds=("pair", "rating"),
    answer="choice",
    done="compared",
    unit="comparison",
)


@dataclass(frozen=True)
class Pairs:
    """The paired comparisons of one study.

    Attributes
    ----------
    main
        participant, descriptor, clip (categorical), first, second (categorical over the conditions, as presented
        where that is known, otherwise in the conditions' order), chosen (0 first, 1 neither, 2 second) and
        strength (float, where given).
    conditions
        In the study's order, or the order of appearance.
    ordered
        Whether the table says which was presented first.
    simulated, notes
        As in `Ratings`.
    left_out
        A sentence about who was left out by the rules stated before the study; empty where nobody was.
    """

    main: pd.DataFrame
    conditions: tuple[str, ...]
    ordered: bool
    simulated: bool = False
    notes: tuple[str, ...] = ()
    left_out: str = ""

    def levels(self, column: str) -> list[str]:
        """Give the labels of one column, in their order."""
        return list(self.main[column].cat.categories)


def from_table(table: pd.DataFrame, simulated: bool | None = None, order: Order | None = None) -> Pairs:
    """Check a table of paired comparisons.

    Parameters
    ----------
    table
        At least the columns participant, descriptor, clip, a, b, choice.
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
    for column in ("participant", "descriptor", "clip"):
        table[column] = labels(table, column, order.get(column))
    conditions = _conditions(table, order.get("condition"))
    ordered = "first" in table and bool(table["first"].notna().all())
    if "first" in table and not ordered and table["first"].notna().any():
        notes.append("Some rows do not say which condition was first, so no effect of position is estimated.")
    main = _as_presented(table, conditions, ordered)
    if "strength" in table:
        main["strength"] = numbers(table, "strength")
    return Pairs(main, conditions, ordered, is_simulated, tuple(notes))


def _conditions(table: pd.DataFrame, order: list[str] | None) -> tuple[str, ...]:
    label_conditions(table, ("a", "b", "choice", "first"))
    conditions = conditions_of(table, order)
    if SAME in conditions:
        raise ValueError(f"A condition is called {SAME!r}, which as a choice means neither; rename the condition.")
    return conditions


def _as_presented(table: pd.DataFrame, conditions: tuple[str, ...], ordered: bool) -> pd.DataFrame:
    a, b, choice = (table[name].to_numpy() for name in ("a", "b", "choice"))
    _refuse(table, a == b, "b", "a sound cannot be compared with itself")
    unknown = (choice != a) & (choice != b) & (choice != SAME)
    _refuse(table, unknown, "choice", f"the row's a, its b or {SAME} is expected")
    place = {name: i for i, name in enumerate(conditions)}
    if ordered:
        first = table["first"].to_numpy()
        _refuse(table, (first != a) & (first != b), "first", "the row's a or b is expected")
        turned = first == b
    else:
        turned = np.array([place[x] > place[y] for x, y in zip(a, b, strict=True)], dtype=bool)
    first, second = np.where(turned, b, a), np.where(turned, a, b)
    main = table[["participant", "descriptor", "clip"]].copy()
    main["first"] = pd.Categorical(first, categories=list(conditions))
    main["second"] = pd.Categorical(second, categories=list(conditions))
    main["chosen"] = np.select([choice == first, choice == second], [0, 2], 1)
    return main


def _refuse(table: pd.DataFrame, wrong: np.ndarray, column: str, wanted: str) -> None:
    if wrong.any():
        row = wrong.argmax()
        raise ValueError(
            f"Row {table.index[row]}, column {column!r}: {table[column].iloc[row]!r}, and {wanted} "
            f"({counted(int(wrong.sum()), 'such row')})."
        )
