"""The workbench's study file: made, changed by its form, checked, saved, and the server that previews and runs it."""

import subprocess
import sys
import time

import gradio as gr
import httpx
import pytest

from app.workbench.servers import Server, free_port
from app.workbench.study import files, keys, meaning, parts, preview
from study.design import editing, form, grids, templates
from tests.study.sets import write_set

RATING = templates.template("rating")
LANGUAGES = ["en", "de", "es", "zh"]
KILLED = """
import sys, time
from pathlib import Path
from app.workbench.servers import Server
Server(Path("study.toml"), "sqlite:///study.sqlite", port=int(sys.argv[1])).start()
print("started", flush=True)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def key(*path):
    """The form's key at a place of the shipped study."""
    return next(k for table in form.tables(editing.parse(RATING)) for k in table.keys if k.path == path)


@pytest.mark.parametrize(
    ("path", "typed", "value"),
    [
        (("checks", "attention"), 4.0, 4),
        (("conditions",), "original, static,", ["original", "static"]),
        (("analysis", "looks"), "8, 12", [8, 12]),
        (("recruitment", "invitation"), True, True),
        (("contact",), "me@example.org", "me@example.org"),
        (("design", "clips_per_participant"), None, None),
        (("recruitment", "invitation"), False, None),
    ],
)
def test_what_is_typed_into_the_form_stands_in_the_text(path, typed, value):
    assert editing.at(editing.parse(keys.set_key(key(*path), RATING, typed)), path) == value


def test_leaving_a_control_as_it_was_changes_nothing():
    for table in form.tables(editing.parse(RATING)):
        for each in table.keys:
            value = each.default if each.value is None else each.value
            typed = ", ".join(map(str, value or [])) if each.kind in ("names", "numbers") else value
            typed = editing.written(value) if each.kind == "toml" else typed
            if each.kind in keys.GRIDS:
                cells = grids.rows(each.kind, value, LANGUAGES)
                assert keys.set_grid(each, LANGUAGES, RATING, cells) == RATING, each.path
            elif each.kind != "text":
                assert keys.set_key(each, RATING, typed) == RATING, each.path


def test_a_value_that_is_none_is_reported_in_a_sentence():
    with pytest.raises(gr.Error, match="not a value as TOML writes it"):
        keys.set_key(key("analysis", "looks"), RATING, "8 and 12")


def test_the_meaning_says_what_is_wrong_and_what_is_served(tmp_path):
    assert "no study yet" in meaning.meaning_of("")
    assert "not TOML" in meaning.meaning_of("seed =")
    assert "less than or equal to 1000" in meaning.meaning_of(editing.set_value(RATING, ("checks", "attention"), 1001))
    mine = editing.set_value(RATING, ("stimuli",), "mine")
    assert "No stimulus set in data/stimuli/mine" in meaning.meaning_of(mine).replace("\\", "")
    write_set(tmp_path / "data" / "stimuli" / "mine")
    found = meaning.meaning_of(mine)
    assert "**It can be served.**" in found and "per participant" in found and "**Balance**" in found


def test_a_part_is_left_out_taken_in_and_added_to():
    text = parts.leave_out(RATING, "consent")
    assert "consent" not in editing.parse(text)
    listed, about, add, remove, take_in = parts.parts_of(text, "consent")
    assert listed.value == "consent (left out)" and "It is left out" in about
    assert [button.visible for button in (add, remove, take_in)] == [False, False, True]
    text = parts.take_in_part(text, listed.value)
    assert editing.parse(text)["consent"] == editing.parse(RATING)["consent"]
    text = parts.add_entry(text, "descriptors 3: airy")
    assert "descriptors 4: airy_2" in [name for name, _ in parts.parts_of(text, "design")[0].choices]


def test_a_file_is_saved_and_another_of_its_name_left_alone(tmp_path):
    assert files.save_as(RATING, "mine", None) == ("mine.toml", "mine.toml")
    assert (tmp_path / "mine.toml").read_text(encoding="utf-8") == RATING
    with pytest.raises(gr.Error, match=r"mine\.toml already exists"):
        files.save_as("seed = 1", "mine.toml", None)
    opened, name, text, *_ = files.open_file(str(tmp_path / "mine.toml"))
    files.save_as(editing.set_value(text, ("seed",), 3), name, opened)
    assert "seed = 3" in (tmp_path / "mine.toml").read_text(encoding="utf-8")


def test_a_file_by_hand_that_is_no_toml_is_refused(tmp_path):
    (tmp_path / "a.toml").write_text("seed", encoding="utf-8")
    with pytest.raises(gr.Error, match="not TOML"):
        files.open_file(str(tmp_path / "a.toml"))


@pytest.mark.parametrize(
    ("kind", "cells", "value"),
    [
        ("texts", [["Yes", "Ja"], ["", ""], ["No", ""]], [{"en": "Yes", "de": "Ja"}, "No"]),
        ("options", [["18", "18–24", ""], ["no", "No", "Nein"]], {"18": "18–24", "no": {"en": "No", "de": "Nein"}}),
        ("amounts", [["quality", "5"], ["ease", "0.5"]], {"quality": 5, "ease": 0.5}),
        ("pairs", [["a", "b"], ["", None]], [["a", "b"]]),
        ("pairs", [["", ""]], None),
    ],
)
def test_rows_of_cells_are_a_value_of_the_file_and_back(kind, cells, value):
    assert grids.value(kind, cells, ["en", "de"]) == value
    assert grids.value(kind, grids.rows(kind, value, ["en", "de"]), ["en", "de"]) == value


def test_a_row_that_is_not_whole_is_reported_in_a_sentence():
    for kind, cells, said in (("pairs", [["a", ""]], "a cell is empty"), ("amounts", [["a", "much"]], "no.* number")):
        with pytest.raises(ValueError, match=said):
            grids.value(kind, cells, ["en"])


def test_a_table_of_the_form_is_written_in_place_and_comments_stay():
    items = key("consent", "items")
    assert items.kind == "texts" and key("questionnaire", "questions", 0, "options").kind == "options"
    assert key("analysis", "margins").kind == "amounts"
    cells = [*grids.rows("texts", items.value, LANGUAGES), ["I am awake.", "Ich bin wach.", "", ""]]
    text = keys.set_grid(items, LANGUAGES, RATING, cells)
    assert editing.parse(text)["consent"]["items"][-1] == {"en": "I am awake.", "de": "Ich bin wach."}
    assert editing.parse(text)["consent"]["items"][:-1] == items.value
    lost = set(RATING.splitlines()) - set(text.splitlines())
    assert not [line for line in lost if line.startswith("#")]
    with pytest.raises(gr.Error, match="a cell is empty"):
        keys.set_grid(key("analysis", "margins"), LANGUAGES, RATING, [["quality", ""]])


def test_power_is_reported_for_the_number_that_is_planned(tmp_path):
    write_set(tmp_path / "data" / "stimuli" / "default")
    said = meaning.power_of(RATING, 0.5)
    assert "plans no number" in said and "\n| 8 | " in said and "\n| 40 | " in said
    planned = editing.set_value(RATING, ("recruitment", "cap"), 18)
    said = meaning.power_of(planned, 1.0)
    share = said.partition("\n| 18 | ")[2].partition(" |")[0]
    assert f"With the 18 participants that are planned, **{share}** of studies" in said
    assert float(share.rstrip("%")) > 90
    for text, effect in (("", 1.0), (RATING, 0.0), (RATING, None)):
        with pytest.raises(gr.Error):
            meaning.power_of(text, effect)


@pytest.mark.slow  # another Python that imports all
def test_a_server_ends_when_the_workbench_is_killed(tmp_path):
    write_set(tmp_path / "data" / "stimuli" / "default")
    (tmp_path / "study.toml").write_text(RATING, encoding="utf-8")
    port = free_port(22_000)
    workbench = subprocess.Popen([sys.executable, "-c", KILLED, str(port)], stdout=subprocess.PIPE)
    assert workbench.stdout.readline() == b"started\n"
    address = f"http://127.0.0.1:{port}/health/live"
    assert httpx.get(address).status_code == 200
    workbench.kill()
    workbench.wait()
    until = time.monotonic() + 30
    with pytest.raises(httpx.TransportError):
        while time.monotonic() < until:
            httpx.get(address)
            time.sleep(0.1)


@pytest.mark.slow  # another Python that imports all
def test_a_server_that_cannot_serve_says_why(tmp_path):
    (tmp_path / "study.toml").write_text(editing.set_value(RATING, ("stimuli",), "mine"), encoding="utf-8")
    server = Server(tmp_path / "study.toml", f"sqlite:///{tmp_path}/study.sqlite", port=free_port(21_000))
    with pytest.raises(ValueError, match="No stimulus set in data/stimuli/mine"):
        server.start()
    assert not server.is_running


@pytest.mark.slow  # another Python that imports all
def test_a_preview_is_served_apart_and_ends(tmp_path):
    write_set(tmp_path / "data" / "stimuli" / "default")
    (tmp_path / "app").mkdir()  # what lies in the working folder is not taken for the program
    (tmp_path / "app" / "__init__.py").write_text("raise SystemExit('the wrong app')", encoding="utf-8")
    page = preview.preview(RATING, "phone", None)
    address = page.partition('src="')[2].partition('"')[0]
    answer = httpx.get(address)
    assert "width:390px" in page and answer.status_code == 200
    assert preview.in_width("desktop") == page.replace("width:390px", "width:100%")
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert not (tmp_path / "data" / "study.sqlite").exists()
    assert preview.end_preview() == preview.in_width("phone") == ""
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)
