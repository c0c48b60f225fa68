"""What `semantic-eq` prints of a user's mistake."""

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from typer.testing import CliRunner

from app import cli
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


def test_a_folder_in_a_files_place_is_called_that(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["semantic-eq", "study", "check", "."])
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    assert capsys.readouterr().err == "Error: . is a folder, where a file is expected.\n"


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
