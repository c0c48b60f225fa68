"""ANOVA against R: afex::aov_ez("participant", "rating", d, within = ..., fun_aggregate = mean), its summary's
epsilons and Mauchly tests."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.anova import AnovaRM

from analysis.statistics.anova import anova, anova_by_descriptor, within
from tests.analysis.reference import STUDIES, expected, grid

CLOSE = {"rel": 1e-6, "abs": 1e-14}


def check(row, reference):
    """Compare one effect with R's three tables; R prints no correction for one degree of freedom, nor for a singular
    error."""
    table = next(r for r in reference["table"] if r["name"] == row["effect"])
    for ours, theirs in {
        "ddof1": "num.Df",
        "ddof2": "den.Df",
        "F": "F",
        "p_unc": "Pr..F.",
        "ges": "ges",
        "pes": "pes",
    }.items():
        assert row[ours] == pytest.approx(table[theirs], **CLOSE), ours
    names = {"eps_gg": "GG eps", "p_gg": "Pr(>F[GG])", "eps_hf": "HF eps", "p_hf": "Pr(>F[HF])"}
    for adjustment in (r for r in reference["adjustments"] if r["name"] == row["effect"] and row["ddof1"] > 1):
        for ours, theirs in names.items():
            assert row[ours] == pytest.approx(adjustment[theirs], **CLOSE), ours
    for sphericity in (r for r in reference["mauchly"] if r["name"] == row["effect"]):
        assert row["W"] == pytest.approx(sphericity["Test statistic"], **CLOSE)
        assert row["p_W"] == pytest.approx(sphericity["p-value"], **CLOSE)


@pytest.mark.parametrize("name", STUDIES)
def test_both_factors_agree_with_afex(name):
    table = anova(grid(name))
    assert {r["name"] for r in expected(name)["anova"]["table"]} == set(table["effect"])
    for _, row in table.iterrows():
        check(row, expected(name)["anova"])


@pytest.mark.parametrize("name", ["listening", "few", "maxwell", "obrien"])
def test_f_and_p_are_also_those_of_statsmodels(name):
    # AnovaRM gives no epsilons, no Mauchly test and no eta squared, and refuses a participant without a cell
    labels = ("participant", "descriptor", "condition")
    study = grid(name)
    index = pd.MultiIndex.from_product([study.participants, study.descriptors, study.conditions], names=labels)
    long = pd.DataFrame({"rating": study.means.ravel()}, index=index).reset_index()
    theirs = AnovaRM(long, "rating", "participant", within=["condition", "descriptor"]).fit().anova_table
    ours = anova(study).set_index("effect").loc[theirs.index, ["F", "ddof1", "ddof2", "p_unc"]]
    assert ours.to_numpy(dtype=float) == pytest.approx(theirs.to_numpy(), rel=1e-6, abs=1e-14)


@pytest.mark.parametrize("name", STUDIES)
def test_each_descriptor_agrees_with_afex(name):
    table = anova_by_descriptor(grid(name))
    assert list(table["descriptor"]) == grid(name).descriptors
    for _, row in table.iterrows():
        check(row, expected(name)["by_descriptor"][row["descriptor"]]["anova"])


def test_two_conditions_are_always_spherical():
    row = anova(grid("two")).iloc[0]
    assert list(row[["eps_gg", "eps_hf", "W", "p_W"]]) == [1, 1, 1, 1]
    assert row["p_unc"] == row["p_gg"] == row["p_hf"]


def test_too_few_participants_for_sphericity_leave_its_columns_empty():
    row = anova(grid("few")).iloc[2]
    assert row["ddof1"] == 4
    interaction = within(np.random.default_rng(1).normal(size=(4, 3, 4)), ("descriptor", "condition")).iloc[2]
    assert (
        np.isnan(interaction["W"])
        and np.isnan(interaction["eps_hf"])
        and interaction["p_gg"] > interaction["p_unc"] * 0
    )


def test_a_participant_without_a_cell_is_left_out_of_the_anova_only():
    study = grid("unbalanced")
    assert list(study.missing().itertuples(index=False, name=None)) == [("021", "bright", "mid")]
    assert anova(study).iloc[0]["ddof2"] == (len(study.participants) - 2) * 2
