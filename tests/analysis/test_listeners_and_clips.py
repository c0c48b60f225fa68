"""The main model against lmerTest and emmeans (tests/reference/crossed.R): estimates, degrees of freedom, tests."""

import re
from functools import cache

import numpy as np
import pytest

from analysis.data.ratings import LABELS, from_table
from analysis.statistics import listeners_and_clips, satterthwaite
from analysis.statistics.design import design
from analysis.statistics.listeners_and_clips import (
    fit_main,
    main_contrasts,
    main_tests,
    marginal_means,
    maximal_terms,
)
from tests.analysis.example import example
from tests.analysis.reference import expected, ratings

STUDIES = {
    "crossed": ("semantic", "static"),
    "crossed_gaps": ("semantic", "static"),
    "listening": ("semantic", "static"),
    "unbalanced": ("alpha", "mid"),
    "two": ("adaptive", "fixed"),
}


@cache
def fitted(name):
    return fit_main(design(ratings(name)), ratings(name), *STUDIES[name])


@pytest.mark.parametrize("name", STUDIES)
def test_the_criterion_is_lme4s_or_better(name):
    reference = expected(f"crossed_of_{name}")
    assert fitted(name).fit.converged
    assert fitted(name).fit.deviance <= reference["deviance"] + 1e-5
    assert fitted(name).fit.deviance == pytest.approx(reference["deviance"], abs=2e-3)
    assert any(term.correlated for term in fitted(name).fit.reml.terms) == reference["correlated"]


@pytest.mark.parametrize("name", STUDIES)
def test_f_tests_agree_with_lmertest(name):
    table = main_tests(fitted(name), ratings(name)).set_index("effect")
    for row in expected(f"crossed_of_{name}")["tests"]:
        found = table.loc[row["effect"]]
        assert found["F"] == pytest.approx(row["F"], rel=1e-3), row["effect"]
        assert found["df2"] == pytest.approx(row["df2"], rel=1e-2), row["effect"]
        assert found["p"] == pytest.approx(row["p"], rel=2e-2, abs=1e-9)


@pytest.mark.parametrize("name", STUDIES)
def test_contrasts_agree_with_emmeans(name):
    reference = expected(f"crossed_of_{name}")
    rows = [*reference["within"], *({**row, "descriptor": "all descriptors"} for row in reference["over"])]
    pairs = [tuple(row["contrast"].split(" - ")) for row in reference["over"]]
    table = main_contrasts(fitted(name), ratings(name), pairs).set_index(["descriptor", "a", "b"])
    for row in rows:
        if "descriptor" not in row or (row["descriptor"] == "all descriptors" and name == "two"):
            continue
        found = table.loc[(row["descriptor"], *row["contrast"].split(" - "))]
        assert found["estimate"] == pytest.approx(row["estimate"], rel=1e-3, abs=1e-5)
        assert found["se"] == pytest.approx(row["SE"], rel=1e-3)
        assert found["df"] == pytest.approx(row["df"], rel=1e-2)
        assert found["ci_low"] == pytest.approx(row["lower.CL"], rel=1e-3, abs=2e-3)


@pytest.mark.parametrize("name", STUDIES)
def test_marginal_means_agree_with_emmeans(name):
    table = marginal_means(fitted(name), ratings(name)).set_index(["descriptor", "condition"])
    scope = "all descriptors" if name != "two" else "warm"
    for row in expected(f"crossed_of_{name}")["means"]:
        found = table.loc[scope, row["condition"]]
        assert found["mean"] == pytest.approx(row["emmean"], rel=1e-3)
        assert found["se"] == pytest.approx(row["SE"], rel=1e-3)
        assert found["df"] == pytest.approx(row["df"], rel=1e-2)
        assert (found["ci_low"], found["ci_high"]) == pytest.approx((row["lower.CL"], row["upper.CL"]), rel=2e-3)


@cache
def between():
    """Each participant's ratings of one condition only."""
    table = ratings("crossed").main
    kept = table[table["condition"].cat.codes == (table["participant"].cat.codes + 1) % 3]
    order = {"condition": ratings("crossed").levels("condition"), "descriptor": None}
    return from_table(kept.astype(dict.fromkeys(LABELS, str)), (-20, 20), order=order)


def test_a_condition_between_participants_has_no_slopes_of_theirs():
    terms, left_out = maximal_terms(design(between()), between(), "semantic", "static")
    slopes = {term.group: len(term.names) > 1 for term in terms}
    own = {"participant": False, "participant:descriptor": False}
    assert slopes == own | {"clip": True, "clip:descriptor": True}
    assert left_out[0] == "slopes of participant (each level has one condition)"


def test_conditions_between_participants_are_compared_as_by_lmertest():
    reference, found = expected("between"), fit_main(design(between()), between(), "semantic", "static")
    assert found.fit.deviance == pytest.approx(reference["deviance"], abs=2e-3)
    table = main_contrasts(found, between(), [tuple(row["contrast"].split(" - ")) for row in reference["over"]])
    for row, theirs in zip(table.itertuples(), reference["over"], strict=False):
        assert row.descriptor == "all descriptors"
        assert row.estimate == pytest.approx(theirs["estimate"], rel=1e-3)
        assert row.se == pytest.approx(theirs["SE"], rel=1e-3)
        assert row.df == pytest.approx(theirs["df"], rel=1e-2)


@pytest.mark.parametrize("words", [1, 2])
def test_a_participant_of_one_descriptor_has_no_random_effect_within_it(words):
    table = ratings("crossed").main
    own = table["descriptor"].cat.codes == table["participant"].cat.codes % 2
    study = from_table(table[own | (words == 2)].astype(dict.fromkeys(LABELS, str)), (-20, 20))
    terms, left_out = maximal_terms(design(study), study, "semantic", "static")
    reason = "participant:descriptor (each participant rated one descriptor)"
    assert (reason in left_out) == ("participant:descriptor" not in {term.group for term in terms}) == (words == 1)


def in_r(row, names):
    """Give a variance's group and term by their names here; lme4 numbers the parts of an uncorrelated term."""
    group = re.sub(r"\.\d+$", "", row["grp"]).replace(".", ":")
    return ("residual", "") if group == "Residual" else (group, names[row["var1"]])


@pytest.mark.parametrize("name", STUDIES)
def test_variances_and_correlations_agree_with_lme4(name):
    table = fitted(name).fit.variances().set_index(["group", "term"])
    terms = next(term.names for term in fitted(name).fit.reml.terms if len(term.names) > 1)
    names = dict(zip(["(Intercept)", *(f"c{i}" for i in range(1, len(terms)))], terms, strict=True))
    rows = expected(f"crossed_of_{name}")["variances"]
    for row in [row for row in rows if row["var2"] is None]:
        assert table.loc[in_r(row, names), "sd"] == pytest.approx(row["sdcor"], rel=5e-3, abs=2e-2), row
    for row in [row for row in rows if row["var2"] is not None]:
        of_second = table.loc[(row["grp"], names[row["var2"]]), "correlations"].split(", ")
        place = list(names).index(row["var1"])
        assert float(of_second[place]) == pytest.approx(row["sdcor"], abs=0.011), row


def test_intervals_of_variances_hold_them_and_narrow_with_participants():
    table = fitted("crossed").fit.variances()
    reported = table[table["sd"] > 0]
    assert ((reported["sd_low"] < reported["sd"]) & (reported["sd"] < reported["sd_high"])).all()
    width = (reported["sd_high"] / reported["sd_low"]).to_numpy()
    assert width[-1] < 1.1 < width[:-1].min()  # the residual's, of 2,016 ratings, against those of 14 to 48 levels


@pytest.mark.parametrize(("df", "is_reported"), [(0.99, False), (1.0, True), (1.01, True)])
def test_a_variance_with_less_than_one_degree_of_freedom_has_no_interval(df, is_reported):
    low, high = satterthwaite._sd_interval(1.0, 2 / df)
    assert (low == low and high < 40) == is_reported


ONE, AS_MANY = "(one level)", "(as many random effects as ratings)"
NO_CLIPS = f"clip {ONE}"
ONE_WORD = example(descriptors=("warm",), clips=2)


def only(table, first_of):
    """Two conditions, and of the second clip the first so many ratings."""
    table = table[table["condition"].isin(["original", "semantic"])]
    return table.drop(table.index[table["clip"] == "clip2"][first_of:])


@pytest.mark.parametrize(
    ("table", "terms", "left_out"),
    [
        (example(), ["participant x 4", "participant:descriptor x 4", "clip x 4", "clip:descriptor x 4"], []),
        (ONE_WORD, ["participant x 4", "clip x 4"], []),
        (
            example(clips=1),
            ["participant x 4"],
            [f"participant:descriptor {AS_MANY}", NO_CLIPS, f"clip:descriptor {ONE}"],
        ),
        (example(participants=1, descriptors=("warm",)), [], [f"participant {ONE}", f"clip {AS_MANY}"]),
        (only(ONE_WORD, first_of=0), [], [f"participant {AS_MANY}", NO_CLIPS]),
        (only(ONE_WORD, first_of=1), ["participant x 2", "clip x 2"], []),
    ],
)
def test_which_random_effects_the_data_can_have(table, terms, left_out):
    study = from_table(table)
    found, without = maximal_terms(design(study), study, "original", "semantic")
    assert ([f"{term.group} x {len(term.names)}" for term in found], without) == (terms, left_out)


@pytest.mark.parametrize(("excess", "stays"), [(0.9e-6, False), (1.1e-6, True)])
def test_a_trace_of_a_variance_is_zero_where_the_fit_is_no_worse_without(excess, stays):
    fit = fitted("listening").fit
    place = np.flatnonzero(~fit.free)[0]
    trace = np.where(np.arange(len(fit.theta)) == place, 1e-3, fit.theta)
    found = listeners_and_clips._without_traces(fit.reml, trace, fit.reml.profiled(fit.theta)[0] - excess)
    assert (found[place] > 0) == stays and (np.delete(found, place) == np.delete(fit.theta, place)).all()
