"""The workbench's stimuli: what is said of recordings, a build that is stopped and goes on, a set heard and checked."""

import zipfile
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import soundfile as sf

from app.workbench import sets, shown, stimuli
from stimuli.music.clips import built_in
from stimuli.readymade import Readymade, build_readymade

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A working folder with a folder of music."""
    place = tmp_path_factory.mktemp("place")
    (place / "music").mkdir()
    sf.write(place / "music" / "Löwe 1.wav", built_in("piano")[:, : 4 * RATE_HZ].T, RATE_HZ)
    (place / "music" / "broken.mp3").write_bytes(b"no")
    return place


@pytest.fixture(autouse=True)
def there(place, monkeypatch):
    monkeypatch.chdir(place)


def asked(recordings, name="mine", **other):
    """What `stimuli.make` is called with."""
    given = {"words": ["warm"], "conditions": ["original", "static"], "more": "", "seconds": 2.0}
    return {"recordings": recordings, **given, "anchors": False, "name": name, "again": False} | other


@pytest.fixture(scope="module")
def recordings(place):
    return stimuli.take_folder(str(place / "music"), 2.0)[0]


@pytest.fixture(scope="module")
def built(place):
    """A set of two conditions."""
    original = place / "music" / "Löwe 1.wav"
    sf.write(place / "brighter.wav", np.diff(sf.read(original)[0], axis=0, prepend=0), RATE_HZ)
    sounds = [Readymade("löwe_1", "original", original), Readymade("löwe_1", "static", place / "brighter.wav")]
    return build_readymade(place / "data" / "stimuli" / "mine", sounds, "warm", name="mine")


def test_a_folder_is_looked_at_and_what_is_broken_is_named(recordings):
    rows = stimuli.rows(recordings)
    assert [row[0] for row in rows] == ["löwe_1", "broken"]
    assert rows[0][1] == "4.0" and rows[0][4] == "none" and "cannot be read" in rows[1][4]


def test_an_excerpt_is_moved_and_one_that_does_not_fit_is_refused(recordings):
    moved, rows, figure, path = stimuli.move(recordings, 0, 1.25, 2.0)
    assert moved[0].start_s == 1.25 and rows[0][2] == "1.25" and figure.axes
    assert len(sf.read(path)[0]) == 2 * RATE_HZ
    assert stimuli.move(moved, 0, 1.25, 2.0) == (gr.skip(),) * 4  # it is there already
    with pytest.raises(gr.Error, match=r"0 to 2\.00 s leave it whole"):
        stimuli.move(recordings, 0, 3.0, 2.0)


def test_a_build_is_stopped_and_leaves_no_set(recordings):
    stopped = stimuli.make(**asked(recordings, "stopped"), progress=lambda *_, **__: stimuli.JOB.stop())
    assert stopped.startswith("Stopped") and "stopped" not in sets.names_of_sets()


@pytest.mark.slow  # every sound of a set, those of the headphone check among them
def test_a_build_that_was_stopped_goes_on(recordings):
    def stop(*_, **__):
        stimuli.JOB.stop()

    said = [stimuli.make(**asked(recordings, "whole"), progress=each) for each in (stop, lambda *_, **__: None)]
    assert said[0].startswith("Stopped") and said[1] == "**whole** has 2 stimuli of 1 clips."
    assert "is intact" in sets.verify("whole")


def test_one_build_at_a_time(recordings):
    with stimuli.JOB.alone("A build"), pytest.raises(gr.Error, match="under way already"):
        stimuli.make(**asked(recordings, "other"))


@pytest.mark.parametrize("name", ["", " ", "a/b", "../mine", ".mine", "/tmp/mine"])
def test_a_set_is_named_and_not_placed(recordings, name):
    with pytest.raises(gr.Error, match="not a name for a set"):
        stimuli.make(**asked(recordings, name))


def test_a_set_made_otherwise_is_not_built_over_unasked(built, recordings):
    with pytest.raises(gr.Error, match="made otherwise"):
        stimuli.make(**asked(recordings, words=["bright"]))


def test_a_mistake_in_a_condition_is_reported_in_a_sentence(recordings):
    with pytest.raises(gr.Error, match="There is no folder nowhere"):
        stimuli.make(**asked(recordings, "other", more="mine=external:nowhere"))


def test_versions_are_heard_under_their_conditions(built):
    found = sets.paths_of("mine", "löwe_1", "warm")
    assert list(found) == ["original", "static"]
    original, static = (sf.read(path)[0] for path in found.values())
    assert original.shape == static.shape and np.abs(original - static).max() > 0.01


def test_a_set_is_verified_and_exported(built):
    assert "is intact" in sets.verify("mine")
    with zipfile.ZipFile(sets.export("mine", True, True).value["path"]) as archive:
        assert archive.namelist() == ["löwe_1.wav"]
    file = next(Path("data/stimuli/mine/audio").iterdir())
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + b"x")
    assert f"audio/{file.name}" in sets.verify("mine")
    file.write_bytes(whole)


def test_nothing_is_done_without_a_set():
    for function in (sets.verify, sets.report_of):
        with pytest.raises(gr.Error, match="Choose a set first"):
            function(None)


def test_the_report_is_shown_with_its_files_and_nothing_above_its_folder(built):
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    address = sets.report_of("mine").partition('src="')[2].partition('"')[0]
    client = TestClient(Starlette(routes=shown.ROUTES))
    assert "löwe_1" in client.get(address).text
    folder = address.rpartition("/")[0]
    sound = next(Path("data/stimuli/mine/audio").iterdir()).name
    assert client.get(f"{folder}/audio/{sound}").content[:4] == b"fLaC"
    for path in ("%2e%2e/%2e%2e/music/broken.mp3", "audio/%2e%2e/%2e%2e/mine/../x", "", "audio"):
        assert client.get(f"{folder}/{path}").status_code == 404
    assert client.get("/shown/0123456789abcdef/report.html").status_code == 404
