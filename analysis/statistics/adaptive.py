"""Does the adaptive condition adapt, and does adapting help: its EQ clip by clip, and its advantage where a clip is
further from the descriptor."""

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.grids import differences
from analysis.data.ratings import Ratings
from analysis.data.stimuli import Stimuli
from analysis.statistics.descriptives import margin_of_error
from analysis.statistics.design import with_fixed
from analysis.statistics.mixed import fit

COLUMNS = ["descriptor", "clips", "slope", "se", "t", "dof", "p", "ci_low", "ci_high", "spearman", "p_spearman"]


def eq_spread(stimuli: Stimuli) -> pd.DataFrame:
    """Measure how much each condition's EQ differs by clip.

    Returns
    -------
    pd.DataFrame
        descriptor, condition, clips; strength_db, the rms of a curve; spread_db, the rms of the curves around their
        mean; spearman, between a clip's strength and how much it already sounds so (an adaptive EQ: negative).
    """
    rows = []
    for descriptor, condition in stimuli.table[["descriptor", "condition"]].drop_duplicates().itertuples(index=False):
        found = stimuli.curves(descriptor, condition)
        if not len(found):
            continue
        strength = np.sqrt((found**2).mean(axis=1))
        spread = float(np.sqrt(((found - found.mean(axis=0)) ** 2).mean()))
        rho, _ = _spearman(strength, stimuli.baseline(descriptor, condition))
        rows.append([descriptor, condition, len(found), float(strength.mean()), spread, rho])
    return pd.DataFrame(rows, columns=["descriptor", "condition", "clips", "strength_db", "spread_db", "spearman"])


def clip_differences(ratings: Ratings, a: str, b: str, stimuli: Stimuli | None = None) -> pd.DataFrame:
    """Give each clip's mean difference a - b over participants: descriptor, clip, n, diff, ci_low, ci_high,
    baseline_score."""
    tables = []
    for descriptor in ratings.levels("descriptor"):
        grid = differences(ratings, descriptor, a, b)
        n = np.isfinite(grid).sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.nansum(grid, axis=0) / n
            sd = np.sqrt(np.nansum((grid - mean) ** 2, axis=0) / (n - 1))
        margin = margin_of_error(sd, n)
        values = {
            "clip": ratings.levels("clip"),
            "n": n,
            "diff": mean,
            "ci_low": mean - margin,
            "ci_high": mean + margin,
        }
        tables.append(pd.DataFrame({"descriptor": descriptor, **values}))
    table = pd.concat(tables, ignore_index=True)
    if stimuli is not None:
        known = stimuli.table.drop_duplicates(["descriptor", "clip"]).set_index(["descriptor", "clip"])[
            "baseline_score"
        ]
        table["baseline_score"] = [known.get((row.descriptor, row.clip), np.nan) for row in table.itertuples()]
    return table[table["n"] > 0].reset_index(drop=True)


def advantage(ratings: Ratings, a: str, b: str, stimuli: Stimuli) -> pd.DataFrame:
    """Test whether a's advantage over b depends on how much a clip already sounds so.

    Per descriptor, difference ~ baseline_score (in SDs over clips) + (1 | participant) + (1 | clip) by REML; what
    varies between clips is tested with Student's t on clips - 2 degrees of freedom. A negative slope: the advantage
    grows where the clip is further away.

    Returns
    -------
    pd.DataFrame
        `COLUMNS`; Spearman's correlation is across clips.
    """
    by_clip = clip_differences(ratings, a, b, stimuli)
    rows = []
    for descriptor in ratings.levels("descriptor"):
        known = by_clip[by_clip["descriptor"] == descriptor].set_index("clip")["baseline_score"]
        x = np.array([known.get(clip, np.nan) for clip in ratings.levels("clip")])
        grid = differences(ratings, descriptor, a, b)
        usable = np.isfinite(x) & np.isfinite(grid).any(axis=0)
        rows.append([descriptor, int(usable.sum()), *_slope(grid[:, usable], x[usable])])
    return pd.DataFrame(rows, columns=COLUMNS)


def _slope(grid: np.ndarray, x: np.ndarray) -> list[float]:
    if len(x) < 4 or x.std() == 0:
        return [np.nan] * (len(COLUMNS) - 2)
    z = (x - x.mean()) / x.std(ddof=1)
    fixed = np.column_stack([np.ones(len(x)), z])
    model = fit(with_fixed(grid, fixed, ["Intercept", "baseline_score"]))
    if model is None:
        return [np.nan] * (len(COLUMNS) - 2)
    row = model.coefficients.iloc[1]
    dof = len(x) - 2
    t = row["estimate"] / row["se"]
    reach = stats.t.ppf(0.975, dof) * row["se"]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(grid, axis=0) / np.isfinite(grid).sum(axis=0)
    rho, p_rho = _spearman(mean, x)
    p = 2 * stats.t.sf(abs(t), dof)
    return [row["estimate"], row["se"], t, dof, p, row["estimate"] - reach, row["estimate"] + reach, rho, p_rho]


def _spearman(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < 4 or np.ptp(x[both]) < 1e-9 or np.ptp(y[both]) < 1e-9:
        return np.nan, np.nan
    found = stats.spearmanr(x[both], y[both])
    return float(found.statistic), float(found.pvalue)
