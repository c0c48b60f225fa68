"""Means and intervals against R's t.test on participant means; the within-subject interval against Morey's (2008)
worked definition."""

import numpy as np
import pytest

from analysis.statistics.descriptives import MEANS, by_clip, descriptives, means, morey_margin_of_error
from tests.analysis.reference import expected, grid, ratings

COLUMNS = ["n", "mean", "sd", "ci_low", "ci_high", "median"]


@pytest.mark.parametrize("name", ["listening", "unbalanced", "two", "maxwell"])
def test_means_agree_with_r(name):
    table = descriptives(grid(name)).set_index(["descriptor", "condition"])
    for row in expected(name)["means"]:
        ours = table.loc[(row["descriptor"], row["condition"]), COLUMNS]
        assert list(ours) == pytest.approx([row[c] for c in COLUMNS], rel=1e-9)


def test_the_columns_other_programs_read():
    assert list(means(grid("two")).columns) == MEANS


def test_within_interval_of_two_conditions_is_the_paired_interval():
    """With two conditions the corrected interval of each is the paired difference's over sqrt(2)."""
    values = grid("two").means
    difference = values[:, 0, 0] - values[:, 0, 1]
    pair = expected("two")["by_descriptor"]["warm"]["tests"]["pairs"][0]
    half = (pair["ci_high"] - pair["ci_low"]) / 2
    assert morey_margin_of_error(values) == pytest.approx(np.full((1, 2), half / np.sqrt(2)))
    assert difference.std() > 0


def test_clip_means_weigh_each_participant_once():
    table = by_clip(ratings("listening"))
    row = table.iloc[0]
    main = ratings("listening").main
    chosen = main[
        (main["descriptor"] == row["descriptor"])
        & (main["condition"] == row["condition"])
        & (main["clip"] == row["clip"])
    ]
    assert (row["n"], row["mean"]) == (12, pytest.approx(chosen["rating"].mean()))
