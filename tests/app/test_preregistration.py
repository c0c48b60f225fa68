"""What is done otherwise than preregistered is found, each kind of it; where nothing is, nothing is reported."""

import copy
import json
import tomllib
from dataclasses import replace

import pandas as pd
import pytest

from analysis.analyse import Settings, analyse
from analysis.data.ratings import from_table
from analysis.data.screening import Rules
from analysis.statistics.sequential import Looks
from analysis.writing.deviations import went_on
from app import preregistration
from app.commands.paradigms import analyse_all, analyses
from app.commands.preregister import page
from app.commands.registered import deviations_text, held_against
from app.commands.tables import Tables
from app.study_settings import of_study
from study.design import definition as study_file
from study.design.stimuli import StimulusSet
from tests.analysis.example import example
from tests.app.test_study_commands import run, small
from tests.study.sets import write_set

PAIR = ("semantic", "static")
FREE: dict[str, None] = {"condition": None, "descriptor": None}


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    stimuli = StimulusSet.load(write_set(tmp_path_factory.mktemp("set"), n_clips=2, duration_s=0.01))
    file = tomllib.loads(study_file.SHIPPED.read_text(encoding="utf-8"))
    definition = study_file.parse(file | {"analysis": {"smallest_effect": 0.5, "looks": [8, 12]}})
    return preregistration.frozen(definition, stimuli, PAIR, None), definition, stimuli


def done(planned, change=lambda study: None, participants=12, options=None, order=FREE, **settings):
    """What an analysis as planned was made with, but for these changes."""
    _, definition, stimuli = planned
    study = copy.deepcopy(definition.model_dump(mode="json"))
    change(study)
    taken, order = of_study(study, stimuli.content, None, Settings(), order)
    compared = settings.pop("compared", PAIR)
    made = {"definition": study, "manifest": stimuli.content, "participants": participants, "options": options or {}}
    return preregistration.Done(settings=replace(taken, **settings), order=order, compared=compared, **made)


def found(planned, **changes):
    return preregistration.deviations(planned[0], done(planned, **changes)).to_numpy().tolist()


@pytest.mark.parametrize("participants", [8, 12])
def test_nothing_is_found_where_all_was_done_as_planned(planned, participants):
    assert found(planned, participants=participants) == []


@pytest.mark.parametrize("participants", [7, 9, 13])
def test_a_number_of_participants_that_is_no_look_is_found(planned, participants):
    assert found(planned, participants=participants) == [["participants", "completed", "8 or 12", str(participants)]]


def set_key(*path, to):
    def change(study):
        for key in path[:-1]:
            study = study[key]
        study[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ({"change": set_key("seed", to=77)}, ["study file", "seed"]),
        ({"change": set_key("descriptors", 0, "label", "de", to="Warmer")}, ["study file", "descriptors.1.label.de"]),
        ({"change": set_key("screening", "max_missing", to=0.4)}, ["screening", "screening.max_missing"]),
        ({"rules": replace(Rules(), max_missing=0.4)}, ["screening", "screening.max_missing"]),
        ({"change": set_key("analysis", "looks", to=[12])}, ["analysis", "analysis.looks"]),
        ({"change": set_key("analysis", "spending", to="pocock")}, ["analysis", "analysis.spending"]),
        ({"smallest_effect": 0.6}, ["analysis", "analysis.smallest_effect"]),
        ({"scale": (1.0, 9.0)}, ["study file", "scale.high"]),
        ({"order": {"condition": ["static", "semantic"], "descriptor": None}}, ["study file", "conditions"]),
        ({"compared": ("flow", "static")}, ["contrast", "compared conditions"]),
        ({"options": {"--question": "quality"}}, ["command", "--question"]),
    ],
)
def test_each_deviation_is_found_alone(planned, changes, row):
    assert [each[:2] for each in found(planned, **changes)] == [row]


def test_a_study_without_screening_deviates_in_every_rule(planned):
    rows = found(planned, rules=None)
    assert {row[1] for row in rows} == {f"screening.{name}" for name in planned[0]["study"]["screening"]}


def test_where_the_preregistration_lies_is_no_deviation(planned):
    assert found(planned, change=set_key("analysis", "preregistration", to="elsewhere")) == []


def test_another_set_and_another_analysis_are_found(planned):
    plan, _, stimuli = planned
    other = replace(done(planned), manifest=stimuli.content | {"seed": 2})
    assert preregistration.deviations(plan, other)["part"].tolist() == ["stimulus set"]
    older = plan | {"analysis": {"version": "0.1.0", "sources_sha256": "0" * 64}}
    assert preregistration.deviations(older, done(planned))["what"].tolist() == ["version", "sources_sha256"]


def test_a_table_without_its_study_says_what_is_not_known(planned):
    bare = replace(done(planned), definition=None, manifest=None)
    rows = preregistration.deviations(planned[0], bare)
    assert rows["part"].tolist() == ["study file", "stimulus set"] and set(rows["found"]) == {"not known"}


@pytest.fixture
def registered(planned, tmp_path):
    """A folder as the command writes it, and tables of a study that names it."""
    plan, definition, stimuli = planned
    folder = tmp_path / "registered"
    folder.mkdir()
    (folder / "study.toml").write_text("as it was")
    sha256 = preregistration.hashlib.sha256(b"as it was").hexdigest()
    (folder / preregistration.NAME).write_text(json.dumps(plan | {"files": {"study.toml": sha256}}))
    study = definition.model_dump(mode="json")
    study["analysis"]["preregistration"] = str(folder)
    people = pd.DataFrame({"participant": [f"p{i:02d}" for i in range(1, 9)], "state": "completed", "finished_at": "1"})
    settings, order = of_study(study, stimuli.content, people, Settings(), FREE)
    table = example(participants=9, clips=2)  # the ninth did not complete
    return folder, Tables(settings, order, ratings=table, definition=study, stated=study, manifest=stimuli.content)


def test_the_folder_that_the_study_file_names_is_held_against_and_its_question_is_asked(registered):
    _, tables = registered
    held = held_against(tables, None, {})
    assert held.settings.compared == PAIR and held.settings.deviations.empty
    assert deviations_text(held.settings.deviations) == ["No deviation from the preregistration."]
    other = held_against(replace(tables, settings=replace(tables.settings, compared=("flow", "static"))), None, {})
    assert other.settings.deviations["found"].tolist() == ["flow - static"]


def test_a_folder_that_is_gone_is_reported_and_one_that_was_changed_is_refused(registered):
    folder, tables = registered
    (folder / "study.toml").write_text("as it is now")
    with pytest.raises(ValueError, match=r"study\.toml is not the file that was registered"):
        held_against(tables, None, {})
    (folder / preregistration.NAME).unlink()
    assert held_against(tables, None, {}).settings.deviations["part"].tolist() == ["preregistration"]
    with pytest.raises(ValueError, match="There is no preregistration in"):
        held_against(tables, folder, {})


@pytest.mark.parametrize(("completed", "found"), [(8, []), (9, ["9"])])
def test_going_on_after_a_look_that_said_stop_is_found(completed, found):
    looks = pd.DataFrame({"participants": [5, 8, 12], "decision": ["go on", "stop", ""]})
    rows = went_on(looks, completed)
    assert rows["found"].tolist() == found and set(rows["preregistered"]) <= {"8"}
    assert went_on(looks.assign(decision=["go on", "go on", ""]), completed).empty


def test_the_frozen_page_lists_each_looks_alpha(planned):
    plan, definition, _ = planned
    limits = Looks((8, 12)).limits()["alpha"]
    text = page(plan | {"registered_at": "now"}, definition, 12)
    assert f"| 1 | 8 | {limits[0]:.5f} |\n| 2 | 12 | {limits[1]:.5f} |" in text


def test_deviations_stand_beside_abx_trials_where_they_come_first(tmp_path):
    found = pd.DataFrame([["contrast", "compared conditions", "a - b", "b - c"]], columns=preregistration.COLUMNS)
    trials = pd.DataFrame([(f"p{i}", "a", "b", i % 2) for i in range(6)], columns=["participant", "a", "b", "correct"])
    tables = Tables(Settings(deviations=found), FREE, abx=trials)
    (done,) = analyse_all(tables, tmp_path / "out", lambda step: None)
    assert done.deviations is found
    assert pd.read_csv(tmp_path / "out" / "deviations.csv")["found"].tolist() == ["b - c"]
    assert "1 deviation from the preregistration: contrast." in (tmp_path / "out" / "report.html").read_text()
    second = analyses(replace(tables, ratings=example(participants=3, clips=2)))[1]
    assert second.run(tmp_path / "second", (), lambda step: None).deviations is None


def test_without_a_preregistration_nothing_is_said():
    tables = Tables(Settings(), FREE, ratings=example(participants=2, clips=2))
    assert held_against(tables, None, {}) is tables and deviations_text(None) == []


@pytest.mark.slow
def test_report_and_paper_tell_deviations(tmp_path):
    ratings = from_table(example(participants=4, clips=2))
    none = pd.DataFrame(columns=preregistration.COLUMNS)
    some = pd.DataFrame([["command", "--scale", "", "1 9"]], columns=preregistration.COLUMNS)
    for name, rows, said in (
        ("none", none, "No deviation from the preregistration."),
        ("some", some, "1 deviation from the preregistration: command."),
    ):
        analyse(ratings, tmp_path / name, Settings(deviations=rows))
        assert all(said in (tmp_path / name / file).read_text() for file in ("report.html", "paper.qmd"))
        assert len(pd.read_csv(tmp_path / name / "deviations.csv")) == len(rows)


@pytest.mark.slow
def test_a_study_is_frozen_with_the_tables_as_they_would_look(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_set(tmp_path / "data/stimuli/default", n_clips=3)
    file = small(tmp_path)
    reported = run("study", "preregister", file, "--participants", 3)
    folder = tmp_path / preregistration.DEFAULT
    plan, seal = preregistration.read(folder)
    assert seal in reported and seal in (folder / "preregistration.md").read_text()
    assert plan["participants"] == [3] and plan["compared"] == [*PAIR]
    assert plan["study"] == study_file.load(file).model_dump(mode="json")
    assert len(pd.read_csv(folder / "simulated/main_model_contrasts.csv"))
    assert "SIMULATED" in (folder / "simulated/report.html").read_text()
    with pytest.raises(ValueError, match="holds a preregistration already"):
        run("study", "preregister", file)
