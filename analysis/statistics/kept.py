"""Is an attribute such as sound quality kept: every condition against the unprocessed one, within a stated margin."""

import numpy as np
import pandas as pd
from scipy import stats

from analysis.statistics.equivalence import DIFFERENT, EQUIVALENT, UNDECIDED, WORSE, equivalence

BETTER = "better"
KEPT = ["basis", "descriptor", "condition", "unprocessed", "margin", "difference", "se", "df", "ci_low", "ci_high",
        "ci90_low", "ci90_high", "p_not_worse", "p_equivalence", "p_difference", "verdict"]  # fmt: skip
VERDICTS = {EQUIVALENT: "equivalent", DIFFERENT: BETTER, WORSE: "worse", UNDECIDED: "undecided"}


def kept(contrasts: dict[str, pd.DataFrame], margin: float) -> pd.DataFrame:
    """Judge each contrast with the unprocessed condition: equivalent, worse, better or undecided.

    *Equivalent* if the 90 % interval lies within the margin (two one-sided tests at 5 %), whether or not there is a
    smaller difference; else *worse* or *better* if the 95 % interval is all below or above zero; else *undecided*.

    Parameters
    ----------
    contrasts
        By basis (for whom they hold): descriptor, a (the condition), b (the unprocessed one), estimate, se, df.
    margin
        In points of the scale.

    Returns
    -------
    pd.DataFrame
        `KEPT`; p_not_worse is of the one-sided test that the condition is not worse by the margin or more; p values are
        not adjusted, since each condition is a question of its own.
    """
    table = pd.concat([equivalence(basis, rows, margin) for basis, rows in contrasts.items()], ignore_index=True)
    with np.errstate(invalid="ignore"):
        reach = stats.t.ppf(0.975, table["df"]) * table["se"]
    table["ci_low"], table["ci_high"] = table["estimate"] - reach, table["estimate"] + reach
    table["verdict"] = table["verdict"].map(VERDICTS)
    names = {"a": "condition", "b": "unprocessed", "estimate": "difference", "p_lower": "p_not_worse"}
    return table.rename(columns=names)[KEPT]
