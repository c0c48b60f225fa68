"""What the data allow to be said: the results that are numbers, and not the noise of a division by zero."""

import math
from typing import Any

import pandas as pd

from analysis.data.ratings import Ratings
from analysis.statistics.results import Results

LARGEST = 1e10  # a test statistic beyond it is rounding error: nothing varies that it could be compared with


def noun(ratings: Ratings) -> str:
    """Name what the column `descriptor` holds: another program's tests, else descriptors, whatever was asked."""
    return "test" if ratings.asked == "test" else "descriptor"


def anova_rows(results: Results) -> list[Any]:
    """Give the rows of the ANOVA that hold a result."""
    rows = results["anova"].itertuples()
    return [row for row in rows if math.isfinite(row.F) and row.F < LARGEST and not math.isnan(row.eps_gg)]


def friedman_rows(results: Results) -> list[Any]:
    """Give the rows of Friedman's tests that hold a result."""
    return [row for row in results["friedman"].itertuples() if not math.isnan(row.chi2)]


def pairs_tested(results: Results) -> pd.DataFrame:
    """Give the pairs of conditions for which a t-test could be computed."""
    pairs = results["posthoc"]
    return pairs[pairs["p_unc"].notna() & (pairs["t"].abs() < LARGEST)]


def constant(results: Results) -> float | None:
    """Give the rating that everybody gave throughout, or None where ratings differ."""
    values = results.ratings.main["rating"].dropna().unique()
    return float(values[0]) if len(values) == 1 else None
