"""Limits of planned looks against R's rpact (tests/reference/sequential.R), and the looks themselves."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.analyse import _limit
from analysis.data.ratings import from_table
from analysis.data.screening import Rules
from analysis.statistics.sequential import GO_ON, OBRIEN_FLEMING, POCOCK, STOP, Looks, decision, spent, taken
from tests.analysis.example import example
from tests.analysis.reference import expected

PAIR = ("semantic", "static")


@pytest.mark.parametrize("row", expected("sequential"), ids=lambda row: f"{row['spending']} {row['at']}")
def test_limits_agree_with_rpact(row):
    table = Looks(tuple(row["at"]), row["spending"]).limits()
    assert table["z"].tolist() == pytest.approx(row["z"], abs=2e-5)
    assert table["spent"].tolist() == pytest.approx(row["spent"], abs=1e-7)
    assert table["alpha"].tolist() == pytest.approx(2 * stats.norm.sf(row["z"]), rel=1e-3)


@pytest.mark.parametrize("spending", [OBRIEN_FLEMING, POCOCK])
def test_all_looks_together_keep_five_percent(spending):
    looks = Looks((8, 12, 15), spending)
    steps = np.random.default_rng(1).normal(size=(200_000, 15)).cumsum(axis=1)
    z = np.abs(steps[:, np.array(looks.at) - 1]) / np.sqrt(looks.at)
    assert (z > looks.limits()["z"].to_numpy()).any(axis=1).mean() == pytest.approx(0.05, abs=0.0015)


@pytest.mark.parametrize("at", [(), (8, 8), (12, 8), (1, 8)])
def test_looks_that_do_not_increase_are_refused(at):
    with pytest.raises(ValueError, match="each above the one before"):
        Looks(at)


def test_an_unknown_spending_is_refused():
    with pytest.raises(ValueError, match="'haybittle' is an unknown spending"):
        spent(np.array([0.5, 1]), "haybittle")


def study(effect):
    table = example(participants=9, clips=4, seed=4)
    table = table[table["condition"].isin(PAIR)]
    same = table.assign(rating=4 + np.random.default_rng(0).normal(0, 0.6, len(table)))
    same["rating"] += effect * (same["condition"] == "semantic")
    return from_table(same, (-5, 15))


@pytest.mark.parametrize(
    ("completed", "effect", "decisions", "said"),
    [
        (4, 3, ["", "", ""], None),
        (5, 3, [STOP, "", ""], STOP),
        (7, 0, [GO_ON, GO_ON, ""], GO_ON),
        (9, 0, [GO_ON, GO_ON, STOP], STOP),
    ],
)
def test_a_look_is_taken_when_it_is_reached_and_ends_the_study_at_an_effect(completed, effect, decisions, said):
    ratings = study(effect)
    table = taken(Looks((5, 7, 9)), ratings, ratings.levels("participant")[:completed], PAIR)
    assert table["decision"].tolist() == decisions and decision(table) == said
    assert table["p"].notna().tolist() == [name != "" for name in decisions]


def test_a_look_is_the_same_whoever_came_later():
    ratings, order = study(0.3), [f"p0{i}" for i in (3, 1, 2, 5, 4, 9, 8, 7, 6)]
    early = taken(Looks((5, 9)), ratings.without(order[5:]), order[:5], PAIR, Rules())
    late = taken(Looks((5, 9)), ratings, order, PAIR, Rules())
    assert early["p"][0] == late["p"][0] and np.isfinite(late["p"][1])


@pytest.mark.parametrize(("decisions", "limit"), [(["", ""], 0.0), ([GO_ON, ""], 0.01), ([GO_ON, STOP], 0.04)])
def test_the_limit_is_that_of_the_last_look_taken(decisions, limit):
    assert _limit(pd.DataFrame({"decision": decisions, "alpha": [0.01, 0.04]})) == limit
