"""What paired comparisons say of each descriptor: a scale of preference, its uncertainty over listeners and over music,
and whether one scale describes the answers at all.

Standard errors come from drawing whole listeners anew (2,000 times): one listener's answers depend on each other, and
a standard error that takes them as independent is too small. For new music the variances of drawing listeners and of
drawing clips are added and that of drawing single answers is taken off (two-way clustering; Cameron, Gelbach & Miller,
2011), as in a quasi-F ratio.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import special, stats

from analysis.data.pairs import Pairs
from analysis.statistics.bradley_terry import Comparisons, Fits, fit
from analysis.statistics.posthoc import holm

DRAWS = 2000
FEWEST_CLIPS = 3
_AT_ONCE = 100
PREFERENCES = ["descriptor", "condition", "log_worth", "se", "ci_low", "ci_high", "worth", "new_music_low",
               "new_music_high", "comparisons"]  # fmt: skip
PAIRS = ["descriptor", "a", "b", "a_chosen", "same", "b_chosen", "log_odds", "se", "t", "dof", "p", "p_holm", "ci_low",
         "ci_high", "share_a", "share_low", "share_high", "new_music_low", "new_music_high", "p_new_music",
         "p_new_music_holm"]  # fmt: skip
TESTS = ["descriptor", "listeners", "clips", "comparisons", "same", "F", "dof1", "dof2", "p", "deviance",
         "deviance_dof", "deviance_p"]  # fmt: skip
TERMS = ["descriptor", "term", "estimate", "se", "ci_low", "ci_high", "p", "probability"]


@dataclass(frozen=True)
class Spread:
    """Covariance of log-worths and terms when clusters are drawn anew, and how many clusters there are."""

    covariance: np.ndarray
    clusters: int

    def variance(self, weights: np.ndarray) -> float:
        """Variance of a weighted sum of the parameters."""
        return float(weights @ self.covariance @ weights)


@dataclass(frozen=True)
class Estimate:
    """A weighted sum of parameters with its 95 % interval and two-sided p."""

    value: float
    se: float
    dof: float

    @property
    def t(self) -> float:
        """Value over standard error."""
        return self.value / self.se if self.se > 0 else np.nan

    @property
    def p(self) -> float:
        """Two-sided, Student's t."""
        return float(2 * stats.t.sf(abs(self.t), self.dof))

    @property
    def ci(self) -> tuple[float, float]:
        """Limits of the 95 % interval."""
        reach = stats.t.ppf(0.975, self.dof) * self.se
        return self.value - reach, self.value + reach


@dataclass(frozen=True)
class Scale:
    """One descriptor's scale of preference.

    Attributes
    ----------
    comparisons, fits
        What was counted, and the model fitted to it.
    listeners
        Drawing listeners anew; of a single listener, the model's own covariance with infinitely many degrees of
        freedom.
    clips, answers
        Drawing clips anew, and each listener's answers to each clip; None with fewer than `FEWEST_CLIPS`.
    """

    comparisons: Comparisons
    fits: Fits
    listeners: Spread
    clips: Spread | None
    answers: Spread | None

    @property
    def values(self) -> np.ndarray:
        """Log-worths, then terms."""
        return np.concatenate([self.fits.log_worth[0], self.fits.terms[0]])

    @property
    def separated(self) -> bool:
        """Whether no finite worths exist, so that one comparison was added to each pair."""
        return bool(self.fits.separated[0])

    def of_listeners(self, weights: np.ndarray) -> Estimate:
        """Estimate for new listeners and these clips."""
        n = self.listeners.clusters
        dof = n - 1 if n > 1 else np.inf
        return Estimate(float(weights @ self.values), np.sqrt(self.listeners.variance(weights)), dof)

    def of_new_music(self, weights: np.ndarray) -> Estimate:
        """Estimate for new listeners and new music; NaN where there are too few clips or one listener."""
        value = float(weights @ self.values)
        if self.clips is None or self.answers is None or self.listeners.clusters < 2:
            return Estimate(value, np.nan, np.nan)
        parts = [spread.variance(weights) for spread in (self.listeners, self.clips, self.answers)]
        variance = max(parts[0] + parts[1] - parts[2], parts[0], parts[1])
        dofs = (self.listeners.clusters - 1, self.clips.clusters - 1)
        dof = variance**2 / (parts[0] ** 2 / dofs[0] + parts[1] ** 2 / dofs[1] + parts[2] ** 2 / (dofs[0] * dofs[1]))
        return Estimate(value, np.sqrt(variance), min(max(dof, 1), dofs[0]))

    def one(self, condition: int) -> np.ndarray:
        """Weights that pick one condition's log-worth."""
        return np.eye(len(self.values))[condition]

    def difference(self, a: int, b: int) -> np.ndarray:
        """Weights that take one condition's log-worth from another's."""
        return self.one(a) - self.one(b)


def count(pairs: Pairs, descriptor: str, *clusters: str) -> Comparisons:
    """Count one descriptor's comparisons by pair and by cluster (participant, clip, or both together)."""
    rows = pairs.main[pairs.main["descriptor"] == descriptor]
    used = [c for c in pairs.conditions if (rows["first"] == c).any() or (rows["second"] == c).any()]
    place = {name: i for i, name in enumerate(used)}
    first, second = (rows[name].astype(object).map(place).to_numpy(dtype=int) for name in ("first", "second"))
    found, pair = np.unique(np.column_stack([first, second]), axis=0, return_inverse=True)
    cluster = rows.groupby(list(clusters), observed=True).ngroup().to_numpy()
    counts = np.zeros((cluster.max() + 1, len(found), 3))
    np.add.at(counts, (cluster, pair.ravel(), rows["chosen"].to_numpy()), 1)
    return Comparisons(tuple(used), found[:, 0], found[:, 1], counts, pairs.ordered)


def scale(pairs: Pairs, descriptor: str, draws: int = DRAWS) -> Scale:
    """Fit one descriptor's scale, and draw listeners, clips and answers anew, each so many times."""
    seed = [1, pairs.levels("descriptor").index(descriptor)]
    by_listener = count(pairs, descriptor, "participant")
    fits = fit(by_listener)
    if len(by_listener.counts) < 2:
        return Scale(by_listener, fits, Spread(fits.covariance[0], 1), None, None)
    by_clip = count(pairs, descriptor, "clip")
    enough = len(by_clip.counts) >= FEWEST_CLIPS
    answers = count(pairs, descriptor, "participant", "clip") if enough else None
    return Scale(
        by_listener,
        fits,
        drawn_anew(by_listener, [*seed, 0], draws),
        drawn_anew(by_clip, [*seed, 1], draws) if enough else None,
        drawn_anew(answers, [*seed, 2], draws) if answers else None,
    )


def drawn_anew(comparisons: Comparisons, seed: list[int], draws: int = DRAWS) -> Spread:
    """Draw clusters with replacement, fit each draw, and give the covariance of the estimates (bootstrap)."""
    n = len(comparisons.counts)
    rng = np.random.default_rng(seed)
    flat = comparisons.counts.reshape(n, -1)
    shape = comparisons.counts.shape[1:]
    estimates = []
    for start in range(0, draws, _AT_ONCE):
        weights = rng.multinomial(n, np.full(n, 1 / n), size=min(_AT_ONCE, draws - start))
        fits = fit(comparisons, (weights @ flat).reshape(-1, *shape))
        estimates.append(np.concatenate([fits.log_worth, fits.terms], axis=1))
    return Spread(np.cov(np.concatenate(estimates), rowvar=False) * n / (n - 1), n)


def preferences(scales: dict[str, Scale]) -> pd.DataFrame:
    """Give every condition's log-worth and worth; columns `PREFERENCES`."""
    rows = []
    for descriptor, found in scales.items():
        counts, who = found.comparisons.total.sum(axis=1), found.comparisons
        for i, condition in enumerate(who.conditions):
            of_listeners, of_music = found.of_listeners(found.one(i)), found.of_new_music(found.one(i))
            n = int(counts[(who.first == i) | (who.second == i)].sum())
            worth = found.fits.worth[0, i]
            rows.append(
                [descriptor, condition, of_listeners.value, of_listeners.se, *of_listeners.ci, worth, *of_music.ci, n]
            )
    return pd.DataFrame(rows, columns=PREFERENCES)


def pair_tests(scales: dict[str, Scale]) -> pd.DataFrame:
    """Test every pair of conditions on the scale; p adjusted after Holm over one descriptor's pairs; `PAIRS`."""
    tables = []
    for descriptor, found in scales.items():
        names = found.comparisons.conditions
        rows = [_pair(found, i, j) for i, j in combinations(range(len(names)), 2)]
        table = pd.DataFrame(rows).assign(descriptor=descriptor)
        for name in ("p", "p_new_music"):
            table[f"{name}_holm"] = holm(table[name].to_numpy())
        tables.append(table[PAIRS])
    return pd.concat(tables, ignore_index=True)


def _pair(found: Scale, i: int, j: int) -> dict[str, object]:
    who = found.comparisons
    forwards, backwards = ((who.first == a) & (who.second == b) for a, b in ((i, j), (j, i)))
    counted = who.total[forwards].sum(axis=0) + who.total[backwards].sum(axis=0)[::-1]
    estimate, of_music = found.of_listeners(found.difference(i, j)), found.of_new_music(found.difference(i, j))
    low, high = estimate.ci
    music_low, music_high = of_music.ci
    return {
        "a": who.conditions[i],
        "b": who.conditions[j],
        **dict(zip(("a_chosen", "same", "b_chosen"), counted.astype(int), strict=True)),
        **{"log_odds": estimate.value, "se": estimate.se, "t": estimate.t, "dof": estimate.dof, "p": estimate.p},
        **{"ci_low": low, "ci_high": high, "new_music_low": music_low, "new_music_high": music_high},
        **{"share_a": _share(estimate.value), "share_low": _share(low), "share_high": _share(high)},
        "p_new_music": of_music.p,
    }


def _share(log_odds: float) -> float:
    return float(special.expit(log_odds))


def tests(pairs: Pairs, scales: dict[str, Scale]) -> pd.DataFrame:
    """Test whether all conditions are preferred alike (F after Hotelling, over listeners), and whether one scale
    describes the comparisons (deviance from counts that are free for every pair); `TESTS`."""
    rows = []
    for descriptor, found in scales.items():
        total = found.comparisons.total
        clips = pairs.main.loc[pairs.main["descriptor"] == descriptor, "clip"].nunique()
        n = int(total.sum())
        rows.append(
            [descriptor, len(found.comparisons.counts), clips, n, total[:, 1].sum() / n, *_alike(found),
             *_deviance(found)]
        )  # fmt: skip
    return pd.DataFrame(rows, columns=TESTS)


def _alike(found: Scale) -> tuple[float, int, float, float]:
    k, n = len(found.comparisons.conditions), found.listeners.clusters
    dof1, dof2 = k - 1, n - k + 1
    if dof2 < 1 or n < 2:
        return np.nan, dof1, np.nan, np.nan
    free = found.comparisons.basis()
    value = found.fits.log_worth[0] @ free
    t2 = value @ np.linalg.solve(free.T @ found.listeners.covariance[:k, :k] @ free, value)
    f = float(t2 * dof2 / ((n - 1) * dof1))
    return f, dof1, dof2, float(stats.f.sf(f, dof1, dof2))


def _deviance(found: Scale) -> tuple[float, int, float]:
    total = found.comparisons.total
    share = total / total.sum(axis=1, keepdims=True)
    saturated = special.xlogy(total, share).sum()
    deviance = 2 * float(saturated - found.fits.log_likelihood[0])
    dof = len(total) * (1 + found.comparisons.ties) - (len(found.values) - 1)
    if dof < 1 or found.separated:
        return np.nan, dof, np.nan
    return deviance, dof, float(stats.chi2.sf(deviance, dof))


def terms(scales: dict[str, Scale]) -> pd.DataFrame:
    """Give the effect of position and the readiness to say `same`, with what each means between equals: the
    probability of choosing the first of a decided comparison, and of calling them the same; `TERMS`."""
    meaning: dict[str, Callable[[float], float]] = {
        "position": _share,
        "same": lambda value: float(np.exp(value) / (2 + np.exp(value))),
    }
    rows = []
    for descriptor, found in scales.items():
        k = len(found.comparisons.conditions)
        for i, term in enumerate(found.comparisons.terms()):
            estimate = found.of_listeners(found.one(k + i))
            p = estimate.p if term == "position" else np.nan
            rows.append([descriptor, term, estimate.value, estimate.se, *estimate.ci, p, meaning[term](estimate.value)])
    return pd.DataFrame(rows, columns=TERMS)
