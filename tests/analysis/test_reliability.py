"""Reliability against R: psych::ICC on Shrout and Fleiss's (1979) table and on whole studies, missing ratings
included."""

import numpy as np
import pandas as pd
import pytest

from analysis.data.ratings import from_table
from analysis.statistics.reliability import agreement, icc, reliability, repeats, stimulus_grid
from tests.analysis.reference import expected, ratings


def rows(name):
    found = {row["type"]: row for row in expected(name)["rows"]}
    return [tuple(found[kind][key] for key in ("ICC", "lower bound", "upper bound")) for kind in ("ICC2", "ICC2k")]


def test_shrout_and_fleiss_table_2():
    single, average = icc(np.array(expected("shrout")["data"]).T)
    assert round(single[0], 2) == 0.29 and round(average[0], 2) == 0.62  # as printed in the paper
    assert [single, average] == [pytest.approx(row, rel=1e-5) for row in rows("shrout")]


@pytest.mark.parametrize("name", ["listening", "unbalanced", "two"])
def test_studies_agree_with_psych(name):
    found = {row["type"]: row for row in expected(name)["icc"]["rows"]}
    keys = ("ICC", "lower bound", "upper bound")
    for ours, kind in zip(icc(stimulus_grid(ratings(name))), ("ICC2", "ICC2k"), strict=True):
        assert ours == pytest.approx([found[kind][key] for key in keys], rel=2e-4)  # lmer stops searching at about 1e-5


def test_complete_data_agree_with_the_mean_squares_of_aov():
    single, average = icc(np.array(expected("shrout")["data"]).T)
    theirs = expected("shrout")["aov"]
    assert (single[0], average[0]) == pytest.approx((theirs["ICC2"], theirs["ICC2k"]), rel=1e-9)


def with_repeats():
    table = ratings("listening").main[["participant", "descriptor", "clip", "condition", "rating"]].astype(str)
    again = table.iloc[::9].assign(kind="repeat")
    again["rating"] = (again["rating"].astype(float) + np.resize([0, 1, 0, -1], len(again))).clip(1, 7)
    return from_table(pd.concat([table.assign(kind="rating"), again], ignore_index=True)), again


def test_repeats_are_paired_with_their_first_rating():
    study, again = with_repeats()
    pairs = repeats(study)
    assert len(pairs) == len(again)
    measures = reliability(study).set_index("measure")["value"]
    assert measures["test-retest r"] == pytest.approx(np.corrcoef(pairs["first"], pairs["second"])[0, 1])
    assert measures["test-retest mean absolute difference"] == pytest.approx(
        (pairs["first"] - pairs["second"]).abs().mean()
    )
    assert measures["test-retest share within one point"] == 1


def test_agreement_is_the_correlation_with_the_mean_of_the_others():
    study = ratings("listening")
    grid = stimulus_grid(study)
    found = agreement(study)
    others = np.delete(grid, 3, axis=0).mean(axis=0)
    assert found["r"][3] == pytest.approx(np.corrcoef(grid[3], others)[0, 1])
