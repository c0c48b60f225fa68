"""Mixed models against R: lme4::lmer(..., REML = TRUE) and ordinal::clmm(factor(rating) ~ ...), formulas in
reference.R."""

import dataclasses

import numpy as np
import pytest
from scipy import optimize

from analysis.data.ratings import from_table
from analysis.statistics import mixed, ordinal
from analysis.statistics.crossed import Reml
from analysis.statistics.design import design, intercept_only
from tests.analysis.reference import expected, ratings

STUDIES = ("listening", "unbalanced", "two")


def r_name(term):
    """lme4's name of a term: `condition[T.semantic]` is `conditionsemantic`."""
    return {"Intercept": "(Intercept)"}.get(term, term.replace("[T.", "").replace("]", ""))


def check(fit, reference):
    table = {row["name"]: row for row in reference["fixed"]}
    limits = {row["name"]: row for row in reference["confint"]}
    assert [r_name(term) for term in fit.coefficients["term"]] == list(table)
    for row in fit.coefficients.itertuples():
        expected_row = table[r_name(row.term)]
        assert row.estimate == pytest.approx(expected_row["Estimate"], rel=1e-5, abs=1e-8)
        assert row.se == pytest.approx(expected_row["Std. Error"], rel=1e-5)
        assert row.ci_low == pytest.approx(limits[r_name(row.term)]["2.5 %"], rel=1e-4, abs=1e-5)
    assert fit.deviance == pytest.approx(reference["criterion"], abs=1e-6)


@pytest.mark.parametrize("name", STUDIES)
def test_crossed_intercepts_agree_with_lme4(name):
    fit, reference = mixed.fit(design(ratings(name))), expected(name)["mixed"]
    check(fit, reference)
    theirs = {row["grp"].lower(): row["vcov"] for row in reference["variances"]}
    assert dict(fit.variances.itertuples(index=False)) == pytest.approx(theirs, rel=1e-4)
    assert fit.converged and not fit.singular


@pytest.mark.parametrize("name", STUDIES)
def test_condition_slopes_agree_with_lme4(name):
    fit, reference = mixed.fit(design(ratings(name)), slopes=True), expected(name)["slopes"]
    check(fit, reference)
    theirs = [row["vcov"] for row in reference["variances"] if not row.get("var2")]
    assert list(fit.variances["variance"]) == pytest.approx(theirs, rel=5e-3, abs=1e-4)


def test_a_correlation_of_one_is_reported_as_singular():
    # lme4 says "boundary (singular) fit" of this model too
    assert mixed.fit(design(ratings("listening")), slopes=True).singular


def test_the_gradient_is_the_criterions_slope():
    study = design(ratings("unbalanced"))
    reml = Reml(study, mixed.crossed_intercepts(study, slopes=True))
    at = np.random.default_rng(1).normal(0.5, 0.2, len(reml.random.start()))
    slopes = optimize.approx_fprime(at, lambda theta: reml.profiled(theta)[0], 1e-6)
    assert reml.profiled(at)[1] == pytest.approx(slopes, rel=1e-4, abs=1e-3)


def test_a_variance_of_zero_is_found_and_reported():
    grid = np.array([[1.0, 2, 3, 4], [4, 3, 2, 1], [2, 1, 4, 3], [3, 4, 1, 2]])
    fit = mixed.fit(intercept_only(grid))
    assert fit.singular and fit.variances["variance"][0] == pytest.approx(0, abs=1e-6)
    assert fit.coefficients["estimate"][0] == pytest.approx(2.5)


def test_too_few_data_give_no_model():
    one = intercept_only(np.array([[1.0, 2, 3]]))
    assert mixed.fit(one) is None
    assert mixed.fit(dataclasses.replace(one, counts=np.zeros((0, 3)), sums=np.zeros((0, 3)))) is None


@pytest.mark.parametrize("name", STUDIES)
def test_cumulative_logit_agrees_with_clmm(name):
    fit, reference = ordinal.fit(ratings(name)), expected(name)["ordinal"]
    assert fit.converged
    assert fit.log_likelihood == pytest.approx(reference["log_likelihood"], abs=1e-5)
    theirs = {row["name"]: row for row in reference["coefficients"]}
    for row in fit.coefficients.itertuples():
        assert row.estimate == pytest.approx(theirs[r_name(row.term)]["Estimate"], rel=1e-3, abs=1e-3)
        assert row.se == pytest.approx(theirs[r_name(row.term)]["Std. Error"], rel=1e-3)
    assert list(fit.variances["variance"]) == pytest.approx(reference["variances"], rel=1e-3)


def test_a_fine_scale_has_no_cumulative_logit_model():
    table = ratings("two").main.assign(rating=lambda t: t["rating"] + 0.5)
    assert ordinal.fit(from_table(table, (0, 10))) is None
