"""Odds ratios at each split of the scale against R's mantelhaen.test (tests/reference/odds.R), and by cumulative logit
models with slopes against ordinal::clmm (tests/reference/ordinal.R)."""

import numpy as np
import pytest
from scipy import optimize, stats

from analysis.data.ratings import from_table
from analysis.statistics.design import design
from analysis.statistics.laplace import Laplace
from analysis.statistics.listeners_and_clips import maximal_terms
from analysis.statistics.odds import common_odds_ratio, odds_ratios
from analysis.statistics.ordinal import odds_with_slopes
from analysis.statistics.results import compute
from analysis.writing.findings import odds_text
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


@pytest.mark.parametrize(("categories", "reported"), [(1, False), (2, True), (11, True), (12, False)])
def test_only_few_whole_categories_have_splits(categories, reported):
    table = example(participants=4, clips=2)
    table["rating"] = np.resize(np.arange(categories), len(table))
    assert bool(len(odds_ratios(from_table(table, (0, 100)), *PAIR))) == reported
    table["rating"] = np.resize([1.5, 2, 3], len(table))
    assert odds_ratios(from_table(table, (0, 100)), *PAIR).empty


def test_no_ratio_where_it_hangs_on_one_participant():
    assert np.isnan(common_odds_ratio(np.array([1.0, 2.0, 1.0]), np.array([1.0, 0.0, 0.0]))).all()
    assert common_odds_ratio(np.array([1.0, 2.0, 1.0]), np.array([1.0, 0.5, 0.0]))[0] == pytest.approx(8 / 3)


def whole(name):
    table = ratings(name).main
    return from_table(table.assign(rating=table["rating"].round().clip(1, 7)), (1, 7))


@pytest.mark.parametrize("row", expected("ordinal"), ids=lambda row: row["data"])
def test_odds_with_slopes_agree_with_clmm(row):
    odds, sds = odds_with_slopes(whole(row["data"]), row["a"], row["b"])
    found = odds.set_index("descriptor").loc[row["descriptor"]]
    assert found["converged"]
    assert found["log_odds"] == pytest.approx(row["log_odds"], rel=1e-3)
    assert found["se"] == pytest.approx(row["se"], rel=1e-3)
    assert found["df"] == row["df"] and found["p"] == pytest.approx(row["p"], rel=2e-3)
    assert np.log([found["ci_low"], found["ci_high"]]) == pytest.approx(
        np.log([row["ci_low"], row["ci_high"]]), rel=2e-3
    )
    of_word = sds[sds["descriptor"] == row["descriptor"]].set_index(["group", "term"])["sd"]
    names = {"(Intercept)": "Intercept", "side": "condition"}
    for name, sd in row["sds"].items():
        group, term = name.split(" ")
        assert of_word[group, names[term]] == pytest.approx(sd, rel=1e-3, abs=2e-3), name


def test_the_gradient_is_the_likelihoods_slope_with_correlated_slopes_too():
    study = whole("two")
    layout = design(study)
    model = Laplace(np.where(layout.counts > 0, layout.sums - 1, -1).astype(int), layout.fixed[:, 1:],
                    maximal_terms(layout, study, "adaptive", "fixed")[0])  # fmt: skip
    at = model.start()
    at[-6:] = (0.8, 0.3, 0.5, 0.6, -0.2, 0.4)
    slopes = optimize.approx_fprime(at, lambda x: model.objective(x)[0], 1e-6)
    assert model.objective(at)[1] == pytest.approx(slopes, rel=1e-4, abs=2e-4)


def one_each(table, group):
    """Let the members of a group be rated under one condition each, in turn."""
    code = table[group].astype("category").cat.codes % len(PAIR)
    return table[table["condition"] == np.array(PAIR)[code]]


@pytest.mark.parametrize(
    ("participants", "clips", "one_condition", "df"),
    [
        (6, 5, [], 4),
        (5, 5, [], 4),
        (4, 5, [], 3),
        (4, 2, [], 1),
        (4, 1, [], 3),
        (5, 6, ["participant"], 3),
        (6, 4, ["participant"], 3),
        (6, 4, ["clip"], 2),
        (2, 2, ["participant"], 0),
    ],
)
def test_the_odds_have_the_degrees_of_freedom_of_participants_or_clips_whichever_are_fewer(
    participants, clips, one_condition, df
):
    table = example(participants, clips, ("warm",))
    table = table[table["condition"].isin(PAIR)]
    for group in one_condition:
        table = one_each(table, group)
    odds = odds_with_slopes(from_table(table, (1, 7)), *PAIR)[0].iloc[0]
    assert odds["df"] == df
    t = odds["log_odds"] / odds["se"]
    assert odds["z"] == t and odds["p"] == pytest.approx(2 * stats.t.sf(abs(t), df), nan_ok=True)
    assert np.isnan(odds["p"]) == (df < 1)


@pytest.mark.parametrize(("clips", "reported"), [(4, False), (5, True), (6, True)])
def test_odds_are_reported_of_five_clips_or_more(clips, reported):
    results = compute(from_table(example(participants=6, clips=clips)))
    text = " ".join(odds_text(results))
    assert ("the odds of a higher rating with semantic were, relative to static," in text) == reported


def test_conditions_that_are_always_apart_have_no_odds_ratio():
    table = example(participants=6, clips=5)
    table["rating"] = np.where(table["condition"] == "semantic", 6, 2) + np.arange(len(table)) % 2
    odds, _ = odds_with_slopes(from_table(table), *PAIR)
    assert odds["odds_ratio"].isna().all() and not odds["converged"].any()


def test_what_does_not_vary_has_an_sd_of_zero():
    table = example(participants=6, clips=5, descriptors=("warm",))
    table = table[table["condition"].isin(PAIR)]
    chance = np.random.default_rng(1)
    table["rating"] = np.concatenate([chance.permutation([2, 3, 3, 4, 4, 5, 3, 5, 2, 4]) for _ in range(6)])
    odds, sds = odds_with_slopes(from_table(table), *PAIR)
    assert odds["converged"].all() and (sds["sd"] == 0).all() and len(sds) == 4
