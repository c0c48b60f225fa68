"""Columns of a tidy table, checked: what reading ratings, pairs and ABX trials have in common."""

import re
import unicodedata
from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.numbers import counted

Order = Mapping[str, list[str] | None]
"""Of a column's labels, by the column; None where it is not stated."""
# As this program writes them, and as spreadsheets do that speak German, Spanish, Portuguese, French or Italian.
_TRUE = {"true", "1", "1.0", "yes", "wahr", "verdadero", "verdadeiro", "vrai", "vero"}
_FALSE = {"false", "0", "0.0", "no", "falsch", "falso", "faux", "nan", "none", "<na>", ""}
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+")  # or a decimal comma before three digits
_DECIMALS = re.compile(r"[+-]?\d+\.\d+")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


def usual_names(table: pd.DataFrame) -> pd.DataFrame:
    """Take `Participant` or ` Rating` for the column that is meant, where there is no other of that name."""
    names = {name: str(name).strip().lower() for name in table.columns}
    taken = [*names.values()]
    return table.rename(columns={name: usual for name, usual in names.items() if taken.count(usual) == 1})


def require_columns(table: pd.DataFrame, required: tuple[str, ...], done: str) -> None:
    """Refuse a table without a column that is needed, or without rows; `done` is what participants did."""
    missing = [name for name in required if name not in table.columns]
    if missing:
        raise ValueError(
            f"The table has no column {missing[0]!r} (it has {', '.join(map(repr, table.columns)) or 'none'}); "
            f"needed are {', '.join(required)}."
        )
    if table.empty:
        raise ValueError(f"The table has no rows; was it exported before anyone {done}?")


def one_population(table: pd.DataFrame, simulated: bool | None) -> tuple[pd.DataFrame, bool, list[str]]:
    """Keep either the real or the simulated participants: the two are never mixed."""
    if "simulated" not in table:
        return table, bool(simulated), []
    is_simulated = truths(table, "simulated")
    if simulated is None:
        simulated = bool(is_simulated.all())
    kept = table[is_simulated == simulated]
    word, other = ("simulated", "real") if simulated else ("real", "simulated")
    if kept.empty:
        raise ValueError(f"The table holds no {word} participants, only {other} ones.")
    notes = []
    if len(kept) < len(table):
        notes.append(f"{counted(len(table) - len(kept), 'row')} of {other} participants left out.")
    return kept, simulated, notes


def truths(table: pd.DataFrame, column: str) -> np.ndarray:
    """Read a column of true and false, also as a spreadsheet in another language saved it; an empty cell is false.

    Raises
    ------
    ValueError
        Names the row and the value that is neither.
    """
    words = table[column].astype(object).map(lambda value: "" if pd.isna(value) else str(value).strip().lower())
    wrong = ~words.isin(_TRUE | _FALSE).to_numpy()
    if wrong.any():
        row = wrong.argmax()
        value = table[column].iloc[row]
        raise ValueError(f"Row {table.index[row]}, column {column!r}: {value!r} is neither true nor false.")
    return words.isin(_TRUE).to_numpy()


def labels(
    table: pd.DataFrame, column: str, order: list[str] | None = None, needed: pd.Series | None = None
) -> pd.Categorical:
    """Read a column of labels, in the order given, else its own, else that of appearance.

    `needed` tells the rows that must have one, and whose labels are the levels of all columns but `participant`; None:
    every row.
    """
    needed = pd.Series(True, index=table.index) if needed is None else needed
    values = table[column]
    empty = (values.isna() & needed).to_numpy()
    if empty.any():
        raise ValueError(f"Row {table.index[empty.argmax()]}, column {column!r}: empty, and every rating needs one.")
    if isinstance(values.dtype, pd.CategoricalDtype) and values.dtype.ordered and order is None:
        order = [str(name) for name in values.cat.categories]
    codes, found = pd.factorize(values[needed], use_na_sentinel=True)
    appearing = list(dict.fromkeys(label(value) for value in found))
    every = list(dict.fromkeys([*appearing, *(label(value) for value in values.dropna().unique())]))
    names = {value: label(value) for value in values.dropna().unique()}
    refuse_alike(column, every)
    if order:
        appearing = [name for name in order if name in appearing] + [name for name in appearing if name not in order]
    levels = appearing if column != "participant" else every
    position = {name: i for i, name in enumerate(levels)}
    codes, found = pd.factorize(values, use_na_sentinel=True)
    lookup = np.array([position.get(names[value], -1) for value in found] + [-1])
    return pd.Categorical.from_codes(lookup[codes], categories=levels)


def refuse_alike(column: str, labels: list[str]) -> None:
    """Refuse labels that a person takes for one: `static` beside `STATIC`, `7` beside `7.0`."""
    seen: dict[str, str] = {}
    for label in labels:
        first = seen.setdefault(_alike(label), label)
        if first != label:
            raise ValueError(
                f"Column {column!r} holds {first!r} and {label!r}, which differ only in capitals, spaces or in how a "
                "letter or a number is written; write both the same way, or rename one where they are not the same."
            )


def _alike(label: str) -> str:
    """What labels that a person takes for one have in common."""
    text = " ".join(unicodedata.normalize("NFKC", label).casefold().split())
    return text.rstrip("0").rstrip(".") if _DECIMALS.fullmatch(text) else text


def label(value: object) -> str:
    """Write a label as text, a whole number without decimals."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def refuse_thousands(table: pd.DataFrame, column: str) -> None:
    """Refuse `1,234` in a column whose numbers go beyond a thousand: as a decimal comma it would be one and a bit."""
    found = [value for value in table[column].dropna().unique() if _THOUSANDS.fullmatch(str(value).strip())]
    if found:
        row = table.index[(table[column] == found[0]).argmax()]
        raise ValueError(
            f"Row {row}, column {column!r}: {found[0]!r} is either {found[0].replace(',', '')} or "
            f"{found[0].replace(',', '.', 1)}; write numbers without a separator of thousands."
        )


def numbers(table: pd.DataFrame, column: str, strict: bool = True) -> np.ndarray:
    """Read a column of numbers by its distinct values, decimal commas included; NaN where empty, and where not strict
    also for other text."""
    values = table[column]
    if pd.api.types.is_numeric_dtype(values.dtype):
        read = values.to_numpy(dtype=float, na_value=np.nan)
    else:
        codes, found = pd.factorize(values, use_na_sentinel=True)
        parsed = np.array([_number(value) for value in found] + [np.nan])
        wrong = np.flatnonzero(np.isinf(parsed))
        if wrong.size and strict:
            row = table.index[(codes == wrong[0]).argmax()]
            raise ValueError(f"Row {row}, column {column!r}: {found[wrong[0]]!r} is not a number.")
        read = np.where(np.isinf(parsed), np.nan, parsed)[codes]
    if np.isinf(read).any():
        raise ValueError(f"Row {table.index[np.isinf(read).argmax()]}, column {column!r}: infinite.")
    return read


def _number(value: object) -> float:
    """Read one cell; infinity stands for text that is not a number."""
    text = str(value).strip()
    if text == "":
        return np.nan
    if _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return np.inf
