"""Odds ratios at each split of the scale against R's mantelhaen.test (tests/reference/odds.R)."""

import numpy as np
import pytest

from analysis.data.ratings import from_table
from analysis.statistics.odds import common_odds_ratio, odds_ratios
from tests.analysis.example import example
from tests.analysis.reference import expected, ratings

PAIR = ("semantic", "static")


def test_odds_ratios_and_their_jackknife_intervals_agree_with_r():
    table = odds_ratios(ratings("listening"), *PAIR).dropna()
    rows = expected("odds")
    assert list(zip(table["descriptor"], table["split"], strict=True)) == [(r["descriptor"], r["split"]) for r in rows]
    for column in ("odds_ratio", "ci_low", "ci_high"):
        assert table[column].tolist() == pytest.approx([row[column] for row in rows], rel=1e-9), column


def test_odds_the_other_way_round_are_the_inverse():
    one, other = (odds_ratios(ratings("listening"), *pair).dropna() for pair in (PAIR, PAIR[::-1]))
    assert (one["odds_ratio"] * other["odds_ratio"]).tolist() == pytest.approx([1] * len(one))


@pytest.mark.parametrize(("categories", "told"), [(11, True), (12, False)])
def test_only_few_whole_categories_have_splits(categories, told):
    table = example(participants=4, clips=2)
    table["rating"] = np.resize(np.arange(categories), len(table))
    assert bool(len(odds_ratios(from_table(table, (0, 100)), *PAIR))) == told
    table["rating"] = np.resize([1.5, 2, 3], len(table))
    assert odds_ratios(from_table(table, (0, 100)), *PAIR).empty


def test_no_ratio_where_it_hangs_on_one_participant():
    assert np.isnan(common_odds_ratio(np.array([1.0, 2.0, 1.0]), np.array([1.0, 0.0, 0.0]))).all()
    assert common_odds_ratio(np.array([1.0, 2.0, 1.0]), np.array([1.0, 0.5, 0.0]))[0] == pytest.approx(8 / 3)
