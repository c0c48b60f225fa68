"""`semantic-eq analyse` and `semantic-eq power` as they are typed."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis.numbers import share
from app.cli import cli
from tests.analysis.example import example
from tests.analysis.test_webmushra import MUSHRA

pytestmark = pytest.mark.usefixtures("figures_once")


def run(*arguments):
    """Run the command; an error that `app.cli.main` would tell in one sentence is raised."""
    result = CliRunner().invoke(cli, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_file_is_analysed_in_the_order_that_is_asked_for(tmp_path):
    example(clips=2).to_csv(tmp_path / "ratings.csv", index=False)
    order = ("--conditions", "static,semantic,flow,original", "--compare", "flow", "original")
    result = run("analyse", "--ratings", tmp_path / "ratings.csv", *order, "--out", tmp_path / "out")
    assert result.exit_code == 0 and "8 participants" in result.output
    pairs = pd.read_csv(tmp_path / "out" / "posthoc.csv")
    assert list(pairs["a"][:3]) == ["static"] * 3 and pairs["b"][0] == "semantic"
    assert set(pd.read_csv(tmp_path / "out" / "primary.csv")["a"]) == {"flow"}


def test_exported_ratings_are_analysed_by_what_the_study_file_beside_them_states(tmp_path):
    table = example(clips=3).assign(kind="rating")
    table.loc[table["participant"] == "p02", "rating"] = 9
    table.to_csv(tmp_path / "responses.csv", index=False)
    people = pd.DataFrame({"participant": [f"p{i:02d}" for i in range(1, 9)], "state": "completed"})
    people["headphones_passed"] = [False, *[True] * 7]
    people["question_experience"], people["question_age"] = ["some", "much"] * 4, range(8)
    people["finished_at"] = [f"2026-01-0{9 - i}" for i in range(1, 9)]
    people.to_csv(tmp_path / "sessions.csv", index=False)
    definition = {
        "title": {"en": "Warmth"}, "conditions": ["static", "semantic", "flow", "original"],
        "descriptors": [{"name": "bright"}, {"name": "warm"}], "scale": {"low": 1, "high": 9},
        "screening": {"headphones_required": True, "max_same_rating": 0.95},
        "questionnaire": {"questions": [{"id": "experience", "type": "choice"}, {"id": "age", "type": "number"}]},
        "analysis": {"smallest_effect": 0.8, "looks": [5, 9], "spending": "pocock"},
    }  # fmt: skip
    (tmp_path / "study.json").write_text(json.dumps(definition))
    result = run("analyse", "--ratings", tmp_path / "responses.csv", "--out", tmp_path / "out")
    assert "6 participants" in result.output
    means = pd.read_csv(tmp_path / "out" / "means.csv")
    assert means["condition"][0] == "static" and means["descriptor"][0] == "bright"
    assert set(pd.read_csv(tmp_path / "out" / "exclusions.csv")["participant"]) == {"p01", "p02"}
    assert set(pd.read_csv(tmp_path / "out" / "equivalence.csv")["margin"]) == {0.8}
    assert pd.read_csv(tmp_path / "out" / "listener_groups.csv")["group"].tolist() == ["much", "some"]
    assert pd.read_csv(tmp_path / "out" / "listener_factors.csv")["factor"].tolist() == ["experience"]
    looks = pd.read_csv(tmp_path / "out" / "looks.csv")
    assert looks["participants"].tolist() == [5, 9] and looks["decision"].fillna("").tolist() == ["stop", ""]
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert f"at this planned look significant below {share(looks['alpha'][0])}" in report


def test_webmushra_files_are_analysed_on_their_scale(tmp_path):
    (tmp_path / "mushra.csv").write_text(MUSHRA)
    margin = ("--smallest-effect", "10")
    run("analyse", "--from", "webmushra", tmp_path / "mushra.csv", *margin, "--out", tmp_path / "out")
    assert pd.read_csv(tmp_path / "out" / "means.csv")["mean"].tolist() == [98.5, 51]
    assert set(pd.read_csv(tmp_path / "out" / "equivalence.csv")["margin"]) == {10}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--ratings", "none.csv"), "none.csv"),
        (("--database-url", "sqlite:///none.sqlite"), "There is no database none.sqlite"),
        (("--ratings", "ratings.csv", "--compare", "flow", "loud"), "'loud' is an unknown condition"),
    ],
)
def test_mistakes_are_reported(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    example(participants=2, clips=2).to_csv("ratings.csv", index=False)
    with pytest.raises((ValueError, OSError), match=message):
        run("analyse", *arguments, "--out", "out")


def test_the_power_plan_says_what_the_plan_of_record_can_detect(tmp_path):
    sizes, tests = ("--participants", "10,15", "--clips", "10"), ("--smallest-effect", "1", "--adaptivity", "0.5")
    result = run("power", *sizes, *tests, "--simulations", "200", "--out", tmp_path)
    assert (
        "With 10 participants and 10 clips, 80% of studies find a difference of 0.86 points for new listeners and new "
        "music, and of 0.76 points (d_z = 1.00) for these clips alone." in result.output
    )
    assert "of studies show equivalence within 1 points" in result.output and "change" in result.output
    assert pd.read_csv(tmp_path / "power_planned.csv")["test"].tolist() == ["adaptivity"] * 2 + ["equivalence"] * 2
    assert len(pd.read_csv(tmp_path / "power.csv")) == 2
    assert {path.suffix for path in tmp_path.glob("power.*")} == {".csv", ".md", ".tex", ".html", ".svg"}


def test_a_plan_from_simulated_participants_says_so(tmp_path):
    example().assign(simulated=True).to_csv(tmp_path / "pilot.csv", index=False)
    sizes = ("--participants", "10", "--clips", "4", "--simulations", "100")
    result = run("power", "--pilot", tmp_path / "pilot.csv", *sizes, "--out", tmp_path / "plan")
    assert "SIMULATED" in result.output
    assert "SIMULATED" in (tmp_path / "plan" / "power.html").read_text(encoding="utf-8")


def test_numbers_that_are_none_are_refused(tmp_path):
    with pytest.raises(ValueError, match="--participants is 'ten'"):
        run("power", "--participants", "ten", "--out", tmp_path)
