"""A table of ratings taken apart by what was asked: each question, in each way of asking, is analysed by itself."""

from dataclasses import dataclass

import pandas as pd

from analysis.data.columns import usual_names

DESCRIPTOR = "descriptor"  # the question that is about the descriptor itself
_OF_THE_LISTENER = ("attention", "audible_check")  # checks that tell something of whoever answers, whatever was asked


@dataclass(frozen=True)
class Asked:
    """The ratings of one question.

    Attributes
    ----------
    name
        Of its folder: the question's, with the paradigm's where the question was asked in several ways.
    question, paradigm
        As the table calls them; None where it does not.
    table
        Its rows, with the checks that the same listeners took under other questions.
    """

    name: str
    question: str | None
    paradigm: str | None
    table: pd.DataFrame


def by_question(table: pd.DataFrame) -> list[Asked]:
    """Take a table apart by its columns `question` and `paradigm`, where it has them, in the order of appearance.

    A question that was never answered by a number (a choice, free text) is left out.

    Raises
    ------
    ValueError
        No question was answered by a number.
    """
    table = usual_names(table)
    if "question" not in table:
        return [Asked("ratings", None, None, table)]
    keys = [name for name in ("question", "paradigm") if name in table]
    labels = table[keys].astype(object)
    labels["question"] = labels["question"].fillna(DESCRIPTOR)
    checks = _rows_of_kind(table, *_OF_THE_LISTENER)
    found = []
    for key in labels.drop_duplicates().itertuples(index=False):
        own = pd.Series((labels == list(key)).all(axis=1).to_numpy(), index=table.index)
        counted = own & ~_rows_of_kind(table, *_OF_THE_LISTENER, "practice")
        if counted.any() and table.loc[counted, "rating"].notna().any():
            who = table.loc[counted, "participant"].unique()
            rows = table[own | (checks & table["participant"].isin(who))]
            found.append((str(key[0]), str(key[1]) if len(key) > 1 else None, rows))
    if not found:
        raise ValueError("No question of the table was answered by a number; choices and texts are not analysed.")
    names = [question for question, _, _ in found]
    return [
        Asked(f"{question}-{paradigm}" if names.count(question) > 1 else question, question, paradigm, rows)
        for question, paradigm, rows in found
    ]


def _rows_of_kind(table: pd.DataFrame, *kinds: str) -> pd.Series:
    if "kind" not in table:
        return pd.Series(False, index=table.index)
    return table["kind"].astype(object).isin(kinds)
