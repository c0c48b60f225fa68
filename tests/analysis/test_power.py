"""Power against R's power.t.test and against the nominal rates."""

import numpy as np
import pytest

from analysis.data.ratings import from_table
from analysis.statistics.power import Assumptions, detectable, exact_power, pilot, power, wilson
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
    assert table["half_width"][0] / table["half_width"][1] == pytest.approx(2.2, abs=0.25)


def test_the_detectable_difference_is_found_as_often_as_promised():
    row = detectable(Assumptions(), [12], 10).iloc[0]
    assert exact_power(row["dz"], 12) == pytest.approx(0.8, abs=1e-6)


def test_wilson_interval():
    # prop.test(8, 10, correct = FALSE)$conf.int: 0.4901625 0.9433178
    assert wilson(np.array([1] * 8 + [0] * 2)) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)


def test_a_pilot_gives_the_effect_it_was_made_with():
    found = pilot(from_table(example(participants=200, clips=8)), "semantic", "static")
    assert found.effect == pytest.approx(0.5, abs=0.1) and found.sd_residual == pytest.approx(2**0.5, abs=0.1)


@pytest.mark.parametrize(("sizes", "simulations"), [(([1], [10]), 500), (([10], [1]), 500), (([10], [10]), 5)])
def test_impossible_plans_are_refused(sizes, simulations):
    with pytest.raises(ValueError, match="too few"):
        power(Assumptions(), *sizes, simulations=simulations)
