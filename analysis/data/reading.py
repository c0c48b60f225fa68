"""Read a file of ratings: its encoding, separator and decimal sign are found out, and every cell is kept as it was
written.

The index of the returned table is the line in the file (the header is line 1), so that a message can name it.
"""

import csv
import re
from pathlib import Path

import pandas as pd

MISSING = ["", "NA", "na", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "None", "-", "."]
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # a ZIP (.xlsx, .ods), an OLE file (.xls)
# An apostrophe where a cell begins, or would when split, before what begins a formula; set by `study.spreadsheets`.
_DROPPED = (
    " \xa0\u1680\u2000-\u200f\u202a-\u202f\u205f-\u2064\u3000\ufeff\xad\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\"'"
)
_ESCAPED = re.compile(rf"(^|[;,|\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029])'(?=[{_DROPPED}]*[=+\-@＝＋－＠﹦﹢﹣﹫−⁼⁺⁻₌₊₋])")
_SEPARATOR_LINE = re.compile(r"\ufeff?\"?sep=([,;\t|])\"?\s*", re.IGNORECASE)
_ENCODINGS_BY_MARK = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


def read_csv(path: str | Path) -> pd.DataFrame:
    """Read a delimited text file with every column as categories of text.

    Parameters
    ----------
    path
        UTF-8, UTF-16 or Latin-1 text; separated by commas, semicolons, tabs or bars, or by what a first line such as
        Excel's `sep=;` says.

    Returns
    -------
    pd.DataFrame
        Categorical text, index = line in the file; rows that are empty throughout are dropped.

    Raises
    ------
    ValueError
        The file is empty, holds only a header, or is not a table; a line has more cells than the header.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder; a file of ratings is expected.")
    encoding = _encoding(path)
    try:
        with path.open(encoding=encoding, newline="") as file:
            header = file.readline()
            stated = _SEPARATOR_LINE.fullmatch(header)
            header = file.readline() if stated else header
    except UnicodeError:
        raise ValueError(f"{path} is not a text file; a CSV table saved as UTF-8 is expected.") from None
    if not header.strip():
        raise ValueError(f"{path} is empty (no header in its first line); was the export cut off?")
    if header.lstrip()[0] in "{[":
        raise ValueError(f"{path} is JSON; a CSV table with one row per rating is expected.")
    separator, first = (stated[1], 3) if stated else (_separator(header), 2)
    names = [name.strip() for name in next(csv.reader([header], delimiter=separator))]
    _refuse_double_names(path, names)
    table = _parse(path, encoding, separator, len(names), first)
    table.columns = names
    table.index = pd.RangeIndex(first, len(table) + first, name="line")
    table = table[table.notna().any(axis=1)]
    if table.empty:
        raise ValueError(f"{path} has a header and no rows; was the export made before anyone rated?")
    return table


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(65536)
    if start.startswith(_SPREADSHEETS):
        raise ValueError(f"{path} is a spreadsheet's own file; save it from there as CSV (UTF-8), one row per rating.")
    for mark, encoding in _ENCODINGS_BY_MARK.items():
        if start.startswith(mark):
            return encoding
    if b"\0" in start[:200]:
        return "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"
    with path.open(encoding="utf-8") as file:
        try:
            while file.read(1 << 20):
                pass
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8"


def _separator(header: str) -> str:
    return max(",;\t|", key=header.count)


def _refuse_double_names(path: Path, names: list[str]) -> None:
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise ValueError(f"{path} has more than one column named {double[0]!r}; rename or remove one.")


def _parse(path: Path, encoding: str, separator: str, n_columns: int, first: int) -> pd.DataFrame:
    try:
        table = pd.read_csv(
            path,
            encoding=encoding,
            sep=separator,
            header=None,
            names=range(n_columns),
            skiprows=first - 1,
            dtype=str,  # "007" stays "007"
            na_values=MISSING,
            keep_default_na=False,
            skip_blank_lines=False,
            skipinitialspace=True,
        )
    except pd.errors.EmptyDataError:
        return pd.DataFrame(columns=range(n_columns))
    except UnicodeError as error:
        raise ValueError(f"{path} cannot be read as {encoding} text ({error}); save it as UTF-8.") from None
    except pd.errors.ParserError as error:
        if found := re.search(r"in line (\d+), saw (\d+)", str(error)):
            _refuse_more_cells(path, int(found[1]), int(found[2]), n_columns)
        raise ValueError(
            f"{path} is not a table: {str(error).strip()}; is a separator missing or a quote open?"
        ) from None
    if not isinstance(table.index, pd.RangeIndex):  # pandas takes what is too much in the first line as row names
        _refuse_more_cells(path, first, n_columns + table.index.nlevels, n_columns)
    return table.apply(_unescaped).astype("category")


def _unescaped(column: pd.Series) -> pd.Series:
    """The labels as they were before an export kept spreadsheets from taking them for formulas."""
    return column.map({label: _ESCAPED.sub(r"\1", label) for label in column.dropna().unique()})


def _refuse_more_cells(path: Path, line: int, cells: int, n_columns: int) -> None:
    raise ValueError(
        f"{path}, line {line}: {cells} cells, and the header names {n_columns} columns; is it a decimal comma or a "
        "separator within a label, without quotes around it?"
    )
