"""Every template goes the whole way as the commands are typed: new, check, serve, simulate, export, analyse."""

import tomllib

import pandas as pd
import pytest

from app.server import create_app
from app.settings import Settings
from study.design import definition, templates
from tests.analysis.test_commands import run
from tests.app.study_process import free_port
from tests.browser.study_server import TOKEN, in_thread
from tests.study.sets import write_set

TABLES = {"pairs": "pairs", "abx": "abx"}


@pytest.fixture(scope="module")
def default_set(tmp_path_factory):
    """A stimulus set of the default one's conditions and words, with half as many clips."""
    return write_set(tmp_path_factory.mktemp("default"), n_clips=5)


@pytest.mark.slow
@pytest.mark.parametrize("name", templates.NAMES)
def test_a_template_runs_end_to_end(tmp_path, default_set, name):
    file, out = tmp_path / "study.toml", tmp_path / "out"
    url = f"sqlite:///{tmp_path}/study.sqlite"
    run("study", "new", file, "--template", name)
    reported = run("study", "check", file, "--set", default_set).output
    assert "Trials" in reported and "Refused" not in reported and "lacks" not in reported
    settings = Settings(database_url=url, stimuli=default_set, study_file=file, allow_simulated=True, admin_token=TOKEN)
    with in_thread(create_app(settings), free_port()) as address:
        said = run("simulate", "-n", 6, "--url", address, "--set", default_set, "--inattentive", 0).output
    assert "6 of 6 finished" in said
    run("export", "--database-url", url, "--out", out)
    table = pd.read_csv(out / f"{TABLES.get(name, 'responses')}.csv")
    assert table[table.kind == "rating"].participant.nunique() == 6
    run("verify-export", out)
    for source, folder in ((["--database-url", url], "by database"), ([out], "by export")):
        run("analyse", *source, "--out", tmp_path / folder)
        assert "SIMULATED" in (tmp_path / folder / "report.html").read_text(encoding="utf-8")
    assert made(tmp_path / "by database") == made(tmp_path / "by export")
    is_asked = bool(definition.load(file).analysis.margins)
    assert ("quality/kept.csv" in made(tmp_path / "by export")) == is_asked


def made(folder):
    """The tables of results, by their names."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.csv")}


@pytest.mark.parametrize("name", templates.NAMES)
def test_a_template_is_a_study_file_in_four_languages_and_says_what_its_keys_are(name):
    text = templates.template(name)
    study = definition.parse(tomllib.loads(text))
    assert study.languages == ["en", "de", "es", "zh"] and study.stimuli == "default"
    assert {"consent", "headphones", "level", "instructions", "practice", "completion"} <= {
        key for key, value in study.model_dump().items() if value
    }
    assert text.startswith("#") and text.count("#") >= 10
    asked = {question.name for block in study.effective_blocks for question in block.questions}
    assert study.analysis.margins == ({"quality": 10} if "quality" in asked else {})
    assert study.analysis.unprocessed in study.conditions


@pytest.mark.parametrize("name", templates.NAMES)
def test_the_texts_of_a_template_are_true_of_other_words_and_conditions(name):
    study = definition.parse(tomllib.loads(templates.template(name)))
    texts = [study.welcome, study.instructions.text, *(block.instructions for block in study.effective_blocks)]
    words = {language: [word.label[language] for word in study.descriptors] for language in study.languages}
    words["en"] += ["four", "three"]
    for text in filter(None, texts):
        assert not [(language, word) for language in words for word in words[language] if word in text[language]]


def test_an_unknown_template_is_reported(tmp_path):
    known = "rating, abx, multistimulus, pairs, quality"
    with pytest.raises(ValueError, match=rf"Unknown template 'mushroom' \(known: {known}\)"):
        run("study", "new", tmp_path / "study.toml", "--template", "mushroom")
    assert not (tmp_path / "study.toml").exists()
