"""The compared conditions by tests that assume no normal distribution, on participant means: they hold for these clips.

Wilcoxon's signed ranks with the Hodges-Lehmann estimate; a permutation test that flips the signs of participants'
differences; and 20 % trimmed means with Yuen's (1974) winsorised standard error (Tukey & McLaughlin, 1963).
"""

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.cells import Cells
from analysis.statistics.contrasts import EVERY
from analysis.statistics.posthoc import ties_kept, wilcoxon

COLUMNS = ["descriptor", "a", "b", "test", "n", "estimate", "statistic", "df", "p", "ci_low", "ci_high"]
TRIM = 0.2
MOST_EXACT = 16  # participants, whose 65,536 signs are all tried
DRAWS = 19_999
MOST_DRAWN = 500  # beyond, the sum of flipped differences is normal
SEED = 1


def robust(cells: Cells, a: str, b: str) -> pd.DataFrame:
    """Compare a and b over all descriptors and within each, from participants with both everywhere in the scope.

    Returns
    -------
    pd.DataFrame
        `COLUMNS`; three rows for each scope, the estimates in points of the scale.
    """
    i, j = cells.conditions.index(a), cells.conditions.index(b)
    scopes = {name: cells.means[:, k : k + 1, [i, j]] for k, name in enumerate(cells.descriptors)}
    if len(scopes) > 1:
        scopes = {EVERY: cells.means[:, :, [i, j]], **scopes}
    rows = []
    for descriptor, values in scopes.items():
        x, y = values[np.isfinite(values).all(axis=(1, 2))].mean(axis=1).T
        tests = _tests(x - y, np.abs([*x, *y]).max(initial=0))
        rows += [[descriptor, a, b, name, len(x), *found] for name, found in tests.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


def tie_handling(cells: Cells, a: str, b: str) -> dict[str, tuple[float, float]]:
    """Give estimate and p of Wilcoxon's test over all descriptors as others treat ties: zero differences ranked too
    (Pratt, 1959), and ranks of unrounded differences, whose ties floating-point noise breaks, as R's default has it."""
    i, j = cells.conditions.index(a), cells.conditions.index(b)
    values = cells.means[:, :, [i, j]]
    x, y = values[np.isfinite(values).all(axis=(1, 2))].mean(axis=1).T
    if len(x) < 2:
        return {}
    rounded = ties_kept(x - y, np.abs([*x, *y]).max(initial=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        pratt = stats.wilcoxon(rounded, zero_method="pratt", correction=True, method="asymptotic").pvalue
    tests = {"zeros ranked (Pratt)": float(pratt), "ties broken": wilcoxon(x - y)[1]}
    return {name: (hodges_lehmann(x - y), p) for name, p in tests.items()}


def _tests(difference: np.ndarray, size: float) -> dict[str, list[float]]:
    """Give estimate, statistic, degrees of freedom, p and 95 % CI by test; NaN where there is none."""
    none = np.nan
    if len(difference) < 2:
        return dict.fromkeys(("Wilcoxon", "permutation", "trimmed means"), [none] * 6)
    v, p_ranks, _ = wilcoxon(ties_kept(difference, size))
    return {
        "Wilcoxon": [hodges_lehmann(difference), v, none, p_ranks, none, none],
        "permutation": [difference.mean(), none, none, sign_flips(difference), none, none],
        "trimmed means": trimmed(difference),
    }


def hodges_lehmann(difference: np.ndarray) -> float:
    """Give the median of the means of all pairs, each value with itself included; of the first 2,000 at most."""
    values = difference[:2000]
    i, j = np.triu_indices(len(values))
    return float(np.median((values[i] + values[j]) / 2))


def sign_flips(difference: np.ndarray) -> float:
    """Give the two-sided p of the mean difference under flips of participants' signs: exact up to `MOST_EXACT`
    participants, else by `DRAWS` random flips, beyond `MOST_DRAWN` by the normal limit."""
    n, observed = len(difference), abs(difference.sum())
    size = np.abs(difference).sum()
    if size == 0:
        return np.nan
    if n > MOST_DRAWN:
        return float(2 * stats.norm.sf(observed / np.sqrt((difference**2).sum())))
    if n <= MOST_EXACT:
        flips, drawn = (np.arange(2**n)[:, None] >> np.arange(n)) & 1, 0
    else:
        flips, drawn = np.random.default_rng(SEED).integers(0, 2, (DRAWS, n), dtype=np.int8), 1
    extreme = np.abs((2 * flips - 1) @ difference) >= observed - 1e-9 * size
    return float((extreme.sum() + drawn) / (len(flips) + drawn))


def trimmed(difference: np.ndarray) -> list[float]:
    """Test the trimmed mean: estimate, t, degrees of freedom, p and the 95 % CI; NaN where nothing varies."""
    ordered, n = np.sort(difference), len(difference)
    cut = int(TRIM * n)
    kept = ordered[cut : n - cut]
    estimate, df = float(kept.mean()), len(kept) - 1
    se = np.clip(ordered, kept[0], kept[-1]).std(ddof=1) / ((1 - 2 * TRIM) * np.sqrt(n))
    if df < 1 or se == 0:
        return [estimate, *[np.nan] * 5]
    t, reach = estimate / se, stats.t.ppf(0.975, df) * se
    return [estimate, t, df, 2 * stats.t.sf(abs(t), df), estimate - reach, estimate + reach]
