"""The main model: does a difference hold for new listeners and for new music?

rating ~ condition * descriptor with random intercepts and slopes of condition for participants and for clips, each also
within descriptor. Conditions are coded by orthogonal contrasts of which the first is the compared pair, a - b; a
slope's SD is that of the difference itself. Where the data do not carry the model, it is reduced by a stated rule: if
it is singular, the correlations go; then every variance that is estimated as zero goes, smallest first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.ratings import Ratings
from analysis.statistics.contrasts import EVERY, cell_rows
from analysis.statistics.crossed import Reml
from analysis.statistics.design import Design, rated_by_level
from analysis.statistics.random_effects import Side, Term
from analysis.statistics.satterthwaite import CONTRASTS, CrossedFit

SINGULAR = 1e-4
SAME_DEVIANCE = 1e-6
MOST_NUMBERS = 20_000_000  # of the participants' cross-products, which must fit in memory


@dataclass(frozen=True)
class MainModel:
    """The main model as it was fitted.

    Attributes
    ----------
    fit
        The model.
    design
        Its data.
    left_out
        What was dropped from the maximal model and why, one phrase each.
    """

    fit: CrossedFit
    design: Design
    left_out: tuple[str, ...]


def condition_contrasts(conditions: list[str], a: str, b: str) -> tuple[np.ndarray, list[str]]:
    """Code conditions so that a slope is a difference: a - b, then the mean of those before minus the next.

    Returns
    -------
    np.ndarray
        Shape [condition, contrast]; columns are orthogonal to each other and to the intercept.
    list of str
        Their names.
    """
    order = [a, b, *(name for name in conditions if name not in (a, b))]
    columns, names = [], []
    for k in range(1, len(order)):
        weights = dict.fromkeys(conditions, 0.0) | dict.fromkeys(order[:k], 1 / k) | {order[k]: -1.0}
        column = np.array([weights[name] for name in conditions])
        columns.append(column / (column @ column))
        names.append(
            f"{' + '.join(order[:k])} - {order[k]}" if k == 1 else f"mean({', '.join(order[:k])}) - {order[k]}"
        )
    return np.array(columns).T, names


def fit_main(design: Design, ratings: Ratings, a: str, b: str) -> MainModel | None:
    """Fit the maximal model that the data carry.

    Returns
    -------
    MainModel or None
        None with fewer than two participants, no residual degrees of freedom, or too many numbers to keep.
    """
    if len(design.counts) < 2 or design.counts.sum() <= design.fixed.shape[1] + 1:
        return None
    return fit_reduced(design, *maximal_terms(design, ratings, a, b))


def fit_reduced(design: Design, terms: list[Term], left_out: list[str]) -> MainModel | None:
    """Fit a maximal model and reduce it by the rule; None where there is no residual or there are too many numbers."""
    if not terms or _numbers(design, terms) > MOST_NUMBERS:
        return None
    reml = Reml(design, terms)
    if not reml.has_residual():
        return None
    theta, deviance, converged = reml.minimise()
    if any(term.correlated for term in terms) and (_singular(terms, reml, theta) or not converged):
        left_out.append("correlations of slopes (singular with them)")
        terms = [Term(t.group, t.side, t.names, t.columns) for t in terms]
        reml = Reml(design, terms)
        theta, deviance, converged = reml.minimise()
    free = np.ones(len(theta), dtype=bool)
    if not any(term.correlated for term in terms):
        theta = _without_traces(reml, np.where(theta >= SINGULAR, theta, 0.0), deviance)
        free = theta > 0
        names = [f"{term.group}: {name}" for term in terms for name in term.names]
        left_out += [f"{name} (estimated as zero)" for name, kept in zip(names, free, strict=True) if not kept]
    return MainModel(CrossedFit(reml, theta, free, deviance, converged), design, tuple(left_out))


def _without_traces(reml: Reml, theta: np.ndarray, deviance: float) -> np.ndarray:
    """Set to zero, smallest first, what the fit is no worse without: the search ends shortly before zero, and df
    would hang on where."""
    for place in np.argsort(theta):
        without = np.where(np.arange(len(theta)) == place, 0.0, theta)
        if theta[place] > 0 and reml.profiled(without)[0] <= deviance + SAME_DEVIANCE:
            theta = without
    return theta


def _singular(terms: list[Term], reml: Reml, theta: np.ndarray) -> bool:
    diagonals = [np.diag(t.factor(part)) for t, part in zip(terms, reml.random.split(theta), strict=True)]
    return bool(np.concatenate(diagonals).min() < SINGULAR)


def _numbers(design: Design, terms: list[Term]) -> int:
    patterns = len(np.unique(design.counts, axis=0))
    of_side = {side: sum(t.columns.shape[0] * len(t.names) for t in terms if t.side == side)
               for side in ("participant", "clip")}  # fmt: skip
    return patterns * of_side["participant"] * (of_side["clip"] + design.fixed.shape[1])


def maximal_terms(design: Design, ratings: Ratings, a: str, b: str) -> tuple[list[Term], list[str]]:
    """Give the random terms that the design allows, and what it does not allow.

    A group needs two levels and, for slopes, levels with two conditions; a term with as many random effects as there
    are ratings is not told apart from the residual.
    """
    codes, names = condition_contrasts(ratings.levels("condition"), a, b)
    slopes = codes[design.condition]
    with_descriptor = design.clip * (design.descriptor.max() + 1) + design.descriptor
    groups: list[tuple[str, Side, np.ndarray]] = [
        ("participant", "participant", np.zeros_like(design.clip)),
        ("clip", "clip", design.clip),
    ]
    if len(np.unique(design.descriptor)) > 1:
        groups.insert(1, ("participant:descriptor", "participant", design.descriptor))
        if len(np.unique(with_descriptor)) == len(np.unique(design.clip)):
            groups.pop()  # each clip was rated on one descriptor only: clips are within descriptors
        groups.append(("clip:descriptor", "clip", with_descriptor))
    terms, left_out = [], []
    for group, side, level in groups:
        levels = np.unique(level)
        n_levels, several = rated_by_level(design, level, side == "participant")
        if n_levels < 2 or (group == "clip:descriptor" and n_levels == len(np.unique(design.descriptor))):
            left_out.append(f"{group} (one level)")
            continue
        if group == "participant:descriptor" and n_levels == len(design.counts):
            left_out.append(f"{group} (each participant rated one descriptor)")
            continue
        crossed = several and len(names) > 0
        chosen = ("Intercept", *names) if crossed else ("Intercept",)
        if len(names) and not crossed:
            left_out.append(f"slopes of {group} (each level has one condition)")
        if n_levels * len(chosen) >= design.counts.sum():
            left_out.append(f"{group} (as many random effects as ratings)")
            continue
        columns = np.hstack([np.ones((len(level), 1)), slopes]) if crossed else np.ones((len(level), 1))
        by_level = np.array([columns * (level == one)[:, None] for one in levels])
        terms.append(Term(group, side, chosen, by_level, correlated=crossed))
    return terms, left_out


def marginal_means(model: MainModel, ratings: Ratings) -> pd.DataFrame:
    """Give the estimated marginal mean of each condition, within each descriptor and over all (weighing the same).

    Returns
    -------
    pd.DataFrame
        descriptor, condition, mean, se, df, ci_low, ci_high.
    """
    scopes, weights = [], []
    for descriptor, of_condition in _by_scope(model, ratings).items():
        scopes += [(descriptor, condition) for condition in of_condition]
        weights += list(of_condition.values())
    table = model.fit.contrasts(np.array(weights)).rename(columns={"estimate": "mean"})
    labels = pd.DataFrame(scopes, columns=["descriptor", "condition"])
    return pd.concat([labels, table[["mean", "se", "df", "ci_low", "ci_high"]]], axis=1)


def main_contrasts(model: MainModel, ratings: Ratings, pairs: list[tuple[str, str]]) -> pd.DataFrame:
    """Test pairs of conditions, over all descriptors and within each: descriptor, a, b, then `CONTRASTS`."""
    labels, weights = [], []
    for descriptor, rows in _by_scope(model, ratings).items():
        for a, b in pairs:
            if a in rows and b in rows:
                labels.append([descriptor, a, b])
                weights.append(rows[a] - rows[b])
    if not labels:
        return pd.DataFrame(columns=["descriptor", "a", "b", *CONTRASTS])
    return pd.concat(
        [pd.DataFrame(labels, columns=["descriptor", "a", "b"]), model.fit.contrasts(np.array(weights))], axis=1
    )


def _by_scope(model: MainModel, ratings: Ratings) -> dict[str, dict[str, np.ndarray]]:
    """Give the fixed-effects row of each condition within each descriptor, and over all those with ratings of it."""
    rows = cell_rows(model.design, ratings)
    descriptors, conditions = ratings.levels("descriptor"), ratings.levels("condition")
    scopes = {d: {c: rows[d, c] for c in conditions if (d, c) in rows} for d in descriptors}
    if len(descriptors) > 1:
        everywhere = [c for c in conditions if all((d, c) in rows for d in descriptors)]
        mean = {c: np.mean([rows[d, c] for d in descriptors], axis=0) for c in everywhere}
        scopes = {EVERY: mean, **scopes} if mean else scopes
    return scopes


def main_tests(model: MainModel, ratings: Ratings) -> pd.DataFrame:
    """Test condition, descriptor and their interaction by F with Satterthwaite's degrees of freedom (marginal means
    weigh all cells the same, as type III): effect, F, df1, df2, p; empty where a cell has no ratings."""
    columns = ["effect", "F", "df1", "df2", "p"]
    rows = cell_rows(model.design, ratings)
    descriptors, conditions = ratings.levels("descriptor"), ratings.levels("condition")
    if len(rows) < len(descriptors) * len(conditions):
        return pd.DataFrame(columns=columns)
    grid = np.array([[rows[d, c] for c in conditions] for d in descriptors])
    hypotheses = {
        "condition": _from_first(grid.mean(axis=0)),
        "descriptor": _from_first(grid.mean(axis=1)),
        "condition:descriptor": _from_first(_from_first(grid).swapaxes(0, 1)).reshape(-1, grid.shape[2]),
    }
    return pd.DataFrame(
        [[name, *model.fit.f_test(weights)] for name, weights in hypotheses.items() if len(weights)], columns=columns
    )


def _from_first(levels: np.ndarray) -> np.ndarray:
    """Give each level minus the first: the basis of lmerTest, on which the denominator's degrees of freedom depend."""
    return levels[1:] - levels[0]
