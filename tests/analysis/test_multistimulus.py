"""Ratings from 0 to 100 of several stimuli: post-screening, medians, and the tests that every rating gets."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from analysis.analyse import Settings, analyse
from analysis.data.post_screening import Anchored, mid_anchor_above_90, reference_below_90
from analysis.data.questions import Asked
from analysis.data.ratings import from_table
from analysis.data.reading import read_csv
from analysis.data.screening import Rules, screen
from analysis.statistics import medians
from app.commands import paradigms
from app.commands.tables import Tables
from tests.analysis.reference import FOLDER, expected

ANCHORED = Anchored("reference", "anchor70")


@cache
def ratings():
    return from_table(read_csv(FOLDER / "mushra.csv"), (0, 100))


def test_shares_of_misrated_items_agree_with_r():
    r = expected("mushra")
    assert reference_below_90(ratings(), "reference").to_dict() == pytest.approx(r["below"])
    found = mid_anchor_above_90(ratings(), "anchor70").to_dict()
    assert found == pytest.approx(r["above"]) and found["p07"] == 0.4  # two of five: the sixth clip does not count


def test_bs1534_leaves_out_who_misrates_more_than_fifteen_per_cent():
    found = screen(ratings(), Rules.of({}).with_bs1534(), anchored=ANCHORED)
    assert found.broke() == ["p03", "p05", "p07"]
    assert screen(ratings(), Rules.of({}), anchored=ANCHORED).broke() == []  # not stated
    assert screen(ratings(), Rules.of({}).with_bs1534()).broke() == []  # no anchors named


def of_reference(values, items=20):
    rows = [[p, "quality", f"c{i}", "reference", v[i]] for p, v in values.items() for i in range(items)]
    return from_table(
        pd.DataFrame(rows, columns=["participant", "descriptor", "clip", "condition", "rating"]), (0, 100)
    )


@pytest.mark.parametrize(("n_below", "out"), [(2, False), (3, False), (4, True)])
def test_the_limit_is_more_than_fifteen_per_cent_of_twenty_items(n_below, out):
    found = of_reference({"p": [89] * n_below + [90] * (20 - n_below), "q": [100] * 20})
    assert (screen(found, Rules.of({}).with_bs1534(), anchored=ANCHORED).broke() == ["p"]) == out


@pytest.mark.parametrize(("rating", "below"), [(89, 1), (90, 0), (91, 0)])
def test_ninety_itself_is_not_below_ninety(rating, below):
    assert reference_below_90(of_reference({"p": [rating] * 20}), "reference")["p"] == below


@pytest.mark.parametrize(("who", "counted"), [(1, True), (2, False)])
def test_an_item_counts_until_more_than_a_quarter_find_its_anchor_excellent(who, counted):
    rows = [[f"p{p}", "quality", "c", "anchor70", 91 if p < who else 50] for p in range(4)]
    found = from_table(
        pd.DataFrame(rows, columns=["participant", "descriptor", "clip", "condition", "rating"]), (0, 100)
    )
    assert ("p0" in mid_anchor_above_90(found, "anchor70")) == counted


def test_an_unknown_reference_is_refused():
    with pytest.raises(ValueError, match="unknown condition 'original'"):
        Anchored("original").refuse_unknown(["reference"])


def test_medians_of_clips_agree_with_r():
    table = medians.medians_by_clip(ratings())
    assert list(table.columns) == medians.BY_CLIP and len(table) == 30
    for row in table.itertuples():
        r = expected("mushra")["by_clip"][row.condition][row.clip]
        assert [row.n, row.median, row.q1, row.q3] == [r["n"], r["median"], r["q1"], r["q3"]]
        assert [row.ci_low, row.ci_high] == r["ci"]


def test_medians_over_clips_agree_with_r_and_their_intervals_hold_them():
    table = medians.medians(ratings())
    for row in table.itertuples():
        assert [row.median, row.q1, row.q3] == expected("mushra")["over"][row.condition]
        assert row.ci_low <= row.median <= row.ci_high
    assert medians.medians(ratings()).equals(table)  # the same ratings, the same numbers


@pytest.mark.parametrize(("n", "known"), [(5, False), (6, True)])
def test_fewer_than_six_listeners_have_no_exact_interval(n, known):
    assert np.isfinite(medians.exact_interval(np.arange(n, dtype=float))).all() == known


@pytest.mark.parametrize(
    ("scale", "continuous"), [((1, 7), False), ((0, 10), False), ((0, 11), True), ((0, 100), True)]
)
def test_a_scale_of_more_than_eleven_points_is_continuous(scale, continuous):
    assert medians.is_continuous(scale) == continuous


@pytest.fixture(scope="module")
def analysed(tmp_path_factory):
    out = tmp_path_factory.mktemp("mushra")
    return out, analyse(ratings(), out, Settings(rules=Rules.of({}).with_bs1534(), anchored=ANCHORED))


def test_the_results_are_of_who_passed_and_everyone_stands_beside(analysed):
    out, results = analysed
    assert len(results.cells.participants) == 10
    everyone = pd.read_csv(out / "all_participants" / "friedman.csv")
    assert everyone["chi2"][0] == pytest.approx(expected("mushra")["friedman"]["chi2"], abs=1e-6)
    fitted = pd.read_csv(out / "all_participants" / "lmm.csv")["estimate"]
    assert fitted.tolist() == pytest.approx(expected("mushra")["lmer"], abs=1e-4)


def test_medians_and_post_screening_are_drawn_and_told(analysed):
    out, _ = analysed
    assert (out / "medians.png").read_bytes().startswith(b"\x89PNG")
    assert "below 90 in more than 15% of the items (ITU-R BS.1534-3)" in (out / "methods.md").read_text("utf-8")
    assert "Medians with 95% intervals: quality, reference: " in (out / "results.md").read_text("utf-8")
    assert "medians.csv" in (out / "report.html").read_text("utf-8")


def test_a_mushra_block_of_the_study_states_the_post_screening():
    block = {"paradigm": "multistimulus", "preset": "bs1534", "reference": "original", "anchors": True}
    tables = Tables(Settings(rules=Rules.of({"max_missing": 0.5})), {}, definition={"blocks": [block]})
    asked = Asked("quality", "quality", "multistimulus", pd.DataFrame())
    conditions = ["original", "semantic", "low_pass_3500", "low_pass_7000"]
    settings = paradigms.post_screened(paradigms._settings(tables, asked, conditions), conditions)
    assert settings.anchored == Anchored("original", "low_pass_7000")
    assert settings.rules == Rules.of({"max_missing": 0.5}).with_bs1534()
    without = replace(tables, definition={"blocks": [block | {"preset": "bs2132"}]})
    assert paradigms.post_screened(paradigms._settings(without, asked, conditions), conditions).anchored is None
