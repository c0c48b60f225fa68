"""Each screening rule finds the participant made to break it, and nobody else."""

import numpy as np
import pandas as pd
import pytest

from analysis.data.ratings import from_table
from analysis.data.screening import Rules, screen
from tests.analysis.example import example


def checks(passed, kind="attention"):
    """Give four checks per participant; p03 passes as many as given, the others all."""
    rows = example(clips=1).groupby("participant").head(4).assign(kind=kind, expected=3.0, rating=3)
    wrong = rows.index[rows["participant"] == "p03"][passed:]
    rows.loc[wrong, "rating"] = 5
    return rows


def broken_by(table, rules=None, **options):
    log = screen(from_table(table), rules or Rules(), **options).log
    return list(log[["participant", "rule"]].itertuples(index=False, name=None))


def test_nobody_is_left_out_of_good_data():
    screening = screen(from_table(example()), Rules())
    assert screening.log.empty and not screening.measured["breaks_a_rule"].any()


@pytest.mark.parametrize(
    ("kind", "passed", "rule"), [("attention", 3, "attention_passed"), ("audible_check", 1, "audible_passed")]
)
def test_failed_checks(kind, passed, rule):
    table = pd.concat([example().assign(kind="rating"), checks(passed, kind)], ignore_index=True)
    assert broken_by(table) == [("p03", rule)]


def test_exactly_the_limit_is_no_failure():
    table = pd.concat([example().assign(kind="rating"), checks(2, "audible_check")], ignore_index=True)
    assert broken_by(table) == []


def test_too_fast():
    table = example()
    table["rt_ms"] = np.where(table["participant"] == "p02", 150, 2500)
    assert broken_by(table) == [("p02", "min_median_rt_ms")]


def test_straight_lining():
    table = example()
    table.loc[table["participant"] == "p05", "rating"] = 4
    assert ("p05", "max_same_rating") in broken_by(table)


def test_too_many_missing():
    table = example().astype({"rating": float})
    own = table.index[table["participant"] == "p04"]
    table.loc[own[:17], "rating"] = np.nan
    assert broken_by(table) == [("p04", "max_missing")]


def test_repeats_far_apart():
    table = example().assign(kind="rating")
    again = table[table["participant"] == "p06"].iloc[:4].assign(kind="repeat")
    again["rating"] = np.where(again["rating"] > 4, again["rating"] - 3, again["rating"] + 3)
    assert broken_by(pd.concat([table, again], ignore_index=True)) == [("p06", "repeat_mean_difference")]


def test_ratings_far_from_everyone_elses_but_not_a_strict_rater():
    table = example(participants=12)
    steady = np.array([2, 6, 4, 5])
    table["rating"] = np.resize(steady, len(table))
    table.loc[table["participant"] == "p02", "rating"] -= 1
    table.loc[table["participant"] == "p07", "rating"] = np.resize(8 - steady, (table["participant"] == "p07").sum())
    assert broken_by(table) == [("p07", "max_outlying")]


def test_headphones_count_only_where_the_study_says_so():
    passed = {"p01": False, "p02": True}
    assert broken_by(example(), headphones=passed) == []
    assert broken_by(example(), Rules(headphones_required=True), headphones=passed) == [("p01", "headphones_required")]


def test_the_log_holds_value_and_limit():
    table = example()
    table["rt_ms"] = np.where(table["participant"] == "p02", 150, 2500)
    log = screen(from_table(table), Rules.of({"min_median_rt_ms": 400})).log
    assert log.iloc[0].tolist() == ["p02", "min_median_rt_ms", 150, 400]


def test_an_unknown_rule_is_named():
    with pytest.raises(ValueError, match="Unknown screening rule 'loudness'"):
        Rules.of({"loudness": 3})


def test_what_a_study_does_not_state_is_no_rule():
    table = example().assign(rating=4)
    assert broken_by(table, Rules.of({"attention_passed": 0.8})) == []


def test_a_limit_that_is_no_number_is_named():
    with pytest.raises(ValueError, match="'max_missing' is 'few'; a number is expected"):
        Rules.of({"max_missing": "few"})


def test_rules_of_an_earlier_export_are_read_by_their_former_names():
    former = {"fastest_median_rt_ms": 400, "most_same_rating": 0.9, "most_missing": 0.4, "most_outlying": 0.2}
    today = {"min_median_rt_ms": 400, "max_same_rating": 0.9, "max_missing": 0.4, "max_outlying": 0.2}
    assert Rules.of(former) == Rules.of(today)


@pytest.mark.parametrize(("apart", "broken"), [(30, []), (33, []), (34, [("p06", "repeat_mean_difference")])])
def test_limits_in_points_are_shares_of_the_scale(apart, broken):
    table = example().assign(kind="rating")
    table["rating"] = 50.0 + table["rating"] / 10
    again = table[table["participant"] == "p06"].iloc[:4].assign(kind="repeat")
    again["rating"] -= apart
    study = from_table(pd.concat([table, again], ignore_index=True), (0, 100))
    log = screen(study, Rules()).log
    assert list(log[["participant", "rule"]].itertuples(index=False, name=None)) == broken


def test_ratings_within_a_sixth_of_the_scale_are_not_outlying():
    table = example(participants=12).assign(rating=50.0)
    own = table["participant"] == "p07"
    table.loc[own, "rating"] = np.resize([50 + 24.0, 50 - 24.0], own.sum())
    assert screen(from_table(table, (0, 100)), Rules()).log["rule"].tolist().count("max_outlying") == 0
    table.loc[own, "rating"] = np.resize([50 + 26.0, 50 - 26.0], own.sum())
    assert "max_outlying" in screen(from_table(table, (0, 100)), Rules()).log["rule"].tolist()
