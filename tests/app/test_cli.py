"""What `semantic-eq` prints of a user's mistake."""

import sys

import pytest

from app import cli


def test_brackets_in_a_message_are_printed_and_not_taken_for_a_colour(tmp_path, monkeypatch, capsys):
    missing = tmp_path / "take [bold] [2].wav"
    monkeypatch.setattr(sys, "argv", ["semantic-eq", "process", str(missing), "out.wav", "--descriptor", "warm"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert "take [bold] [2].wav" in capsys.readouterr().err
