"""Who breaks a rule that was stated before the study, and so is left out of paired comparisons and ABX trials too."""

import numpy as np
import pandas as pd

from analysis.data.screening import Rules
from analysis.numbers import counted


def without_screened(
    table: pd.DataFrame, rules: Rules | None, broke: dict[str, str], headphones: dict[str, bool] | None
) -> tuple[pd.DataFrame, str]:
    """Leave out who breaks a stated rule.

    Parameters
    ----------
    table
        Comparisons or trials with their checks, column `participant`.
    rules
        As stated before the study; None: none were, and nobody is left out.
    broke
        Rules that participants break by their ratings of the study's first question, by participant.
    headphones
        Whether each participant passed the headphone check, where known.

    Returns
    -------
    tuple
        The other rows, and a sentence about who was left out; empty where nobody was.

    Raises
    ------
    ValueError
        Nobody would be left.
    """
    if rules is None:
        return table, ""
    who = table["participant"].astype(str)
    out = {p: rule for p, rule in broke.items() if (who == p).any()}
    out |= dict.fromkeys(_inattentive(table, rules.attention_passed), "attention_passed")
    if rules.headphones_required:
        out |= {p: "headphones_required" for p, passed in (headphones or {}).items() if not passed and (who == p).any()}
    if not out:
        return table, ""
    if set(who) <= set(out):
        raise ValueError(
            f"Every one of {counted(len(out), 'participant')} breaks a screening rule; are the limits meant for "
            "another study?"
        )
    named = ", ".join(f"{p} ({out[p]})" for p in sorted(out))
    were = "was" if len(out) == 1 else "were"
    return table[~who.isin(list(out))], (
        f"{counted(len(out), 'participant')} {were} left out by the rules stated before the study: {named}."
    )


def _inattentive(table: pd.DataFrame, limit: float | None) -> list[str]:
    """List who followed too few of the instructions that the table's own attention checks gave."""
    if limit is None or not {"kind", "expected", "choice"} <= set(table):
        return []
    checks = table[(table["kind"] == "attention") & table["expected"].notna()]
    right = (checks["choice"].astype(str) == checks["expected"].astype(str)).astype(float)
    passed = right.groupby(checks["participant"].astype(str)).mean()
    return list(passed.index[np.less(passed.to_numpy(), limit)])
