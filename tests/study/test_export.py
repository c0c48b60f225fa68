"""The exported files: every response once, with what the analysis needs, safe to open in a spreadsheet."""

import json
import time
import zipfile

import pandas as pd
import pytest
from sqlalchemy import Engine, select, update

from study import recruitment
from study.records import export
from study.records.dictionary import RESPONSES
from study.sessions import session, starting
from study.sessions.running import RunningStudy
from study.storage.models import Session, Step
from tests.study.answering import answer_to
from tests.study.test_plan import shipped


def take_part(running, comment="fine", simulated=False, leave_at=None, with_headphones=False, **parameters) -> str:
    """Take one participant through the study without HTTP; returns the session."""
    request = starting.Request(simulated=simulated, parameters=parameters)
    with running.engine.begin() as connection:
        started = starting.start(connection, running, request, True)
        step = started["step"]
        while step["kind"] not in ("finished", leave_at):
            answer = {"text": comment} if step["kind"] == "comments" else answer_to(step)
            if step["kind"] == "headphones" and with_headphones:
                place = Session.public_id == started["session"], Step.position == Session.position
                query = select(Step.detail).join(Session, Session.id == Step.session_id).where(*place)
                answer = {"choices": connection.execute(query).scalar_one()["expected"]}
            listen(connection, started["session"])
            telemetry = {"rt_ms": 1234.5, "plays": 2, "colour": "red", "sample_rate_hz": 48000}
            step = session.answer(connection, running, started["token"], None, step["id"], answer, telemetry)["step"]
    return started["session"]


def listen(connection, public_id: str) -> None:
    """Let a minute pass since the step came up and its sounds were served."""
    place = Session.public_id == public_id
    connection.execute(update(Session).where(place).values(step_since=Session.step_since - 60))
    own = select(Session.id).where(place).scalar_subquery()
    served = {str(number): time.time() - 60 for number in range(6)}
    connection.execute(update(Step).where(Step.session_id == own).values(served=served))


@pytest.fixture
def running(tmp_path, noises):
    small = shipped(
        clips=["clip0", "clip1", "clip2"], checks={"attention": 3, "repeats": 3, "repeat_distance": 5}, breaks=None
    )
    running = RunningStudy.open(f"sqlite:///{tmp_path}/study.sqlite", small, noises)
    yield running
    running.close()


def test_every_response_is_there_once_with_its_stimulus(running):
    name = take_part(running)
    table = export.ratings(running.engine)
    assert list(table.columns) == list(RESPONSES) and len(table) == 3 + 36 + 3 + 3
    assert table.trial.is_unique and set(table.session) == {name} and set(table.participant) == {"P0001"}
    rated = table[table.kind == "rating"]
    assert len(rated.groupby(["clip", "condition", "descriptor"])) == 36
    by_id = running.stimuli.by_id
    assert all(by_id[row.stimulus].condition == row.condition for row in table.itertuples())
    repeats = table[table.kind == "repeat"].merge(table, left_on="repeat_of", right_on="trial")
    assert len(repeats) == 3 and (repeats.stimulus_x == repeats.stimulus_y).all() and set(repeats.kind_y) == {"rating"}
    assert table[table.kind == "attention"].expected.between(1, 7).all() and rated.expected.isna().all()
    assert set(table.rt_ms) == {1234.5} and set(table.plays) == {2}


def test_who_passed_the_headphone_check_stands_with_every_response(tmp_path, running):
    failed, passed = take_part(running), take_part(running, with_headphones=True)
    export.write(running.engine, tmp_path)
    for table in (export.ratings(running.engine), pd.read_csv(tmp_path / "responses.csv")):
        found = {name: set(own.headphones_passed) for name, own in table.groupby("session")}
        assert found == {failed: {False}, passed: {True}}


def test_simulated_and_real_participants_are_kept_apart(running):
    real, machine = take_part(running), take_part(running, simulated=True)
    by_who = {which: set(export.ratings(running.engine, which).session) for which in (None, False, True)}
    assert by_who == {None: {real, machine}, False: {real}, True: {machine}}


def test_files_agree_with_each_other_and_formulas_are_escaped(tmp_path, running):
    take_part(running, comment='=HYPERLINK("http://x")', PROLIFIC_PID="secret-id")
    take_part(running, comment="@sum, and a new\nline", leave_at="level")
    rows = export.write(running.engine, tmp_path / "out")
    csv, parquet = pd.read_csv(tmp_path / "out/responses.csv"), pd.read_parquet(tmp_path / "out/responses.parquet")
    assert len(csv) == len(parquet) == rows["responses"] == 45 and rows["sessions"] == 2
    assert (csv.trial == parquet.trial).all() and (csv.rating == parquet.rating).all()
    sessions = pd.read_csv(tmp_path / "out/sessions.csv")
    assert list(sessions.state) == ["completed", "active"]
    assert sessions.comments[0] == """'=HYPERLINK("http://x")""" and set(sessions.question_age) == {"18-24"}
    assert "secret-id" not in "".join(p.read_text() for p in (tmp_path / "out").glob("*.[cjm][sd]*"))
    export.write(running.engine, tmp_path / "own", identifiers=True)
    assert "secret-id" in (tmp_path / "own/sessions.csv").read_text()


def test_the_bundle_holds_the_study_the_manifest_the_ratings_and_the_versions(tmp_path, running):
    take_part(running)
    export.write(running.engine, tmp_path)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        assert bundle.testzip() is None
        names = set(bundle.namelist())
        versions = json.loads(bundle.read("versions.json"))
        dictionary = bundle.read("dictionary.md").decode()
        study_file = json.loads(bundle.read("study.json"))
    assert names >= {"responses.csv", "sessions.parquet", "manifest.json", "study.json"}
    assert versions["definition_sha256"] == running.definition.sha256 and versions["sqlalchemy"]
    assert study_file == json.loads(running.definition.canonical())
    assert all(f"`{column}`" in dictionary for column in RESPONSES)


def test_withdrawing_by_the_participants_name_or_id_leaves_no_row(running):
    kept = take_part(running)
    take_part(running, PROLIFIC_PID="5f3e")
    recruitment.withdraw(running.engine, "5f3e")
    assert set(export.ratings(running.engine).session) == {kept}
    with pytest.raises(ValueError, match="no session, participant or id 'P0002'"):
        recruitment.withdraw(running.engine, "P0002")
    overview = recruitment.overview(running.engine)
    assert (overview["completed"], overview["withdrawn"], overview["started"]) == (1, 1, 1)


def test_orders_are_balanced_over_those_who_complete(running):
    for number in range(24 + 6):
        take_part(running, leave_at="trial" if number % 5 == 4 else None)
        age_silent_sessions(running.engine)
    overview = recruitment.overview(running.engine)
    assert overview["completed"] == 24 and overview["abandoned"] == 6
    assert overview["block_rows"] == dict.fromkeys(range(6), 4)
    assert overview["condition_rows"] == dict.fromkeys(range(4), 6)


def age_silent_sessions(engine: Engine) -> None:
    """Let two hours pass for those who have left."""
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE session SET step_since = step_since - 7200 WHERE state = 'active'")
