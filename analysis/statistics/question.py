"""The tables about the study's question: the compared conditions a and b, for new music and for these clips."""

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.cells import Cells
from analysis.data.ratings import Ratings
from analysis.data.stimuli import Stimuli
from analysis.statistics import adaptive
from analysis.statistics.adaptivity import adaptivity, fit_adaptivity
from analysis.statistics.bayes import bayes_factors
from analysis.statistics.contrasts import EVERY, mixed_contrasts, omnibus
from analysis.statistics.descriptives import mean_ci
from analysis.statistics.design import Design
from analysis.statistics.effect_sizes import paired
from analysis.statistics.equivalence import equivalence
from analysis.statistics.heterogeneity import heterogeneity
from analysis.statistics.kept import kept
from analysis.statistics.listener_factors import listener_factors, listener_groups
from analysis.statistics.listeners_and_clips import MainModel, main_contrasts
from analysis.statistics.mixed import MixedFit
from analysis.statistics.odds import odds_ratios
from analysis.statistics.ordinal import odds_with_slopes
from analysis.statistics.quasi_f import quasi_f_table
from analysis.statistics.robust import robust
from analysis.statistics.table import Table

PRIMARY = ["descriptor", "a", "b", "n", "diff", "ci_low", "ci_high", "t", "dof", "p", "dz"]
NEW_MUSIC, THESE_CLIPS = "new listeners and new music", "these clips"


def question_tables(ratings: Ratings, grid: Cells, pair: tuple[str, str], stimuli: Stimuli | None) -> list[Table]:
    """Give the tables of the compared conditions that no model is needed for, and those of adaptivity."""
    a, b = pair
    tables = [
        Table("primary", f"{a} minus {b}, over all descriptors and within each.", primary(grid, a, b)),
        Table(
            "quasi_f", "Quasi-F ratios, participants and clips random, of complete data.", quasi_f_table(ratings, a, b)
        ),
        Table("clip_heterogeneity", f"How {a} minus {b} varies over clips.", heterogeneity(ratings, a, b)),
        Table("clip_differences", f"{a} minus {b} by clip.", adaptive.clip_differences(ratings, a, b, stimuli)),
    ]
    odds = odds_ratios(ratings, a, b)
    if len(odds):
        caption = f"Odds that a rating is above a split of the scale, {a} against {b}; alike if odds are proportional."
        tables.append(Table("odds_ratios", caption, odds))
    if stimuli is not None:
        tables += [
            Table("eq_spread", "How much each condition's EQ differs by clip.", adaptive.eq_spread(stimuli)),
            Table(
                "adaptive",
                f"Change of {a} minus {b} per SD of how much a clip already sounds so.",
                adaptive.advantage(ratings, a, b, stimuli),
            ),
            *_adaptivity_tables(ratings, a, b, stimuli),
        ]
    return tables


def _adaptivity_tables(ratings: Ratings, a: str, b: str, stimuli: Stimuli) -> list[Table]:
    found = fit_adaptivity(ratings, a, b, stimuli)
    if found is None:
        return []
    caption = f"Does {a} minus {b} depend on how much a clip already sounds so? One model over descriptors."
    curve = f"{a} minus {b} by how much a clip already sounds so, with its 95 % band."
    return [Table("adaptivity", caption, adaptivity(found, a, b)), Table("adaptivity_curve", curve, found.curve())]


def model_tables(
    ratings: Ratings, layout: Design, models: dict[str, MixedFit | None], pair: tuple[str, str]
) -> list[Table]:
    """Give the tables of the appendix's mixed models."""
    a, b = pair
    return [
        Table("lmm_contrasts", f"{a} minus {b} by the mixed models.", mixed_contrasts(models, layout, ratings, a, b)),
        Table(
            "lmm_tests",
            "Wald tests with random intercepts only (not to be reported).",
            omnibus(models["intercepts"], layout, ratings),
        ),
    ]


def odds_tables(ratings: Ratings, pair: tuple[str, str]) -> list[Table]:
    """Give the odds of a higher rating by cumulative logit models with slopes, where ratings are few categories."""
    a, b = pair
    odds, sds = odds_with_slopes(ratings, a, b)
    if odds.empty:
        return []
    caption = (
        f"Odds of a higher rating, {a} against {b}, by cumulative logit models with slopes; p and intervals by t with "
        "df degrees of freedom (containment)."
    )
    return [
        Table("ordinal_odds", caption, odds),
        Table("ordinal_odds_sd", "SDs of those models' random effects, in logits.", sds),
    ]


def of_new_music(main: MainModel | None) -> bool:
    """Tell whether the main model knows how clips differ."""
    return main is not None and any(term.side == "clip" for term in main.fit.reml.terms)


def _bases(
    ratings: Ratings, grid: Cells, main: MainModel | None, pairs: list[tuple[str, str]]
) -> dict[str, pd.DataFrame]:
    """Give contrasts (estimate, se, df) by what they hold for, the widest first."""
    of_clips = pd.concat([primary(grid, a, b) for a, b in pairs], ignore_index=True)
    of_clips = of_clips.rename(columns={"diff": "estimate", "dof": "df"})
    of_clips["se"] = (of_clips["ci_high"] - of_clips["ci_low"]) / 2 / stats.t.ppf(0.975, of_clips["df"])
    if main is not None and of_new_music(main):
        return {NEW_MUSIC: main_contrasts(main, ratings, pairs), THESE_CLIPS: of_clips}
    return {THESE_CLIPS: of_clips}


def kept_tables(
    ratings: Ratings, grid: Cells, main: MainModel | None, unprocessed: str | None, margin: float | None
) -> list[Table]:
    """Compare every condition with the unprocessed one for equivalence, where both it and a margin are known."""
    if unprocessed not in grid.conditions or margin is None:
        return []
    pairs = [(condition, unprocessed) for condition in grid.conditions if condition != unprocessed]
    caption = f"Every condition against {unprocessed}: equivalent within {margin:g} points, worse, better or undecided."
    return [Table("kept", caption, kept(_bases(ratings, grid, main, pairs), margin))]


def beside_tables(
    ratings: Ratings, grid: Cells, main: MainModel | None, pair: tuple[str, str], margin: float | None
) -> list[Table]:
    """Give what stands beside the tests of the compared conditions: equivalence, Bayes factors, robust tests."""
    a, b = pair
    bases = _bases(ratings, grid, main, [pair])
    factors = pd.concat([bayes_factors(basis, rows) for basis, rows in bases.items()], ignore_index=True)
    tables = [
        Table("bayes_factor", f"Bayes factors (JZS) for a difference, {a} minus {b}, against none.", factors),
        Table("robust", f"{a} minus {b} by tests that assume no normal distribution.", robust(grid, a, b)),
    ]
    if margin is not None:
        tests = pd.concat([equivalence(basis, rows, margin) for basis, rows in bases.items()], ignore_index=True)
        caption = f"{a} minus {b}: two one-sided tests of equivalence within {margin:g} points, p not adjusted."
        tables.append(Table("equivalence", caption, tests))
    return tables


def listener_tables(grid: Cells, pair: tuple[str, str], listeners: pd.DataFrame | None) -> list[Table]:
    """Give the tables of groups of listeners, where they are known."""
    if listeners is None:
        return []
    a, b = pair
    groups, tests = listener_groups(grid, a, b, listeners), listener_factors(grid, a, b, listeners)
    if groups.empty:
        return []
    return [
        Table("listener_factors", f"Does {a} minus {b} differ between groups of listeners? Welch's test.", tests),
        Table("listener_groups", f"{a} minus {b} within groups of listeners.", groups),
    ]


def primary(grid: Cells, a: str, b: str) -> pd.DataFrame:
    """Compare a and b by Student's t on participant means: over all descriptors, then within each.

    Returns
    -------
    pd.DataFrame
        `PRIMARY`; p is not adjusted (the post-hoc table's is).
    """
    i, j = grid.conditions.index(a), grid.conditions.index(b)
    scopes = [(d, grid.means[:, k, [i, j]]) for k, d in enumerate(grid.descriptors)]
    if len(scopes) > 1:
        scopes.insert(0, (EVERY, grid.means[:, :, [i, j]].mean(axis=1)))
    rows = []
    for scope, values in scopes:
        x, y = values[np.isfinite(values).all(axis=1)].T
        mean, _, low, high = mean_ci(x - y)
        n, dz = len(x), paired(x, y)["dz"]
        t = dz * np.sqrt(n)
        p = 2 * stats.t.sf(abs(t), n - 1) if n > 1 else np.nan
        rows.append([scope, a, b, n, mean, low, high, t, max(n - 1, 0), p, dz])
    return pd.DataFrame(rows, columns=PRIMARY)
