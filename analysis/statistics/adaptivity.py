"""Does the adaptive condition's advantage grow with how far a clip is from the descriptor? One estimate over them all.

a - b ~ descriptor + baseline_score + (1 + baseline_score | participant) + (1 | participant:descriptor) + (1 | clip) +
(1 | clip:descriptor): the condition-by-baseline interaction of the two conditions, whose other effects cancel in the
difference. What a clip adds beside its score is random, so that the slope holds for other clips; it is tested with
Satterthwaite's degrees of freedom and reduced by the main model's rule, with one exception: the score varies over clips
within descriptors, so where these are estimated not to vary but clips are, it is the clips' term that goes. Otherwise
the slope would be judged by single ratings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.grids import differences
from analysis.data.ratings import Ratings
from analysis.data.stimuli import Stimuli
from analysis.statistics.design import Design
from analysis.statistics.listeners_and_clips import MainModel, fit_reduced
from analysis.statistics.random_effects import Side, Term

COLUMNS = ["a", "b", "descriptors", "clips", "participants", "slope", "se", "df", "t", "p", "ci_low", "ci_high",
           "at_median", "ends_at", "ends_low", "ends_high"]  # fmt: skip
CURVE = ["baseline_score", "advantage", "ci_low", "ci_high"]
LEAST_CLIPS = 4
POINTS = 41
LEFT_OUT = "clip (taken together with clip:descriptor, over which the score varies)"


@dataclass(frozen=True)
class Adaptivity:
    """The fitted model and the scores that it knows.

    Attributes
    ----------
    model
        The last fixed effect is the slope, those before it the descriptors.
    scores
        How much each clip already sounds like its descriptor, shape [descriptor and clip].
    """

    model: MainModel
    scores: np.ndarray

    def weights(self, scores: np.ndarray) -> np.ndarray:
        """Give the fixed-effects rows of the advantage at these scores, descriptors weighing the same."""
        words = self.model.design.fixed.shape[1] - 1
        return np.column_stack([np.ones(len(scores)), np.full((len(scores), words - 1), 1 / words), scores])

    @property
    def slope(self) -> np.ndarray:
        """The fixed-effects row of the slope."""
        return np.eye(self.model.design.fixed.shape[1])[-1:]

    def curve(self) -> pd.DataFrame:
        """Give the advantage and its 95 % band over the scores that were rated; `CURVE`."""
        at = np.linspace(self.scores.min(), self.scores.max(), POINTS)
        found = self.model.fit.contrasts(self.weights(at))
        values = (at, *(found[name].to_numpy() for name in ("estimate", "ci_low", "ci_high")))
        return pd.DataFrame(dict(zip(CURVE, values, strict=True)))

    def end(self) -> tuple[float, float, float]:
        """Give the score at which the advantage is zero, and Fieller's (1954) 95 % interval of it; NaN where the slope
        is not significant: then no point can be given."""
        fit, line = self.model.fit, np.vstack([self.weights(np.zeros(1)), self.slope])
        (level, slope), v = line @ fit.estimate, line @ fit.covariance @ line.T
        limit = stats.t.ppf(0.975, fit.degrees_of_freedom(self.slope)[0]) ** 2
        quadratic = [slope**2 - limit * v[1, 1], 2 * (level * slope - limit * v[0, 1]), level**2 - limit * v[0, 0]]
        if quadratic[0] <= 0:
            return np.nan, np.nan, np.nan
        low, high = sorted(np.roots(quadratic).real)
        return float(-level / slope), float(low), float(high)


def fit_adaptivity(ratings: Ratings, a: str, b: str, stimuli: Stimuli) -> Adaptivity | None:
    """Fit the model to the clips whose score is known; None with fewer than four of them, or of one score only."""
    known = stimuli.table.drop_duplicates(["descriptor", "clip"]).set_index(["descriptor", "clip"])["baseline_score"]
    grids, items = [], []
    for d, word in enumerate(ratings.levels("descriptor")):
        grid = differences(ratings, word, a, b)
        scores = np.array([known.get((word, clip), np.nan) for clip in ratings.levels("clip")], dtype=float)
        usable = np.flatnonzero(np.isfinite(scores) & np.isfinite(grid).any(axis=0))
        grids.append(grid[:, usable])
        items += [(d, clip, scores[clip]) for clip in usable]
    if len(items) < LEAST_CLIPS:
        return None
    descriptor, clip, scores = (np.array(column) for column in zip(*items, strict=True))
    words = np.unique(descriptor)
    fixed = np.column_stack([np.ones(len(scores)), *(descriptor == word for word in words[1:]), scores])
    if np.linalg.matrix_rank(fixed) < fixed.shape[1]:
        return None
    layout = _layout(np.hstack(grids), fixed, np.unique(clip, return_inverse=True)[1], descriptor)
    terms = _terms(layout, scores)
    model = fit_reduced(layout, terms, [])
    if model is not None and "clip:descriptor" in _zero(model):
        model = fit_reduced(layout, [term for term in terms if term.group != "clip"], [LEFT_OUT])
    return None if model is None else Adaptivity(model, scores)


def _zero(model: MainModel) -> set[str]:
    """Give the groups of which every variance is estimated as zero."""
    effects = model.fit.reml.random
    return {t.group for t, free in zip(effects.terms, effects.split(model.fit.free), strict=True) if not free.any()}


def _layout(grid: np.ndarray, fixed: np.ndarray, clip: np.ndarray, descriptor: np.ndarray) -> Design:
    counts, values = np.isfinite(grid).astype(float), np.nan_to_num(grid)
    rated = counts.any(axis=1)
    names = ["Intercept", *(f"descriptor {word}" for word in np.unique(descriptor)[1:]), "baseline_score"]
    none = np.zeros_like(clip)
    return Design(counts[rated], values[rated], float((values**2).sum()), fixed, names, clip, none, descriptor)


def _terms(layout: Design, scores: np.ndarray) -> list[Term]:
    """Give the maximal random terms; the slope of a participant is by the score from its mean."""
    n, several = len(scores), len(np.unique(layout.descriptor)) > 1
    line = np.column_stack([np.ones(n), scores - scores.mean()])[None]
    terms = [Term("participant", "participant", ("Intercept", "baseline_score"), line, correlated=True)]
    groups: list[tuple[str, Side, np.ndarray]] = [("clip", "clip", layout.clip)]
    if several:
        pairs = np.unique(np.column_stack([layout.clip, layout.descriptor]), axis=0, return_inverse=True)[1].ravel()
        groups = [("participant:descriptor", "participant", layout.descriptor), ("clip:descriptor", "clip", pairs)]
        if len(np.unique(layout.clip)) < n:  # else each clip has one descriptor, and the two are the same
            groups.insert(1, ("clip", "clip", layout.clip))
    for group, side, level in groups:
        columns = np.array([(level == one)[:, None].astype(float) for one in np.unique(level)])
        if np.prod(columns.shape[0]) * (len(layout.counts) if side == "participant" else 1) < layout.counts.sum():
            terms.append(Term(group, side, ("Intercept",), columns))
    return terms


def adaptivity(found: Adaptivity, a: str, b: str) -> pd.DataFrame:
    """Give the slope, the advantage at the median score, and where it ends, in one row.

    Returns
    -------
    pd.DataFrame
        `COLUMNS`: slope in points of the scale per unit of baseline_score (one dose of the descriptor); negative: the
        advantage grows where the clip is further from the descriptor.
    """
    layout = found.model.design
    row = found.model.fit.contrasts(found.slope).iloc[0]
    median = found.weights(np.array([np.median(found.scores)])) @ found.model.fit.estimate
    sizes = [len(np.unique(layout.descriptor)), len(found.scores), len(layout.counts)]
    slope = [row["estimate"], row["se"], row["df"], row["t"], row["p"], row["ci_low"], row["ci_high"]]
    return pd.DataFrame([[a, b, *sizes, *slope, float(median[0]), *found.end()]], columns=COLUMNS)
