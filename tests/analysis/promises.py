"""What `semantic-eq power` promises, and how often the report's own models keep it in simulated studies.

A promise is a share of many studies by the closed form. In some hundreds of studies the model is run on ratings, and
the closed form on their differences; where the two disagree, the promise is wrong by the share of such studies, which
is known far better than the share itself. `python -m tests.analysis.promises [studies]` prints the table.
"""

import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.grids import differences
from analysis.data.ratings import Ratings, from_table
from analysis.data.stimuli import FREQUENCIES_HZ, Stimuli
from analysis.statistics.adaptivity import adaptivity, fit_adaptivity
from analysis.statistics.balanced import MeanSquares, mean_squares
from analysis.statistics.design import design
from analysis.statistics.equivalence import EQUIVALENT, tost
from analysis.statistics.listeners_and_clips import fit_main, main_contrasts
from analysis.statistics.power import Assumptions, detectable_in_new_music, planned

PARTICIPANTS, CLIPS, MARGIN, SLOPE = 15, 10, 0.75, 0.7


def study(seed: int, effect: float, slope: float = 0.0) -> tuple[Ratings, np.ndarray]:
    """Simulate a study of two conditions with the assumptions of a power plan; ratings and the clips' scores."""
    of, rng = Assumptions(), np.random.default_rng(seed)
    score = rng.normal(0, 1, CLIPS)
    p, c, k = (x.ravel() for x in np.indices((PARTICIPANTS, CLIPS, 2)))
    side = np.where(k == 0, 0.5, -0.5)
    rating = 4 + rng.normal(0, 0.7, PARTICIPANTS)[p] + rng.normal(0, 0.5, CLIPS)[c]
    rating += side * (effect + slope * score[c] + rng.normal(0, of.sd_participant, PARTICIPANTS)[p])
    rating += side * rng.normal(0, of.sd_clip, CLIPS)[c] + rng.normal(0, of.sd_residual / np.sqrt(2), p.size)
    labels = {"participant": p, "descriptor": "warm", "clip": c, "condition": np.array(["semantic", "static"])[k]}
    return from_table(pd.DataFrame({**labels, "rating": rating}), (-30, 30)), score


def _by_model(ratings: Ratings) -> pd.Series:
    pair = ("semantic", "static")
    return main_contrasts(fit_main(design(ratings), ratings, *pair), ratings, [pair]).iloc[0]


def _closed(grid: np.ndarray) -> tuple[float, float, float]:
    variance, df = mean_squares(grid).variance()
    return float(grid.mean()), float(np.sqrt(variance[0] / grid.size)), float(df[0])


def difference(studies: int) -> tuple[float, float]:
    """Give the promised share of studies that find the detectable difference, and the share that the main model
    finds."""
    smallest = detectable_in_new_music(Assumptions(), [PARTICIPANTS], CLIPS)["difference"][0]
    disagree = []
    for seed in range(studies):
        ratings, _ = study(seed, smallest)
        estimate, se, df = _closed(differences(ratings, "warm", "semantic", "static"))
        closed = abs(estimate / se) > stats.t.ppf(0.975, df)
        disagree.append(float(_by_model(ratings)["p"] < 0.05) - closed)
    return 0.8, 0.8 + float(np.mean(disagree))


def equivalence(studies: int) -> tuple[float, float]:
    """Give the same of equivalence where there is no difference."""
    promised = planned(Assumptions(), [PARTICIPANTS], [CLIPS], smallest_effect=MARGIN)["power"][0]
    disagree = []
    for seed in range(studies):
        ratings, _ = study(seed, 0.0)
        row = _by_model(ratings)
        found = [tost(*values, MARGIN).verdict == EQUIVALENT
                 for values in ((row["estimate"], row["se"], row["df"]),
                                _closed(differences(ratings, "warm", "semantic", "static")))]  # fmt: skip
        disagree.append(float(found[0]) - found[1])
    return promised, promised + float(np.mean(disagree))


def slope(studies: int) -> tuple[float, float]:
    """Give the same of adaptivity."""
    promised = planned(Assumptions(), [PARTICIPANTS], [CLIPS], slope=SLOPE)["power"][0]
    disagree = []
    for seed in range(studies):
        ratings, score = study(seed, 0.5, -SLOPE)
        table = pd.DataFrame({"descriptor": "warm", "clip": ratings.levels("clip"), "baseline_score": score})
        stimuli = Stimuli(table, np.full((CLIPS, len(FREQUENCIES_HZ)), np.nan))
        model = fit_adaptivity(ratings, "semantic", "static", stimuli)
        row = adaptivity(model, "semantic", "static").iloc[0]
        closed = _closed_slope(differences(ratings, "warm", "semantic", "static"), score)
        disagree.append(float(row["p"] < 0.05) - closed)
    return promised, promised + float(np.mean(disagree))


def _closed_slope(grid: np.ndarray, score: np.ndarray) -> bool:
    """Tell whether the slope of complete differences is significant in closed form."""
    n, k = grid.shape
    x = score - score.mean()
    spread = x @ x
    own = grid @ x / spread
    of_clips = grid.mean(axis=0) - grid.mean() - own.mean() * x
    rest = grid - grid.mean(axis=1, keepdims=True) - np.outer(own, x) - of_clips
    dof = (n - 1, k - 2, (n - 1) * (k - 2))
    sums = (spread * ((own - own.mean()) ** 2).sum(), n * of_clips @ of_clips, (rest**2).sum())
    variance, df = MeanSquares(*(np.array([total / d]) for total, d in zip(sums, dof, strict=True)), dof).variance()
    return bool(abs(own.mean()) > stats.t.ppf(0.975, df[0]) * np.sqrt(variance[0] / (n * spread)))


PROMISES: dict[str, Callable[[int], tuple[float, float]]] = {
    "difference": difference, "equivalence": equivalence, "adaptivity": slope,
}  # fmt: skip

if __name__ == "__main__":
    for name, run in PROMISES.items():
        promised, kept = run(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
        print(f"| {name} | {promised:.3f} | {kept:.3f} |", flush=True)
