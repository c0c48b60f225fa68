"""Which set a command means: by name, by folder, or the one that the study asks for."""

from pathlib import Path

import pytest

from app.commands.places import set_folder, set_of
from study.design import definition
from study.sessions.running import RunningStudy
from tests.study.sets import write_set


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working directory with a study file that asks for the set `mine`."""
    monkeypatch.chdir(tmp_path)
    text = definition.SHIPPED.read_text(encoding="utf-8").replace('stimuli = "default"', 'stimuli = "mine"')
    text = text.replace("repeat_distance = 12", "repeat_distance = 5")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_set_of_that_name_comes_before_a_folder_of_that_name(place):
    (place / "mine").mkdir()
    assert set_folder("mine") == Path("mine")
    write_set(place / "data/stimuli/mine", n_clips=3)
    assert set_folder("mine") == Path("data/stimuli/mine")
    assert set_folder("./mine") == Path("mine") and set_folder(str(place / "mine")) == place / "mine"
    assert set_folder("sets/other") == Path("sets/other") and set_folder("absent") == Path("data/stimuli/absent")


def test_the_study_names_its_set_and_the_running_one_keeps_it(place):
    url = "sqlite:///study.sqlite"
    assert set_of(Path("study.toml"), url) == "mine"
    assert set_of(None, url) == "default"
    RunningStudy.open(url, "study.toml", write_set(place / "data/stimuli/mine", n_clips=3)).close()
    assert set_of(None, url) == "mine"
