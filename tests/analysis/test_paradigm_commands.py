"""`semantic-eq analyse` of several questions and ways of asking, as it is typed."""

import json

import pandas as pd
import pytest

from analysis.analyse import Settings
from analysis.data.left_out import without_screened
from analysis.data.screening import Rules
from app.commands.paradigms import analyses
from app.commands.tables import Tables
from tests.analysis.example import CONDITIONS, example
from tests.analysis.reference import FOLDER
from tests.analysis.test_commands import run

QUALITY = {"name": "quality", "type": "continuous", "low": 0, "high": 100}
DEFINITION = {
    "title": {"en": "Warmth"},
    "conditions": list(CONDITIONS),
    "descriptors": [{"name": "warm"}, {"name": "bright"}],
    "scale": {"low": 1, "high": 7},
    "screening": {"attention_passed": 0.8},
    "analysis": {"margins": {"quality": 5}, "unprocessed": "original"},
    "blocks": [
        {"paradigm": "single", "questions": [{"name": "descriptor", "type": "scale", "low": 1, "high": 7}]},
        {"paradigm": "multistimulus", "questions": [QUALITY]},
    ],
}


def responses():
    """A descriptor from 1 to 7, its quality from 0 to 100, a comment in words, and checks that p02 fails."""
    warm = example(participants=6, clips=3).assign(question="descriptor", paradigm="single", kind="rating")
    quality = warm.assign(question="quality", paradigm="multistimulus", rating=10 * warm["rating"] + 20)
    words = warm.assign(question="why", rating=None, answer="because")
    checks = warm[(warm["clip"] == "clip1") & (warm["condition"] == "flow")].assign(kind="attention", expected=2)
    checks["rating"] = [5 if who == "p02" else 2 for who in checks["participant"]]
    return pd.concat([warm, checks, quality, words], ignore_index=True)


pytestmark = pytest.mark.usefixtures("figures_once")


@pytest.fixture(scope="module")
def analysed(tmp_path_factory):
    export, out = tmp_path_factory.mktemp("export"), tmp_path_factory.mktemp("results")
    responses().to_csv(export / "responses.csv", index=False)
    for name in ("pairs", "abx"):
        table = pd.read_csv(FOLDER / f"{name}.csv")
        table[table["descriptor"] == "bright"].to_csv(export / f"{name}.csv", index=False)
    (export / "study.json").write_text(json.dumps(DEFINITION))
    pd.DataFrame({"participant": ["p01"], "simulated": [False]}).to_csv(export / "sessions.csv", index=False)
    return run("analyse", export, "--out", out).output, out


def test_a_folder_is_analysed_with_all_that_is_in_it(analysed):
    output, out = analysed
    for line in ("The ratings of 5 participants", "quality: the ratings of 5", "pairs: the paired comparisons of 13"):
        assert line in output
    for page in ("report.html", "quality/report.html", "pairs/report.html", "abx/report.html"):
        assert (out / page).is_file()
    assert not (out / "why").exists()  # words are no ratings


def test_every_question_has_its_scale_and_the_checks_of_its_listeners(analysed):
    _, out = analysed
    assert pd.read_csv(out / "means.csv")["mean"].max() <= 7
    assert pd.read_csv(out / "quality" / "means.csv")["mean"].min() >= 30
    for folder in (out, out / "quality"):
        assert set(pd.read_csv(folder / "exclusions.csv")["participant"]) == {"p02"}
    assert (out / "quality" / "medians.csv").is_file() and not (out / "medians.csv").exists()


def test_an_attribute_is_tested_for_being_kept_within_the_margin_that_the_study_states(analysed):
    out = analysed[1]
    table = pd.read_csv(out / "quality" / "kept.csv")
    assert set(table["condition"]) == {"semantic", "flow", "static"} and table["margin"].eq(5).all()
    text = (out / "quality" / "results.md").read_text(encoding="utf-8")
    assert "in quality within 5.00 points of original: semantic is " in text
    assert "asked as a question of equivalence" in (out / "quality" / "methods.md").read_text(encoding="utf-8")
    assert not (out / "kept.csv").exists()


def test_the_first_page_gives_the_answers_of_the_others(analysed):
    page = (analysed[1] / "report.html").read_text(encoding="utf-8")
    for name in ("quality", "pairs", "abx"):
        assert f'<a href="{name}/report.html">{name}</a>' in page
    assert page.index("Also asked") < page.index("<h2>Ratings</h2>")
    assert "paradigms" not in page and "Warmth: quality" in (analysed[1] / "quality/report.html").read_text("utf-8")


def test_pairs_alone_are_analysed_into_the_folder_itself(tmp_path):
    result = run("analyse", "--pairs", FOLDER / "pairs.csv", "--compare", "flow", "original", "--out", tmp_path)
    assert "The paired comparisons of 14 participants are analysed" in result.output
    assert "flow is chosen over original" in (tmp_path / "results.md").read_text(encoding="utf-8")


def test_abx_alone_is_analysed_into_the_folder_itself(tmp_path):
    result = run("analyse", "--abx", FOLDER / "abx.csv", "--conditions", "static,semantic,original", "--out", tmp_path)
    assert "The ABX trials of 9 participants" in result.output
    assert pd.read_csv(tmp_path / "abx.csv")["a"].tolist() == ["static", "static", "semantic"] * 2


def test_one_question_is_analysed_by_its_name(tmp_path):
    responses().to_csv(tmp_path / "ratings.csv", index=False)
    choice = ("--ratings", tmp_path / "ratings.csv", "--question", "quality", "--scale", "0", "100")
    run("analyse", *choice, "--out", tmp_path / "out")
    assert pd.read_csv(tmp_path / "out" / "means.csv")["mean"].min() >= 30
    with pytest.raises(ValueError, match=r"outside the scale 1 to 7 .* keep study\.json, which says the scale"):
        run("analyse", "--ratings", tmp_path / "ratings.csv", "--out", tmp_path / "out")
    with pytest.raises(ValueError, match="Unknown question 'loudness': the table has descriptor, quality"):
        run("analyse", "--ratings", tmp_path / "ratings.csv", "--question", "loudness", "--scale", "0", "100")


def test_another_questions_scale_does_not_hinder_the_one_that_is_chosen():
    alone = Tables(Settings(), {}, ratings=responses(), chosen="descriptor")
    assert [analysis.name for analysis in analyses(alone)] == ["descriptor"]


def test_a_hidden_reference_that_is_named_states_the_post_screening(tmp_path):
    names = ("--reference", "reference", "--mid-anchor", "anchor70", "--scale", "0", "100")
    result = run("analyse", "--ratings", FOLDER / "mushra.csv", *names, "--out", tmp_path)
    assert "The ratings of 10 participants" in result.output
    with pytest.raises(ValueError, match="hidden reference is the unknown condition 'original'"):
        run("analyse", "--ratings", FOLDER / "mushra.csv", "--reference", "original", "--scale", "0", "100")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds none of responses.csv, pairs.csv, abx.csv"),
        ({"pairs.csv": "participant,descriptor,clip,a,b,choice\n"}, "have no rows"),
    ],
)
def test_a_folder_without_answers_is_refused(tmp_path, files, message):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        run("analyse", tmp_path)


def test_who_breaks_a_stated_rule_is_left_out_of_pairs_and_abx_too_and_named(analysed):
    for name in ("pairs", "abx"):
        for text in ("methods.md", "report.html"):
            shown = (analysed[1] / name / text).read_text(encoding="utf-8")
            assert "1 participant was left out by the rules stated before the study: p02 (attention_passed)." in shown


CHECKS = pd.DataFrame(
    {
        "participant": ["p1"] * 5 + ["p2"] * 5,
        "kind": "attention",
        "choice": ["a"] * 4 + ["b"] + ["a"] * 5,
        "expected": "a",
    }
)


@pytest.mark.parametrize(("limit", "left"), [(0.79, 2), (0.8, 2), (0.81, 1), (None, 2)])
def test_attention_checks_among_pairs_are_held_against_the_stated_limit(limit, left):
    rules = Rules.of({"attention_passed": limit} if limit else {})
    table, shown = without_screened(CHECKS, rules, {}, None)
    assert table["participant"].nunique() == left
    assert shown.endswith("p1 (attention_passed).") if left == 1 else shown == ""


def test_the_headphone_check_counts_for_pairs_where_it_is_required_and_not_everyone_can_be_left_out():
    wanted = Rules.of({"headphones_required": True})
    assert set(without_screened(CHECKS, wanted, {}, {"p1": False, "p2": True})[0]["participant"]) == {"p2"}
    assert without_screened(CHECKS, Rules.of({}), {}, {"p1": False})[1] == ""
    assert without_screened(CHECKS, None, {"p1": "max_missing"}, None)[1] == ""
    with pytest.raises(ValueError, match="Every one of 2 participants breaks a screening rule"):
        without_screened(CHECKS, wanted, {}, {"p1": False, "p2": False})
