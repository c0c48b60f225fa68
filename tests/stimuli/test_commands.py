import csv
import dataclasses
import resource
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile as sf

from app import cli


@pytest.fixture
def run(capsys, monkeypatch):
    """Run `semantic-eq stimuli` as its entry point does, in a folder; returns its exit code and what it printed."""
    return lambda *words, cwd: _run(words, cwd, capsys, monkeypatch)


def _run(words, cwd, capsys, monkeypatch):
    monkeypatch.chdir(cwd)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("sys.argv", ["semantic-eq", "stimuli", *map(str, words)])
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        cli.main()
    return SimpleNamespace(code=end.value.code or 0, **capsys.readouterr()._asdict())


@pytest.fixture
def music(tmp_path):
    (tmp_path / "music").mkdir()
    rng = np.random.default_rng(0)
    sf.write(tmp_path / "music" / "song.wav", rng.standard_normal((3 * 44100, 2)) * 0.1, 44100)
    (tmp_path / "music" / "broken.ogg").write_bytes(b"OggS")
    return tmp_path


def test_a_set_is_built_listed_shown_verified_and_exported(music, run):
    options = ("--conditions", "original,flow:dimensions=1,beta=0.01", "--descriptors", "warm", "--workers", "1")
    made = run("build", "--clips", "music", *options, "--out", "sets/mine", cwd=music)
    assert made.code == 0 and "sets/mine: 2 stimuli of 1 clips" in made.out
    assert "Left out: broken.ogg cannot be read" in made.err
    assert "original, flow:dimensions=1,beta=0.01" in run("list", "sets", cwd=music).out
    shown = run("show", "sets/mine", cwd=music).out
    assert "song.wav" in shown and "-23 LUFS" in shown and "flow:dimensions=1,beta=0.01" in shown
    assert "is intact: 22 files" in run("verify", "sets/mine", cwd=music).out
    assert run("export", "sets/mine", "--out", "named", cwd=music).code == 0
    names = {path.name for path in (music / "named").iterdir()}
    assert {"song_original_warm.flac", "song_flow-dimensions=1-beta=0.01_warm.flac", "manifest.csv"} <= names
    with (music / "named" / "manifest.csv").open() as file:
        assert {row["kind"] for row in csv.DictReader(file)} >= {"stimulus", "headphones", "level"}


def test_verify_fails_on_a_damaged_set(small_set, tmp_path, run):
    (tmp_path / "set" / "audio").mkdir(parents=True)
    gone, kept = small_set.stimuli[:2]
    shutil.copy(small_set.audio_path(kept.id), tmp_path / "set" / "audio")
    dataclasses.replace(small_set, stimuli=(gone, kept)).save(tmp_path / "set")
    result = run("verify", "set", cwd=tmp_path)
    assert result.code == 1 and f"{gone.id}.flac" in result.out and "has 1 fault" in result.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("build", "--clips", "nowhere"), "There is no folder nowhere"),
        (("build", "--musdb", "nowhere", "--stem", "piano"), "Unknown stem 'piano' (known: mixture, drums"),
        (("build", "--musdb", "nowhere", "--part", "piano"), "Unknown stem 'piano'"),  # the option's former name
        (("build", "--clips", "x", "--fma", "y"), "Give one of --clips"),
        (("build", "--musdb", "nowhere"), "nowhere is not there"),
        (("build", "--max-clips", "1", "--out", "file/set"), "file"),
        (("verify", "nowhere"), "No stimulus set in nowhere"),
        (("list", "nowhere"), "holds no stimulus set"),
    ],
)
def test_mistakes_get_one_sentence(tmp_path, run, words, message):
    (tmp_path / "file").write_text("")
    result = run(*words, cwd=tmp_path)
    assert result.code == 1 and message in result.err
    assert len(result.err.strip().splitlines()) == 1 and result.err.strip().endswith(".")


def test_a_disk_that_fills_up_leaves_no_half_set(music, run):
    command = ("build", "--clips", "music", "--conditions", "original", "--out", "set", "--workers", "1")
    _, hard = limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))  # a file that grows further fails, as on a full disk
    try:
        result = run(*command, cwd=music)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert result.code == 1 and "while writing" in result.err
    assert not (music / "set").exists()
    assert not list((music / ".set.building").rglob("*.part"))
    assert run(*command, cwd=music).code == 0
