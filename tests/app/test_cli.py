"""What `semantic-eq` prints of a user's mistake."""

import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from typer.testing import CliRunner

from app import cli, equalising
from app.sentences import sentence
from app.settings import Settings
from model import EQParams
from tests.model.synthetic import pink_noise


def test_brackets_in_a_message_are_printed_and_not_taken_for_a_colour(tmp_path, monkeypatch, capsys):
    missing = tmp_path / "take [bold] [2].wav"
    monkeypatch.setattr(sys, "argv", ["semantic-eq", "process", str(missing), "out.wav", "--descriptor", "warm"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert "take [bold] [2].wav" in capsys.readouterr().err


def test_a_full_disk_is_called_that(tmp_path):
    with pytest.raises(OSError) as full, Path("/dev/full").open("w", encoding="utf-8") as file:
        file.write("a rating")
    assert sentence(full.value) == "The disk is full (No space left on device): free some space and run this again."
    with pytest.raises(OSError) as missing:
        (tmp_path / "gone").read_text()
    assert sentence(missing.value) == f"No such file or directory: {tmp_path / 'gone'}."


def test_a_file_in_a_folders_place_is_called_that(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(FileExistsError) as there:
        (tmp_path / "notes.txt").mkdir(exist_ok=True)
    assert sentence(there.value) == f"{tmp_path / 'notes.txt'} is a file, where a folder is expected."


def test_a_folder_in_a_files_place_is_called_that(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["semantic-eq", "study", "check", "."])
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    assert capsys.readouterr().err == "Error: . is a folder, where a file is expected.\n"


def test_the_version_is_shown():
    said = CliRunner().invoke(cli.cli, ["--version"])
    assert said.exit_code == 0 and said.output == f"semantic-eq {version('semantic-eq')}\n"


def test_a_token_that_is_too_short_is_refused_in_a_sentence_that_does_not_show_it():
    with pytest.raises(ValueError, match="admin_token") as raised:
        Settings(admin_token="fifteen-letters")
    assert sentence(raised.value) == "The admin token needs 16 characters or more, so that nobody guesses it."
    assert "fifteen" not in str(raised.value)
    with pytest.raises(ValueError, match="playground") as raised:
        Settings(admin_token="sixteen-letters-", playground="shut")
    assert sentence(raised.value) == "playground: Input should be 'open', 'admin' or 'off'."


@pytest.fixture
def recordings(tmp_path):
    noise = pink_noise(2)
    darker = EQParams.from_safe((0, 250, 0, 300, 0.7, 0, 1000, 0.7, 0, 3000, 0.7, -8, 3000)).apply(noise, 44_100)
    for name, audio in (("as it is", noise), ("darker", darker)):
        sf.write(tmp_path / f"{name}.wav", audio.T, 44_100, subtype="FLOAT")
    return tmp_path


def processed(folder, *options):
    files = [str(folder / name) for name in ("darker.wav", "out.wav")]
    return CliRunner().invoke(cli.cli, ["process", *files, *options])


@pytest.mark.parametrize("options", [[], ["--condition", "match"]])
def test_a_file_is_taken_to_a_reference(recordings, options):
    assert processed(recordings, "--reference", str(recordings / "as it is.wav"), *options).exit_code == 0
    made, wanted = (np.abs(np.fft.rfft(sf.read(recordings / f"{name}.wav")[0].T)) for name in ("out", "as it is"))
    treble = slice(made.shape[1] // 4, None)
    ratios = [(each[:, treble] ** 2).sum() / (each**2).sum() for each in (made, wanted)]
    assert ratios[0] == pytest.approx(ratios[1], rel=0.25)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "either a word"),
        (["--reference", "darker.wav", "--descriptor", "warm"], "either a word"),
        (["--reference", "darker.wav", "--condition", "semantic"], "'semantic' takes no reference"),
        (["--descriptor", "warm", "--condition", "match"], "'match' needs a recording"),
    ],
)
def test_a_word_and_a_reference_are_one_or_the_other(recordings, options, message):
    with pytest.raises(ValueError, match=message):
        raise processed(recordings, *options).exception


@pytest.mark.parametrize(
    ("made", "written", "kind"),
    [
        ("FLOAT", "out.wav", "FLOAT"),
        ("PCM_24", "out.wav", "PCM_24"),
        ("FLOAT", "out.flac", "PCM_24"),
        ("PCM_16", "out.wav", "PCM_16"),
        ("PCM_24", "out.ogg", "VORBIS"),
    ],
)
def test_what_is_written_is_as_fine_as_the_recording(made, written, kind, tmp_path):
    noise = pink_noise(0.5)
    sf.write(tmp_path / "in.wav", noise.T, 44_100, subtype=made)
    equalising.write(tmp_path / written, noise, 44_100, tmp_path / "in.wav")
    assert sf.info(tmp_path / written).subtype == kind


def test_a_recording_is_not_written_over_itself(recordings):
    before = (recordings / "darker.wav").read_bytes()
    (recordings / "out.wav").symlink_to(recordings / "darker.wav")
    with pytest.raises(ValueError, match=r"out\.wav is the recording itself"):
        raise processed(recordings, "--descriptor", "warm", "--condition", "static").exception
    assert (recordings / "darker.wav").read_bytes() == before


@pytest.mark.parametrize(
    ("written", "message"), [("gone/out.wav", "There is no folder .*gone to write out.wav to"), ("out", "its ending")]
)
def test_a_place_that_cannot_be_written_to_is_called_so(written, message, recordings):
    with pytest.raises(ValueError, match=message):
        equalising.write(recordings / written, pink_noise(0.5), 44_100, recordings / "darker.wav")


def test_a_folder_is_no_recording(tmp_path):
    with pytest.raises(ValueError, match="is a folder, where a recording is expected"):
        equalising.read(tmp_path)


@pytest.mark.parametrize("options", [["--descriptor", "warm", "--condition", "original"], ["--reference", "FILE"]])
def test_weights_are_not_ignored_where_there_are_none(recordings, options):
    options = [str(recordings / "as it is.wav") if option == "FILE" else option for option in options]
    with pytest.raises(ValueError, match="has no weights: leave out --weights"):
        raise processed(recordings, *options, "--weights", "mine.safetensors").exception


def test_it_is_said_why_a_test_tone_is_left_as_it_is(recordings):
    assert "Nothing was changed" not in processed(recordings, "--descriptor", "warm", "--intensity", "0").output
    sf.write(recordings / "darker.wav", 0.5 * np.sin(np.arange(44_100) / 10), 44_100)
    assert "Nothing was changed: next to no timbre" in processed(recordings, "--descriptor", "warm").output
