"""A study's package for publication: nothing that identifies anybody, valid Psych-DS, the same bytes each time."""

import json
import re
import shutil
import tomllib
import zipfile
from datetime import UTC, datetime

import pandas as pd
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from app.cli import cli
from app.publishing import package as packages
from app.publishing.environment import environment
from app.publishing.layout import places
from app.publishing.pages import Citing
from app.publishing.psych_ds import variable
from study import recruitment
from study.design import definition
from study.design.columns import Column
from study.records import publication
from study.sessions import session, starting
from study.sessions.rehearsal import rehearse
from study.sessions.running import RunningStudy
from study.storage.models import Session
from tests.app import psych_ds
from tests.app.small_study import SMALL
from tests.study.answering import answer_to
from tests.study.sets import write_set
from tests.study.test_export import listen

WORDS = ("My name is Grace Hopper", "ring me under 0123456", "born in Ulaanbaatar")
DECLINED = "declined-person-9"
CODES = {"code": "COMPLETE77", "redirect": "https://example.org/?cc=COMPLETE77", "screened_out_code": "SCREENED88"}
QUESTIONS = [
    {"id": "device", "label": "Device?", "options": {"over_ear": "over", "in_ear": "in"}},
    {"id": "home", "label": "Where are you from?", "type": "text"},
]
BLOCK = {
    "paradigm": "single",
    "questions": [
        {"name": "descriptor", "type": "scale", "text": {"en": "How {descriptor}?", "de": "Wie {descriptor}?"}},
        {"name": "why", "type": "text", "text": "Why?"},
    ],
}


def take_part(running, number, agrees=True):
    """One participant's way, with an id, an invitation and words of their own."""
    who = DECLINED if not agrees else f"recruited-{number}-5f3a"
    request = starting.Request(parameters={"PROLIFIC_PID": who, "STUDY_ID": "grant-4711"}, simulated=False)
    with running.engine.begin() as connection:
        started = starting.start(connection, running, request, False)
        step = started["step"]
        while not step["ends"]:
            own = {
                "consent": {"agreed": agrees},
                "questionnaire": {"answers": {"device": "in_ear" if number else "over_ear", "home": WORDS[2]}},
                "comments": {"text": WORDS[0]},
            }
            answer = own.get(step["kind"]) or answer_to(step)
            if "why" in answer.get("answers", {}):
                answer["answers"]["why"] = WORDS[1]
            listen(connection, started["session"])
            step = session.answer(connection, running, started["token"], None, step["id"], answer, {})["step"]
    return started["token"]


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    """A study in which three people took part, one declined, and a program answered; with the people's tokens."""
    place = tmp_path_factory.mktemp("package")
    table = tomllib.loads(definition.SHIPPED.read_text(encoding="utf-8")) | SMALL
    table |= {"blocks": [BLOCK], "checks": {"attention": 1}, "headphones": []}
    table |= {"questionnaire": {"questions": QUESTIONS}, "breaks": None, "languages": ["en", "de"]}
    table["completion"] |= CODES
    table["recruitment"] = {"id_parameters": ["PROLIFIC_PID", "STUDY_ID"], "id_parameter": "PROLIFIC_PID"}
    file = definition.parse({key: value for key, value in table.items() if value is not None})
    noises = write_set(place / "noises", n_clips=3)
    running = RunningStudy.open(f"sqlite:///{place}/study.sqlite", file, noises)
    tokens = [take_part(running, number) for number in range(3)] + [take_part(running, 3, agrees=False)]
    with running.engine.begin() as connection:
        starting.start(connection, running, starting.Request(simulated=True), True)
    codes = recruitment.invite(running.engine, 2)
    yield running, noises, tokens, codes
    running.close()


@pytest.fixture(scope="module")
def made(studied, tmp_path_factory):
    """Its package, without an analysis."""
    running, noises, *_ = studied
    citing = Citing(("Ada Lovelace", "Mary Somerville"), "CC-BY-4.0", "CC BY 4.0")
    wanted = packages.Wanted(analyse=False, stimuli=noises, citing=citing)
    return packages.package(running.engine, tmp_path_factory.mktemp("made") / "paper", wanted, lambda step: None)


def every_byte(made):
    """The contents of all files, those in the zip file included, with their names."""
    for path in made.folder.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes() + path.name.encode()
    with zipfile.ZipFile(made.archive) as archive:
        for name in archive.namelist():
            yield name, archive.read(name) + name.encode()


def test_no_byte_of_it_identifies_anybody(studied, made):
    running, _, tokens, codes = studied
    with running.engine.connect() as connection:
        rows = connection.execute(select(Session)).all()
    shown = {*tokens, *codes, *WORDS, DECLINED, "grant-4711", "COMPLETE77", "SCREENED88"}
    for row in rows:
        shown |= {row.public_id, row.receipt_sha256, row.token_sha256, *row.parameters.values()}
        times = [time for time in (row.started_at, row.finished_at, row.consented_at) if time]
        shown |= {str(int(time)) for time in times}
        shown |= {f"{datetime.fromtimestamp(time, UTC):{form}}" for time in times for form in ("%Y-%m-%d", "%H:%M:%S")}
    contents = list(every_byte(made))
    assert len(shown) > 25 and len(contents) > 30
    assert not [(name, word) for name, content in contents for word in shown if word and word.encode() in content]
    assert not [name for name, content in contents if re.search(rb"\bP000\d\b", content)]


def test_the_data_are_the_ratings_of_who_agreed_to_take_part(studied, made):
    there = places(made.folder)
    responses, sessions = pd.read_csv(there["responses.csv"]), pd.read_csv(there["sessions.csv"])
    assert list(sessions["participant"]) == ["L0001", "L0002", "L0003"] and made.participants == 3
    rated = responses[(responses["question"] == "descriptor") & (responses["kind"] == "rating")]
    assert rated["participant"].value_counts().to_dict() == {"L0001": 36, "L0002": 36, "L0003": 36}
    why = responses[responses["question"] == "why"]
    assert len(why) and why["answer"].isna().all()
    assert responses["trial"].str.match(r"L000\d-\d{3}$").all()
    assert not {"answered_at", "session", "receipt", "comments", "question_home"} & {*responses, *sessions}
    assert set(sessions["question_device"]) == {"in_ear", "over_ear"}


def test_the_order_of_participants_is_that_of_no_arrival_but_always_the_same():
    records = [{"session": {"public_id": f"s{i}"}, "was": i} for i in range(50)]
    once, again, other = (
        [record["was"] for record in publication.renumbered(each, secret)]
        for each, secret in ((records, "ab" * 32), (records[::-1], "ab" * 32), (records, "cd" * 32))
    )
    assert once == again != other and sorted(once) == list(range(50)) != once
    assert publication.renumbered(records, "ab" * 32)[7]["session"] == {"public_id": "L0008", "number": 8}


def test_it_is_valid_psych_ds(made):
    assert psych_ds.errors(made.folder) == []
    described = json.loads((made.folder / "dataset_description.json").read_text(encoding="utf-8"))
    assert [each["name"] for each in described["author"]] == ["Ada Lovelace", "Mary Somerville"]
    assert described["license"] == "CC-BY-4.0" and re.fullmatch(r"\d{4}-\d\d", described["temporalCoverage"])
    rating = next(each for each in described["variableMeasured"] if each["name"] == "rating")
    assert (rating["minValue"], rating["maxValue"]) == (1, 7)
    files = sorted(path.name for path in (made.folder / "data").glob("*.csv"))
    assert files == ["study-1_description-responses_data.csv", "study-1_description-sessions_data.csv"]


def broken(folder, name, old, new):
    path = folder / name
    path.write_text(re.sub(old, new, path.read_text(encoding="utf-8"), count=1), encoding="utf-8")


SESSIONS = "data/study-1_description-sessions_data.csv"


@pytest.mark.parametrize(
    ("error", "spoil"),
    [
        ("MISSING_DATASET_DESCRIPTION", lambda at: (at / "dataset_description.json").unlink()),
        ("MISSING_DATA_DIRECTORY", lambda at: shutil.rmtree(at / "data")),
        ("FILENAME_KEYWORD_FORMATTING_ERROR", lambda at: (at / SESSIONS).rename(at / "data/sessions.csv")),
        ("CSV_COLUMN_MISSING_FROM_METADATA", lambda at: broken(at, SESSIONS, "minutes", "min")),
        ("CSV_HEADER_LENGTH_MISMATCH", lambda at: broken(at, SESSIONS, "L0001,", "L0001,,")),
        ("JSON_KEY_REQUIRED", lambda at: broken(at, "dataset_description.json", '"name": "[^L]', '"called": "')),
        ("INCORRECT_DATASET_TYPE", lambda at: broken(at, "dataset_description.json", '"Dataset"', '"Data"')),
    ],
)
def test_the_rules_of_psych_ds_find_what_is_broken(made, tmp_path, error, spoil):
    copy = shutil.copytree(made.folder, tmp_path / "copy", ignore=shutil.ignore_patterns("*.flac"))
    spoil(copy)
    assert error in psych_ds.errors(copy)


def test_units_stand_with_a_column(studied):
    running, *_ = studied
    found = variable("level_db", Column("Float64", "gain"), publication.read(running.engine))
    assert found["unitText"] == "dB" and found["description"] == "gain (number)" and "minValue" not in found


def test_the_dictionary_has_every_column_and_every_question_in_every_language(made):
    text = (made.folder / "documentation/dictionary.md").read_text(encoding="utf-8")
    header = {column for path in (made.folder / "data").glob("*.csv") for column in pd.read_csv(path, nrows=0)}
    assert not [column for column in header if f"| `{column}` |" not in text]
    assert "scale from 1 to 7" in text and "| de | warm | Wie warm? |" in text
    assert "1 = " in text and "`question_device` | choice | en | Device? | over_ear = over; in_ear = in" in text


def test_the_study_can_be_served_again_from_it(studied, made, tmp_path):
    running, *_ = studied
    file = definition.load(made.folder / "materials/study.json")
    assert file.completion.code is None and file.conditions == running.definition.conditions
    again = RunningStudy.open(f"sqlite:///{tmp_path}/again.sqlite", file, made.folder / "materials/stimuli")
    again.close()
    manifest = pd.read_csv(made.folder / "materials/stimuli/manifest.csv")
    assert len(manifest) == len(list((made.folder / "materials/stimuli/audio").iterdir()))


def test_the_zip_file_holds_the_folder_and_is_the_same_each_time(studied, made, tmp_path):
    running, noises, *_ = studied
    wanted = packages.Wanted(
        analyse=False, stimuli=noises, citing=Citing(("Ada Lovelace", "Mary Somerville"), "CC-BY-4.0", "CC BY 4.0")
    )
    again = packages.package(running.engine, tmp_path / "paper", wanted, lambda step: None)
    assert again.archive.read_bytes() == made.archive.read_bytes()
    with zipfile.ZipFile(made.archive) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    there = {path for path in made.folder.rglob("*") if path.is_file()}
    assert held == {f"paper/{path.relative_to(made.folder).as_posix()}": path.read_bytes() for path in there}


def test_readme_says_how_to_cite_what_is_left_out_and_what_to_look_at(made):
    text = (made.folder / "README.md").read_text(encoding="utf-8")
    assert re.search(r"Ada Lovelace; Mary Somerville \(\d{4}\)\. .+ \[Data set\]", text)
    assert "Data: CC-BY-4.0. Audio: CC BY 4.0." in text and "semantic-eq authors" in text
    assert "Of 5 sessions that were started, 0 withdrew and were deleted, and 2 are left out here" in text
    assert "`comments`" in text and "time of day (`answered_at`" in text and "reproduce.R" not in text
    assert made.notices == [
        "1 of 3 participants are the only ones with their answers to question_device: who knows them may find them, "
        "unless a column is left out."
    ]


def test_a_column_is_left_out_by_hand_and_own_words_are_in_it_when_asked(studied, tmp_path):
    running, *_ = studied
    wanted = packages.Wanted(analyse=False, free_text=True, without=["question_device"])
    made = packages.package(running.engine, tmp_path / "own", wanted, lambda step: None)
    sessions = pd.read_csv(places(made.folder)["sessions.csv"])
    assert "question_device" not in sessions and set(sessions["comments"]) == {WORDS[0]}
    assert set(sessions["question_home"]) == {WORDS[2]}
    assert WORDS[1] in places(made.folder)["responses.csv"].read_text(encoding="utf-8")
    assert any("read it before" in notice for notice in made.notices)
    assert not (made.folder / "materials/stimuli/audio").exists() and psych_ds.errors(made.folder) == []


def test_what_cannot_be_packaged_is_refused_in_one_sentence_and_leaves_nothing(studied, tmp_path):
    running, *_ = studied

    def refused(match, **options):
        with pytest.raises(ValueError, match=match):
            packages.package(running.engine, tmp_path / "no", packages.Wanted(**options), lambda step: None)
        assert not list(tmp_path.glob("*no*"))

    refused(r"Unknown column 'colour' to leave out \(known: ", without=["colour"], analyse=False)
    refused("participant cannot be left out", without=["participant"], analyse=False)
    refused("no folder .*/nowhere of results", results=tmp_path / "nowhere")
    other = write_set(tmp_path / "other", n_clips=4)
    refused(
        "is not the one that the study was created with",
        stimuli=other,
        citing=Citing(audio_licence="CC0"),
        analyse=False,
    )
    given = tmp_path / "given"
    given.mkdir()
    (given / "exclusions.csv").write_text("participant\nP0002\n")
    refused("names P0002, a participant by their number in the order of starting", results=given)
    (given / "exclusions.csv").write_text("participant\nrecruited-1-5f3a\n")
    refused("results/exclusions.csv would hold 'recruited-1-5f3a', an id or code of a participant", results=given)
    (given / "exclusions.csv").unlink()
    (given / "ratings.csv").write_text("participant,rating\nL0001,3\nL0004,3\n")
    refused("names the participant L0004, who is not in the package", results=given)


def test_results_of_the_package_itself_are_taken_as_they_are(studied, tmp_path):
    running, *_ = studied
    given = tmp_path / "given"
    given.mkdir()
    (given / "ratings.csv").write_text("participant,rating\nL0001,3\nL0003,3\n")
    (given / "reproduce.R").write_text("1\n")
    made = packages.package(running.engine, tmp_path / "own", packages.Wanted(results=given), lambda step: None)
    assert (made.folder / "results/ratings.csv").read_bytes() == (given / "ratings.csv").read_bytes()
    assert "Rscript results/reproduce.R" in (made.folder / "README.md").read_text(encoding="utf-8")


def test_a_study_of_nobody_is_refused(tmp_path, noises, study_file):
    running = RunningStudy.open(f"sqlite:///{tmp_path}/study.sqlite", study_file, noises)
    with pytest.raises(ValueError, match=r"Study 1 has no real participants .* \(simulated ones are taken with --sim"):
        publication.read(running.engine)
    running.close()


def test_the_environment_names_every_package_that_the_program_needs():
    found = environment("abc", {"semantic-eq": "0.1"})
    assert {"semantic-eq", "numpy", "torch", "gradio", "sqlalchemy"} <= found["packages"].keys()
    assert "pytest" not in found["packages"] and found["model_sha256"] == "abc"
    assert re.fullmatch(r"3\.\d+\.\d+", found["python"])


@pytest.mark.slow
def test_the_command_packages_an_analysis_that_anybody_can_repeat_from_the_package(tmp_path, studied):
    """By the program, which reads the package as it reads an export: the same participants, the same bytes."""
    _, noises, *_ = studied
    table = tomllib.loads(definition.SHIPPED.read_text(encoding="utf-8")) | SMALL
    file = definition.parse({key: value for key, value in table.items() if value is not None})
    running = RunningStudy.open(f"sqlite:///{tmp_path}/study.sqlite", file, noises)
    rehearse(running, 8)
    running.close()
    out, again = tmp_path / "paper", tmp_path / "again"
    shown = run("package", "--simulated", "--database-url", f"sqlite:///{tmp_path}/study.sqlite", "--out", out)
    assert f"The answers of 8 participants are packaged in {out}, and in paper.zip" in shown
    run("analyse", out, "--out", again)
    for name in ("ratings.csv", "exclusions.csv", "posthoc.csv", "results.md", "reproduce.R"):
        assert (again / name).read_bytes() == (out / "results" / name).read_bytes(), name
    assert "SIMULATED" in (out / "README.md").read_text(encoding="utf-8")


def test_audio_without_a_licence_is_refused(tmp_path):
    with pytest.raises(ValueError, match="--audio names no licence"):
        run("package", "--audio", " ", "--out", tmp_path / "paper")


def run(*arguments):
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output
