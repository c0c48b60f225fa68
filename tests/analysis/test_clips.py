"""Clips as random: quasi-F against its definition, the spread over clips against the mean squares, and the
sentences."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.data.ratings import from_table
from analysis.statistics.heterogeneity import heterogeneity
from analysis.statistics.listeners_and_clips import condition_contrasts
from analysis.statistics.quasi_f import quasi_f, quasi_f_table
from analysis.statistics.results import compute
from analysis.writing.answer import answer, headline
from tests.analysis.example import example
from tests.analysis.reference import ratings


def differences(n=9, clips=6, sd_clip=0.8, seed=3):
    rng = np.random.default_rng(seed)
    return rng.normal(0.5, 1, (n, clips)) + rng.normal(0, 0.6, (n, 1)) + rng.normal(0, sd_clip, clips)


def table_of(difference):
    """Give ratings whose difference a - b is the given one, [participant, clip]."""
    p, c = np.indices(difference.shape)
    labels = {"participant": p.ravel(), "clip": c.ravel(), "descriptor": "warm"}
    a = pd.DataFrame({**labels, "condition": "a", "rating": difference.ravel()})
    return from_table(pd.concat([a, a.assign(condition="b", rating=0.0)]), (-20, 20))


def test_min_f_is_made_of_the_tests_by_participants_and_by_clips():
    d = differences()
    f1, f2, _, _, _, _, smallest, df2, _ = quasi_f(np.stack([d, np.zeros_like(d)], axis=2))
    by_person, by_clip = (stats.ttest_1samp(d.mean(axis=axis), 0).statistic ** 2 for axis in (1, 0))
    assert (f1, f2) == pytest.approx((by_person, by_clip))
    assert smallest == pytest.approx(f1 * f2 / (f1 + f2))
    assert df2 == pytest.approx((f1 + f2) ** 2 / (f1**2 / 5 + f2**2 / 8))  # Clark (1973), equation 9


def test_quasi_f_of_incomplete_ratings_is_not_given():
    assert quasi_f_table(ratings("crossed_gaps"), "semantic", "static").empty
    assert len(quasi_f_table(ratings("crossed"), "semantic", "static")) == 6


def test_the_spread_over_clips_is_that_of_the_mean_squares():
    d = differences()
    row = heterogeneity(table_of(d), "a", "b").iloc[0]
    n, k = d.shape
    rest = d - d.mean(axis=0) - d.mean(axis=1, keepdims=True) + d.mean()
    error = (rest**2).sum() / ((n - 1) * (k - 1))
    assert row["sd_clips"] == pytest.approx(np.sqrt(d.mean(axis=0).var(ddof=1) - error / n), rel=1e-4)
    assert row["sd_low"] < row["sd_clips"] < row["sd_high"] and row["diff"] == pytest.approx(d.mean())
    assert row["new_clip_low"] < d.mean() - row["sd_clips"]


def test_a_slope_is_the_difference_of_its_conditions():
    codes, names = condition_contrasts(["original", "semantic", "flow", "static"], "semantic", "static")
    assert names[0] == "semantic - static" and len(names) == 3
    assert codes.T @ codes == pytest.approx(np.diag(np.diag(codes.T @ codes)))
    assert codes[1, 0] - codes[3, 0] == pytest.approx(1)


def test_the_headline_is_the_compared_pair_whichever_way_round():
    study = from_table(example(clips=6))
    one, other = (headline(compute(study, pair)) for pair in (("semantic", "static"), ("static", "semantic")))
    assert one["estimate"] == pytest.approx(-other["estimate"]) and one["ci_low"] == pytest.approx(-other["ci_high"])
    assert one["p"] == pytest.approx(other["p"])


def test_the_answer_says_for_whom_it_holds():
    sentences = answer(compute(from_table(example(clips=6)), thorough=False))
    assert sentences[0].startswith(
        "For new listeners and new music: averaged over warm and bright, semantic was rated "
    )
    assert sentences[1].startswith("On the clips of this study alone, 8 participants")
    assert "on a new clip it is expected between" in sentences[2]


def test_one_clip_gives_no_answer_for_new_music():
    sentences = answer(compute(from_table(example(clips=1)), thorough=False))
    assert sentences[0] == "For new music nothing can be said: one clip was rated."
    assert sentences[1].startswith("On the one clip of this study")
    assert sentences[2] == "How much the difference varies over clips is not known."


@pytest.mark.parametrize(("clips", "words"), [(4, "too few clips"), (5, "a difference is not shown")])
def test_four_clips_are_too_few_to_trust_and_five_are_not(clips, words):
    results = compute(from_table(example(participants=12, clips=clips)), thorough=False)
    assert words in answer(results)[0].rsplit(": ", 1)[1]


def test_a_descriptor_that_goes_the_other_way_is_named():
    table = example(participants=12, clips=8)
    table["rating"] = 4.0 + 0.02 * (np.arange(len(table)) % 7)
    up = (table["condition"] == "semantic") & (table["descriptor"] == "warm")
    table.loc[up, "rating"] += 2
    table.loc[(table["condition"] == "semantic") & (table["descriptor"] == "bright"), "rating"] -= 0.5
    first = answer(compute(from_table(table)))[0]
    assert first.endswith("semantic was rated higher on average, but not for bright.")


def test_another_programs_tests_are_not_called_descriptors():
    from dataclasses import replace

    study = replace(from_table(example(participants=12, clips=8, descriptors=("speech",))), asked="test")
    first = answer(compute(study))[0]
    assert "for test speech, semantic was rated" in first and "descriptor" not in first


def test_quasi_f_is_made_of_the_four_mean_squares():
    d = differences()
    f1, f2, quasi, df1, *_ = quasi_f(np.stack([d, np.zeros_like(d)], axis=2))
    rest = d - d.mean(axis=0) - d.mean(axis=1, keepdims=True) + d.mean()
    treatment, error = d.size * d.mean() ** 2, (rest**2).sum() / (8 * 5)
    assert quasi == pytest.approx((treatment + error) / (treatment / f1 + treatment / f2))  # Clark (1973), equation 8
    assert df1 == pytest.approx((treatment + error) ** 2 / (treatment**2 + error**2 / 40))
