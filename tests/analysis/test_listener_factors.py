"""Groups of listeners against R's oneway.test (tests/reference/groups.R)."""

import numpy as np
import pandas as pd
import pytest

from analysis.statistics.listener_factors import listener_factors, listener_groups, welch
from tests.analysis.reference import expected, grid

PAIR = ("semantic", "static")


def answers(*groups):
    people = grid("listening").participants
    return pd.DataFrame({"experience": np.resize(np.array(groups, dtype=object), len(people))}, index=people)


@pytest.mark.parametrize(("name", "groups"), [("two", ("some", "much")), ("three", ("a", "b", "c"))])
def test_welchs_test_agrees_with_r(name, groups):
    row = listener_factors(grid("listening"), *PAIR, answers(*groups)).iloc[0]
    for column, value in expected("groups")[name].items():
        assert row[column] == pytest.approx(value, rel=1e-9), column
    assert (row["groups"], row["n"]) == (len(groups), 12)


def test_groups_are_described_by_their_means_with_intervals():
    table = listener_groups(grid("listening"), *PAIR, answers("a", "b", "c"))
    assert table["diff"].tolist() == pytest.approx(list(expected("groups")["means"].values()))
    assert table["n"].tolist() == [4, 4, 4] and (table["ci_low"] < table["diff"]).all()


@pytest.mark.parametrize(("alone", "tested"), [(1, 2), (2, 3)])
def test_a_group_is_tested_from_two_participants_on(alone, tested):
    said = answers("a", "b")
    said.iloc[:alone] = "c"
    assert listener_factors(grid("listening"), *PAIR, said)["groups"].tolist() == [tested]
    assert set(listener_groups(grid("listening"), *PAIR, said)["group"]) == {"a", "b", "c"}


def test_who_did_not_answer_is_left_out_and_one_group_is_no_question():
    assert listener_factors(grid("listening"), *PAIR, answers("a", None, "b"))["n"].tolist() == [8]
    assert listener_groups(grid("listening"), *PAIR, answers("a")).empty


def test_a_group_that_does_not_vary_has_no_test():
    assert np.isnan(welch([np.array([1.0, 1.0]), np.array([0.0, 2.0])])[3])
