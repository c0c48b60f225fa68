"""A tidy table of ratings, checked: what every analysis of this room takes.

One row per rating with the columns participant, descriptor, clip, condition and rating; `kind`, `expected`, `rt_ms`,
`position` and `simulated` are used where they are there. A row without a rating is a missing rating: it is kept,
counted and told, never filled in.
"""

import re
import unicodedata
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.numbers import counted

LABELS = ("participant", "descriptor", "clip", "condition")
REQUIRED = (*LABELS, "rating")
OPTIONAL = ("kind", "expected", "rt_ms", "position", "simulated", "session")
KINDS = ("rating", "repeat", "attention", "audible_check", "anchor", "practice", "headphones", "huggins", "level")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


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

    def without(self, participants: list[str]) -> "Ratings":
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
    order: dict[str, list[str]] | None = None,
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
    table = _usual_names(table)
    _require_columns(table)
    table = table[[name for name in (*REQUIRED, *OPTIONAL) if name in table.columns]].copy()
    table, is_simulated, notes = _one_population(table, simulated)
    kind = _kinds(table)
    is_rating = kind == "rating"
    if not is_rating.any():
        raise ValueError("No row has kind 'rating'; were only checks or repeats exported?")
    for column in LABELS:
        table[column] = _labels(table, column, is_rating, (order or {}).get(column))
    for column in ("rating", "rt_ms", "position", "expected"):
        if column in table:
            table[column] = _numbers(table, column, strict=column != "expected")
    _refuse_no_ratings(table, is_rating)
    _refuse_outside(table, is_rating | (kind == "repeat"), scale)
    main = table[is_rating].drop(columns=["kind", "expected", "simulated", "session"], errors="ignore")
    _refuse_duplicates(main)
    others = ~is_rating & (kind != "practice")
    extra = table[others].assign(kind=kind[others].to_numpy())
    return Ratings(main, extra, (float(low), float(high)), is_simulated, tuple(notes))


def _usual_names(table: pd.DataFrame) -> pd.DataFrame:
    """Take `Participant` or ` Rating` for the column that is meant, where there is no other of that name."""
    names = {name: str(name).strip().lower() for name in table.columns}
    taken = [*names.values()]
    return table.rename(columns={name: usual for name, usual in names.items() if taken.count(usual) == 1})


def _require_columns(table: pd.DataFrame) -> None:
    missing = [name for name in REQUIRED if name not in table.columns]
    if missing:
        raise ValueError(
            f"The table has no column {missing[0]!r} (it has {', '.join(map(repr, table.columns)) or 'none'}); "
            f"needed are {', '.join(REQUIRED)}."
        )
    if table.empty:
        raise ValueError("The table has no rows; was it exported before anyone rated?")


def _one_population(table: pd.DataFrame, simulated: bool | None) -> tuple[pd.DataFrame, bool, list[str]]:
    """Keep either the real or the simulated participants: the two are never mixed."""
    if "simulated" not in table:
        return table, bool(simulated), []
    flags = {value: _flag(value) for value in table["simulated"].unique()}
    is_simulated = table["simulated"].map(flags).to_numpy(dtype=bool)
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


def _flag(value: object) -> bool:
    text = str(value).strip().lower()
    if text in {"true", "1", "1.0", "yes"}:
        return True
    if text in {"false", "0", "0.0", "no", "nan", "none", "<na>", ""}:
        return False
    raise ValueError(f"Column 'simulated' holds {value!r}; true or false is wanted.")


def _kinds(table: pd.DataFrame) -> pd.Series:
    if "kind" not in table:
        return pd.Series("rating", index=table.index)
    kind = table["kind"].astype(object).where(table["kind"].notna(), "rating")
    unknown = sorted(set(kind.unique()) - set(KINDS))
    if unknown:
        row = kind.index[(kind == unknown[0]).argmax()]
        raise ValueError(f"Row {row}, column 'kind': {unknown[0]!r} is none of {', '.join(KINDS)}.")
    return kind


def _labels(table: pd.DataFrame, column: str, needed: pd.Series, order: list[str] | None) -> pd.Categorical:
    values = table[column]
    empty = (values.isna() & needed).to_numpy()
    if empty.any():
        raise ValueError(f"Row {table.index[empty.argmax()]}, column {column!r}: empty, and every rating needs one.")
    if isinstance(values.dtype, pd.CategoricalDtype) and values.dtype.ordered and order is None:
        order = [str(label) for label in values.cat.categories]
    codes, found = pd.factorize(values[needed], use_na_sentinel=True)
    appearing = list(dict.fromkeys(_label(value) for value in found))
    every = list(dict.fromkeys([*appearing, *(_label(value) for value in values.dropna().unique())]))
    names = {value: _label(value) for value in values.dropna().unique()}
    _refuse_alike(column, every)
    if order:
        appearing = [label for label in order if label in appearing] + [x for x in appearing if x not in order]
    levels = appearing if column != "participant" else every
    position = {label: i for i, label in enumerate(levels)}
    codes, found = pd.factorize(values, use_na_sentinel=True)
    lookup = np.array([position.get(names[value], -1) for value in found] + [-1])
    return pd.Categorical.from_codes(lookup[codes], categories=levels)


def _refuse_alike(column: str, labels: list[str]) -> None:
    """Refuse labels that a person takes for one: `static` beside `STATIC`."""
    seen: dict[str, str] = {}
    for label in labels:
        first = seen.setdefault(" ".join(unicodedata.normalize("NFKC", label).casefold().split()), label)
        if first != label:
            raise ValueError(
                f"Column {column!r} holds {first!r} and {label!r}, which differ only in capitals, spaces or the form "
                "of their letters; write both the same way, or rename one where they are not the same."
            )


def _refuse_no_ratings(table: pd.DataFrame, rated: pd.Series) -> None:
    if table.loc[rated, "rating"].isna().all():
        raise ValueError(
            f"None of {counted(int(rated.sum()), 'row')} has a rating; was the table made before anyone rated, or is "
            "the column 'rating' another one?"
        )


def _label(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _numbers(table: pd.DataFrame, column: str, strict: bool) -> np.ndarray:
    """Turn text into numbers by its distinct values, decimal commas included."""
    values = table[column]
    if pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
    else:
        codes, found = pd.factorize(values, use_na_sentinel=True)
        parsed = np.array([_number(value) for value in found] + [np.nan])
        wrong = np.flatnonzero(np.isinf(parsed))
        if wrong.size and strict:
            row = table.index[(codes == wrong[0]).argmax()]
            raise ValueError(f"Row {row}, column {column!r}: {found[wrong[0]]!r} is not a number.")
        numbers = np.where(np.isinf(parsed), np.nan, parsed)[codes]
    if np.isinf(numbers).any():
        raise ValueError(f"Row {table.index[np.isinf(numbers).argmax()]}, column {column!r}: infinite.")
    return numbers


def _number(value: object) -> float:
    """Read one cell; infinity stands for text that is no number."""
    text = str(value).strip()
    if text == "":
        return np.nan
    if _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return np.inf


def _refuse_outside(table: pd.DataFrame, rated: pd.Series, scale: tuple[float, float]) -> None:
    low, high = scale
    rating = table["rating"].to_numpy()
    outside = rated.to_numpy() & ((rating < low) | (rating > high))
    if outside.any():
        row = outside.argmax()
        raise ValueError(
            f"Row {table.index[row]}, column 'rating': {rating[row]:g} is outside the scale {low:g} to {high:g} "
            f"({counted(int(outside.sum()), 'such row')}); if another scale was used, say so with --scale LOW HIGH."
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
