"""Which tests run which line of the rooms, and how long each takes: what chooses the tests of a mutant.

A fixture that several tests share runs once, in the test that comes first; its lines count for every test that uses it.
What another process runs (a server that a test starts, a browser's page) does not count.
"""

from __future__ import annotations

import ast
import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coverage
import pytest

ENOUGH_S = 30.0  # of tests that a mutant meets; one that only slower ones notice has no test of its own


class Recorder:
    """A plugin of pytest that writes, as JSON, the lines that each test and each shared fixture ran, and its time."""

    def __init__(self, rooms: Iterable[str], file: Path) -> None:
        self._coverage = coverage.Coverage(data_file=None, include=[f"{room}/*" for room in rooms], config_file=False)
        self._file, self._context = file, ""
        self._seconds: dict[str, float] = {}
        self._fixtures: dict[str, list[str]] = {}

    def pytest_sessionstart(self) -> None:
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._fixtures[item.nodeid] = list(getattr(item, "fixturenames", ()))
        return (yield from self._within(item.nodeid))

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
        if fixturedef.scope == "function":
            return (yield)
        return (yield from self._within(f"{fixturedef.baseid}|{fixturedef.argname}"))

    def _within(self, context: str) -> Iterator[None]:
        """Count lines and time for a test or fixture, and no longer for the one within which it runs."""
        before, self._context = self._context, context
        self._coverage.switch_context(context)
        since = time.perf_counter()
        try:
            return (yield)
        finally:
            took_s = time.perf_counter() - since
            self._seconds[context] = self._seconds.get(context, 0.0) + took_s
            if before:
                self._seconds[before] = self._seconds.get(before, 0.0) - took_s
            self._context = before
            self._coverage.switch_context(before)

    def pytest_sessionfinish(self) -> None:
        self._coverage.stop()
        data = self._coverage.get_data()
        lines = {name: data.contexts_by_lineno(name) for name in data.measured_files()}
        record = {"seconds": self._seconds, "fixtures": self._fixtures, "lines": lines}
        self._file.write_text(json.dumps(record), encoding="utf-8")


@dataclass(frozen=True)
class Covering:
    """What a run of tests recorded: by line of each module the tests that run it, and their seconds."""

    lines: dict[str, dict[int, set[str]]]
    seconds: dict[str, float]

    @classmethod
    def read(cls, file: Path, root: Path) -> Covering:
        """From the JSON of a `Recorder` that ran under ``root``."""
        record = json.loads(file.read_text(encoding="utf-8"))
        users: dict[str, set[str]] = {}
        seconds = {test: record["seconds"][test] for test in record["fixtures"]}
        for test, names in record["fixtures"].items():
            for fixture in record["seconds"].keys() - seconds.keys():
                base, _, name = fixture.partition("|")
                if name in names and test.startswith(base):
                    users.setdefault(fixture, set()).add(test)
        for fixture, tests in users.items():
            for test in tests:
                seconds[test] += record["seconds"][fixture]
        lines = {
            str(Path(name).relative_to(root)): {
                int(line): set().union(*(users.get(each, {each}) for each in contexts if each))
                for line, contexts in found.items()
            }
            for name, found in record["lines"].items()
        }
        return cls(lines, seconds)

    def of(self, module: Path, line: int, root: Path) -> list[str]:
        """The tests that run a line, else those that use its name; fastest first, as far as time allows."""
        ran = self.lines.get(str(module), {})
        statement, names = statement_of((root / module).read_text(encoding="utf-8"), line)
        found = set().union(*(ran.get(each, set()) for each in statement))
        if not found:  # run when the module is imported
            for name in names:
                found |= self._of_name(name, root)
            found = found or set().union(*ran.values())
        chosen, total_s = [], 0.0
        for test in sorted(found, key=lambda test: (self.seconds[test], test)):
            total_s += self.seconds[test]
            if chosen and total_s > ENOUGH_S:
                break
            chosen.append(test)
        return chosen

    def _of_name(self, name: str, root: Path) -> set[str]:
        pattern, found = re.compile(rf"\b{name}\b"), set()
        for module, ran in self.lines.items():
            for line, text in enumerate((root / module).read_text(encoding="utf-8").splitlines(), start=1):
                if pattern.search(text):
                    found |= ran.get(line, set())
        return found


def statement_of(source: str, line: int) -> tuple[range, list[str]]:
    """The lines of the innermost statement at a line (of one with a body only its head), and the names that it gives.

    The head of a function stands for its body: defaults are set when the module is imported, and used within.
    """
    best = range(line, line + 1), []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.stmt):
            continue
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        body = getattr(node, "body", None)
        head = body[0].lineno - 1 if body and body[0].lineno > node.lineno else node.end_lineno or node.lineno
        if not first <= line <= head:
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            best = range(node.body[0].lineno, (node.end_lineno or head) + 1), [node.name]
        else:
            targets = [*getattr(node, "targets", []), *([node.target] if isinstance(node, ast.AnnAssign) else [])]
            names = [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]
            best = range(first, head + 1), [node.name] if isinstance(node, ast.ClassDef) else names
    return best
