"""An earlier version's study opens and goes on; what its file says counts, the program's defaults do not."""

import json
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import AliasChoices, Field
from sqlalchemy import select

from analysis.data.reading import read_csv
from app.participant import endpoints
from study.design import definition, frozen
from study.design.parts import Share
from study.records import export
from study.records.verification import verify
from study.sessions.running import RunningStudy
from study.storage.database import reading
from study.storage.models import Study
from tests.study.answering import answer_to
from tests.study.test_plan import shipped

# The earlier file has its keys by their former names, which `study.definition.load` says.
pytestmark = pytest.mark.filterwarnings("ignore:.* has keys by their former names")
EARLIER = Path(__file__).with_name("earlier")


@pytest.fixture
def earlier(tmp_path):
    """A copy of what the version at commit 05d515e left; see `earlier/make.py`."""
    return shutil.copytree(EARLIER, tmp_path / "earlier")


@pytest.fixture
def running(earlier) -> Iterator[RunningStudy]:
    running = RunningStudy.open(f"sqlite:///{earlier}/study.sqlite", earlier / "study.toml", earlier / "set")
    yield running
    running.close()


def row_of(running):
    with reading(running.engine) as connection:
        return connection.execute(select(Study)).one()


def test_a_session_begun_with_the_earlier_version_goes_on_to_its_end(earlier, running, tmp_path):
    left = json.loads((earlier / "session.json").read_text())
    app = FastAPI()
    app.include_router(endpoints.router(running))
    browser = TestClient(app, cookies={endpoints.COOKIE: left["token"]})
    step = browser.get("/api/study/step").raise_for_status().json()["step"]
    assert step["id"] == left["step"]
    given = dict(left["ratings"])
    while step["kind"] != "finished":
        answer = answer_to(step, rating=2)
        given |= {step["id"]: 2} if "rating" in answer else {}
        answered = browser.post(f"/api/study/step/{step['id']}", json={"answer": answer})
        step = answered.raise_for_status().json()["step"]
    assert step["outcome"] == "completed" and step["code"]
    rows = export.write(running.engine, tmp_path / "out", identifiers=True)
    sessions = pd.read_csv(tmp_path / "out/sessions.csv")
    assert list(sessions.PROLIFIC_PID) == ["first", "second"] and set(sessions.state) == {"completed"}
    table = read_csv(tmp_path / "out/responses.csv")
    own = table[table.session == left["session"]]
    assert {row.trial: int(row.rating) for row in own.itertuples()} == given
    assert len(table) == rows["responses"] == 2 * len(given) and len(given) == 3 + 36 + 2 + 1 + 2
    verified = verify(tmp_path / "out")["sessions"]
    assert verified == {"started": 3, "withdrawn": 1, "left_out": 0, "exported": 2}
    assert sessions.receipt[1] == step["receipt"]


def test_a_newcomer_takes_part_in_the_earlier_study(running):
    app = FastAPI()
    app.include_router(endpoints.router(running))
    browser = TestClient(app)
    started = browser.post("/api/study/session", json={"parameters": {"PROLIFIC_PID": "new"}}).raise_for_status()
    assert started.json()["step"]["kind"] == "consent"


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("attention = 2 ", "attention = 3 ", ['-  "attention": 2,', '+  "attention": 3,']),
        ("pass_mark = 5", "pass_mark = 4", ['-   "pass_mark": 5,', '+   "pass_mark": 4,']),
        ("attention = 2 ", "#", ['-  "attention": 2,', '+  "attention": 6,']),
        ('18-24 = "18–24"', '18-24 = "up to 24"', ['-     "18-24": "18–24",', '+     "18-24": "up to 24",']),
    ],
)
def test_a_real_change_of_the_earlier_file_is_refused(earlier, was, becomes, said):
    text = (earlier / "study.toml").read_text()
    assert was in text
    (earlier / "study.toml").write_text(text.replace(was, becomes, 1))
    with pytest.raises(ValueError, match="has changed since the study was created") as raised:
        RunningStudy.open(f"sqlite:///{earlier}/study.sqlite", earlier / "study.toml", earlier / "set")
    lines = [line.removeprefix("  ") for line in str(raised.value).splitlines()[1:]]
    assert [line[0] + line[1:].lstrip() for line in lines] == [line[0] + line[1:].lstrip() for line in said]


class _ScreeningThen(definition.Part):
    most_same_rating: Share = 0.95
    most_missing: Share = 0.5


class _ScreeningNow(definition.Part):
    """One key has a new name, its old one still read; another is new; a default is another."""

    max_same_rating: Share = Field(0.95, validation_alias=AliasChoices("max_same_rating", "most_same_rating"))
    most_missing: Share = 0.4
    max_silence_s: float = 3.0


class _Then(definition.Definition):
    """A study file as one version reads it."""

    screening: _ScreeningThen = _ScreeningThen()


class _Now(definition.Definition):
    """A study file as a later version reads it."""

    screening: _ScreeningNow = _ScreeningNow()
    colour: str | None = None


@contextmanager
def as_read_by(version):
    """The program as a version that reads study files so."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(definition, "Definition", version)
        yield


def table(**screening):
    return tomllib.loads(definition.SHIPPED.read_text(encoding="utf-8")) | {"screening": screening}


def started(version, tmp_path, noises, **screening):
    """The row of a study that a version created."""
    with as_read_by(version):
        file = definition.parse(table(**screening))
        running = RunningStudy.open(f"sqlite:///{tmp_path}/study.sqlite", file, noises)
        running.close()
        return row_of(running)


@pytest.mark.parametrize(
    ("said", "n_lines"),
    [
        ({"most_same_rating": 0.9}, 0),
        ({"max_same_rating": 0.9}, 0),
        ({"max_same_rating": 0.8}, 2),
        ({}, 2),
        ({"max_same_rating": 0.9, "most_missing": 0.5}, 0),
        ({"max_same_rating": 0.9, "most_missing": 0.4}, 2),
        ({"max_same_rating": 0.9, "max_silence_s": 3.0}, 0),
        ({"max_same_rating": 0.9, "max_silence_s": 4.0}, 2),
    ],
)
def test_what_the_file_says_counts_whatever_the_program_adds_renames_or_sets_by_default(
    tmp_path, noises, said, n_lines
):
    row = started(_Then, tmp_path, noises, most_same_rating=0.9)
    with as_read_by(_Now):
        assert len(frozen.changes(row, definition.parse(table(**said)))[1]) == n_lines


def test_the_earlier_study_keeps_the_defaults_it_was_begun_with(tmp_path, noises):
    started(_Then, tmp_path, noises, most_same_rating=0.9)
    with as_read_by(_Now):
        file = definition.parse(table(max_same_rating=0.9))
        running = RunningStudy.open(f"sqlite:///{tmp_path}/study.sqlite", file, noises)
        running.close()
    screening = running.definition.screening
    assert (screening.most_missing, screening.max_same_rating, screening.max_silence_s) == (0.5, 0.9, 3.0)


def test_a_study_of_a_newer_version_is_refused_by_its_name(tmp_path, noises):
    row = started(_Now, tmp_path, noises, max_silence_s=4.0)
    with (
        as_read_by(_Then),
        pytest.raises(ValueError, match=r"not a key that .*; version [0-9.]+ of semantic-eq created"),
    ):
        frozen.definition_of(row)


def test_a_file_that_writes_out_the_defaults_says_the_same(tmp_path, noises):
    file = shipped(screening={})
    address = f"sqlite:///{tmp_path}/study.sqlite"
    RunningStudy.open(address, file, noises).close()
    (tmp_path / "study.json").write_text(file.canonical())
    RunningStudy.open(address, tmp_path / "study.json", noises).close()
