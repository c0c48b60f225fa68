"""Whether quality is kept: the four verdicts, each on both sides of its limit, and what is said of them."""

import pandas as pd
import pytest
from scipy import stats

from analysis.data.ratings import from_table
from analysis.statistics.kept import KEPT, kept
from analysis.statistics.results import compute
from analysis.writing.kept import _parts_text, kept_text
from tests.analysis.example import example

MARGIN, SE, DF = 5.0, 1.0, 20
ONE_SIDED, TWO_SIDED = stats.t.ppf(0.95, DF) * SE, stats.t.ppf(0.975, DF) * SE


def verdict(difference, se=SE):
    row = {"descriptor": "warm", "a": "semantic", "b": "original", "estimate": difference, "se": se, "df": DF}
    return kept({"new listeners and new music": pd.DataFrame([row])}, MARGIN).iloc[0]


@pytest.mark.parametrize(
    ("difference", "se", "word"),
    [
        (MARGIN - ONE_SIDED - 1e-6, SE, "equivalent"),  # above zero, and yet within the margin
        (MARGIN - ONE_SIDED + 1e-6, SE, "better"),
        (-MARGIN + ONE_SIDED + 1e-6, SE, "equivalent"),
        (-MARGIN + ONE_SIDED - 1e-6, SE, "worse"),
        (-3 * TWO_SIDED - 1e-6, 3, "worse"),
        (-3 * TWO_SIDED + 1e-6, 3, "undecided"),
        (3 * TWO_SIDED - 1e-6, 3, "undecided"),
        (3 * TWO_SIDED + 1e-6, 3, "better"),
        (0, 0, "undecided"),  # nothing varies: there is no test
    ],
)
def test_the_verdict_turns_at_the_limits_of_its_tests(difference, se, word):
    found = verdict(difference, se)
    assert found["verdict"] == word
    if se:
        assert found["ci_low"] == pytest.approx(difference - se * TWO_SIDED)
        assert found["p_not_worse"] == pytest.approx(stats.t.sf((difference + MARGIN) / se, DF))


@pytest.fixture(scope="module")
def results():
    return compute(from_table(example(participants=6, clips=3)), thorough=False, margin=1.0, unprocessed="original")


def test_every_condition_is_judged_over_all_and_on_each_descriptor(results):
    table = results["kept"]
    assert list(table.columns) == KEPT
    assert len(table) == 2 * 3 * 3  # new music and these clips; three conditions; all descriptors and two
    contrast = results["main_model_contrasts"].query("a == 'original' and b == 'semantic' and descriptor == 'warm'")
    row = table.query("condition == 'semantic' and descriptor == 'warm'").iloc[0]
    assert row["difference"] == pytest.approx(-contrast["estimate"].iloc[0])
    assert row["ci_low"] == pytest.approx(-contrast["ci_high"].iloc[0])


def test_the_sentence_names_basis_margin_and_every_condition(results):
    first = kept_text(results)[0]
    assert first.startswith("For new listeners and new music, in descriptor within 1.00 points of original: ")
    assert all(name in first for name in ("semantic is", "flow is", "static is"))


NO_QUESTION = ({"margin": 1.0}, {"unprocessed": "original"}, {"margin": 1.0, "unprocessed": "dry"})


@pytest.mark.parametrize("question", NO_QUESTION)
def test_without_a_margin_or_the_unprocessed_condition_nothing_is_judged(question):
    found = compute(from_table(example(participants=3, clips=2)), thorough=False, **question)
    assert "kept" not in found.tables and kept_text(found) == []


def test_margins_of_the_study_file_are_above_zero():
    from study.design.sections import Analysis

    assert Analysis(margins={"quality": 5}).unprocessed == "original"
    with pytest.raises(ValueError, match="greater than 0"):
        Analysis(margins={"quality": 0})


def test_a_descriptor_is_named_only_where_its_verdict_is_another(results):
    table = results["kept"].assign(verdict="equivalent")
    over_all = table.query("descriptor == 'all descriptors'").to_dict("records")
    assert _parts_text(table, over_all) == []
    of_warm = (table["condition"] == "semantic") & (table["descriptor"] == "warm")
    (line, *_) = _parts_text(table.assign(verdict=table["verdict"].mask(of_warm, "worse")), over_all)
    assert line.startswith("On one descriptor alone the verdict on semantic is another for warm (worse)")
