"""All pairs of conditions within each descriptor, on participant means; the family for Holm's correction is one
descriptor's pairs."""

from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.cells import Cells
from analysis.statistics.descriptives import margin_of_error
from analysis.statistics.effect_sizes import paired

COLUMNS = [
    "descriptor",
    "a",
    "b",
    "diff",
    "t",
    "dof",
    "p_unc",
    "p_holm",
    "ci_low",
    "ci_high",
    "dz",
    "dav",
    "hedges_g",
    "p_wilcoxon",
]  # other programs read these
EFFECTS = [
    "dz_low",
    "dz_high",
    "dav_low",
    "dav_high",
    "hedges_g_low",
    "hedges_g_high",
    "rank_biserial",
    "wilcoxon_v",
    "p_wilcoxon_holm",
]


def posthoc(cells: Cells) -> pd.DataFrame:
    """Compare every pair of conditions by t-test and Wilcoxon's test, within each descriptor.

    Participants with both conditions count in a pair. diff = a - b; ci_low and ci_high are its unadjusted 95 % CI.

    Returns
    -------
    pd.DataFrame
        `COLUMNS`, then `EFFECTS`.
    """
    rows = []
    for i, descriptor in enumerate(cells.descriptors):
        pairs = list(combinations(range(len(cells.conditions)), 2))
        family = [_pair(cells.means[:, i, a], cells.means[:, i, b]) for a, b in pairs]
        for name in ("p_unc", "p_wilcoxon"):
            adjusted = holm(np.array([row[name] for row in family]))
            for row, p in zip(family, adjusted, strict=True):
                row["p_holm" if name == "p_unc" else "p_wilcoxon_holm"] = p
        for row, (a, b) in zip(family, pairs, strict=True):
            rows.append({"descriptor": descriptor, "a": cells.conditions[a], "b": cells.conditions[b], **row})
    return pd.DataFrame(rows, columns=[*COLUMNS, *EFFECTS])


def _pair(a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    n, difference = len(a), a - b
    mean = difference.mean() if n else np.nan
    sd = difference.std(ddof=1) if n > 1 else np.nan
    margin = margin_of_error(np.array([sd]), np.array([n]))[0] if n > 1 else np.nan
    effects = paired(a, b)
    t = effects["dz"] * np.sqrt(n)
    v, p_wilcoxon, rank_biserial = wilcoxon(ties_kept(difference, np.abs([*a, *b]).max(initial=0)))
    return {
        "diff": mean,
        "t": t,
        "dof": max(n - 1, 0),
        "p_unc": 2 * stats.t.sf(abs(t), n - 1) if n > 1 else np.nan,
        "ci_low": mean - margin,
        "ci_high": mean + margin,
        **effects,
        "p_wilcoxon": p_wilcoxon,
        "wilcoxon_v": v,
        "rank_biserial": rank_biserial,
    }


def holm(p: np.ndarray) -> np.ndarray:
    """Adjust p-values after Holm (1979); a NaN stays NaN and does not count in the family, as in R's `p.adjust`."""
    adjusted = np.full(p.shape, np.nan)
    order = np.argsort(p)[: np.isfinite(p).sum()]
    left = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(left * p[order]), 1)
    return adjusted


def ties_kept(values: np.ndarray, size: float) -> np.ndarray:
    """Round to seven significant digits, and to zero what is floating-point noise beside numbers of this size.

    Means of whole ratings tie, but 13/3 - 11/3 and 2/3 differ in their last bits, and ranks would break the tie. R's
    default breaks it; `wilcox.test(..., digits.rank = 7)` does not.
    """
    values = np.where(np.abs(values) < 1e-10 * size, 0.0, values)
    with np.errstate(divide="ignore"):
        digits = 6 - np.floor(np.log10(np.abs(values)))
    scale = 10.0 ** np.where(np.isfinite(digits), digits, 0)
    return np.round(values * scale) / scale


def wilcoxon(difference: np.ndarray) -> tuple[float, float, float]:
    """Test paired differences by Wilcoxon's signed ranks, as R's `wilcox.test(paired = TRUE)` does.

    Zeros are dropped; exact below 50 differences without ties or zeros, else normal with the tie and continuity
    corrections.

    Returns
    -------
    float
        V, the sum of the ranks of positive differences.
    float
        p, two-sided.
    float
        Matched-pairs rank-biserial correlation (Kerby, 2014): favourable minus unfavourable share of the rank sum.
    """
    nonzero = difference[difference != 0]
    n = len(nonzero)
    if n == 0:
        return 0.0, np.nan, np.nan if len(difference) == 0 else 0.0
    ranks = stats.rankdata(np.abs(nonzero))
    v, total = ranks[nonzero > 0].sum(), n * (n + 1) / 2
    _, ties = np.unique(ranks, return_counts=True)
    rank_biserial = float(2 * v / total - 1)
    if n == len(difference) and n < 50 and (ties == 1).all():
        p = stats.wilcoxon(nonzero, method="exact").pvalue
    else:
        variance = n * (n + 1) * (2 * n + 1) / 24 - (ties**3 - ties).sum() / 48
        centred = v - total / 2
        z = (centred - np.sign(centred) * 0.5) / np.sqrt(variance)
        p = 2 * stats.norm.sf(abs(z))
    return float(v), float(min(p, 1.0)), rank_biserial


def friedman(cells: Cells) -> pd.DataFrame:
    """Test the conditions of each descriptor without assuming a distribution (Friedman, 1937, corrected for ties).

    Returns
    -------
    pd.DataFrame
        descriptor, chi2, dof, p; participants with every condition of that descriptor.
    """
    rows = []
    for i, descriptor in enumerate(cells.descriptors):
        values = cells.means[:, i, :]
        values = values[np.isfinite(values).all(axis=1)]
        rows.append([descriptor, *_friedman(values)])
    return pd.DataFrame(rows, columns=["descriptor", "chi2", "dof", "p"])


def _friedman(values: np.ndarray) -> tuple[float, int, float]:
    n, k = values.shape
    if n < 2 or k < 2:
        return np.nan, k - 1, np.nan
    ranks = stats.rankdata(ties_kept(values, np.abs(values).max()), axis=1)
    spread = ((ranks - (k + 1) / 2) ** 2).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        chi2 = (k - 1) * ((ranks.sum(axis=0) - n * (k + 1) / 2) ** 2).sum() / spread
    return float(chi2), k - 1, float(stats.chi2.sf(chi2, k - 1))
