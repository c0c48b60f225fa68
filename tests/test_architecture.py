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


def imported_modules(file: Path, room: str) -> set[str]:
    return {name for name in imported_names(file) if name.split(".")[0] == room}


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


# A module or folder of each imports those to its left, and its own; the order is the way the data goes.
FLOORS = {
    "analysis": ("numbers", "data", "statistics", "writing", "analyse"),
    "study": ("clock", "refusals", "storage", ("design", "kinds"), "sessions", "records", "recruitment"),
    "stimuli": ("jobs", "manifest", "music", "rendering", "build", "readymade", "checking", "export"),
}


def names_of(floor: str | tuple[str, ...]) -> tuple[str, ...]:
    return (floor,) if isinstance(floor, str) else floor


@pytest.mark.parametrize(("room", "floor"), [(room, floor) for room, floors in FLOORS.items() for floor in floors])
def test_a_room_imports_only_the_floors_below(room, floor):
    names = [name for each in FLOORS[room][: FLOORS[room].index(floor) + 1] for name in names_of(each)]
    allowed = {room} | {f"{room}.{name}" for name in names}
    places = [ROOT / room / name for name in names_of(floor)]
    files = sorted(
        file for place in places for file in [*place.rglob("*.py"), place.with_suffix(".py")] if file.exists()
    )
    breaches = {
        str(file.relative_to(ROOT)): extra
        for file in files
        if (extra := {".".join(name.split(".")[:2]) for name in imported_modules(file, room)} - allowed)
    }
    assert files and not breaches


@pytest.mark.parametrize("room", FLOORS)
def test_every_module_stands_on_a_floor(room):
    names = {path.stem for path in (ROOT / room).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert names == {"__init__", *(name for floor in FLOORS[room] for name in names_of(floor))}
