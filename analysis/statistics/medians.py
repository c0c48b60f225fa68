"""Medians of ratings on a continuous scale with quartiles and 95 % intervals, as reports of MUSHRA tests give them.

Of one clip, listeners' ratings are independent, and the interval is the exact one between two of the ordered ratings.
Over clips they are not, and whole listeners are drawn anew (bootstrap percentiles; ITU-R BS.1534-3 recommends
re-sampling).
"""

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.grids import condition_grid
from analysis.data.ratings import Ratings

MEDIANS = ["descriptor", "condition", "n", "median", "q1", "q3", "ci_low", "ci_high"]
BY_CLIP = ["descriptor", "condition", "clip", "n", "median", "q1", "q3", "ci_low", "ci_high"]
DRAWS, _MOST_VALUES = 2000, 20_000_000
MOST_POINTS = 11  # a scale of more is continuous


def is_continuous(scale: tuple[float, float]) -> bool:
    """Whether a scale has more than 11 points, so that medians are no coarse summary."""
    return scale[1] - scale[0] > MOST_POINTS - 1


def medians(ratings: Ratings) -> pd.DataFrame:
    """Give each condition's median over listeners and clips; `MEDIANS`, n counts listeners."""
    rows = []
    for k, descriptor in enumerate(ratings.levels("descriptor")):
        grid = condition_grid(ratings, descriptor)
        for j, condition in enumerate(ratings.levels("condition")):
            values = grid[np.isfinite(grid[:, :, j]).any(axis=1), :, j]
            low, high = _over_listeners(values, [2, k, j])
            rows.append([descriptor, condition, len(values), *_quartiles(values), low, high])
    return pd.DataFrame(rows, columns=MEDIANS)


def medians_by_clip(ratings: Ratings) -> pd.DataFrame:
    """Give each condition's median of each clip; `BY_CLIP`."""
    rows = []
    for descriptor in ratings.levels("descriptor"):
        grid = condition_grid(ratings, descriptor)
        for j, condition in enumerate(ratings.levels("condition")):
            for c, clip in enumerate(ratings.levels("clip")):
                values = grid[np.isfinite(grid[:, c, j]), c, j]
                if values.size:
                    rows.append(
                        [descriptor, condition, clip, values.size, *_quartiles(values), *exact_interval(values)]
                    )
    return pd.DataFrame(rows, columns=BY_CLIP)


def _quartiles(values: np.ndarray) -> list[float]:
    if not values.size:
        return [np.nan] * 3
    low, median, high = np.nanquantile(values, [0.25, 0.5, 0.75])
    return [float(median), float(low), float(high)]


def exact_interval(values: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of a median from independent values (order statistics); NaN with fewer than six."""
    n = len(values)
    if n < 6:
        return np.nan, np.nan
    below = int(stats.binom.ppf(0.025, n, 0.5))
    ordered = np.sort(values)
    return float(ordered[below - 1]), float(ordered[n - below])


def _over_listeners(values: np.ndarray, seed: list[int]) -> tuple[float, float]:
    """Percentiles of the median when the rows (listeners) of [listener, clip] are drawn anew."""
    n = len(values)
    if n < 2:
        return np.nan, np.nan
    draws = int(np.clip(_MOST_VALUES // values.size, 200, DRAWS))
    chosen = np.random.default_rng(seed).integers(0, n, (draws, n))
    if np.isfinite(values).all():
        drawn = np.median(values[chosen].reshape(draws, -1), axis=1)
    else:
        drawn = np.array([np.nanmedian(values[rows]) for rows in chosen])
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)
