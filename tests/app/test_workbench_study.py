"""The workbench's study file: begun, changed by its form, checked, saved; and the server that previews and runs it."""

import gradio as gr
import httpx
import pytest

from app.workbench import study
from app.workbench.servers import Server, free_port
from study.design import editing, form, templates
from tests.study.sets import write_set

RATING = templates.template("rating")


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
        (("analysis", "looks"), "[8, 12]", [8, 12]),
        (("recruitment", "invitation"), True, True),
        (("contact",), "me@example.org", "me@example.org"),
        (("design", "clips_per_participant"), None, None),
        (("recruitment", "invitation"), False, None),
    ],
)
def test_what_is_typed_into_the_form_stands_in_the_text(path, typed, value):
    assert editing.at(editing.parse(study.set_key(key(*path), RATING, typed)), path) == value


def test_leaving_a_control_as_it_was_changes_nothing():
    for table in form.tables(editing.parse(RATING)):
        for each in table.keys:
            value = each.default if each.value is None else each.value
            typed = ", ".join(value or []) if each.kind == "names" else value
            typed = editing.written(value) if each.kind == "toml" else typed
            if each.kind != "text":
                assert study.set_key(each, RATING, typed) == RATING, each.path


def test_a_value_that_is_none_is_told_in_a_sentence():
    with pytest.raises(gr.Error, match="not a value as TOML writes it"):
        study.set_key(key("analysis", "looks"), RATING, "8 and 12")


def test_the_meaning_says_what_is_wrong_and_what_is_served(tmp_path):
    assert "no study yet" in study.meaning_of("")
    assert "not TOML" in study.meaning_of("seed =")
    assert "less than or equal to 1000" in study.meaning_of(editing.set_value(RATING, ("checks", "attention"), 1001))
    mine = editing.set_value(RATING, ("stimuli",), "mine")
    assert "No stimulus set in data/stimuli/mine" in study.meaning_of(mine).replace("\\", "")
    write_set(tmp_path / "data" / "stimuli" / "mine")
    found = study.meaning_of(mine)
    assert "**It can be served.**" in found and "per participant" in found and "**Balance**" in found


def test_a_part_is_left_out_taken_in_and_added_to():
    text = study.leave_out(RATING, "consent")
    assert "consent" not in editing.parse(text)
    parts, about, add, remove, take_in = study.parts_of(text, "consent")
    assert parts.value == "consent (left out)" and "It is left out" in about
    assert [button.visible for button in (add, remove, take_in)] == [False, False, True]
    text = study.take_in_part(text, parts.value)
    assert editing.parse(text)["consent"] == editing.parse(RATING)["consent"]
    text = study.add_entry(text, "descriptors 3: airy")
    assert "descriptors 4: airy_2" in [name for name, _ in study.parts_of(text, "design")[0].choices]


def test_a_file_is_saved_and_another_of_its_name_left_alone(tmp_path):
    assert study.save_as(RATING, "mine", None) == ("mine.toml", "mine.toml")
    assert (tmp_path / "mine.toml").read_text(encoding="utf-8") == RATING
    with pytest.raises(gr.Error, match=r"mine\.toml is there already"):
        study.save_as("seed = 1", "mine.toml", None)
    opened, name, text, *_ = study.open_file(str(tmp_path / "mine.toml"))
    study.save_as(editing.set_value(text, ("seed",), 3), name, opened)
    assert "seed = 3" in (tmp_path / "mine.toml").read_text(encoding="utf-8")


def test_a_file_by_hand_that_is_no_toml_is_refused(tmp_path):
    (tmp_path / "a.toml").write_text("seed", encoding="utf-8")
    with pytest.raises(gr.Error, match="not TOML"):
        study.open_file(str(tmp_path / "a.toml"))


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
    page = study.preview(RATING, "phone", None)
    address = page.partition('src="')[2].partition('"')[0]
    answer = httpx.get(address)
    assert "width:390px" in page and answer.status_code == 200
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert not (tmp_path / "data" / "study.sqlite").exists()
    assert study.end_preview() == ""
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)
