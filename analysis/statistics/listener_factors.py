"""Does the difference depend on who listens? Participants' mean differences by what they said of themselves.

Every group hears the same clips, so that what a clip adds is the same in each; the test is Welch's (1951) for groups of
unequal variance, R's `oneway.test`.
"""

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.cells import Cells
from analysis.statistics.descriptives import mean_ci

GROUPS = ["factor", "group", "n", "diff", "sd", "ci_low", "ci_high"]
TESTS = ["factor", "groups", "n", "F", "df1", "df2", "p"]
LEAST = 2  # participants of a group that is tested


def listener_groups(cells: Cells, a: str, b: str, answers: pd.DataFrame) -> pd.DataFrame:
    """Describe a - b over all descriptors within the groups of each question; `GROUPS`.

    Parameters
    ----------
    answers
        Answers by participant (index) and question (column); an empty one leaves the participant out.
    """
    rows = []
    for factor, groups in _grouped(cells, a, b, answers).items():
        rows += [[factor, name, len(values), *mean_ci(values)] for name, values in groups.items()]
    return pd.DataFrame(rows, columns=GROUPS)


def listener_factors(cells: Cells, a: str, b: str, answers: pd.DataFrame) -> pd.DataFrame:
    """Test whether a - b differs between the groups of each question; `TESTS`, p not adjusted.

    A group of one participant is not tested; a question that leaves fewer than two groups is left out.
    """
    rows = []
    for factor, groups in _grouped(cells, a, b, answers).items():
        tested = [values for values in groups.values() if len(values) >= LEAST]
        if len(tested) > 1:
            rows.append([factor, len(tested), sum(map(len, tested)), *welch(tested)])
    return pd.DataFrame(rows, columns=TESTS)


def _grouped(cells: Cells, a: str, b: str, answers: pd.DataFrame) -> dict[str, dict[str, np.ndarray]]:
    i, j = cells.conditions.index(a), cells.conditions.index(b)
    difference = pd.Series(
        (cells.means[:, :, i] - cells.means[:, :, j]).mean(axis=1), index=cells.participants
    ).dropna()
    found = {}
    for factor in answers.columns:
        said = answers[factor].reindex(difference.index).dropna().astype(str)
        groups = {name: difference[said.index[said == name]].to_numpy() for name in sorted(said.unique())}
        if len(groups) > 1:
            found[factor] = groups
    return found


def welch(groups: list[np.ndarray]) -> tuple[float, int, float, float]:
    """Give Welch's F, its degrees of freedom and p; NaN where a group does not vary."""
    n = np.array([len(values) for values in groups])
    mean, variance = (np.array([f(values) for values in groups]) for f in (np.mean, lambda v: v.var(ddof=1)))
    k = len(groups)
    if (variance <= 1e-12).any():
        return np.nan, k - 1, np.nan, np.nan
    weight = n / variance
    centre = (weight * mean).sum() / weight.sum()
    spread = ((1 - weight / weight.sum()) ** 2 / (n - 1)).sum() / (k**2 - 1)
    f = (weight * (mean - centre) ** 2).sum() / ((k - 1) * (1 + 2 * (k - 2) * spread))
    df2 = 1 / (3 * spread)
    return float(f), k - 1, float(df2), float(stats.f.sf(f, k - 1, df2))
