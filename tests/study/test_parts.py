"""What study files are made of: which characters a text keeps."""

import pytest

from study.design.parts import clean


@pytest.mark.parametrize(
    ("character", "is_kept"),
    [
        *(("\x00", False), ("\x08", False), ("\t", True), ("\n", True), ("\x0b", False), ("\r", False)),
        *(("\x1f", False), (" ", True), ("!", True), ("\x7f", True)),
        *(("\ud7ff", True), ("\ud800", False), ("\udfff", False), ("\ue000", True), ("\U0010ffff", True)),
    ],
)
def test_control_characters_and_surrogates_are_left_out(character, is_kept):
    assert clean(f" a{character}b ") == (f"a{character}b" if is_kept else "ab")
