"""The workbench's hand on a running study: how it fills, who may come, what may be seen; and what stops an analysis."""

import csv
import json
import sqlite3
import zipfile
from pathlib import Path

import gradio as gr
import pytest
from fastapi.testclient import TestClient

from app.workbench import publishing, results, run
from tests.app.test_interim import PLAN, VARIED, served, take_part


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("running")


@pytest.fixture(scope="module")
def database_url(settings, place):
    """A study that one simulated participant has completed."""
    names = {"recruitment": {"id_parameters": ["PROLIFIC_PID"], "id_parameter": "PROLIFIC_PID"}}
    with TestClient(served(settings, place, **PLAN | {"analysis": {}}, **names)) as admin:
        take_part(admin.app, VARIED)
    return f"sqlite:///{place}/study.sqlite"


@pytest.fixture(autouse=True)
def there(place, monkeypatch):
    monkeypatch.chdir(place)


def test_progress_and_quality_are_those_of_the_admin_page(database_url):
    overview, people = run.progress_of(database_url, True)
    assert ["completed", "1"] in overview and ["started", "1"] in overview
    assert [row[:3] for row in people] == [["P0001", "completed", "12"]]
    overview, people = run.progress_of(database_url, False)
    assert ["completed", "0"] in overview and people == []


def test_the_study_is_paused_and_goes_on(database_url):
    for state in ("paused", "open"):
        run.set_state(database_url, state)
        assert ["state", state] in run.progress_of(database_url, True)[0]


def test_codes_and_links_are_made(database_url, place, monkeypatch):
    warnings = []
    monkeypatch.setattr(gr, "Warning", lambda message, **_: warnings.append(message))
    codes = run.invite(database_url, 3, "pilot").splitlines()
    assert warnings == ["The study asks for no invitation, so anybody may come without one."]
    assert len(set(codes)) == 3
    path = run.sign_links(database_url, "a\n\n b \n", "https://example.org")
    rows = list(csv.reader(Path(path).read_text(encoding="utf-8").splitlines()))
    assert [row[0] for row in rows] == ["id", "a", "b"]
    assert rows[2][1].startswith("https://example.org/study/?PROLIFIC_PID=b&")
    for ids, said in (("", "no ids"), ("a\na", "2 times")):
        with pytest.raises(gr.Error, match=said):
            run.sign_links(database_url, ids, "https://example.org")


def test_means_are_shown_only_to_who_knows_what_a_look_does(database_url):
    with pytest.raises(gr.Error, match="false positives"):
        run.means_so_far(database_url, True, False)
    rows = run.means_so_far(database_url, True, True)
    assert {row[1] for row in rows} == {"original", "semantic", "flow", "static"} and all(row[2] == "1" for row in rows)


def test_before_the_last_planned_look_there_is_only_a_decision(settings, tmp_path):
    with TestClient(served(settings, tmp_path, **PLAN)) as admin:
        take_part(admin.app, VARIED)
    rows = run.means_so_far(f"sqlite:///{tmp_path}/study.sqlite", True, True)
    assert rows == [["planned looks at", "2, 3", "1", "none yet", ""]]


def test_a_backup_and_an_export_are_written(database_url):
    with sqlite3.connect(run.back_up(database_url).value["path"]) as copy:
        assert copy.execute("SELECT count(*) FROM session").fetchone() == (1,)
    with zipfile.ZipFile(run.export_all(database_url).value["path"]) as archive:
        assert {"responses.csv", "sessions.csv", "study.json"} <= set(archive.namelist())


def test_no_database_is_reported_in_a_sentence(tmp_path):
    for call in (run.progress_of, lambda url, _: run.back_up(url), lambda url, _: results.analyse(url, "out", False)):
        with pytest.raises(gr.Error):
            call(f"sqlite:///{tmp_path}/none.sqlite", True)
        assert not (tmp_path / "none.sqlite").exists()


def test_simulated_listeners_need_a_server_that_lets_them():
    with pytest.raises(gr.Error, match="Start the server with simulated listeners"):
        run.send_simulated(1, "study.toml")


def test_a_study_whose_set_is_not_there_is_not_served(place):
    with pytest.raises(gr.Error, match="There is no study file nothing"):
        run.start_server("nothing.toml", "sqlite:///a.sqlite", "this machine only", 7860, False)
    assert run.stop_server() == run.NOT_RUNNING


def test_a_study_is_packaged_for_publication(database_url):
    given = ("Ada\n\n Mary ", "CC-BY-4.0", " ", "question_age\n\n", "paper", False, False)
    said, archive = publishing.package(database_url, True, *given)
    assert "The answers of 1 participant are packaged in" in said
    with zipfile.ZipFile(archive.value["path"]) as held:
        about = json.loads(held.read("paper/dataset_description.json"))
    assert "question_age" not in {column["name"] for column in about["variableMeasured"]}
    assert [author["name"] for author in about["author"]] == ["Ada", "Mary"] and about["license"] == "CC-BY-4.0"
    with pytest.raises(gr.Error, match="no real participants"):
        publishing.package(database_url, False, *given)
    with pytest.raises(gr.Error, match="Name a folder"):
        publishing.package(database_url, True, "", "", "", "", " ", False, False)


def test_one_analysis_at_a_time(database_url):
    with results.JOB.alone("An analysis"), pytest.raises(gr.Error, match="under way already"):
        results.analyse(database_url, "out", False)
    with pytest.raises(gr.Error, match="Name a folder"):
        results.analyse(database_url, " ", False)
