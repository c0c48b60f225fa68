import csv
import dataclasses
import resource
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile as sf

from app import cli
from app.commands import sets
from app.commands import stimuli as commands
from study.sessions.running import RunningStudy
from tests.study.sets import write_set
from tests.study.test_plan import shipped


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
    (tmp_path / "music" / "notes.txt").write_text("no recording")
    return tmp_path


def test_a_set_is_built_listed_shown_verified_and_exported(music, run):
    options = ("--conditions", "original,flow:dimensions=1,beta=0.01", "--descriptors", "warm", "--workers", "1")
    made = run("build", "--clips", "music", *options, "--out", "sets/mine", cwd=music)
    assert made.code == 0 and "sets/mine: 2 stimuli of 1 clips" in made.out
    assert "Left out: broken.ogg cannot be read" in made.err
    assert "Left out: 1 file is not a recording, going by the name (1 .txt)." in made.err
    assert "song: It lasts 3.0 s, less than the excerpt of 10 s, and is taken whole." in made.err
    assert "original, flow:dimensions=1,beta=0.01" in run("list", "sets", cwd=music).out
    shown = run("show", "sets/mine", cwd=music).out
    assert "song.wav" in shown and "-23 LUFS" in shown and "flow:dimensions=1,beta=0.01" in shown
    assert "is intact: 22 files" in run("verify", "sets/mine", cwd=music).out
    assert run("export", "sets/mine", "--out", "named", cwd=music).code == 0
    names = {path.name for path in (music / "named").iterdir()}
    assert {"song_original_warm.flac", "song_flow-dimensions=1-beta=0.01_warm.flac", "manifest.csv"} <= names
    with (music / "named" / "manifest.csv").open() as file:
        assert {row["kind"] for row in csv.DictReader(file)} >= {"stimulus", "headphones", "level"}


def test_names_with_brackets_are_printed_whole(small_set, tmp_path, run):
    (tmp_path / "music [new]").mkdir()
    (tmp_path / "music [new]" / "take [live].wav").write_bytes(b"no sound")
    assert "take [live].wav cannot be" in " ".join(run("inspect", "music [new]", cwd=tmp_path).out.split())
    titled = [dataclasses.replace(clip, title="Song [live]", source="song [live].wav") for clip in small_set.clips]
    dataclasses.replace(small_set, name="mine [old]", clips=tuple(titled)).save(tmp_path / "sets" / "mine [old]")
    assert "mine [old]" in run("list", "sets", cwd=tmp_path).out
    shown = run("show", "sets/mine [old]", cwd=tmp_path).out
    assert shown.startswith("mine [old]: ") and "Song [live]" in shown and "song [live].wav" in shown


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
        (("build", "--start", "starts.csv"), "starts.csv has the columns a, b; it needs clip and start_s"),
        (("build", "--start", "piano"), "--start is 'piano'"),
        (("list", "nowhere"), "holds no stimulus set"),
    ],
)
def test_mistakes_get_one_sentence(tmp_path, run, words, message):
    (tmp_path / "file").write_text("")
    (tmp_path / "starts.csv").write_text("a,b\n1,2\n")
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


def test_verify_holds_a_set_to_the_study_that_was_created_with_it(tmp_path, run):
    folder = write_set(tmp_path / "set")
    database_url = f"sqlite:///{tmp_path}/study.sqlite"
    RunningStudy.open(database_url, shipped(), folder).close()
    assert sets.other_than_created(folder, database_url) is None
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"condition": "flow"', '"condition": "static"', 1))
    fault = sets.other_than_created(folder, database_url)
    assert fault.startswith("manifest.json is not the one that study 1 was created with (-), found now (+):")
    assert '-   "condition": "flow"' in fault and '+   "condition": "static"' in fault


def test_starts_come_from_a_table_and_from_options(tmp_path):
    (tmp_path / "starts.csv").write_text("\ufeffclip,start_s,note\npiano,12.5,x\nbass,,y\n", encoding="utf-8")
    assert commands._starts([str(tmp_path / "starts.csv"), "rock=3"]) == {"piano": 12.5, "rock": 3.0}
