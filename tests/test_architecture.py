"""Imports run one way: app -> study, stimuli, model, analysis; stimuli -> model; the others import no room. Within a
room the floors import downwards."""

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


def imported_names(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def imported_rooms(file: Path) -> set[str]:
    return {name.split(".")[0] for name in imported_names(file)} & (MAY_IMPORT.keys() | {"tests", "benchmarks"})


def imported_modules(file: Path) -> set[str]:
    return {name for name in imported_names(file) if name.split(".")[0] == "analysis"}


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


ANALYSIS_FLOORS = ("numbers", "data", "statistics", "writing", "analyse")  # the way a rating goes


@pytest.mark.parametrize("floor", ANALYSIS_FLOORS)
def test_analysis_imports_only_the_floors_below(floor):
    place = ROOT / "analysis" / floor
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    allowed = {"analysis"} | {f"analysis.{name}" for name in ANALYSIS_FLOORS[: ANALYSIS_FLOORS.index(floor) + 1]}
    breaches = {
        str(file.relative_to(ROOT)): extra
        for file in files
        if (extra := {".".join(name.split(".")[:2]) for name in imported_modules(file)} - allowed)
    }
    assert files and not breaches


def test_every_module_of_analysis_stands_on_a_floor():
    names = {
        path.stem for path in (ROOT / "analysis").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert names == {"__init__", *ANALYSIS_FLOORS}
