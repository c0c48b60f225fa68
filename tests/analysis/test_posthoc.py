"""Paired tests against R: t.test, wilcox.test, p.adjust, effectsize::cohens_d, hedges_g, rank_biserial,
friedman.test."""

import numpy as np
import pytest
from scipy import stats

from analysis.data.cells import Cells
from analysis.statistics.contrasts import EVERY
from analysis.statistics.effect_sizes import noncentral_t_ci
from analysis.statistics.posthoc import friedman, holm, posthoc, ties_kept, wilcoxon
from analysis.statistics.question import primary
from tests.analysis.reference import STUDIES, expected, grid

CLOSED = [
    "diff",
    "t",
    "dof",
    "p_unc",
    "ci_low",
    "ci_high",
    "dz",
    "dav",
    "hedges_g",
]
INTERVALS = ["dz_low", "dz_high", "hedges_g_low", "hedges_g_high"]


@pytest.mark.parametrize("name", STUDIES)
def test_every_pair_agrees_with_r(name):
    table = posthoc(grid(name))
    for descriptor, reference in expected(name)["by_descriptor"].items():
        rows = table[table["descriptor"] == descriptor]
        for (_, row), pair, p_holm in zip(
            rows.iterrows(), reference["tests"]["pairs"], np.atleast_1d(reference["tests"]["p_holm"]), strict=True
        ):
            assert (row["a"], row["b"]) == (pair["a"], pair["b"])
            assert row["p_holm"] == pytest.approx(p_holm, rel=1e-6)
            assert [row[c] for c in CLOSED] == pytest.approx([pair[c] for c in CLOSED], rel=1e-6, abs=1e-12)
            if abs(pair["dz"]) < 1e-12:
                continue  # effectsize gives an empty interval for no difference at all
            assert [row[c] for c in INTERVALS] == pytest.approx(
                [pair[c] for c in INTERVALS], abs=2e-4
            )  # effectsize searches coarsely
            assert noncentral_t_ci(row["t"], row["dof"]) == pytest.approx(pair["ncp"], rel=1e-6)


@pytest.mark.parametrize("name", STUDIES)
def test_rank_tests_agree_with_r_where_ties_are_ties(name):
    table, tests = posthoc(grid(name)), friedman(grid(name)).set_index("descriptor")
    for descriptor, reference in expected("ranks")[name].items():
        rows = table[table["descriptor"] == descriptor].set_index(["a", "b"])
        for pair in reference["pairs"]:
            found = rows.loc[(pair["a"], pair["b"])]
            assert (found["wilcoxon_v"], found["p_wilcoxon"]) == pytest.approx((pair["v"], pair["p"]), rel=1e-6)
        found = tests.loc[descriptor]
        assert (found["chi2"], found["p"]) == pytest.approx(
            (reference["friedman"]["chi2"], reference["friedman"]["p"]), rel=1e-6
        )


def test_floating_point_noise_breaks_no_tie_and_makes_no_difference():
    noisy = np.array([13 / 3 - 11 / 3, 2 / 3, 4.1 - 4.1 + 4e-16, 1.0])
    assert list(ties_kept(noisy, 5.0)) == [0.6666667, 0.6666667, 0, 1]
    assert list(ties_kept(np.array([0.6666667, 0.6666668]), 5.0)) == [0.6666667, 0.6666668]


def test_holm_as_r_documents_it():
    # p.adjust(c(0.01, 0.02, 0.03, 0.005, NA), "holm"): 0.03 0.04 0.04 0.02 NA
    assert holm(np.array([0.01, 0.02, 0.03, 0.005, np.nan])) == pytest.approx(
        [0.03, 0.04, 0.04, 0.02, np.nan], nan_ok=True
    )


def test_noncentral_limits_bracket_the_observed_t():
    # effectsize::t_to_d(2, 9, paired = TRUE) * sqrt(10) within its own tolerance; MBESS::conf.limits.nct(2, 9) gives
    # -0.0882 and 4.0202
    low, high = noncentral_t_ci(2.0, 9)
    assert low < 2 < high
    assert noncentral_t_ci(-2.0, 9) == pytest.approx((-high, -low))


def test_equal_conditions_have_no_difference_to_test():
    v, p, r = wilcoxon(np.zeros(8))
    assert (v, r) == (0, 0) and np.isnan(p)


def test_over_all_descriptors_each_listener_counts_with_their_mean():
    means = np.array([[[1.0, 3.0], [2.0, 6.0]], [[2.0, 3.0], [1.0, 2.0]], [[4.0, 4.0], [3.0, 3.0]]])
    found = primary(Cells(means, np.ones_like(means), list("pqr"), ["warm", "bright"], ["a", "b"]), "b", "a")
    assert found.set_index("descriptor")["diff"].to_dict() == pytest.approx({EVERY: 4 / 3, "warm": 1, "bright": 5 / 3})
    assert found["t"][0] == pytest.approx(stats.ttest_1samp([3, 1, 0], 0).statistic)
