"""Every number of a report: computed once for the participants who are kept, and once more for all."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.cells import Cells, cells
from analysis.data.ratings import Ratings
from analysis.data.stimuli import Stimuli
from analysis.statistics import mixed, ordinal
from analysis.statistics.anova import anova, anova_by_descriptor
from analysis.statistics.descriptives import by_clip, descriptives, means
from analysis.statistics.design import design, rated_by_level
from analysis.statistics.equivalence import refuse_margin_beyond
from analysis.statistics.listeners_and_clips import MainModel, fit_main, main_contrasts, main_tests, marginal_means
from analysis.statistics.medians import is_continuous, medians, medians_by_clip
from analysis.statistics.posthoc import COLUMNS, EFFECTS, friedman, holm, posthoc
from analysis.statistics.question import (
    beside_tables,
    kept_tables,
    listener_tables,
    model_tables,
    odds_tables,
    of_new_music,
    question_tables,
)
from analysis.statistics.reliability import agreement, reliability
from analysis.statistics.table import Table

MOST_SLOPE_PARTICIPANTS = 2000


@dataclass(frozen=True)
class Described:
    """What needs no model, of one set of participants.

    Attributes
    ----------
    ratings, cells
        What it was computed from.
    tables
        By file name.
    """

    ratings: Ratings
    cells: Cells
    tables: dict[str, Table]

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Give a table's numbers."""
        return self.tables[name].data


@dataclass(frozen=True)
class Results(Described):
    """Everything that was computed from one set of participants.

    Attributes
    ----------
    compared
        The two conditions of the study's main question, a and b (reported as a - b), or None with a single condition.
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

    compared: tuple[str, str] | None
    main: MainModel | None
    models: dict[str, mixed.MixedFit | None]
    ordinal: ordinal.OrdinalFit | None
    margin: float | None = None
    alpha: float = 0.05

    @property
    def pair(self) -> tuple[str, str]:
        """The compared conditions, of results that are known to have two."""
        if self.compared is None:
            raise ValueError("The ratings have one condition; there is no pair to compare.")
        return self.compared

    @property
    def of_new_music(self) -> bool:
        """Whether the main model knows how clips differ, so that its answer holds for others."""
        return of_new_music(self.main)


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


def describe(ratings: Ratings) -> Described:
    """Compute the tables that need no model."""
    grid = cells(ratings)
    pairs = posthoc(grid)
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
    ]
    return Described(ratings, grid, {table.name: table for table in found})


def compute(
    of: Ratings | Described,
    compared: tuple[str, str] | None = None,
    stimuli: Stimuli | None = None,
    thorough: bool = True,
    margin: float | None = None,
    unprocessed: str | None = None,
    listeners: pd.DataFrame | None = None,
    answered: Callable[[Results], None] = lambda found: None,
) -> Results:
    """Compute every table, those of `describe` included; with `thorough=False` without the models that take longest
    (slopes, ordinal, reliability), with a margin the tests of equivalence too, with an unprocessed condition whether
    every other one is equivalent to it, and with listeners' answers (by participant) the difference between their
    groups. `answered` is called with what there is once the main model and the compared conditions' tables are."""
    described = of if isinstance(of, Described) else describe(of)
    ratings, grid = described.ratings, described.cells
    if margin is not None:
        refuse_margin_beyond(margin, ratings.scale)
    layout = design(ratings)
    pair = compared_conditions(grid.conditions, compared)
    main = fit_main(layout, ratings, *pair) if pair else None
    of_main = _main_tables(main, ratings)
    asked = question_tables(ratings, grid, pair, stimuli) if pair else []
    tables = described.tables | {table.name: table for table in [*of_main, *asked]}
    answered(Results(ratings, grid, tables, pair, main, {}, None, margin))
    models: dict[str, mixed.MixedFit | None] = {"intercepts": mixed.fit(layout)}
    _, several = rated_by_level(layout, np.zeros_like(layout.clip), of_participants=True)
    several = several and len(layout.counts) <= MOST_SLOPE_PARTICIPANTS
    if thorough:
        models["slopes"] = (
            mixed.fit(layout, slopes=True) if several and _slopes_are_identifiable(layout.counts) else None
        )
    check = ordinal.fit(ratings) if thorough else None
    found = [*of_main, *_mixed_tables(models), *_ordinal_tables(check)]
    if thorough:
        found += [
            Table("reliability", "Reliability of the ratings.", reliability(ratings)),
            Table("agreement", "Correlation of each participant with the mean of the others.", agreement(ratings)),
        ]
    if pair:
        found += asked
        found += model_tables(ratings, layout, models, pair)
        found += odds_tables(ratings, pair) if thorough else []
        found += beside_tables(ratings, grid, main, pair, margin)
        found += kept_tables(ratings, grid, main, unprocessed, margin)
        found += listener_tables(grid, pair, listeners)
    tables = described.tables | {table.name: table for table in found}
    return Results(ratings, grid, tables, pair, main, models, check, margin)


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


def _slopes_are_identifiable(counts: np.ndarray) -> bool:
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
        Table("ordinal_variance", "Variances of the cumulative logit model.", check.variances[["group", "variance"]]),
    ]


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
