"""The difference by every analysis is what each analysis gave."""

import numpy as np
import pytest

from analysis.data.ratings import from_table
from analysis.statistics.results import compute
from analysis.writing.figure_style import style
from analysis.writing.figures import multiverse_figure
from analysis.writing.multiverse import multiverse
from tests.analysis.example import example


@pytest.fixture(scope="module")
def sets():
    ratings = from_table(example(participants=6, clips=3))
    return {"all participants": compute(ratings), "after exclusions": compute(ratings.without(["p02"]), thorough=False)}


def test_every_analysis_stands_once_for_each_set_of_participants(sets):
    table = multiverse(sets)
    for reported, results in sets.items():
        rows = table[table["participants"] == reported].set_index("analysis")
        assert rows.index.is_unique
        primary = results["primary"].iloc[0]
        assert rows.loc["t-test on means", ["estimate", "ci_low", "p"]].tolist() == [*primary[["diff", "ci_low", "p"]]]
        assert {
            "main mixed model",
            "Wilcoxon on means",
            "Wilcoxon, zeros ranked (Pratt)",
            "mixed model, intercepts",
        } <= set(rows.index)
        assert ("mixed model, listeners' slopes" in rows.index) == ("lmm_slopes" in results.tables)


def test_what_is_significant_is_filled(sets):
    table = multiverse(sets)
    table.loc[0, "p"], table.loc[1, "p"] = 0.049, 0.05
    with style():
        figure = multiverse_figure(table, "semantic", "static")
    points = [line for line in figure.axes[0].lines if np.ndim(line.get_xdata()) == 1 and line.get_marker() in "so"]
    faces = [line.get_markerfacecolor() for line in points][:2]
    assert faces[0] != "white" and faces[1] == "white"


def test_without_two_conditions_there_is_none():
    table = example(participants=3, clips=2).query("condition == 'flow'")
    assert multiverse({"all participants": compute(from_table(table), thorough=False)}).empty
