"""Quasi-F ratios for complete data: participants and clips are both random, in closed form.

F' = (MS_T + MS_TPC) / (MS_TP + MS_TC) and min F' = F1 F2 / (F1 + F2) (Clark, 1973), T the conditions, P participants
and C clips; degrees of freedom after Satterthwaite (1946). min F' takes MS_TPC for zero: the more careful of the two.
"""

from itertools import product

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.grids import condition_grid
from analysis.data.ratings import Ratings
from analysis.statistics.contrasts import EVERY

COLUMNS = ["descriptor", "effect", "participants", "clips", "F1", "F2", "quasi_F", "df1", "df2", "p",
           "min_F", "min_df2", "p_min"]  # fmt: skip


def quasi_f_table(ratings: Ratings, a: str, b: str) -> pd.DataFrame:
    """Test condition and a - b within each descriptor and over all, from participants who rated every clip.

    Returns
    -------
    pd.DataFrame
        `COLUMNS`; no row where fewer than two participants or two clips are complete.
    """
    conditions = ratings.levels("condition")
    grids = {d: condition_grid(ratings, d) for d in ratings.levels("descriptor")}
    if len(grids) > 1:
        grids = {EVERY: np.mean(list(grids.values()), axis=0), **grids}
    effects = {"condition": list(range(len(conditions))), f"{a} - {b}": [conditions.index(a), conditions.index(b)]}
    rows = []
    for (descriptor, grid), (name, chosen) in product(grids.items(), effects.items()):
        if name == "condition" and len(conditions) < 3:
            continue  # the same as a - b
        complete = _complete(grid[:, :, chosen])
        if min(complete.shape[:2]) >= 2:
            rows.append([descriptor, name, *complete.shape[:2], *quasi_f(complete)])
    return pd.DataFrame(rows, columns=COLUMNS)


def _complete(grid: np.ndarray) -> np.ndarray:
    """Keep the clips that somebody rated throughout, then the participants who rated all of them."""
    whole = np.isfinite(grid).all(axis=2)
    grid = grid[:, whole.any(axis=0)]
    return grid[np.isfinite(grid).all(axis=(1, 2))]


def quasi_f(grid: np.ndarray) -> list[float]:
    """Test the conditions of complete ratings, shape [participant, clip, condition].

    Returns
    -------
    list of float
        F1 (by participants), F2 (by clips), F', its degrees of freedom and p, min F', its denominator's degrees of
        freedom and p.
    """
    n, k, m = grid.shape
    centred = grid - grid.mean(axis=2, keepdims=True)
    overall = centred.mean(axis=(0, 1))
    by_person = centred.mean(axis=1) - overall
    by_clip = centred.mean(axis=0) - overall
    rest = centred - by_person[:, None] - by_clip[None] - overall
    df = np.array([m - 1, (m - 1) * (n - 1), (m - 1) * (k - 1), (m - 1) * (n - 1) * (k - 1)], dtype=float)
    sums = np.array([n * k * (overall**2).sum(), k * (by_person**2).sum(), n * (by_clip**2).sum(), (rest**2).sum()])
    treatment, person, clip, error = sums / df
    with np.errstate(divide="ignore", invalid="ignore"):
        f1, f2 = treatment / person, treatment / clip
        quasi = (treatment + error) / (person + clip)
        df1 = (treatment + error) ** 2 / (treatment**2 / df[0] + error**2 / df[3])
        df2 = (person + clip) ** 2 / (person**2 / df[1] + clip**2 / df[2])
        smallest = treatment / (person + clip)
    p, p_min = stats.f.sf(quasi, df1, df2), stats.f.sf(smallest, df[0], df2)
    return [float(x) for x in (f1, f2, quasi, df1, df2, p, smallest, df2, p_min)]
