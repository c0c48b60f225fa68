"""Is a difference shown, or is it shown to be too small to matter? Two one-sided tests against a stated margin.

The margin is the smallest effect of interest, in points of the rating scale, stated before the study. Both one-sided
tests at 5 % are significant exactly if the 90 % confidence interval lies within the margin (Schuirmann, 1987; Lakens,
Scheel & Isager, 2018).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

ALPHA = 0.05
DIFFERENT = "different"
WORSE = "worse"
EQUIVALENT = "equivalent within the margin"
UNDECIDED = "undecided"
COLUMNS = ["basis", "descriptor", "a", "b", "margin", "estimate", "se", "df", "ci90_low", "ci90_high", "p_lower",
           "p_upper", "p_equivalence", "p_difference", "verdict"]  # fmt: skip


@dataclass(frozen=True)
class Equivalence:
    """Outcome of the two one-sided tests and of the test of a difference.

    Attributes
    ----------
    ci90_low, ci90_high
        90 % confidence interval of the difference.
    p_lower, p_upper
        Of the tests that the difference is not below -margin and not above +margin.
    p_equivalence
        The larger of them.
    p_difference
        Two-sided, of the difference against zero.
    verdict
        `DIFFERENT` (above zero), `WORSE` (below zero), `EQUIVALENT` or `UNDECIDED`.
    """

    ci90_low: float
    ci90_high: float
    p_lower: float
    p_upper: float
    p_equivalence: float
    p_difference: float
    verdict: str


def tost(estimate: float, se: float, df: float, margin: float) -> Equivalence:
    """Test a difference for equivalence within a margin, from its estimate, standard error and degrees of freedom.

    Parameters
    ----------
    estimate, se, margin
        In points of the rating scale.
    df
        Of Student's t.

    Raises
    ------
    ValueError
        If the margin is not above 0.
    """
    if not margin > 0:
        raise ValueError(f"The margin of equivalence is {margin:g}; it is a number of points above 0.")
    if not (se > 0 and df > 0):
        return Equivalence(np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, UNDECIDED)
    p_lower, p_upper = float(stats.t.sf((estimate + margin) / se, df)), float(stats.t.cdf((estimate - margin) / se, df))
    p_equivalence, p_difference = max(p_lower, p_upper), float(2 * stats.t.sf(abs(estimate / se), df))
    low, high = (float(estimate + sign * stats.t.ppf(1 - ALPHA, df) * se) for sign in (-1, 1))
    found = verdict(estimate, p_difference, p_equivalence)
    return Equivalence(low, high, p_lower, p_upper, p_equivalence, p_difference, found)


def verdict(estimate: float, p_difference: float, p_equivalence: float) -> str:
    """Say what the tests show; a difference that is significant and yet within the margin is equivalent."""
    if p_equivalence < ALPHA:
        return EQUIVALENT
    if p_difference < ALPHA:
        return DIFFERENT if estimate > 0 else WORSE
    return UNDECIDED


def equivalence(basis: str, contrasts: pd.DataFrame, margin: float) -> pd.DataFrame:
    """Test each row of contrasts (descriptor, a, b, estimate, se, df) for equivalence; `COLUMNS`.

    Parameters
    ----------
    basis
        For whom the contrasts hold: new listeners and new music, or these clips.
    """
    rows = []
    for row in contrasts.itertuples():
        found = tost(row.estimate, row.se, row.df, margin)
        rows.append([basis, row.descriptor, row.a, row.b, margin, row.estimate, row.se, row.df, *vars(found).values()])
    return pd.DataFrame(rows, columns=COLUMNS)


def refuse_margin_beyond(margin: float, scale: tuple[float, float]) -> None:
    """Refuse a margin that no difference on the scale could exceed."""
    low, high = scale
    if not 0 < margin < high - low:
        raise ValueError(
            f"The smallest effect of interest is {margin:g} points; on a scale from {low:g} to {high:g} it lies above "
            f"0 and below {high - low:g}."
        )
