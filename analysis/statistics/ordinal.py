"""Cumulative logit models: a check on treating 1 to 7 as numbers, and the compared conditions as an odds ratio.

The first has the terms of the appendix's mixed model; the second, of the compared conditions within one descriptor, has
the main model's: slopes of condition for participants and for clips. Both are fitted by `laplace`.

Satterthwaite's degrees of freedom are a linear model's. Those of the odds ratios are by containment, the default of
SAS's GLIMMIX for such models: a condition's effect varies over participants and over clips, and has the degrees of
freedom of whichever are fewer. Within one grouping this is Elff, Heisig, Schaeffer and Shikano's (2021) m - l - 1.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import optimize

from analysis.data.ratings import Ratings
from analysis.statistics.design import treatment
from analysis.statistics.laplace import Laplace
from analysis.statistics.mixed import wald
from analysis.statistics.random_effects import Term

MOST_CATEGORIES = 11
MOST_PARTICIPANTS = 200
LEAST_SD = 1e-3  # of a random effect, in logits; below, it is estimated as zero
MOST_SE = 5.0  # of a difference in logits; beyond, one condition has the higher rating nearly always
ODDS = ["descriptor", "a", "b", "odds_ratio", "ci_low", "ci_high", "log_odds", "se", "df", "z", "p", "converged"]
SDS = ["descriptor", "group", "term", "sd"]


@dataclass(frozen=True)
class OrdinalFit:
    """A fitted cumulative logit model.

    Attributes
    ----------
    coefficients
        Thresholds (`1|2`) and fixed effects (in logits): term, estimate, se, z, p, ci_low, ci_high.
    variances
        group, term, variance, in squared logits.
    log_likelihood
        Laplace's approximation of it.
    converged
        The gradient vanishes at the optimum and the likelihood curves down in every direction.
    n_participants
        How many were used: the first `MOST_PARTICIPANTS` at most, this being a check.
    """

    coefficients: pd.DataFrame
    variances: pd.DataFrame
    log_likelihood: float
    converged: bool
    n_participants: int


def fit(ratings: Ratings) -> OrdinalFit | None:
    """Fit rating ~ condition * descriptor + (1 | participant) + (1 | clip) on a cumulative logit scale.

    Returns
    -------
    OrdinalFit or None
        None where the ratings are not whole numbers in few categories, or there is one participant.
    """
    main = _used(ratings)
    if main is None:
        return None
    table = _table(main)
    fixed, terms = treatment(
        table.labels["condition"], ratings.levels("condition"), table.labels["descriptor"], ratings.levels("descriptor")
    )
    one = np.ones((len(fixed), 1))
    return _fitted(table, fixed[:, 1:], terms[1:], _terms(table, one, ("Intercept",)))


def odds_with_slopes(ratings: Ratings, a: str, b: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the odds of a higher rating of a against b within each descriptor, for new listeners and new music.

    rating ~ condition + (1 + condition || participant) + (1 + condition || clip) on the ratings of a and b, with
    condition coded 1/2 and -1/2: the main model of one descriptor, with uncorrelated slopes.

    Returns
    -------
    pd.DataFrame
        `ODDS`: odds ratio with its 95 % interval, NaN where the model did not converge or nearly separates the
        conditions; z is log_odds / se, and p and the interval are by t with df degrees of freedom. Empty where ratings
        are not whole numbers in few categories.
    pd.DataFrame
        `SDS` of the random effects, in logits.
    """
    odds, sds = [], []
    for descriptor in ratings.levels("descriptor"):
        chosen = (ratings.main["descriptor"] == descriptor) & ratings.main["condition"].isin([a, b])
        main = _used(ratings, chosen)
        table = None if main is None else _table(main)
        if table is None or len(np.unique(table.labels["condition"])) < 2:
            continue
        df = _contained(table)
        found = _of_pair(table, ratings.levels("condition").index(a), df)
        row = found.coefficients.iloc[-1]
        is_estimable = found.converged and row["se"] <= MOST_SE
        ratio = np.exp([row["estimate"], row["ci_low"], row["ci_high"]]) if is_estimable else [np.nan] * 3
        odds.append([descriptor, a, b, *ratio, row["estimate"], row["se"], df, row["z"], row["p"], is_estimable])
        sds += [[descriptor, v.group, v.term, np.sqrt(v.variance)] for v in found.variances.itertuples()]
    return pd.DataFrame(odds, columns=ODDS), pd.DataFrame(sds, columns=SDS)


@dataclass(frozen=True)
class _Table:
    """Categories [participant, stimulus] (-1: no rating), their values, and the stimuli's labels as codes."""

    category: np.ndarray
    values: np.ndarray
    labels: dict[str, np.ndarray]


def _used(ratings: Ratings, chosen: pd.Series | bool = True) -> pd.DataFrame | None:
    """Give the ratings of the first participants; None where they are not in few whole categories."""
    main = ratings.main
    main = main[main["rating"].notna() & (main["participant"].cat.codes < MOST_PARTICIPANTS) & chosen]
    values = np.unique(main["rating"].to_numpy())
    few = bool((values % 1 == 0).all()) and 2 <= len(values) <= MOST_CATEGORIES
    return main if few and main["participant"].nunique() > 1 else None


def _table(main: pd.DataFrame) -> _Table:
    names = ("condition", "descriptor", "clip")
    labels = np.column_stack([main[name].cat.codes.to_numpy() for name in names])
    stimuli, stimulus = np.unique(labels, axis=0, return_inverse=True)
    people, person = np.unique(main["participant"].cat.codes.to_numpy(), return_inverse=True)
    values, category = np.unique(main["rating"].to_numpy(), return_inverse=True)
    grid = np.full((len(people), len(stimuli)), -1)
    grid[person, stimulus.ravel()] = category
    return _Table(grid, values, dict(zip(names, stimuli.T, strict=True)))


def _terms(table: _Table, columns: np.ndarray, names: tuple[str, ...]) -> list[Term]:
    """Give the same columns to participants and, where there are several, to clips; slopes only to who has them."""
    clips, (has_several, _) = np.unique(table.labels["clip"]), _have_several_conditions(table)
    own = len(names) if has_several.any() else 1
    terms = [Term("participant", "participant", names[:own], columns[None, :, :own])]
    if len(clips) > 1:
        by_clip = (table.labels["clip"] == clips[:, None])[:, :, None] * columns
        terms.append(Term("clip", "clip", names, by_clip))
    return terms


def _contained(table: _Table) -> int:
    """Give the degrees of freedom that two conditions have among participants or clips, whichever have fewer: their
    number less one, or less two where each has one condition only."""
    groups = [has_several for has_several in _have_several_conditions(table) if len(has_several) > 1]
    return min(len(has_several) - (1 if has_several.any() else 2) for has_several in groups)


def _have_several_conditions(table: _Table) -> tuple[np.ndarray, np.ndarray]:
    """Tell of each participant and of each clip whether it has ratings of several conditions."""
    condition, clip = (np.unique(table.labels[name], return_inverse=True)[1] for name in ("condition", "clip"))
    person, stimulus = np.nonzero(table.category >= 0)
    rated = np.zeros((len(table.category), clip.max() + 1, condition.max() + 1), dtype=bool)
    rated[person, clip[stimulus], condition[stimulus]] = True
    return rated.any(axis=1).sum(axis=1) > 1, rated.any(axis=0).sum(axis=1) > 1


def _of_pair(table: _Table, a: int, df: float) -> OrdinalFit:
    side = np.where(table.labels["condition"] == a, 0.5, -0.5)[:, None]
    columns = np.hstack([np.ones_like(side), side])
    return _fitted(table, side, ["condition"], _terms(table, columns, ("Intercept", "condition")), df)


def _fitted(table: _Table, fixed: np.ndarray, names: list[str], terms: list[Term], df: float = np.inf) -> OrdinalFit:
    model = Laplace(table.category, fixed, terms)
    options = {"gtol": 1e-4, "maxiter": 300}
    x = optimize.minimize(model.objective, model.start(), jac=True, method="BFGS", options=options).x
    value, gradient = model.objective(x)
    step = 1e-4
    curvature = np.array(
        [(model.objective(x + step * e)[1] - model.objective(x - step * e)[1]) / (2 * step) for e in np.eye(len(x))]
    )
    sds = np.abs(model.split(x)[2])
    n_fixed = len(x) - len(sds)
    free = np.concatenate([np.ones(n_fixed, dtype=bool), sds > LEAST_SD])
    curvature = ((curvature + curvature.T) / 2)[np.ix_(free, free)]
    se = np.sqrt(np.abs(np.diag(np.linalg.pinv(curvature))[:n_fixed]))
    labels = [f"{low:g}|{high:g}" for low, high in pairwise(table.values)]
    effects = [(term.group, name) for term in terms for name in term.names]
    variances = pd.DataFrame(effects, columns=["group", "term"]).assign(variance=np.where(sds > LEAST_SD, sds, 0) ** 2)
    converged = bool((np.linalg.eigvalsh(curvature) > 0).all()) and bool(np.abs(gradient).max() < 1e-2)
    return OrdinalFit(wald([*labels, *names], x[:n_fixed], se, df), variances, -value, converged, len(table.category))
