"""Imports run one way: app -> study, stimuli, model, analysis; stimuli -> model; the others import no room."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAY_IMPORT = {
    "app": {"study", "stimuli", "model", "analysis"},
    "stimuli": {"model"},
    "model": set(),
    "study": set(),
    "analysis": set(),
}


def imported_rooms(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module)
    return {name.split(".")[0] for name in names} & (MAY_IMPORT.keys() | {"tests", "benchmarks"})


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_room_imports_only_what_it_may(room):
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    breaches = {
        str(file.relative_to(ROOT)): extra
        for file in files
        if (extra := imported_rooms(file) - MAY_IMPORT[room] - {room})
    }
    assert not breaches
