"""An export proves itself: what was lost, altered, added or moved is found and named, and nothing else is."""

import csv
import json
import re
import shutil

import pytest
from sqlalchemy import delete, func, select, update
from typer.testing import CliRunner

from app.cli import cli
from study.records import export
from study.records.verification import verify
from study.sessions import session, starting
from study.sessions.running import RunningStudy
from study.storage import receipts
from study.storage.models import Event, Response, Session, Step
from tests.study.test_export import take_part
from tests.study.test_plan import shipped

ODD = 'A "quoted", =1+1;\n@line \u2028 two, ünïcödé 😀'


def begin(folder, noises) -> RunningStudy:
    small = shipped(clips=["clip0", "clip1", "clip2"], checks={"attention": 2, "repeats": 2, "repeat_distance": 5})
    return RunningStudy.open(f"sqlite:///{folder}/study.sqlite", small.model_copy(update={"breaks": None}), noises)


@pytest.fixture(scope="module")
def studied(tmp_path_factory, noises):
    """A study with every way that a session can go."""
    running = begin(tmp_path_factory.mktemp("study"), noises)
    take_part(running, comment=ODD, with_headphones=True, PROLIFIC_PID="one")
    take_part(running, leave_at="trial", PROLIFIC_PID="two")
    take_part(running, simulated=True)
    with running.engine.begin() as connection:
        declines = starting.start(connection, running, starting.Request(), False)
        session.answer(connection, running, declines["token"], None, declines["step"]["id"], {"agreed": False}, {})
        gone = starting.start(connection, running, starting.Request(), False)
        session.withdraw(connection, running, gone["token"], None)
    yield running
    running.close()


@pytest.fixture(scope="module")
def exported(studied, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    export.write(studied.engine, folder)
    return folder


@pytest.fixture
def folder(exported, tmp_path):
    """A copy, to be spoilt."""
    return shutil.copytree(exported, tmp_path / "copy")


def rows_of(folder, name):
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def change(folder, name, edit):
    """Edit the rows of a CSV file."""
    rows = rows_of(folder, name)
    edit(rows)
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def run(*arguments):
    return CliRunner().invoke(cli, ["verify-export", *map(str, arguments)])


def refused(folder) -> str:
    """The one sentence that says what is wrong."""
    with pytest.raises(ValueError) as raised:
        verify(folder)
    assert "\n" not in str(raised.value) and str(raised.value).endswith(".")
    return str(raised.value)


def test_an_untouched_export_passes_and_accounts_for_everybody(exported):
    result = run(exported)
    assert result.exit_code == 0, result.exception
    assert "of 4 sessions are as they were stored" in result.output
    assert "5 were started, 1 withdrew, 0 left out" in result.output
    seal = re.search(r"Seal: ([0-9a-f]{64})", result.output)[1]
    assert run(exported, "--seal", seal.upper()).exit_code == 0
    assert "it is another seal" in str(run(exported, "--seal", "0" * 64).exception)


@pytest.mark.parametrize("options", [{"simulated": False}, {"simulated": True}, {"identifiers": True}])
def test_a_part_of_the_sessions_and_one_with_identifiers_pass(studied, tmp_path, options):
    export.write(studied.engine, tmp_path, **options)
    assert verify(tmp_path)["sessions"]["left_out"] == {False: 1, True: 3, None: 0}[options.get("simulated")]


def test_the_unpacked_bundle_passes(exported, tmp_path):
    shutil.unpack_archive(exported / "bundle.zip", tmp_path)
    assert verify(tmp_path)["responses"] > 80


def column(rows, name):
    return rows[0].index(name)


@pytest.mark.parametrize(
    ("name", "where", "value"),
    [
        ("responses.csv", "rating", "9"),
        ("responses.csv", "rt_ms", "1234.25"),
        ("responses.csv", "condition", "other"),
        ("sessions.csv", "level_db", "-6.5"),
        ("sessions.csv", "question_age", "65+"),
        ("sessions.csv", "comments", "fine"),
        ("headphones.csv", "choice", "7"),
    ],
)
def test_one_cell_is_found_and_named(folder, name, where, value):
    rows = rows_of(folder, name)
    key = rows[1][column(rows, "session" if name == "sessions.csv" else "trial")]
    change(folder, name, lambda rows: rows[1].__setitem__(column(rows, where), value))
    said = refused(folder)
    assert said.startswith(f"{name}: {where} of ") and key in said and f"is '{value}', stored was" in said


@pytest.mark.parametrize("name", ["responses.csv", "sessions.csv", "headphones.csv"])
def test_a_row_that_is_lost_added_or_moved_is_found_and_named(folder, name):
    kept = (folder / name).read_text(encoding="utf-8")
    change(folder, name, lambda rows: rows.pop(2))
    assert f"{name}: the row of " in (said := refused(folder)) and said.endswith("is lost.")
    (folder / name).write_text(kept, encoding="utf-8")
    change(folder, name, lambda rows: rows.insert(3, list(rows[1])))
    assert re.match(rf"{name}: row 3 \((trial|session) .* was added\.$", refused(folder))
    (folder / name).write_text(kept, encoding="utf-8")
    change(folder, name, lambda rows: rows.insert(1, rows.pop(2)))
    assert f"{name}: rows were moved: " in (said := refused(folder)) and "stands in row 1, where" in said


def edit_records(folder, edit):
    records = [json.loads(line) for line in (folder / "receipts.jsonl").read_text().splitlines()]
    edit(records)
    (folder / "receipts.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))


def _alter(records):
    records[0]["answers"][-3]["response"]["rating"] = 1 + records[0]["answers"][-3]["response"]["rating"] % 7


EDITS = {
    "an answer": (_alter, r"step \d+ of session \w+ does not follow"),
    "a lost answer": (lambda records: records[0]["answers"].pop(7), r"step \d+ of session \w+ does not follow"),
    "the last answer": (lambda records: records[1]["answers"].pop(), r"session \w+ does not have the receipt"),
    "an added answer": (
        lambda records: records[0]["answers"].append(records[0]["answers"][5]),
        r"step \d+ of session \w+ does not follow",
    ),
    "moved answers": (
        lambda records: records[0]["answers"].insert(8, records[0]["answers"].pop(9)),
        r"step \d+ of session \w+ does not follow",
    ),
    "the level": (lambda records: records[0]["session"].update(level_db=-3.0), "does not have the receipt"),
    "the end": (lambda records: records[0]["session"].update(state="active"), "does not have the receipt"),
    "the order of clips": (lambda records: records[0]["session"]["clips"].reverse(), "step 0 of .* does not follow"),
    "a lost session": (lambda records: records.pop(1), r"session \w+ is lost, which seal.json has"),
    "an added session": (lambda records: records.append(_another(records[1])), r"session another was added"),
    "no record": (lambda records: records[0].pop("answers"), "is not as export writes it"),
}


def _another(record):
    session = {**record["session"], "public_id": "another"}
    return {"session": session | {"receipt": receipts.opened(session)}, "answers": []}


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_of_the_records_is_found_and_named(folder, what):
    edit, said = EDITS[what]
    edit_records(folder, edit)
    assert re.search(said, refused(folder))


def test_a_session_that_is_gone_from_every_file_but_the_seal_is_found(folder):
    gone = rows_of(folder, "sessions.csv")[1][0]
    for name in ("responses.csv", "sessions.csv", "headphones.csv"):
        change(folder, name, lambda rows: rows.__setitem__(slice(1, None), [r for r in rows[1:] if r[0] != gone]))
    edit_records(folder, lambda records: records.pop(0))
    assert f"session {gone} is lost, which seal.json has" in refused(folder)
    seal = json.loads((folder / "seal.json").read_text())
    del seal["receipts"][gone]
    (folder / "seal.json").write_text(json.dumps(seal))
    assert "5 sessions were started, 1 withdrew, 0 were left out, and 3 are here" in refused(folder)


@pytest.mark.parametrize("name", ["responses.parquet", "study.json", "manifest.json", "receipts.jsonl", "sessions.csv"])
def test_bytes_that_change_no_cell_are_found_by_the_seal(folder, name):
    (folder / name).write_bytes((folder / name).read_bytes() + b"\n")
    assert name in refused(folder)


@pytest.mark.parametrize("name", ["responses.csv", "responses.parquet", "receipts.jsonl", "seal.json"])
def test_a_file_that_is_lost_is_found(folder, name):
    (folder / name).unlink()
    assert name in refused(folder)


@pytest.mark.parametrize("name", ["responses.csv", "receipts.jsonl", "seal.json", "bundle.zip"])
def test_a_damaged_file_is_reported_in_one_sentence(folder, name):
    (folder / name).write_bytes(b'\xff\x00"' + (folder / name).read_bytes()[:200])
    assert name in refused(folder)


def rating_of(running, public_id):
    own = select(Session.id).where(Session.public_id == public_id).scalar_subquery()
    return (
        Response.session_id == own,
        Response.rating.is_not(None),
        Response.position
        == select(func.max(Response.position))
        .where(Response.session_id == own, Response.rating.is_not(None))
        .scalar_subquery(),
    )


@pytest.mark.parametrize("what", ["altered", "lost", "session"])
def test_the_database_itself_cannot_be_changed_unnoticed(tmp_path, noises, what):
    running = begin(tmp_path, noises)
    public_id = take_part(running)
    place = rating_of(running, public_id)
    with running.engine.begin() as connection:
        if what == "altered":
            connection.execute(update(Response).where(*place).values(rating=Response.rating + 1))
        elif what == "lost":
            connection.execute(delete(Response).where(*place))
        else:
            for table in (Response, Step, Event, Session):
                connection.execute(delete(table))
    export.write(running.engine, tmp_path / "out")
    running.close()
    said = {"altered": "does not follow", "lost": "does not follow", "session": "1 sessions were started, 0 withdrew"}
    assert said[what] in refused(tmp_path / "out")


def test_the_receipt_on_the_finished_page_is_the_exported_one(studied, tmp_path):
    with studied.engine.begin() as connection:
        started = starting.start(connection, studied, starting.Request(simulated=True), True)
        token, step = started["token"], started["step"]
        step = session.answer(connection, studied, token, None, step["id"], {"agreed": False}, {})["step"]
    assert re.fullmatch("[0-9a-f]{64}", step["receipt"]) and step["outcome"] == "declined"
    sessions = export.sessions(studied.engine)
    assert sessions.receipt[sessions.session == started["session"]].tolist() == [step["receipt"]]
    assert sessions.receipt.is_unique and sessions.receipt.notna().all()
