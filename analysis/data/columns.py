"""Columns of a tidy table, checked: what reading ratings, pairs and ABX trials have in common."""

import pandas as pd

from analysis.data.ratings import _label, _labels, _numbers, _one_population, _usual_names

label, usual_names, one_population = _label, _usual_names, _one_population


def labels(table: pd.DataFrame, column: str, order: list[str] | None = None) -> pd.Categorical:
    """Read a column of labels, every row's."""
    return _labels(table, column, pd.Series(True, index=table.index), order)


def numbers(table: pd.DataFrame, column: str):
    """Read a column of numbers, decimal commas included; NaN where empty."""
    return _numbers(table, column, strict=True)


def require_columns(table: pd.DataFrame, required: tuple[str, ...], done: str) -> None:
    """Refuse a table without a column that is needed, or without rows."""
    missing = [name for name in required if name not in table.columns]
    if missing:
        raise ValueError(
            f"The table has no column {missing[0]!r} (it has {', '.join(map(repr, table.columns)) or 'none'}); "
            f"needed are {', '.join(required)}."
        )
    if table.empty:
        raise ValueError(f"The table has no rows; was it exported before anyone {done}?")
