"""Means, spreads and confidence intervals; the participant is the unit, so n counts participants and not ratings."""

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.cells import Cells
from analysis.data.ratings import Ratings

MEANS = ["descriptor", "condition", "n", "mean", "sd", "ci_low", "ci_high"]


def means(cells: Cells) -> pd.DataFrame:
    """Describe each cell by its participant means: n, mean, SD and the between-subject 95 % CI (Student's t)."""
    return descriptives(cells)[MEANS]


def descriptives(cells: Cells) -> pd.DataFrame:
    """Describe each descriptor and condition, with both kinds of confidence interval.

    Returns
    -------
    pd.DataFrame
        `MEANS`, then median, within_low and within_high (the within-subject 95 % CI of Morey, 2008, from
        participants with every cell) and n_ratings.
    """
    margin_within = morey_margin_of_error(cells.means[cells.complete()])
    rows = []
    for i, descriptor in enumerate(cells.descriptors):
        for j, condition in enumerate(cells.conditions):
            values = cells.means[:, i, j]
            values = values[np.isfinite(values)]
            mean, sd, low, high = mean_ci(values)
            median = float(np.median(values)) if values.size else np.nan
            within = margin_within[i, j]
            n_ratings = int(cells.counts[:, i, j].sum())
            rows.append(
                [
                    descriptor,
                    condition,
                    values.size,
                    mean,
                    sd,
                    low,
                    high,
                    median,
                    mean - within,
                    mean + within,
                    n_ratings,
                ]
            )
    return pd.DataFrame(rows, columns=[*MEANS, "median", "within_low", "within_high", "n_ratings"])


def by_clip(ratings: Ratings) -> pd.DataFrame:
    """Describe each clip's ratings per descriptor and condition: n, mean, SD, median and 95 % CI over participants."""
    keys = ["descriptor", "condition", "clip"]
    groups = ratings.main.dropna(subset="rating").groupby(keys, observed=True, sort=True)["rating"]
    table = groups.agg(n="count", mean="mean", sd="std", median="median").reset_index()
    table["sd"] = table["sd"].astype(float)
    margin = margin_of_error(table["sd"].to_numpy(), table["n"].to_numpy())
    return table.assign(ci_low=table["mean"] - margin, ci_high=table["mean"] + margin).astype(dict.fromkeys(keys, str))


def mean_ci(values: np.ndarray) -> tuple[float, float, float, float]:
    """Give mean, SD and the 95 % CI of the mean (Student's t); NaN where there is too little."""
    if values.size == 0:
        return np.nan, np.nan, np.nan, np.nan
    mean = float(values.mean())
    sd = float(values.std(ddof=1)) if values.size > 1 else np.nan
    margin = float(margin_of_error(np.array([sd]), np.array([values.size]))[0])
    return mean, sd, mean - margin, mean + margin


def margin_of_error(sd: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Give half of the 95 % CI of a mean from SD and n."""
    return stats.t.ppf(0.975, np.where(n > 1, n - 1, np.nan)) * sd / np.sqrt(n)


def morey_margin_of_error(means: np.ndarray) -> np.ndarray:
    """Give half of the within-subject 95 % CI: Cousineau's (2005) normalisation with Morey's (2008) correction.

    Parameters
    ----------
    means
        Complete participant means, shape [participant, descriptor, condition]; all cells count as within-subject
        conditions.

    Returns
    -------
    np.ndarray
        Shape [descriptor, condition]; NaN with fewer than two participants or two cells.
    """
    n, *shape = means.shape
    n_cells = int(np.prod(shape))
    if n < 2 or n_cells < 2:
        return np.full(shape, np.nan)
    normalised = means - means.mean(axis=(1, 2), keepdims=True) + means.mean()
    sd = normalised.std(axis=0, ddof=1) * np.sqrt(n_cells / (n_cells - 1))
    return stats.t.ppf(0.975, n - 1) * sd / np.sqrt(n)
