"""Every number of a report: computed once for the participants who are kept, and once more for all."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.cells import Cells, cells
from analysis.data.ratings import Ratings
from analysis.data.stimuli import Stimuli
from analysis.statistics import adaptive, mixed, ordinal
from analysis.statistics.adaptivity import adaptivity, fit_adaptivity
from analysis.statistics.anova import anova, anova_by_descriptor
from analysis.statistics.bayes import bayes_factors
from analysis.statistics.contrasts import EVERY, mixed_contrasts, omnibus
from analysis.statistics.descriptives import by_clip, descriptives, mean_ci, means
from analysis.statistics.design import design
from analysis.statistics.effect_sizes import paired
from analysis.statistics.equivalence import equivalence, refuse_margin_beyond
from analysis.statistics.heterogeneity import heterogeneity
from analysis.statistics.kept import kept
from analysis.statistics.listeners_and_clips import MainModel, fit_main, main_contrasts, main_tests, marginal_means
from analysis.statistics.medians import is_continuous, medians, medians_by_clip
from analysis.statistics.posthoc import COLUMNS, EFFECTS, friedman, holm, posthoc
from analysis.statistics.quasi_f import quasi_f_table
from analysis.statistics.reliability import agreement, reliability
from analysis.statistics.robust import robust
from analysis.statistics.table import Table

PRIMARY = ["descriptor", "a", "b", "n", "diff", "ci_low", "ci_high", "t", "dof", "p", "dz"]
MOST_SLOPE_PARTICIPANTS = 2000
NEW_MUSIC, THESE_CLIPS = "new listeners and new music", "these clips"


@dataclass(frozen=True)
class Results:
    """What was computed from one set of participants.

    Attributes
    ----------
    ratings, cells
        What it was computed from.
    tables
        By file name.
    compared
        The two conditions of the study's main question, a and b (a - b is told), or None with a single condition.
    main
        The main model, of new listeners and new music; None where it could not be fitted.
    models
        The appendix's mixed models by name, `intercepts` and `slopes`; None where one could not be fitted.
    ordinal
        The cumulative logit model, or None.
    margin
        The smallest effect of interest, points of the scale; None where the study states none.
    alpha
        p below which the compared conditions count as different: 5 %, or the limit of the planned look.
    """

    ratings: Ratings
    cells: Cells
    tables: dict[str, Table]
    compared: tuple[str, str] | None
    main: MainModel | None
    models: dict[str, mixed.MixedFit | None]
    ordinal: ordinal.OrdinalFit | None
    margin: float | None = None
    alpha: float = 0.05

    @property
    def of_new_music(self) -> bool:
        """Whether the main model knows how clips differ, so that its answer holds for others."""
        return _of_new_music(self.main)

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Give a table's numbers."""
        return self.tables[name].data


def _of_new_music(main: MainModel | None) -> bool:
    return main is not None and any(term.side == "clip" for term in main.fit.reml.terms)


def compared_conditions(conditions: list[str], wanted: tuple[str, str] | None = None) -> tuple[str, str] | None:
    """Choose the pair that the answer is about: as wanted, else semantic and static, else the first two."""
    if wanted:
        unknown = [name for name in wanted if name not in conditions]
        if unknown:
            raise ValueError(f"Unknown condition {unknown[0]!r} (known: {', '.join(conditions)}).")
        return wanted
    if {"semantic", "static"} <= set(conditions):
        return "semantic", "static"
    return (conditions[0], conditions[1]) if len(conditions) > 1 else None


def compute(
    ratings: Ratings,
    compared: tuple[str, str] | None = None,
    stimuli: Stimuli | None = None,
    thorough: bool = True,
    margin: float | None = None,
    unprocessed: str | None = None,
) -> Results:
    """Compute every table; with `thorough=False` without the models that take longest (slopes, ordinal,
    reliability), with a margin the tests of equivalence too, and with an
    unprocessed condition whether every other one is equivalent to it."""
    if margin is not None:
        refuse_margin_beyond(margin, ratings.scale)
    grid = cells(ratings)
    pairs = posthoc(grid)
    layout = design(ratings)
    models: dict[str, mixed.MixedFit | None] = {"intercepts": mixed.fit(layout)}
    several = len(grid.conditions) > 1 and len(layout.counts) <= MOST_SLOPE_PARTICIPANTS
    if thorough:
        models["slopes"] = mixed.fit(layout, slopes=True) if several and _slopes_can_be_told(layout.counts) else None
    check = ordinal.fit(ratings) if thorough else None
    pair = compared_conditions(grid.conditions, compared)
    main = fit_main(layout, ratings, *pair) if pair else None
    found = [
        Table(
            "means",
            "Mean rating by descriptor and condition, with between-subject 95 % CIs (n: participants).",
            means(grid),
        ),
        Table(
            "descriptives",
            "Ratings with between-subject (ci) and within-subject (Morey, 2008) 95 % CIs.",
            descriptives(grid),
        ),
        Table("means_by_clip", "Ratings by descriptor, condition and clip.", by_clip(ratings)),
        Table("missing_cells", "Participants without any rating of a descriptor and condition.", grid.missing()),
        Table("anova", "Repeated-measures ANOVA on participant means.", anova(grid)),
        Table("anova_by_descriptor", "Repeated-measures ANOVA within each descriptor.", anova_by_descriptor(grid)),
        Table("posthoc", "Pairs of conditions within each descriptor (Holm within descriptor).", pairs[COLUMNS]),
        Table("effects", "Effect sizes of the pairs with 95 % CIs.", pairs[["descriptor", "a", "b", "dz", *EFFECTS]]),
        Table("friedman", "Friedman's test within each descriptor.", friedman(grid)),
        Table("assumptions", "Normality of the pairs' differences (Shapiro-Wilk).", normality(grid)),
        *_median_tables(ratings),
        *_main_tables(main, ratings),
        *_mixed_tables(models),
        *_ordinal_tables(check),
    ]
    if thorough:
        found += [
            Table("reliability", "Reliability of the ratings.", reliability(ratings)),
            Table("agreement", "Correlation of each participant with the mean of the others.", agreement(ratings)),
        ]
    if pair:
        found += _question_tables(ratings, grid, layout, models, pair, stimuli)
        found += _beside_tables(ratings, grid, main, pair, margin)
        found += _kept_tables(ratings, grid, main, unprocessed, margin)
    return Results(ratings, grid, {table.name: table for table in found}, pair, main, models, check, margin)


def _median_tables(ratings: Ratings) -> list[Table]:
    if not is_continuous(ratings.scale):
        return []
    return [
        Table("medians", "Medians over listeners and clips, 95 % intervals and quartiles.", medians(ratings)),
        Table("medians_by_clip", "Medians of single clips, 95 % intervals and quartiles.", medians_by_clip(ratings)),
    ]


def _main_tables(main: MainModel | None, ratings: Ratings) -> list[Table]:
    if main is None:
        return []
    pairs = list(combinations(ratings.levels("condition"), 2))
    contrasts = main_contrasts(main, ratings, pairs)
    contrasts["p_holm"] = np.nan
    for _, rows in contrasts.groupby("descriptor", sort=False):
        contrasts.loc[rows.index, "p_holm"] = holm(rows["p"].to_numpy())
    return [
        Table(
            "main_model_tests",
            "Main model: F tests with Satterthwaite's degrees of freedom.",
            main_tests(main, ratings),
        ),
        Table("main_model_contrasts", "Main model: pairs of conditions (Holm within descriptor).", contrasts),
        Table("main_model_means", "Main model: estimated marginal means.", marginal_means(main, ratings)),
        Table("main_model_variance", "Main model: SDs over participants and clips.", main.fit.variances()),
    ]


def _slopes_can_be_told(counts: np.ndarray) -> bool:
    return len(counts) > 2 and counts.sum() > 3 * counts.shape[0]


def _mixed_tables(models: dict[str, mixed.MixedFit | None]) -> list[Table]:
    captions = {
        "intercepts": ("lmm", "rating ~ condition * descriptor + (1 | participant) + (1 | clip)"),
        "slopes": ("lmm_slopes", "rating ~ condition * descriptor + (1 + condition | participant) + (1 | clip)"),
    }
    tables = []
    for key, model in models.items():
        name, formula = captions[key]
        if model is None and key == "slopes":
            continue
        empty = pd.DataFrame(columns=["term", "estimate", "se", "z", "p", "ci_low", "ci_high"])
        coefficients = empty if model is None else model.coefficients
        variances = pd.DataFrame(columns=["group", "variance"]) if model is None else model.variances
        tables += [
            Table(name, f"Linear mixed model {formula}, REML.", coefficients),
            Table(f"{name}_variance", f"Variances of {formula}.", variances),
        ]
    return tables


def _ordinal_tables(check: ordinal.OrdinalFit | None) -> list[Table]:
    if check is None:
        return []
    return [
        Table("ordinal", "Cumulative logit model with the same terms, in logits.", check.coefficients),
        Table("ordinal_variance", "Variances of the cumulative logit model.", check.variances),
    ]


def _question_tables(ratings, grid, layout, models, pair, stimuli) -> list[Table]:
    a, b = pair
    tables = [
        Table("primary", f"{a} minus {b}, over all descriptors and within each.", primary(grid, a, b)),
        Table("lmm_contrasts", f"{a} minus {b} by the mixed models.", mixed_contrasts(models, layout, ratings, a, b)),
        Table(
            "lmm_tests",
            "Wald tests with random intercepts only (not to be reported).",
            omnibus(models["intercepts"], layout, ratings),
        ),
        Table(
            "quasi_f", "Quasi-F ratios, participants and clips random, of complete data.", quasi_f_table(ratings, a, b)
        ),
        Table("clip_heterogeneity", f"How {a} minus {b} varies over clips.", heterogeneity(ratings, a, b)),
        Table("clip_differences", f"{a} minus {b} by clip.", adaptive.clip_differences(ratings, a, b, stimuli)),
    ]
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


def _bases(
    ratings: Ratings, grid: Cells, main: MainModel | None, pairs: list[tuple[str, str]]
) -> dict[str, pd.DataFrame]:
    """Give contrasts (estimate, se, df) by what they hold for, the widest first."""
    of_clips = pd.concat([primary(grid, a, b) for a, b in pairs], ignore_index=True)
    of_clips = of_clips.rename(columns={"diff": "estimate", "dof": "df"})
    of_clips["se"] = (of_clips["ci_high"] - of_clips["ci_low"]) / 2 / stats.t.ppf(0.975, of_clips["df"])
    if _of_new_music(main):
        return {NEW_MUSIC: main_contrasts(main, ratings, pairs), THESE_CLIPS: of_clips}
    return {THESE_CLIPS: of_clips}


def _kept_tables(ratings, grid, main, unprocessed: str | None, margin: float | None) -> list[Table]:
    """Compare every condition with the unprocessed one for equivalence, where both it and a margin are known."""
    if unprocessed not in grid.conditions or margin is None:
        return []
    pairs = [(condition, unprocessed) for condition in grid.conditions if condition != unprocessed]
    caption = f"Every condition against {unprocessed}: equivalent within {margin:g} points, worse, better or undecided."
    return [Table("kept", caption, kept(_bases(ratings, grid, main, pairs), margin))]


def _beside_tables(ratings, grid, main, pair, margin) -> list[Table]:
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


def normality(grid: Cells) -> pd.DataFrame:
    """Test the differences of every pair for normality: descriptor, a, b, n, W, p; empty beyond 5,000 participants
    or below 3."""
    rows = []
    for d, descriptor in enumerate(grid.descriptors):
        for i, a in enumerate(grid.conditions):
            for j in range(i + 1, len(grid.conditions)):
                values = grid.means[:, d, i] - grid.means[:, d, j]
                values = values[np.isfinite(values)]
                if 3 <= len(values) <= 5000 and np.ptp(values) > 1e-9:
                    w, p = stats.shapiro(values)
                    rows.append([descriptor, a, grid.conditions[j], len(values), float(w), float(p)])
    return pd.DataFrame(rows, columns=["descriptor", "a", "b", "n", "W", "p"])
