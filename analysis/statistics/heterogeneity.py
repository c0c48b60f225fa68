"""How much a difference varies over clips: the music that was not in the study.

difference ~ 1 + (1 | participant) + (1 | clip) by REML. The SD over clips has the profile likelihood's interval; a new
clip's true difference is predicted by Student's t on clips - 1 degrees of freedom (as Higgins, Thompson and
Spiegelhalter, 2009, do for a new study of a meta-analysis).
"""

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.data.grids import differences
from analysis.data.ratings import Ratings
from analysis.statistics.contrasts import EVERY
from analysis.statistics.crossed import Reml
from analysis.statistics.design import intercept_only
from analysis.statistics.mixed import SINGULAR, crossed_intercepts

COLUMNS = ["descriptor", "a", "b", "clips", "diff", "sd_clips", "sd_low", "sd_high", "new_clip_low", "new_clip_high",
           "share_above_zero"]  # fmt: skip


def heterogeneity(ratings: Ratings, a: str, b: str) -> pd.DataFrame:
    """Describe how a - b varies over clips, within each descriptor and over all (clips rated on every one).

    Returns
    -------
    pd.DataFrame
        `COLUMNS`: new_clip_low and new_clip_high are the 95 % prediction interval of a new clip's true difference,
        share_above_zero the share of clips on which a would be rated above b. Only scopes with two clips or more.
    """
    grids = {d: differences(ratings, d, a, b) for d in ratings.levels("descriptor")}
    if len(grids) > 1:
        grids = {EVERY: np.mean(list(grids.values()), axis=0), **grids}
    rows = []
    for descriptor, grid in grids.items():
        found = _describe(grid[:, np.isfinite(grid).any(axis=0)])
        if found:
            rows.append([descriptor, a, b, *found])
    return pd.DataFrame(rows, columns=COLUMNS)


def _describe(grid: np.ndarray) -> list[float] | None:
    clips = grid.shape[1]
    if clips < 2 or np.isfinite(grid).any(axis=1).sum() < 2:
        return None
    design = intercept_only(grid)
    reml = Reml(design, crossed_intercepts(design))
    if not reml.has_residual():
        return None
    theta, deviance, _ = reml.minimise()
    at = reml.evaluate(theta)
    sigma = np.sqrt(at.rss / reml.dof)
    mean, se = float(at.estimate[0] + reml.shift), float(sigma * np.sqrt(at.unscaled[0, 0]))
    sd = float(sigma * theta[1]) if theta[1] >= SINGULAR else 0.0
    spread = np.hypot(sd, se)
    reach = stats.t.ppf(0.975, clips - 1) * spread
    share = float(stats.t.cdf(mean / spread, clips - 1))
    return [clips, mean, sd, *_profile(reml, theta, deviance), mean - reach, mean + reach, share]


def _profile(reml: Reml, theta: np.ndarray, deviance: float) -> tuple[float, float]:
    """Give the SD over clips at which the deviance is 3.84 above its least, on both sides."""
    limit = float(stats.chi2.ppf(0.95, 1))
    scale = float(np.sqrt(reml.y_squared / reml.dof))

    start = np.log([max(abs(theta[0]), 0.1), scale])

    def excess(sd: float) -> float:
        found = optimize.minimize(lambda x: _given_sd(reml, sd, x), start, jac=True, method="BFGS", tol=1e-3)
        start[:] = found.x
        return float(found.fun) - deviance - limit

    best = abs(theta[1]) * np.sqrt(reml.evaluate(theta).rss / reml.dof)
    low = 0.0 if best < 1e-6 or excess(0.0) <= 0 else float(optimize.brentq(excess, 0.0, best, xtol=1e-3))
    high = max(best, 0.1 * scale)
    for _ in range(30):
        if excess(high) > 0:
            return low, float(optimize.brentq(excess, best, high, xtol=1e-3))
        high *= 2
    return low, float("inf")


def _given_sd(reml: Reml, sd: float, logs: np.ndarray) -> tuple[float, np.ndarray]:
    """Give the deviance at an SD over clips, and its gradient by the logarithms of the participants' SD relative to the
    residual's and of the residual's."""
    relative, sigma = np.exp(np.clip(logs, -30, 30))
    try:
        at = reml.evaluate(np.array([relative, sd / sigma]))
    except np.linalg.LinAlgError:  # a step of the search went where no matrix can be factored
        return 1e300, np.zeros(2)
    deviance = at.log_det + at.rss / sigma**2 + reml.dof * np.log(2 * np.pi * sigma**2)
    of_participant, of_clip = at.traces - at.squares / sigma**2
    by_sigma = 2 * reml.dof - 2 * at.rss / sigma**2 - of_clip * sd / sigma
    return deviance, np.array([of_participant * relative, by_sigma])
