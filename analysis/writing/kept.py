"""Whether an attribute is kept, in sentences."""

from typing import Any

import pandas as pd

from analysis.numbers import listed, number, p_value
from analysis.statistics.contrasts import EVERY
from analysis.statistics.results import Results

_VERDICTS = {
    "equivalent": "is equivalent to",
    "worse": "is worse than",
    "better": "is better than",
    "undecided": "is neither shown to be equivalent to nor to differ from",
}


def kept_text(results: Results) -> list[str]:
    """Give the verdict on every condition, for the widest basis that the data allow; nothing where none was asked."""
    if "kept" not in results.tables:
        return []
    table = results["kept"]
    table = table[table["basis"] == table["basis"].iloc[0]]
    over_all = table[table["descriptor"] == EVERY]
    rows = (over_all if len(over_all) else table).to_dict("records")
    asked = results.ratings.asked
    opening = (
        f"For {rows[0]['basis']}, in {asked} within {number(rows[0]['margin'])} points of {rows[0]['unprocessed']}"
    )
    return [f"{opening}: {'; '.join(_row_text(row) for row in rows)}.", *_parts_text(table, rows)]


def _row_text(row: dict[str, Any]) -> str:
    of = "" if row["descriptor"] == EVERY else f" for {row['descriptor']}"
    p = f"equivalence {p_value(row['p_equivalence'])}, difference {p_value(row['p_difference'])}"
    return (
        f"{row['condition']} {_VERDICTS[row['verdict']]} {row['unprocessed']}{of} ({number(row['difference'])} points, "
        f"90% CI [{number(row['ci90_low'])}, {number(row['ci90_high'])}], {p})"
    )


def _parts_text(table: pd.DataFrame, rows: list[dict[str, Any]]) -> list[str]:
    """Name the descriptors whose verdict is another than that over all."""
    shown = []
    for row in rows:
        parts = table[(table["condition"] == row["condition"]) & (table["descriptor"] != row["descriptor"])]
        other = parts[parts["verdict"] != row["verdict"]] if row["descriptor"] == EVERY else parts[:0]
        if len(other):
            named = listed([f"{part.descriptor} ({part.verdict})" for part in other.itertuples()])
            shown.append(f"On one descriptor alone the verdict on {row['condition']} is another for {named}.")
    return shown


def kept_methods(results: Results) -> str:
    """Say how it was tested, where it was."""
    if "kept" not in results.tables:
        return ""
    row = results["kept"].iloc[0]
    return (
        f"Whether {results.ratings.asked} is kept was asked as a question of equivalence: every condition was compared "
        f"with {row['unprocessed']} by two one-sided tests at 5% within {number(row['margin'])} points, a margin "
        "stated before the study; a condition that is not equivalent is called worse or better where the two-sided "
        "test at 5% is significant, and otherwise undecided."
    )
