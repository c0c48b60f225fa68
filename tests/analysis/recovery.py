"""Simulated studies with known effects: how often intervals cover the truth and tests find what is not there.

`python -m tests.analysis.recovery [studies]` prints the tables of docs/validation.md.
"""

import sys
import time
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.data.cells import cells
from analysis.data.ratings import Ratings, from_table
from analysis.data.stimuli import FREQUENCIES_HZ, Stimuli
from analysis.statistics import mixed
from analysis.statistics.adaptive import advantage
from analysis.statistics.adaptivity import adaptivity, fit_adaptivity
from analysis.statistics.anova import anova, anova_by_descriptor
from analysis.statistics.contrasts import mixed_contrasts
from analysis.statistics.design import design
from analysis.statistics.equivalence import EQUIVALENT, tost
from analysis.statistics.heterogeneity import heterogeneity
from analysis.statistics.listener_factors import listener_factors
from analysis.statistics.listeners_and_clips import fit_main, main_contrasts, main_tests
from analysis.statistics.ordinal import odds_with_slopes
from analysis.statistics.posthoc import friedman, holm, posthoc
from analysis.statistics.quasi_f import quasi_f_table
from analysis.statistics.question import primary
from analysis.statistics.robust import robust

CONDITIONS = ("original", "semantic", "static")
DESCRIPTORS = ("warm", "bright")
PAIR = ("semantic", "static")
TRUE_DIFFERENCE = 0.4
PARTICIPANTS, CLIPS = 15, 10
SDS = {"participant": 0.7, "participant by condition": 0.3, "clip": 0.5, "residual": 1.0}
LOGIT = np.sqrt(3) / np.pi  # in SDs of a logistic distribution
CLIP_BY_CONDITION = (0.0, 0.4)  # the two columns: clips alike, clips differ in what a condition does to them


def normal(rng: np.random.Generator, sd: float, n: int) -> np.ndarray:
    """Draw normal residuals."""
    return rng.normal(0, sd, n)


def logistic(rng: np.random.Generator, sd: float, n: int) -> np.ndarray:
    """Draw logistic residuals: rounded, the ratings follow a cumulative logit model."""
    return rng.logistic(0, sd * LOGIT, n)


def study(
    seed: int,
    difference: float,
    whole: bool,
    clip_by_condition: float,
    shared: bool = False,
    residual: Callable[[np.random.Generator, float, int], np.ndarray] = normal,
) -> Ratings:
    """Simulate one study; `semantic` exceeds the others by the difference; whole ratings from 1 to 7, or unrounded
    ones. What a condition does to a clip is the same on every descriptor where `shared`, else each descriptor's own."""
    rng = np.random.default_rng(seed)
    p, d, c, k = (x.ravel() for x in np.indices((PARTICIPANTS, len(DESCRIPTORS), CLIPS, len(CONDITIONS))))
    own = rng.normal(0, SDS["participant by condition"], (PARTICIPANTS, len(CONDITIONS)))
    of_clip = rng.normal(0, clip_by_condition, (CLIPS, 1 if shared else len(DESCRIPTORS), len(CONDITIONS)))
    rating = 4 + difference * (k == 1) + rng.normal(0, SDS["participant"], PARTICIPANTS)[p] + own[p, k]
    rating += rng.normal(0, SDS["clip"], CLIPS)[c] + of_clip[c, d * (not shared), k]
    rating += residual(rng, SDS["residual"], p.size)
    labels = {"descriptor": np.array(DESCRIPTORS)[d], "clip": c, "condition": np.array(CONDITIONS)[k]}
    table = pd.DataFrame({"participant": p, **labels, "rating": np.clip(np.rint(rating), 1, 7) if whole else rating})
    return from_table(table, (1, 7) if whole else (-20, 20))


def coverage(studies: int, clip_by_condition: float, shared: bool = False) -> pd.DataFrame:
    """Count how often 95 % intervals of semantic - static hold the true difference, on unrounded ratings; bool
    [study, interval]."""
    return _over_studies(
        studies, 0, lambda seed: _covered(study(seed, TRUE_DIFFERENCE, False, clip_by_condition, shared))
    )


def _covered(one: Ratings) -> dict[str, bool]:
    grid, layout = cells(one), design(one)
    models = {"intercepts": mixed.fit(layout), "slopes": mixed.fit(layout, slopes=True)}
    contrasts = mixed_contrasts(models, layout, one, *PAIR)
    main = main_contrasts(fit_main(layout, one, *PAIR), one, [PAIR]).set_index("descriptor")
    pairs, others = posthoc(grid), robust(grid, *PAIR)
    intervals = {
        "new listeners and new music: main model, all descriptors": main.loc["all descriptors"],
        "new listeners and new music: main model, one descriptor": main.loc[DESCRIPTORS[0]],
        "these clips: t-test, all descriptors": primary(grid, *PAIR).iloc[0],
        "these clips: trimmed means, all descriptors": others[others["test"] == "trimmed means"].iloc[0],
        "these clips: t-test, one descriptor": pairs[(pairs["a"] == PAIR[0]) & (pairs["b"] == PAIR[1])].iloc[0],
    }
    for name in models:
        intervals[f"appendix: mixed model, {name} for participants"] = contrasts[contrasts["model"] == name].iloc[-1]
    held = {name: row["ci_low"] <= TRUE_DIFFERENCE <= row["ci_high"] for name, row in intervals.items()}
    row = main.loc["all descriptors"]
    declared = tost(row["estimate"], row["se"], row["df"], TRUE_DIFFERENCE).verdict == EQUIVALENT
    return held | {"new listeners and new music: not called equivalent at the margin itself": not declared}


def coverage_of_odds(studies: int, clip_by_condition: float) -> pd.DataFrame:
    """Count how often the 95 % interval of an odds ratio holds the true one, on whole ratings of a cumulative logit
    model; bool [study, interval]."""
    true_ratio = np.exp(TRUE_DIFFERENCE / (SDS["residual"] * LOGIT))

    def held(seed: int) -> dict[str, bool]:
        one = study(seed, TRUE_DIFFERENCE, True, clip_by_condition, residual=logistic)
        row = odds_with_slopes(one, *PAIR)[0].iloc[0]
        return {
            "new listeners and new music: odds ratio, one descriptor": row["ci_low"] <= true_ratio <= row["ci_high"]
        }

    return _over_studies(studies, 0, held)


def false_positives(studies: int, clip_by_condition: float, shared: bool = False) -> pd.DataFrame:
    """Count significant results at 5 % without any effect, on whole ratings; bool [study, test]."""
    return _over_studies(studies, 10_000, lambda seed: _found(study(seed, 0.0, True, clip_by_condition, shared)))


def _found(one: Ratings) -> dict[str, bool]:
    grid, layout = cells(one), design(one)
    model = fit_main(layout, one, *PAIR)
    f_tests = main_tests(model, one).set_index("effect")["p"]
    contrasts = main_contrasts(model, one, list(combinations(CONDITIONS, 2)))
    main = contrasts[(contrasts["a"] == PAIR[0]) & (contrasts["b"] == PAIR[1])].set_index("descriptor")["p"]
    every = contrasts.loc[contrasts["descriptor"] == "all descriptors", "p"].to_numpy()
    quasi = quasi_f_table(one, *PAIR).set_index(["descriptor", "effect"])
    tests, alone, pairs = anova(grid).set_index("effect"), anova_by_descriptor(grid), posthoc(grid)
    first = pairs[pairs["descriptor"] == DESCRIPTORS[0]]
    pair = "semantic - static"
    others = robust(grid, *PAIR).set_index(["descriptor", "test"])["p"]
    known = _scores(one)
    slopes = advantage(one, *PAIR, known)
    p = {
        "new listeners and new music: main model, condition": f_tests["condition"],
        "new listeners and new music: main model, condition x descriptor": f_tests["condition:descriptor"],
        "new listeners and new music: main model, semantic - static": main["all descriptors"],
        "new listeners and new music: main model, semantic - static, one descriptor": main[DESCRIPTORS[0]],
        "new listeners and new music: main model, any pair, Holm": holm(every).min(),
        "new listeners and new music: min F', condition": quasi.loc[("all descriptors", "condition"), "p_min"],
        "new listeners and new music: min F', semantic - static": quasi.loc[("all descriptors", pair), "p_min"],
        "F', condition": quasi.loc[("all descriptors", "condition"), "p"],
        "F', semantic - static": quasi.loc[("all descriptors", pair), "p"],
        "these clips: ANOVA, condition (Greenhouse-Geisser)": tests.loc["condition", "p_gg"],
        "these clips: ANOVA, condition (Huynh-Feldt)": tests.loc["condition", "p_hf"],
        "these clips: ANOVA, condition x descriptor (Greenhouse-Geisser)": tests.loc["condition:descriptor", "p_gg"],
        "these clips: ANOVA, one descriptor (Greenhouse-Geisser)": alone["p_gg"].iloc[0],
        "these clips: t-test, semantic - static over descriptors": primary(grid, *PAIR)["p"][0],
        "these clips: any of one descriptor's pairs, Holm": first["p_holm"].min(),
        "these clips: Wilcoxon, one pair": first["p_wilcoxon"].iloc[0],
        "these clips: Friedman, one descriptor": friedman(grid)["p"][0],
        "new listeners and new music: adaptivity": adaptivity(fit_adaptivity(one, *PAIR, known), *PAIR)["p"][0],
        "new listeners and new music: adaptivity, one descriptor": slopes["p"][0],
        "new listeners and new music: odds ratio, one descriptor": odds_with_slopes(one, *PAIR)[0]["p"][0],
        "these clips: Wilcoxon, over descriptors": others["all descriptors", "Wilcoxon"],
        "these clips: permutation, over descriptors": others["all descriptors", "permutation"],
        "these clips: trimmed means, over descriptors": others["all descriptors", "trimmed means"],
        "these clips: groups of listeners (Welch)": listener_factors(grid, *PAIR, _said(one))["p"][0],
        "Mauchly, condition": tests.loc["condition", "p_W"],
    }
    return {name: value < 0.05 for name, value in p.items()}


def _scores(one: Ratings) -> Stimuli:
    """Give each clip a score of how much it already sounds so, which has nothing to do with its ratings."""
    pairs = [(descriptor, clip) for descriptor in one.levels("descriptor") for clip in one.levels("clip")]
    table = pd.DataFrame(pairs, columns=["descriptor", "clip"])
    table["baseline_score"] = np.random.default_rng(0).normal(0, 1, len(table))
    return Stimuli(table, np.full((len(table), len(FREQUENCIES_HZ)), np.nan))


def _said(one: Ratings) -> pd.DataFrame:
    """Give each listener an experience that has nothing to do with their ratings."""
    people = one.levels("participant")
    return pd.DataFrame({"experience": np.array(["little", "some", "much"])[np.arange(len(people)) % 3]}, index=people)


def predicted(studies: int, clip_by_condition: float) -> pd.DataFrame:
    """Count how often the SD over clips lies in its interval and a new clip's true difference in its own; bool
    [study, interval]."""
    true_sd = np.sqrt(2) * clip_by_condition
    new_clips = TRUE_DIFFERENCE + true_sd * np.random.default_rng(9).standard_normal(studies)

    def held(seed: int) -> dict[str, bool]:
        one = study(seed, TRUE_DIFFERENCE, False, clip_by_condition)
        row = heterogeneity(one, *PAIR).set_index("descriptor").loc[DESCRIPTORS[0]]
        return {
            "SD of the difference over clips": row["sd_low"] <= true_sd <= row["sd_high"],
            "prediction interval of a new clip": row["new_clip_low"] <= new_clips[seed] <= row["new_clip_high"],
        }

    return _over_studies(studies, 0, held)


def _over_studies(studies: int, first: int, count: Callable[[int], dict[str, bool]]) -> pd.DataFrame:
    return pd.DataFrame([count(first + i) for i in range(studies)])


def main(studies: int) -> None:
    """Print the tables as Markdown, a column for clips that are alike and one for clips that differ by condition."""
    titles = {
        "covers the difference": coverage,
        "covers the odds ratio": coverage_of_odds,
        "significant": false_positives,
        "covers": predicted,
    }
    for title, run in titles.items():
        start = time.perf_counter()
        columns = [run(studies, sd).mean() for sd in CLIP_BY_CONDITION]
        print(
            f"| {title} in {studies} studies | clips alike | clips differ by condition (SD 0.4) |\n| --- | ---: | "
            f"---: |"
        )
        for name in columns[0].index:
            print(f"| {name} | {columns[0][name]:.3f} | {columns[1][name]:.3f} |", flush=True)
        print(f"\n({time.perf_counter() - start:.0f} s)\n", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
