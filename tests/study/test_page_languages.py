"""The page in a language of the study's own: a file beside the study file, complete, frozen with the study."""

import json

import pytest
import tomlkit
from typer.testing import CliRunner

from app.cli import cli
from study.design import definition, texts
from study.design.describe import describe
from study.sessions import starting
from study.sessions.running import RunningStudy
from tests.study.test_plan import shipped


def translated(**changes):
    """All texts as another language has them: marked, with their places to fill."""
    own = {key: f"[{text}]" for key, text in texts.messages("en").items()} | {"name": "Français"} | changes
    return {key: text for key, text in own.items() if text is not None}


def study_file(folder, own, name="fr.json"):
    """The shipped study in English and in the language of a file."""
    written = tomlkit.dumps(own) if name.endswith(".toml") else json.dumps(own)
    (folder / name).write_text(written, encoding="utf-8")
    text = definition.SHIPPED.read_text(encoding="utf-8")
    before = [line for line in text.splitlines() if not line.startswith("languages = ")]
    (folder / "study.toml").write_text(
        "\n".join([f'languages = ["en", "fr"]\nmessages = {{ fr = "{name}" }}', *before]), encoding="utf-8"
    )
    return folder / "study.toml"


@pytest.mark.parametrize("name", ["fr.json", "fr.toml"])
def test_a_page_speaks_the_language_of_a_file_beside_the_study(tmp_path, noises, name):
    file = study_file(tmp_path, translated(), name)
    url = f"sqlite:///{tmp_path}/study.sqlite"
    RunningStudy.open(url, file, noises).close()
    (tmp_path / name).unlink()  # the database has what the study was created with
    running = RunningStudy.open(url, None, noises)
    with running.engine.begin() as connection:
        shown = starting.welcome(connection, running, "fr", None, None)
        started = starting.start(connection, running, starting.Request(language="fr", simulated=True), True)
    running.close()
    assert shown["languages"][1] == {"code": "fr", "name": "Français"}
    assert shown["texts"]["start_button"] == started["texts"]["start_button"] == "[Start]"
    quality = running.definition.effective_blocks[-1].questions[0]
    assert quality.labels["90"]["fr"] == "[excellent]"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"start_button": None, "finished_code": " "}, "lacks start_button, finished_code"),
        ({"colour": "x", "shape": "y"}, "has, unknown to the page, colour, shape"),
        ({"start_minutes": "{hours}"}, "has other places to fill than English in start_minutes"),
        ({"start_button": 3}, "holds something other than texts by name"),
    ],
)
def test_every_text_that_is_wrong_is_named(tmp_path, changes, fault):
    with pytest.raises(ValueError, match=fault):
        definition.load(study_file(tmp_path, translated(**changes)))


def test_a_file_that_is_not_there_or_no_json_is_said_in_one_sentence(tmp_path):
    file = study_file(tmp_path, translated())
    (tmp_path / "fr.json").write_text("{")
    with pytest.raises(ValueError, match=r"fr\.json is not a JSON file"):
        definition.load(file)
    (tmp_path / "fr.json").unlink()
    with pytest.raises(ValueError, match=r"There is no file .*fr\.json .* `semantic-eq study language`"):
        definition.load(file)


def test_texts_that_a_later_version_adds_are_english_and_named_by_the_check(noises):
    d = shipped(languages=["en", "fr"], messages={"fr": translated(finished_code=None)})
    assert d.page_texts("fr")["finished_code"] == texts.messages("en")["finished_code"]
    assert "the page's own texts in fr: it lacks finished_code" in describe(d, None).missing
    absent = describe(shipped(languages=["en", "fr"]), None).missing
    assert any("`semantic-eq study language fr` writes a file to translate" in line for line in absent)


def test_a_command_writes_the_file_to_translate(tmp_path):
    out = tmp_path / "fr.json"
    reported = CliRunner().invoke(cli, ["study", "language", "fr", "--out", str(out), "--from", "de"])
    assert reported.exit_code == 0 and 'messages = { fr = "fr.json" }' in reported.output
    assert json.loads(out.read_text(encoding="utf-8")) == texts.messages("de")
    assert texts.read_own(out) == texts.messages("de")
    again = CliRunner().invoke(cli, ["study", "language", "fr", "--out", str(out)])
    assert "already exists" in str(again.exception)
    with pytest.raises(ValueError, match=r"no texts in 'xx' to translate from \(known: de, en, es, zh\)"):
        texts.template("xx")


@pytest.mark.parametrize("code", ["../fr", "f", "fr_FR", "languages", "français"])
def test_a_file_of_texts_is_written_for_the_code_of_a_language_only(tmp_path, monkeypatch, code):
    monkeypatch.chdir(tmp_path)
    refused = CliRunner().invoke(cli, ["study", "language", code])
    assert "is not the code of a language, such as fr or pt-BR." in str(refused.exception)
    for right in ("en", "pt-BR"):
        assert CliRunner().invoke(cli, ["study", "language", right]).exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"en.json", "pt-BR.json"}


def test_a_language_is_named_once_among_those_of_the_study(tmp_path):
    said = {
        code: CliRunner().invoke(cli, ["study", "language", code, "--out", f"{tmp_path}/{code}"]).output
        for code in ("en", "fr")
    }
    assert 'languages = ["en"]\n' in said["en"] and 'languages = ["en", "fr"]\n' in said["fr"]
