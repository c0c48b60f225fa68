"""Power against R's power.t.test and against the nominal rates."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis.data.ratings import from_table
from analysis.statistics.balanced import mean_squares
from analysis.statistics.design import intercept_only
from analysis.statistics.listeners_and_clips import fit_reduced
from analysis.statistics.mixed import crossed_intercepts
from analysis.statistics.power import (
    Assumptions,
    Studies,
    detectable,
    detectable_in_new_music,
    exact_power,
    pilot,
    planned,
    power,
    wilson,
)
from tests.analysis.example import example


@pytest.mark.parametrize(("n", "delta", "expected"), [(12, 0.5, 0.3528241), (15, 0.8, 0.8213105), (40, 0.2, 0.2345965)])
def test_exact_power_is_r_power_t_test(n, delta, expected):
    # power.t.test(n = n, delta = delta, sd = 1, type = "paired", strict = TRUE)$power
    assert exact_power(delta, n) == pytest.approx(expected, abs=2e-6)


def test_simulated_power_is_the_exact_one_on_the_same_clips():
    assumptions = Assumptions(effect=0.5, sd_clip=0)
    row = power(assumptions, [12], [10], simulations=4000).iloc[0]
    dz = 0.5 / assumptions.sd_of_mean(10)
    assert row["ci_low"] - 0.01 < exact_power(dz, 12) < row["ci_high"] + 0.01


def test_without_an_effect_one_test_in_twenty_is_significant():
    row = power(Assumptions(effect=0, sd_clip=0), [15], [10], simulations=4000).iloc[0]
    assert row["ci_low"] < 0.05 < row["ci_high"]


def test_clips_that_differ_are_held_against_the_effect_only_where_clips_count_as_random():
    row = power(Assumptions(effect=0, sd_clip=1.0), [30], [8], simulations=3000).iloc[0]
    assert row["power"] > 0.2  # the answer of these clips, not of clips in general
    assert row["power_clips_random"] < 0.08


def test_precision_improves_with_the_root_of_participants():
    table = power(Assumptions(), [10, 40], [10], simulations=500)
    assert table["margin_of_error"][0] / table["margin_of_error"][1] == pytest.approx(2.2, abs=0.25)


def test_the_detectable_difference_is_found_as_often_as_promised():
    row = detectable(Assumptions(), [12], 10).iloc[0]
    assert exact_power(row["dz"], 12) == pytest.approx(0.8, abs=1e-6)


def test_wilson_interval():
    # prop.test(8, 10, correct = FALSE)$conf.int: 0.4901625 0.9433178
    assert wilson(np.array([1] * 8 + [0] * 2)) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)


def test_a_pilot_gives_the_effect_it_was_made_with():
    found = pilot(from_table(example(participants=200, clips=8)), "semantic", "static")
    assert found.effect == pytest.approx(0.5, abs=0.1)
    assert found.sd_residual == pytest.approx(1, abs=0.1)  # of differences (2**0.5) averaged over two descriptors


def test_the_difference_found_in_new_music_is_found_as_often_as_promised():
    smallest = detectable_in_new_music(Assumptions(), [15], 10)["difference"][0]
    assert smallest > detectable(Assumptions(), [15], 10)["difference"][0]
    row = power(Assumptions(effect=smallest), [15], [10]).iloc[0]
    assert row["clips_random_low"] - 0.005 < 0.8 < row["clips_random_high"] + 0.005


@pytest.mark.parametrize(("sd_participant", "sd_clip"), [(0.8, 0.8), (0.8, 0), (0, 0.8), (0, 0)])
def test_the_closed_form_is_the_mixed_model_of_complete_differences(sd_participant, sd_clip):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        grid = rng.normal(0.3, 1.2, (7, 5)) + rng.normal(0, sd_participant, (7, 1)) + rng.normal(0, sd_clip, (1, 5))
        variance, df = mean_squares(grid).variance()
        layout = intercept_only(grid)
        terms = [replace(term, correlated=False) for term in crossed_intercepts(layout)]
        row = fit_reduced(layout, terms, []).fit.contrasts(np.eye(1)).iloc[0]
        assert row["estimate"] == pytest.approx(grid.mean())
        assert np.sqrt(variance[0] / grid.size) == pytest.approx(row["se"], rel=1e-3)
        assert df[0] == pytest.approx(row["df"], rel=1e-2)


def test_studies_are_drawn_as_they_would_be_rating_by_rating():
    assumptions, rng = Assumptions(), np.random.default_rng(3)
    drawn = Studies.drawn(assumptions, 6, 4, 4000, rng)
    grids = rng.normal(0, assumptions.sd_residual, (4000, 6, 4))
    grids += rng.normal(0, assumptions.sd_participant, (4000, 6, 1)) + rng.normal(0, assumptions.sd_clip, (4000, 1, 4))
    squares = [mean_squares(grid) for grid in grids]
    for name in ("participant", "clip", "residual"):
        whole = np.concatenate([getattr(one, name) for one in squares])
        assert stats.ks_2samp(getattr(drawn.squares, name), whole).pvalue > 0.001, name
    assert stats.ks_2samp(drawn.error, grids.mean(axis=(1, 2))).pvalue > 0.001


def test_a_margin_that_is_the_detectable_one_and_a_slope_have_their_power():
    table = planned(Assumptions(), [15], [10], smallest_effect=0.8, slope=0.0).set_index("test")
    assert 0.7 < table.loc["equivalence", "power"] < 0.95
    assert table.loc["adaptivity", "ci_low"] < 0.05  # without a slope: the level, or below it
    without = planned(Assumptions(), [15], [10])
    assert without.empty and list(without.columns) == list(table.reset_index().columns)


def test_adaptivity_takes_four_clips():
    assert len(planned(Assumptions(), [10], [4], slope=0.5)) == 1
    with pytest.raises(ValueError, match="3 clips are too few for a test of adaptivity"):
        planned(Assumptions(), [10], [3], slope=0.5)


@pytest.mark.parametrize(("sizes", "simulations"), [(([1], [10]), 500), (([10], [1]), 500), (([10], [10]), 5)])
def test_impossible_plans_are_refused(sizes, simulations):
    with pytest.raises(ValueError, match="too few"):
        power(Assumptions(), *sizes, simulations=simulations)


def test_a_slope_over_clips_leaves_two_clips_fewer_to_judge_by():
    studies = Studies.of_slope(Assumptions(effect=0.5), 5, 8, 10, np.random.default_rng(0))
    assert tuple(studies.squares.dof) == (4, 6, 24)
