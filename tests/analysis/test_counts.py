"""The fewest and the most values with which each statistic is computed in one way, against R (counts.R)."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.data.cells import Cells
from analysis.data.ratings import from_table
from analysis.statistics import ordinal, results
from analysis.statistics.heterogeneity import _given_sd
from analysis.statistics.listener_factors import welch
from analysis.statistics.medians import is_continuous
from analysis.statistics.posthoc import friedman, posthoc, wilcoxon
from analysis.statistics.reliability import icc
from analysis.statistics.results import _slopes_are_identifiable
from analysis.statistics.robust import hodges_lehmann, sign_flips, trimmed
from analysis.statistics.satterthwaite import _denominator
from analysis.statistics.transitivity import _fewer_by_guessing
from analysis.writing import claims
from tests.analysis.example import example
from tests.analysis.reference import expected

R = expected("counts")


def differences(n):
    """Distinct, every third negative."""
    number = np.arange(1, n + 1)
    return (number + 0.5) * np.where(number % 3 == 0, -1, 1)


def grid(values):
    """Cells of one descriptor from [participant, condition]."""
    values = np.array(values, dtype=float)
    names = [f"p{i}" for i in range(len(values))]
    conditions = [f"c{i}" for i in range(values.shape[1])]
    return Cells(values[:, None, :], np.ones_like(values[:, None, :], dtype=int), names, ["warm"], conditions)


@pytest.mark.parametrize("case", R["ranks"], ids=lambda case: case["n"])
def test_signed_ranks_are_exact_below_fifty(case):
    v, p, _ = wilcoxon(differences(case["n"]))
    assert (v, p) == pytest.approx((case["v"], case["p"]), rel=1e-9)


@pytest.mark.parametrize("changed", [0.0, 2.5])
def test_signed_ranks_with_a_zero_or_a_tie_are_not_exact(changed):
    difference = differences(10)
    difference[0] = changed
    assert wilcoxon(difference)[1] != pytest.approx(wilcoxon(differences(10))[1], rel=1e-3)


@pytest.mark.parametrize("case", R["blocks"], ids=str)
def test_friedmans_test_needs_two_listeners_and_two_conditions(case):
    values = np.array(case["values"], dtype=float)
    for kept, is_number in ((values, True), (values[:1], False), (values[:, :1], False)):
        (row,) = friedman(grid(kept)).itertuples()
        found = pytest.approx((case["chi2"], case["p"]), rel=1e-9)
        assert ((row.chi2, row.p) == found) if is_number else np.isnan([row.chi2, row.p]).all()


@pytest.mark.parametrize("case", R["judges"], ids=str)
def test_agreement_needs_two_judges_and_two_targets(case):
    ratings = np.array(case["targets"], dtype=float).T
    for found, wanted in zip(icc(ratings), (case["single"], case["average"]), strict=True):
        assert found == pytest.approx(wanted, rel=1e-6)
    assert np.isnan(icc(ratings[:1])).all() and np.isnan(icc(ratings[:, :1])).all()
    assert np.isfinite([value for value, *_ in icc(ratings[:, :2])]).all()


@pytest.mark.parametrize("case", R["welch"], ids=str)
def test_welchs_test_takes_groups_of_two(case):
    values = np.split(np.array([1.0, 2, 4, 6, 3, 8])[: sum(case["n"])], np.cumsum(case["n"])[:-1])
    f, df1, df2, p = welch(values)
    assert (f, df2, p) == pytest.approx((case["f"], case["df2"], case["p"]), rel=1e-9) and df1 == len(values) - 1
    assert np.isnan(welch([values[0], np.array([3.0, 3.0])])[0])


def test_sixteen_listeners_signs_are_all_tried_and_five_hundred_ones_drawn():
    assert sign_flips(differences(16)) == R["exact16"]
    drawn = sign_flips(differences(17))
    assert drawn == pytest.approx(R["exact17"], abs=0.02) and drawn != R["exact17"]
    for p in (drawn, sign_flips(differences(500))):
        assert p * 20_000 == pytest.approx(round(p * 20_000), abs=1e-6)
    assert sign_flips(differences(501)) == pytest.approx(R["normal501"], rel=1e-9)
    assert np.isnan(sign_flips(np.zeros(3)))


@pytest.mark.parametrize("case", R["trimmed"], ids=lambda case: case["n"])
def test_a_fifth_is_trimmed_at_either_end(case):
    assert trimmed(differences(case["n"]))[0] == pytest.approx(case["mean"], rel=1e-9)


def test_of_very_many_differences_the_first_two_thousand_are_paired():
    many = np.r_[np.zeros(1999), 4.0, np.full(3000, 8.0)]
    assert hodges_lehmann(many) == 0.0 and hodges_lehmann(many[1999:4000]) == 8.0


@pytest.mark.parametrize("case", R["circular"], ids=lambda case: case["k"])
def test_tournaments_of_up_to_six_conditions_are_counted(case):
    assert _fewer_by_guessing(0, [case["k"]]) == pytest.approx(case["p"], rel=1e-9)


@pytest.mark.parametrize(
    ("scale", "continuous"), [((1, 7), False), ((0, 10), False), ((0, 10.5), True), ((1, 12), True), ((0, 100), True)]
)
def test_a_scale_of_more_than_eleven_points_is_continuous(scale, continuous):
    assert is_continuous(scale) is continuous


@pytest.mark.parametrize(("n", "tested"), [(2, False), (3, True), (5000, True), (5001, False)])
def test_normality_is_tested_from_three_to_five_thousand_listeners(n, tested):
    values = np.random.default_rng(1).normal(size=(n, 2))
    assert bool(len(results.normality(grid(values)))) is tested


@pytest.mark.parametrize(
    ("ratings", "used"),
    [([4], False), ([3, 4], True), (range(11), True), (range(12), False), ([3, 3.5, 4], False)],
)
def test_a_cumulative_model_wants_two_to_eleven_whole_categories(ratings, used):
    table = example(participants=2)
    study = from_table(table.assign(rating=np.resize(list(ratings), len(table)).astype(float)), (0, 100))
    assert (ordinal._used(study) is not None) is used


@pytest.mark.parametrize(("participants", "used"), [(1, None), (2, 2), (200, 200), (201, 200)])
def test_a_cumulative_model_takes_two_to_two_hundred_listeners(participants, used):
    table = example(participants, clips=1, descriptors=("warm",))
    found = ordinal._used(from_table(table))
    assert (None if found is None else found["participant"].nunique()) == used


@pytest.mark.parametrize("n", [1, 2])
def test_a_pair_is_tested_from_two_listeners_on(n):
    (row,) = posthoc(grid([[1.0, 3.0], [2.0, 2.5]][:n])).itertuples()
    tested = np.isfinite([row.t, row.p_unc, row.ci_low, row.ci_high])
    assert tested.all() if n == 2 else not tested.any()
    assert row.dof == n - 1 and row.diff == (-2.0 if n == 1 else -1.25)


# lmerTest: 2 E / (E - q), E the sum of df / (df - 2) over those above 2.
@pytest.mark.parametrize(
    ("df", "combined"),
    [([3, 5], 3.5), ([2.5, 5], 2.857142857), ([2, 5], 2.0), ([1, 5], 2.0), ([4, 4], 4.0), ([2, 2], 2.0), ([1, 1], 1.0)],
)
def test_degrees_of_freedom_of_an_f_from_those_of_its_parts(df, combined):
    assert _denominator(np.array(df, dtype=float)) == pytest.approx(combined, rel=1e-9)


@pytest.mark.parametrize(
    ("shape", "each", "identifiable"), [((3, 4), 1, True), ((2, 8), 1, False), ((3, 3), 1, False), ((4, 3), 2, True)]
)
def test_slopes_need_three_listeners_and_more_ratings_than_three_for_each(shape, each, identifiable):
    assert _slopes_are_identifiable(np.full(shape, each)) == identifiable


@pytest.mark.parametrize(("most", "has_slopes"), [(5, False), (6, True), (2000, True)])
def test_slopes_are_fitted_up_to_two_thousand_listeners(most, has_slopes, monkeypatch):
    assert results.MOST_SLOPE_PARTICIPANTS == 2000
    monkeypatch.setattr(results, "MOST_SLOPE_PARTICIPANTS", most)
    table = example(participants=6, clips=2, descriptors=("warm",))
    both = table[table["condition"].isin(["semantic", "static"])]
    assert ("lmm_slopes" in results.compute(from_table(both)).tables) is has_slopes


def test_who_heard_one_condition_has_no_slopes():
    table = example(participants=6, clips=2, descriptors=("warm",))
    one_each = table[table["condition"] == np.where(table["participant"] < "p03", "semantic", "static")]
    assert "lmm_slopes" not in results.compute(from_table(one_each)).tables


@pytest.mark.parametrize(("relative", "sd", "sigma"), product([0.3, 1.4], [0.0, 0.6], [0.5, 2.0]))
def test_the_gradient_of_the_profile_is_the_deviances_slope(relative, sd, sigma):
    class Reml:  # deviance parts that are known functions of the two relative SDs
        dof = 30

        def evaluate(self, theta):
            a, b = theta
            rss, log_det = 40 / (1 + a**2) + 10 / (1 + b**2), 5 * np.log1p(a**2) + 3 * np.log1p(b**2)
            traces = np.array([10 * a / (1 + a**2), 6 * b / (1 + b**2)])
            squares = np.array([80 * a / (1 + a**2) ** 2, 20 * b / (1 + b**2) ** 2])
            return SimpleNamespace(rss=rss, log_det=log_det, traces=traces, squares=squares)

    at, step = np.log([relative, sigma]), 1e-6
    _, gradient = _given_sd(Reml(), sd, at)
    moved = [
        (_given_sd(Reml(), sd, at + e)[0] - _given_sd(Reml(), sd, at - e)[0]) / (2 * step) for e in step * np.eye(2)
    ]
    assert gradient == pytest.approx(moved, rel=1e-5)


def test_what_is_rounding_error_is_not_said():
    f = [3.0, 0.99e10, 1e10, np.inf, np.nan, 3.0]
    anova = pd.DataFrame({"F": f, "eps_gg": [0.9, 0.9, 0.9, 0.9, 0.9, np.nan]})
    pairs = pd.DataFrame({"t": [2.0, -0.99e10, -1e10, 1e10, 2.0], "p_unc": [0.1, 0.1, 0.1, 0.1, np.nan]})
    ranks = pd.DataFrame({"chi2": [2.0, np.nan, 0.0]})
    found = {"anova": anova, "posthoc": pairs, "friedman": ranks}
    assert [row.Index for row in claims.anova_rows(found)] == [0, 1]
    assert claims.pairs_tested(found).index.tolist() == [0, 1]
    assert [row.Index for row in claims.friedman_rows(found)] == [0, 2]
