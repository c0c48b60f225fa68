"""Change the code in small ways, one at a time, and name the changes that no test notices.

    python -m tests.mutants study/design/order.py --tests tests/study/test_order.py
    python -m tests.mutants study --since HEAD~3 --sample 50
    python -m tests.mutants --sample 200

Works on a copy of the files that git knows, with their uncommitted changes. First the tests run once on the code as it
is, and `tests.covering` records which of them run which line; a mutant then meets those that run its line, fastest
first, until one fails or their time is up. Ends with 1 when a mutant survives. Of a sample, each place in the code has
the same chance, however many ways there are to change it. Types (`A | None`) are not mutated: nothing runs them.
"""

import argparse
import difflib
import importlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator, operator_names
from rich.console import Console

from tests.covering import Covering, Recorder

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("analysis", "app", "model", "stimuli", "study")
LIBRARIES = (
    *("torch", "torchaudio", "dasp_pytorch", "pandas", "scipy.stats", "scipy.signal", "soundfile"),
    *("matplotlib.pyplot", "sqlalchemy", "alembic", "pydantic", "fastapi", "httpx", "uvicorn", "gradio", "typer"),
)
UNCHANGED_S = 3600.0
GRACE_S = 60.0  # beyond five times what the tests of a mutant usually take; then it counts as noticed
LINE_RANGE = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


def git(*arguments: str) -> str:
    """What a git command says of this repository."""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def modules(paths: list[str]) -> list[Path]:
    """The modules of folders, or single modules, as paths from the root."""
    found = [Path(name) for name in git("ls-files", "--", *paths).splitlines() if name.endswith(".py")]
    if not found:
        raise SystemExit(f"git knows no Python module {' '.join(paths)}.")
    return found


def changed_lines(module: Path, commit: str) -> set[int]:
    """The lines of a module that differ from a commit's."""
    ranges = LINE_RANGE.findall(git("diff", "-U0", commit, "--", str(module)))
    return {int(first) + i for first, count in ranges for i in range(int(count or 1))}


@dataclass(frozen=True, order=True)
class Mutant:
    """One change: which operator of cosmic-ray, at which of the places in a module where it can be applied."""

    module: Path
    position: tuple[int, int]  # line and column
    operator: str
    occurrence: int


def operators() -> list[str]:
    """The changes that a person might make by mistake; others (a shift for a sum) only raise TypeErrors."""
    arithmetic, order = (
        {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"},
        {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"},
    )
    alike = (arithmetic, order, {"Is", "IsNot"}, {"BitAnd", "BitOr"}, {"USub", "UAdd"}, {"Delete", "USub", "Not"})
    names = [name for name in operator_names() if "Variable" not in name]
    replaced = {name: re.search(r"_(\w+?)_(\w+)$", name) for name in names}
    return [
        name
        for name, match in replaced.items()
        if match is None or any({*match.groups()} <= group and match[1] != "BitOr" for group in alike)
    ]


def mutants(module: Path, lines: set[int] | None = None) -> Iterator[Mutant]:
    """All changes of a module, or those in some of its lines."""
    nodes = list(ast_nodes(get_ast_from_path(module)))
    for name in operators():
        operator = get_operator(name)()
        positions = [start for node in nodes for start, _ in operator.mutation_positions(node)]
        yield from (
            Mutant(module, start, name, i) for i, start in enumerate(positions) if lines is None or start[0] in lines
        )


def sample(found: Sequence[Mutant], n: int, seed: int) -> list[Mutant]:
    """One change of each of ``n`` places, both at random."""
    places: dict[tuple[Path, tuple[int, int]], list[Mutant]] = {}
    for mutant in sorted(found):
        places.setdefault((mutant.module, mutant.position), []).append(mutant)
    chance = random.Random(seed)
    chosen = chance.sample(list(places), min(n, len(places)))
    return [chance.choice(places[place]) for place in sorted(chosen)]


def outcome(tests: Sequence[str], timeout_s: float, *plugins: Recorder) -> int | None:
    """What pytest ends with, in a fork, which has the libraries in memory already; None where time is up."""
    child = os.fork()
    if child == 0:
        os.setsid()
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        os._exit(pytest.main(["-q", "-p", "no:cacheprovider", *tests], plugins=plugins))
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def recorded(tests: Sequence[str], place: Path) -> Covering:
    """Which of these tests run which line; they pass on the code as it is."""
    file = place / "covering.json"
    if outcome(tests, UNCHANGED_S, Recorder(ROOMS, file)) != 0:
        raise SystemExit(f"The tests fail before anything is changed: pytest {' '.join(tests)}")
    return Covering.read(file, Path.cwd())


def survives(mutant: Mutant, covering: Covering) -> str | None:
    """The change, if none of the tests that run its line notices it."""
    tests = covering.of(mutant.module, mutant.position[0], Path.cwd())
    timeout_s = GRACE_S + 5 * sum(covering.seconds[test] for test in tests)
    with use_mutation(mutant.module, get_operator(mutant.operator)(), mutant.occurrence) as (before, after):
        if after is None or (tests and outcome(["-x", *tests], timeout_s) != 0):
            return None
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if re.match(r"[+-](?![+-])", line))


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", nargs="*", default=ROOMS, help="modules or folders of modules; default: all rooms")
    parser.add_argument("--tests", nargs="+", help="what pytest runs; default: tests/ROOM of each module")
    parser.add_argument("--since", metavar="COMMIT", help="only lines that changed since then")
    parser.add_argument("--sample", type=int, help="so many places at random, each mutated in one way")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Try every mutation; print those that survive."""
    options, console = arguments(), Console(highlight=False, soft_wrap=True)
    paths = modules(options.paths)
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "copy"
        for name in git("ls-files", "--cached", "--others", "--exclude-standard").splitlines():
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy / name)
        move_to(copy)
        kept = {path: changed_lines(path, options.since) if options.since else None for path in paths}
        chosen = [mutant for path in paths for mutant in mutants(path, kept[path])]
        if options.sample:
            chosen = sample(chosen, options.sample, options.seed)
        rooms = sorted({mutant.module.parts[0] for mutant in chosen})
        covering = recorded(options.tests or [f"tests/{room}" for room in rooms], Path(place))
        n_survivors = 0
        for number, mutant in enumerate(chosen, start=1):
            change = survives(mutant, covering)
            console.print(f"{number}/{len(chosen)}", end="\r" if console.is_terminal else "\n")
            if change is not None:
                n_survivors += 1
                console.print(f"{mutant.module}:{mutant.position[0]}\n{change}", markup=False)
    share = f"{n_survivors / len(chosen):.1%}" if chosen else "none"
    console.print(f"{n_survivors} of {len(chosen)} mutants survived ({share}).")
    sys.exit(bool(n_survivors))


def move_to(copy: Path) -> None:
    """Work in the copy, with the libraries in memory and nothing of this project."""
    for name in LIBRARIES:
        importlib.import_module(name)
    for plugin in entry_points(group="pytest11"):
        plugin.load()
    os.chdir(copy)
    os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    sys.dont_write_bytecode = True
    sys.path[:] = [str(copy), *(entry for entry in sys.path if Path(entry).resolve() != ROOT)]
    for name in [name for name in sys.modules if name.split(".")[0] in (*ROOMS, "tests")]:
        del sys.modules[name]


if __name__ == "__main__":
    main()
