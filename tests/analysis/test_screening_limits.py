"""Every limit of the screening, written out: what is just within it leaves nobody out, what is just beyond does."""

import numpy as np
import pandas as pd
import pytest

from analysis.data.ratings import from_table
from analysis.data.screening import Rules, screen
from tests.analysis.example import example

N_RATINGS = 40  # of a participant: 2 descriptors, 5 clips, 4 conditions
DEFAULTS = {
    "attention_passed": 0.8,
    "audible_passed": 0.5,
    "headphones_required": False,
    "min_median_rt_ms": 200.0,
    "repeat_mean_difference": 2.0,
    "max_same_rating": 0.95,
    "max_missing": 0.5,
    "max_outlying": 0.25,
    "max_reference_below_90": 0.15,
    "max_mid_anchor_above_90": 0.15,
}


def rows(participants=12):
    return example(participants=participants, clips=5).assign(kind="rating", rating=4.0)


def own(table, n=N_RATINGS):
    """The first rows of the participant who is looked at."""
    return table.index[table["participant"] == "p07"][:n]


def passed(kind, n, right):
    table = rows()
    checks = table.loc[own(table, n)].assign(kind=kind, expected=4.0, rating=[4.0] * right + [5.0] * (n - right))
    return pd.concat([table, checks], ignore_index=True)


def responding(ms):
    table = rows().assign(rt_ms=2500.0)
    table.loc[own(table), "rt_ms"] = [ms - 100, ms, ms, ms + 100] * 10
    return table


def repeating(apart):
    table = rows()
    again = table.loc[own(table, len(apart))].assign(kind="repeat", rating=4.0 + np.array(apart))
    return pd.concat([table, again], ignore_index=True)


def straight(n, n_same):
    table = rows(8).assign(rating=np.resize([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 8 * N_RATINGS))
    table.loc[own(table), "rating"] = [4.0] * n_same + [5.0] * (n - n_same) + [np.nan] * (N_RATINGS - n)
    return table


def missing(n):
    table = rows()
    table.loc[own(table, n), "rating"] = np.nan
    return table


def outlying(n, participants=12):
    table = rows(participants)
    table.loc[own(table, n), "rating"] = 7.0
    return table


@pytest.mark.parametrize(
    ("rule", "table", "breaks"),
    [
        ("attention_passed", passed("attention", 5, 4), False),
        ("attention_passed", passed("attention", 19, 15), True),
        ("audible_passed", passed("audible_check", 2, 1), False),
        ("audible_passed", passed("audible_check", 19, 9), True),
        ("min_median_rt_ms", responding(200.1), False),
        ("min_median_rt_ms", responding(200.0), False),
        ("min_median_rt_ms", responding(199.9), True),
        ("repeat_mean_difference", repeating([2, -2, 3, 1]), False),
        ("repeat_mean_difference", repeating([2, -2, 3, 2]), True),
        ("max_same_rating", straight(40, 37), False),
        ("max_same_rating", straight(40, 38), True),
        ("max_same_rating", straight(9, 9), False),  # so few can agree by chance
        ("max_same_rating", straight(10, 10), True),
        ("max_missing", missing(20), False),
        ("max_missing", missing(21), True),
        ("max_outlying", outlying(10), False),
        ("max_outlying", outlying(11), True),
        ("max_outlying", outlying(11, participants=8), True),
        ("max_outlying", outlying(11, participants=7), False),  # so few have no quartiles
    ],
)
def test_a_participant_at_each_limit(rule, table, breaks):
    found = screen(from_table(table), Rules.of({rule: DEFAULTS[rule]})).log
    assert found["participant"].tolist() == (["p07"] if breaks else [])


def test_the_limits_of_a_study_that_states_none():
    assert Rules() == Rules(**DEFAULTS)
    assert Rules.of({}) == Rules(**dict.fromkeys(DEFAULTS) | {"headphones_required": False})
    assert Rules.of({}).with_bs1534() == Rules.of({"max_reference_below_90": 0.15, "max_mid_anchor_above_90": 0.15})


@pytest.mark.parametrize(("n_failed", "splits"), [(0, False), (1, True), (7, True), (8, False)])
def test_some_are_left_out_and_others_stay(n_failed, splits):
    ratings = from_table(rows(8))
    passes = {name: number >= n_failed for number, name in enumerate(ratings.levels("participant"))}
    stated, default = (screen(ratings, rules, passes) for rules in (Rules.of({"headphones_required": True}), None))
    assert stated.splits() is splits and len(stated.broke()) == n_failed
    assert (stated.folder(), default.folder()) == ("all_participants", "after_exclusions")
    default.refuse_to_leave_out_everyone()
    if n_failed < 8:
        stated.refuse_to_leave_out_everyone()
    else:
        with pytest.raises(ValueError, match=r"Every one of 8 participants breaks .* \(8 by headphones_required\)"):
            stated.refuse_to_leave_out_everyone()


def test_where_most_rated_nothing_who_rated_is_not_missing():
    table = rows(9).astype({"rating": float})
    table.loc[table["participant"] > "p04", "rating"] = np.nan
    found = screen(from_table(table), Rules.of({"max_missing": 0.5}))
    assert found.measured["max_missing"].tolist() == [0.0] * 4 + [1.0] * 5
    assert found.broke() == ["p05", "p06", "p07", "p08", "p09"]


def test_the_log_says_whether_anybody_was_left_out():
    ratings = from_table(rows())
    assert "by which rule" in screen(ratings, Rules()).caption()
    assert "nobody was left out, since no rules were stated" in screen(ratings).caption()
