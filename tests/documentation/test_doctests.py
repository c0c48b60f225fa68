"""The examples in docstrings give what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("model", "stimuli", "study", "app", "analysis", "benchmarks")
MODULES = sorted(
    ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for room in ROOMS
    for file in (ROOT / room).rglob("*.py")
    if ">>> " in file.read_text(encoding="utf-8")
)


def test_there_are_examples():
    assert len(MODULES) >= 4


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings_give_what_they_say(module):
    failed, tried = doctest.testmod(importlib.import_module(module), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert tried and not failed
