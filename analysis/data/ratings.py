"""A tidy table of ratings, checked: what every analysis of this room takes.

One row per rating with the columns participant, descriptor, clip, condition and rating; `kind`, `expected`, `rt_ms`,
`position` and `simulated` are used where they are there. A row without a rating is a missing rating: it is kept,
counted and reported, never filled in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.data.columns import Order, labels, numbers, one_population, refuse_thousands, require_columns, usual_names
from analysis.numbers import counted

LABELS = ("participant", "descriptor", "clip", "condition")
REQUIRED = (*LABELS, "rating")
OPTIONAL = ("kind", "expected", "rt_ms", "position", "simulated", "session")
KINDS = ("rating", "repeat", "attention", "audible_check", "anchor", "practice", "headphones", "huggins", "level")


@dataclass(frozen=True)
class Ratings:
    """The ratings of one study.

    Attributes
    ----------
    main
        The rating trials: participant, descriptor, clip, condition (categorical, in the study's order or the order
        of appearance), rating (float, NaN where missing), and `rt_ms` and `position` where given.
    extra
        Repeats and checks (`kind` is not `rating`), the same columns and `kind` and `expected`.
    scale
        Lowest and highest rating that can be given.
    simulated
        The participants are simulated; everything made from them says so.
    notes
        What was decided while reading, one sentence each.
    asked
        What the column `descriptor` holds: a `descriptor` that sounds were rated on, or another program's `test`.
    """

    main: pd.DataFrame
    extra: pd.DataFrame
    scale: tuple[float, float] = (1.0, 7.0)
    simulated: bool = False
    notes: tuple[str, ...] = ()
    asked: str = "descriptor"

    @property
    def point(self) -> float:
        """A sixth of the scale: one point where ratings run from 1 to 7."""
        return (self.scale[1] - self.scale[0]) / 6

    def levels(self, column: str) -> list[str]:
        """Give the labels of one column, in their order."""
        return list(self.main[column].cat.categories)

    def without(self, participants: list[str]) -> Ratings:
        """Give the same ratings without some participants."""

        def keep(table: pd.DataFrame) -> pd.DataFrame:
            kept = table[~table["participant"].isin(participants)].copy()
            kept["participant"] = kept["participant"].cat.remove_categories(
                [p for p in participants if p in kept["participant"].cat.categories]
            )
            return kept

        return replace(self, main=keep(self.main), extra=keep(self.extra)) if participants else self


def from_table(
    table: pd.DataFrame,
    scale: tuple[float, float] = (1.0, 7.0),
    simulated: bool | None = None,
    order: Order | None = None,
) -> Ratings:
    """Check a tidy table and separate rating trials from repeats and checks.

    Parameters
    ----------
    table
        At least the columns participant, descriptor, clip, condition, rating; labels may be text or numbers.
    scale
        Lowest and highest possible rating.
    simulated
        True: analyse the simulated participants; False: the real ones; None: the real ones, and where there are none
        the simulated.
    order
        The study's order of a column's labels; otherwise an ordered categorical's own, otherwise the order of
        appearance.

    Raises
    ------
    ValueError
        Names the row, the column and the value that cannot be right.
    """
    low, high = scale
    if not low < high:
        raise ValueError(f"The scale runs from {low:g} to {high:g}; the lowest rating comes first, such as 1 7.")
    table = usual_names(table)
    require_columns(table, REQUIRED, "rated")
    table = table[[name for name in (*REQUIRED, *OPTIONAL) if name in table.columns]].copy()
    table, is_simulated, notes = one_population(table, simulated)
    kind = _kinds(table)
    is_rating = kind == "rating"
    if not is_rating.any():
        raise ValueError("No row has kind 'rating'; were only checks or repeats exported?")
    for column in LABELS:
        table[column] = labels(table, column, (order or {}).get(column), is_rating)
    if "rt_ms" in table:
        refuse_thousands(table, "rt_ms")
    for column in ("rating", "rt_ms", "position", "expected"):
        if column in table:
            table[column] = numbers(table, column, strict=column != "expected")
    _refuse_no_ratings(table, is_rating)
    _refuse_outside(table, is_rating | (kind == "repeat"), scale)
    main = table[is_rating].drop(columns=["kind", "expected", "simulated", "session"], errors="ignore")
    _refuse_duplicates(main)
    others = ~is_rating & (kind != "practice")
    extra = table[others].assign(kind=kind[others].to_numpy())
    return Ratings(main, extra, (float(low), float(high)), is_simulated, tuple(notes))


def _kinds(table: pd.DataFrame) -> pd.Series:
    if "kind" not in table:
        return pd.Series("rating", index=table.index)
    kind = table["kind"].astype(object).where(table["kind"].notna(), "rating")
    unknown = sorted(set(kind.unique()) - set(KINDS))
    if unknown:
        row = kind.index[(kind == unknown[0]).argmax()]
        raise ValueError(f"Row {row}, column 'kind': {unknown[0]!r} is not one of {', '.join(KINDS)}.")
    return kind


def _refuse_no_ratings(table: pd.DataFrame, rated: pd.Series) -> None:
    if table.loc[rated, "rating"].isna().all():
        raise ValueError(
            f"None of {counted(int(rated.sum()), 'row')} has a rating; was the table made before anyone rated, or is "
            "the column 'rating' another one?"
        )


def _refuse_outside(table: pd.DataFrame, rated: pd.Series, scale: tuple[float, float]) -> None:
    low, high = scale
    rating = table["rating"].to_numpy()
    outside = rated.to_numpy() & ((rating < low) | (rating > high))
    if outside.any():
        row = outside.argmax()
        raise ValueError(
            f"Row {table.index[row]}, column 'rating': {rating[row]:g} is outside the scale {low:g} to {high:g} "
            f"({counted(int(outside.sum()), 'such row')}); if another scale was used, say so with --scale LOW HIGH; "
            "beside an exported table, keep study.json, which says the scale of each question."
        )


def _refuse_duplicates(main: pd.DataFrame) -> None:
    again = main.duplicated(list(LABELS)).to_numpy()
    if not again.any():
        return
    second = again.argmax()
    same = np.ones(len(main), dtype=bool)
    for column in LABELS:
        codes = main[column].cat.codes.to_numpy()
        same &= codes == codes[second]
    cell = ", ".join(f"{column} {main[column].iloc[second]!r}" for column in LABELS)
    raise ValueError(
        f"Rows {main.index[same.argmax()]} and {main.index[second]} both rate {cell} "
        f"({counted(int(again.sum()), 'such row')}); "
        "remove one, or give repeats a column 'kind' with the value 'repeat'."
    )
