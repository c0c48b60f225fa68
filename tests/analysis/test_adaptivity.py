"""The adaptivity estimate against lmerTest (tests/reference/adaptivity.R): slope, curve, where it ends."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from analysis.data.ratings import from_table
from analysis.data.reading import read_csv
from analysis.data.stimuli import FREQUENCIES_HZ, Stimuli
from analysis.statistics.adaptivity import LEFT_OUT, adaptivity, fit_adaptivity
from analysis.statistics.results import compute
from analysis.writing.findings import results_section
from tests.analysis.reference import ANY_SCALE, FOLDER, expected

LMER = {"slope": "Estimate", "se": "Std. Error", "t": "t value", "p": "Pr(>|t|)", "ci_low": "lower", "ci_high": "upper"}


@cache
def study(case, clips=12, flat=False):
    """Give ratings and stimuli of both descriptors or of one, with so many clips or, `flat`, without a slope."""
    table = read_csv(FOLDER / "adaptivity.csv")
    table = table[(case == "both") | (table["descriptor"] == case)]
    table = table[table["clip"].isin([f"clip{i + 1}" for i in range(clips)])]
    if flat:
        score = table["baseline_score"].astype(float) * (table["condition"] == "semantic")
        table = table.assign(rating=table["rating"].astype(float) + 0.9 * score)
    known = (
        table[["descriptor", "clip", "condition", "baseline_score"]].drop_duplicates().astype({"baseline_score": float})
    )
    stimuli = Stimuli(known.reset_index(drop=True), np.full((len(known), len(FREQUENCIES_HZ)), np.nan))
    return from_table(table.drop(columns="baseline_score"), ANY_SCALE), stimuli


@pytest.mark.parametrize("case", ["both", "warm"])
def test_slope_curve_and_end_agree_with_lmertest(case):
    ratings, stimuli = study(case)
    found, r = fit_adaptivity(ratings, "semantic", "static", stimuli), expected("adaptivity")[case]
    row = adaptivity(found, "semantic", "static").iloc[0]
    assert found.model.left_out == () and found.model.fit.deviance == pytest.approx(r["deviance"], abs=2e-3)
    for name, name_in_r in LMER.items():
        assert row[name] == pytest.approx(r["slope"][0][name_in_r], rel=1e-3), name
    assert row["df"] == pytest.approx(r["slope"][0]["df"], rel=1e-2)
    curve = found.model.fit.contrasts(found.weights(np.array(r["at"], dtype=float)))
    assert curve["ci_high"].tolist() == pytest.approx([at["upper"] for at in r["curve"]], rel=1e-3)
    assert (row["ends_at"], row["ends_low"], row["ends_high"]) == pytest.approx((r["ends_at"], *r["fieller"]), rel=2e-3)


@pytest.mark.parametrize(("clips", "fitted"), [(3, False), (4, True)])
def test_a_slope_takes_four_clips(clips, fitted):
    ratings, stimuli = study("warm", clips)
    assert (fit_adaptivity(ratings, "semantic", "static", stimuli) is not None) == fitted


def test_a_slope_takes_clips_of_different_scores():
    ratings, stimuli = study("warm")
    same = Stimuli(stimuli.table.assign(baseline_score=0.5), stimuli.curves_db)
    assert fit_adaptivity(ratings, "semantic", "static", same) is None


@pytest.mark.parametrize(
    ("flat", "words"), [(False, "semantic was rated above static where it is below 0.32"), (True, "is not shown")]
)
def test_the_report_says_where_the_advantage_ends_or_that_no_slope_is_shown(flat, words):
    ratings, stimuli = study("both", flat=flat)
    results = compute(ratings, ("semantic", "static"), stimuli, thorough=False)
    assert words in results_section(results)
    assert np.isnan(results["adaptivity"]["ends_low"][0]) == flat


def test_a_slope_is_not_judged_by_single_ratings_where_clips_are_estimated_to_differ_alike_for_every_descriptor():
    table = pd.DataFrame({"descriptor": np.repeat(["warm", "bright"], 6), "clip": [*range(6)] * 2})
    table["baseline_score"] = [-1.5, -0.9, -0.3, 0.3, 0.9, 1.5, 0.2, 1.4, -1.0, 0.8, -1.3, 0.1]
    of_clip = np.array([1.0, -1.0, 0.8, -0.8, 0.6, -0.6])
    rng = np.random.default_rng(5)
    rows = [
        (f"p{p}", word, clip, condition, (condition == "semantic") * of_clip[clip] + rng.normal(0, 0.7))
        for p in range(8)
        for word in ("warm", "bright")
        for clip in range(6)
        for condition in ("semantic", "static")
    ]
    names = ["participant", "descriptor", "clip", "condition", "rating"]
    ratings = from_table(pd.DataFrame(rows, columns=names), ANY_SCALE)
    known = Stimuli(table.astype({"clip": str}), np.full((12, len(FREQUENCIES_HZ)), np.nan))
    model = fit_adaptivity(ratings, "semantic", "static", known).model
    assert model.left_out[0] == LEFT_OUT
    assert {term.group for term in model.fit.reml.terms if term.side == "clip"} == {"clip:descriptor"}
    assert model.fit.degrees_of_freedom(np.eye(3)[-1:])[0] < 15  # 12 clips within descriptors; by single ratings: 150
