"""How far the ratings can be trusted: agreement between participants, and of each with themselves.

ICC(2,1) and ICC(2,k) after Shrout and Fleiss (1979) with their intervals: stimuli are the targets, participants the
judges. With ratings missing the mean squares come from REML variances of stimulus, participant and residual, as R's
`psych::ICC` takes them.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.grids import repeats, stimulus_grid
from analysis.data.ratings import Ratings
from analysis.statistics.design import intercept_only
from analysis.statistics.mixed import fit

BOOTSTRAPS = 2000


def reliability(ratings: Ratings) -> pd.DataFrame:
    """Give ICC(2,1), ICC(2,k), the test-retest measures where trials were repeated, and the median agreement with
    the group.

    Returns
    -------
    pd.DataFrame
        measure, value, ci_low, ci_high; test-retest and agreement intervals by bootstrap over participants.
    """
    grid = stimulus_grid(ratings)
    single, average = icc(grid)
    rows = [("ICC(2,1)", *single), ("ICC(2,k)", *average)]
    pairs = repeats(ratings)
    if len(pairs) > 2:
        rows += _test_retest(pairs, ratings.point)
    r = agreement(ratings)["r"].dropna().to_numpy()
    if r.size > 1:
        rows.append(("agreement with the group, median r", float(np.median(r)), *_bootstrap(r, np.median)))
    return pd.DataFrame(rows, columns=["measure", "value", "ci_low", "ci_high"])


def icc(grid: np.ndarray) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Give ICC(2,1) and ICC(2,k), each with its 95 % CI.

    Parameters
    ----------
    grid
        Ratings [judge, target]; NaN where missing.

    Returns
    -------
    tuple, tuple
        (value, low, high) of a single judge, and of the mean of all k.
    """
    k, n = grid.shape
    if k < 2 or n < 2:
        return (np.nan,) * 3, (np.nan,) * 3
    ms_target, ms_judge, ms_error = _mean_squares(grid)
    single = (ms_target - ms_error) / (ms_target + (k - 1) * ms_error + k * (ms_judge - ms_error) / n)
    average = (ms_target - ms_error) / (ms_target + (ms_judge - ms_error) / n)
    f_judge = ms_judge / ms_error
    weight = n * (1 + (k - 1) * single) - k * single
    dof = (k - 1) * (n - 1) * (k * single * f_judge + weight) ** 2
    dof /= (n - 1) * k**2 * single**2 * f_judge**2 + weight**2
    upper_f, lower_f = stats.f.ppf(0.975, n - 1, dof), stats.f.ppf(0.975, dof, n - 1)
    rest = k * ms_judge + (k * n - k - n) * ms_error
    low = n * (ms_target - upper_f * ms_error) / (upper_f * rest + n * ms_target)
    high = n * (lower_f * ms_target - ms_error) / (rest + n * lower_f * ms_target)
    mean_low, mean_high = (float(limit * k / (1 + limit * (k - 1))) for limit in (low, high))
    return (float(single), float(low), float(high)), (float(average), mean_low, mean_high)


def _mean_squares(grid: np.ndarray) -> tuple[float, float, float]:
    k, n = grid.shape
    if np.isfinite(grid).all():
        centred = grid - grid.mean()
        by_target, by_judge = centred.mean(axis=0), centred.mean(axis=1)
        error = ((centred - by_target - by_judge[:, None]) ** 2).sum() / ((k - 1) * (n - 1))
        targets, judges = k * (by_target**2).sum() / (n - 1), n * (by_judge**2).sum() / (k - 1)
        if min(targets, judges) > error:  # else a variance would be negative, and REML puts it at zero
            return targets, judges, error
    model = fit(intercept_only(grid))
    if model is None:
        return np.nan, np.nan, np.nan
    judge, target, error = model.variances["variance"]
    return k * target + error, n * judge + error, error


def _test_retest(pairs: pd.DataFrame, point: float) -> list[tuple[str, float, float, float]]:
    within = "one point" if point == 1 else f"{point:.3g} points"
    x, y = pairs["first"].to_numpy(), pairs["second"].to_numpy()
    _, person = np.unique(pairs["participant"].to_numpy(), return_inverse=True)
    apart = np.abs(x - y)
    parts = np.column_stack([np.ones(len(x)), x, y, x * x, y * y, x * y, apart, apart <= point * (1 + 1e-9)])
    sums = np.zeros((int(person.max()) + 1, parts.shape[1]))
    np.add.at(sums, person, parts)

    def correlation(v: np.ndarray) -> float:
        n, sx, sy, sxx, syy, sxy = v.sum(axis=0)[:6]
        spread = (n * sxx - sx**2) * (n * syy - sy**2)
        return float((n * sxy - sx * sy) / np.sqrt(spread)) if spread > 1e-9 else np.nan

    measures: dict[str, Callable[[np.ndarray], float]] = {
        "test-retest r": correlation,
        "test-retest mean absolute difference": lambda v: float(v[:, 6].sum() / v[:, 0].sum()),
        f"test-retest share within {within}": lambda v: float(v[:, 7].sum() / v[:, 0].sum()),
    }
    return [(name, measure(sums), *_bootstrap(sums, measure)) for name, measure in measures.items()]


def _bootstrap(values: np.ndarray, statistic: Callable[[np.ndarray], float]) -> tuple[float, float]:
    """Give the 95 % percentile interval over participants, the same each time."""
    if len(values) < 5:
        return np.nan, np.nan
    times = BOOTSTRAPS if len(values) < 500 else 200
    draws = np.random.default_rng(0).integers(0, len(values), (times, len(values)))
    found = np.array([statistic(values[draw]) for draw in draws])
    low, high = map(float, np.nanquantile(found, [0.025, 0.975]))
    return low, high


def agreement(ratings: Ratings) -> pd.DataFrame:
    """Correlate each participant's ratings with the mean of the others'; participant, n, r."""
    main = ratings.main[ratings.main["rating"].notna()]
    names = np.array(ratings.levels("participant"))[np.unique(main["participant"].cat.codes)]
    grid = stimulus_grid(ratings)
    present = np.isfinite(grid)
    others = present.sum(axis=0) - present
    with np.errstate(invalid="ignore", divide="ignore"):
        rest = (np.nansum(grid, axis=0) - np.nan_to_num(grid)) / others
        both = present & (others > 0)
        n = both.sum(axis=1)
        x, y = (np.where(both, values, np.nan) for values in (grid, rest))
        x, y = (values - (np.nansum(values, axis=1) / n)[:, None] for values in (x, y))
        r = np.nansum(x * y, axis=1) / np.sqrt(np.nansum(x**2, axis=1) * np.nansum(y**2, axis=1))
    return pd.DataFrame({"participant": names, "n": n, "r": np.where(n > 2, r, np.nan)})
