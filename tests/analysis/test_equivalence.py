"""Equivalence, Bayes factors and robust tests against R (tests/reference/equivalence.R)."""

import numpy as np
import pytest

from analysis.data.ratings import from_table
from analysis.statistics import equivalence as eq
from analysis.statistics.bayes import jzs
from analysis.statistics.equivalence import tost, verdict
from analysis.statistics.results import compute
from analysis.statistics.robust import MOST_DRAWN, robust, sign_flips, trimmed
from analysis.writing.answer import answer
from tests.analysis.example import example
from tests.analysis.reference import expected, grid, ratings

PAIRS = {"listening": ("semantic", "static"), "unbalanced": ("alpha", "mid"), "two": ("adaptive", "fixed")}


@pytest.mark.parametrize("name", PAIRS)
def test_tests_on_participant_means_agree_with_r(name):
    a, b = PAIRS[name]
    results = compute(ratings(name), (a, b), thorough=False, margin=0.5)
    of_clips = results["equivalence"].query("basis == 'these clips'").set_index("descriptor")
    factors = results["bayes_factor"].query("basis == 'these clips'").set_index("descriptor")
    tests = robust(grid(name), a, b).set_index(["descriptor", "test"])
    for descriptor, r in expected("equivalence")[name].items():
        found = of_clips.loc[descriptor]
        for column in ("p_lower", "p_upper", "p_difference"):
            assert found[column] == pytest.approx(r[column], rel=1e-6), column
        assert (found["ci90_low"], found["ci90_high"]) == pytest.approx(tuple(r["ci90"]))
        assert found["p_equivalence"] == max(found["p_lower"], found["p_upper"])
        assert factors.loc[descriptor, "bf10"] == pytest.approx(r["bf10"], rel=1e-5)
        assert tests.loc[(descriptor, "permutation"), "p"] == pytest.approx(r["p_flips"], abs=1e-12)
        assert tests.loc[(descriptor, "Wilcoxon"), "estimate"] == pytest.approx(r["hodges_lehmann"])
        for column, value in r["trimmed"].items():
            assert tests.loc[(descriptor, "trimmed means"), column] == pytest.approx(value, rel=1e-6), column


def test_bayes_factors_agree_with_rs_bayesfactor_from_none_to_overwhelming():
    for row in expected("equivalence")["jzs"]:
        assert jzs(row["t"], row["n"]) == pytest.approx(row["bf10"], rel=2e-4), row


@pytest.mark.filterwarnings("error")
def test_a_bayes_factor_beyond_what_a_number_holds_is_infinite_and_none_fails():
    assert 1e100 < jzs(1e16, 12) < np.inf
    assert 1e100 < jzs(1e160, 12) < np.inf  # its square alone would be too large
    assert jzs(np.float64(60), 10_000) == np.inf


@pytest.mark.parametrize(
    ("estimate", "p_difference", "p_equivalence", "reported"),
    [
        (0.4, 0.049, 0.2, eq.DIFFERENT),
        (0.4, 0.05, 0.2, eq.UNDECIDED),
        (-0.4, 0.049, 0.2, eq.WORSE),
        (0.1, 0.3, 0.049, eq.EQUIVALENT),
        (0.1, 0.3, 0.05, eq.UNDECIDED),
        (0.1, 0.001, 0.049, eq.EQUIVALENT),
    ],
)
def test_verdicts(estimate, p_difference, p_equivalence, reported):
    assert verdict(estimate, p_difference, p_equivalence) == reported


def test_equivalence_is_the_90_percent_interval_within_the_margin():
    found = tost(0.1, 0.2, 14, 1.0)
    at = max(abs(found.ci90_low), abs(found.ci90_high))
    assert tost(0.1, 0.2, 14, at).p_equivalence == pytest.approx(0.05)
    assert tost(0.1, 0.2, 14, at + 1e-6).verdict == eq.EQUIVALENT != tost(0.1, 0.2, 14, at - 1e-6).verdict


@pytest.mark.parametrize("margin", [0, -0.5, float("nan")])
def test_a_margin_of_nothing_is_refused(margin):
    with pytest.raises(ValueError, match="margin of equivalence"):
        tost(0.1, 0.2, 14, margin)


@pytest.mark.parametrize(("margin", "refused"), [(5.9, False), (6, True)])
def test_a_margin_that_no_difference_can_exceed_is_refused(margin, refused):
    table = example(participants=3, clips=2)
    study = from_table(table[table["condition"].isin(["semantic", "static"])])
    if refused:
        with pytest.raises(ValueError, match="on a scale from 1 to 7 it lies above 0 and below 6"):
            compute(study, thorough=False, margin=margin)
    else:
        assert (compute(study, thorough=False, margin=margin)["equivalence"]["margin"] == margin).all()


@pytest.mark.parametrize(
    ("shift", "margin", "words"),
    [
        (0.0, 0.5, "but by less than the smallest effect of interest, 0.50 points"),
        (-0.5, 0.5, "equivalent within the smallest effect of interest, 0.50 points"),
        (-0.5, 0.05, "neither a difference nor equivalence within 0.05 points is shown"),
        (-0.5, None, "a difference is not shown"),
        (1.0, 0.5, "semantic sounded more like the descriptors"),
    ],
)
def test_the_answer_tells_equivalence_where_a_margin_was_stated(shift, margin, words):
    table = example(participants=40, clips=12, seed=3)
    table = table[table["condition"].isin(["semantic", "static"])]
    table["rating"] = table["rating"].astype(float) + shift * (table["condition"] == "semantic")
    if margin == 0.5 and shift == 0:
        table["rating"] -= 0.25 * (table["condition"] == "semantic")
    first = answer(compute(from_table(table, (0, 9)), thorough=False, margin=margin))[0]
    assert words in first


def test_random_sign_flips_come_near_the_exact_ones_and_their_limit():
    rng = np.random.default_rng(5)
    difference = rng.normal(0.25, 1, 16)
    exact = sign_flips(difference)
    flips = rng.integers(0, 2, (200_000, 16)) * 2 - 1
    assert exact == pytest.approx((np.abs(flips @ difference) >= abs(difference.sum())).mean(), abs=0.005)
    many = rng.normal(0.07, 1, MOST_DRAWN + 1)
    assert sign_flips(many[:-1]) == pytest.approx(sign_flips(many), abs=0.05)
    assert np.isnan(sign_flips(np.zeros(5)))


def test_trimmed_means_take_no_notice_of_one_far_participant():
    difference = np.array([0.1, 0.2, 0.15, 0.3, 0.25, 0.2, 0.1, 0.3, 0.2, 0.15])
    far = np.append(difference[:-1], 40.0)
    assert trimmed(far)[0] == pytest.approx(trimmed(difference)[0], abs=0.06)
