"""Change the code in small ways, one at a time, and name the changes that no test notices.

    python -m tests.mutants study/design/order.py --tests tests/study/test_order.py
    python -m tests.mutants study --since HEAD~3 --sample 50
    python -m tests.mutants --sample 200

Works on a copy of the files that git knows, with their uncommitted changes. A mutant first meets the test named after
its module, else those that import it, then, if it lives, all tests of its room. Ends with 1 when a mutant survives.
Types (`A | None`) are not mutated: nothing runs them.
"""

import argparse
import difflib
import functools
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
from pathlib import Path

import pytest
from cosmic_ray.commands.init import init
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import WorkItem
from rich.console import Console

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("analysis", "app", "model", "stimuli", "study")
LIBRARIES = (
    *("torch", "torchaudio", "dasp_pytorch", "pandas", "scipy.stats", "scipy.signal", "statsmodels.api", "soundfile"),
    *("matplotlib.pyplot", "sqlalchemy", "alembic", "pydantic", "fastapi", "httpx", "uvicorn", "gradio", "typer"),
)
FOR_THE_WHOLE = ("browser", "documentation")  # too slow to run for each mutant
UNCHANGED_S = 1800.0
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


def mutants(paths: list[Path], commit: str | None, sample: int | None, seed: int, place: Path) -> list[WorkItem]:
    """The mutations to try, chosen at random if there are more than ``sample``."""
    database = WorkDB(place / "mutants.sqlite", WorkDB.Mode.create)
    init(paths, database, {})
    kept = {path: changed_lines(path, commit) for path in paths} if commit else None
    found = [item for item in database.work_items if _is_wanted(item, kept)]
    database.close()
    found.sort(key=lambda item: (*_where(item), item.mutations[0].operator_name, item.mutations[0].occurrence))
    return random.Random(seed).sample(found, sample) if sample and sample < len(found) else found


def _is_wanted(item: WorkItem, kept: dict[Path, set[int]] | None) -> bool:
    mutation = item.mutations[0]
    if "BinaryOperator_BitOr" in mutation.operator_name:
        return False
    return kept is None or mutation.start_pos[0] in kept[mutation.module_path]


def _where(item: WorkItem) -> tuple[str, int]:
    return str(item.mutations[0].module_path), item.mutations[0].start_pos[0]


@functools.cache
def tests_of(module: Path) -> list[str]:
    """What pytest runs for a module, in turn: the test named after it, else those that import it; those of its room."""
    dotted, room = ".".join(module.with_suffix("").parts), f"tests/{module.parts[0]}"
    if (own := Path(room) / f"test_{module.stem}.py").is_file():
        return [str(own), room]
    parent, _, name = dotted.rpartition(".")
    imports = re.compile(rf"\b{re.escape(dotted)}\b|from {re.escape(parent or dotted)} import [^\n]*\b{name}\b")
    near = [
        file for file in sorted(Path("tests").rglob("test_*.py")) if not {"browser", "documentation"} & {*file.parts}
    ]
    near = [str(file) for file in near if imports.search(file.read_text(encoding="utf-8"))]
    return [*([" ".join(near)] if near else []), room]


def failure(tests: str, timeout_s: float) -> str | None:
    """Run pytest in a fork, which has the libraries in memory already; None where all passes, else the outcome."""
    child = os.fork()
    if child == 0:
        os.setsid()
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        os._exit(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *tests.split()]))
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return None if status == 0 else f"failed ({os.waitstatus_to_exitcode(status)})"
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "took too long"


@functools.cache
def check(tests: str) -> None:
    """These tests pass on the code as it is."""
    if failure(tests, UNCHANGED_S):
        raise SystemExit(f"The tests fail before anything is changed: pytest {tests}")


def survives(item: WorkItem, tests: list[str], timeout_s: float) -> str | None:
    """The change, if none of the tests notices it."""
    for each in tests:
        check(each)
    [mutation] = item.mutations
    operator = get_operator(mutation.operator_name)(**mutation.operator_args)
    with use_mutation(mutation.module_path, operator, mutation.occurrence) as (before, after):
        if after is None or any(failure(each, timeout_s) for each in tests):
            return None
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if re.match(r"[+-](?![+-])", line))


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", nargs="*", default=ROOMS, help="modules or folders of modules; default: all rooms")
    parser.add_argument("--tests", help="what pytest runs; default: the test named after the module, then tests/ROOM")
    parser.add_argument("--since", metavar="COMMIT", help="only lines that changed since then")
    parser.add_argument("--sample", type=int, help="so many of the mutations, at random")
    parser.add_argument("--quick", action="store_true", help="only the first of these")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--timeout", type=float, default=600, help="seconds after which a mutant counts as noticed")
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
        chosen = mutants(paths, options.since, options.sample, options.seed, Path(place))
        n_survivors = 0
        for number, item in enumerate(chosen, start=1):
            tests = [options.tests] if options.tests else tests_of(item.mutations[0].module_path)
            change = survives(item, tests[: 1 if options.quick else None], options.timeout)
            console.print(f"{number}/{len(chosen)}", end="\r" if console.is_terminal else "\n")
            if change is not None:
                n_survivors += 1
                console.print(f"{':'.join(map(str, _where(item)))}\n{change}", markup=False)
    share = f"{n_survivors / len(chosen):.1%}" if chosen else "none"
    console.print(f"{n_survivors} of {len(chosen)} mutants survived ({share}).")
    sys.exit(bool(n_survivors))


def move_to(copy: Path) -> None:
    """Work in the copy, with the libraries in memory and nothing of this project."""
    for name in LIBRARIES:
        importlib.import_module(name)
    os.chdir(copy)
    os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    sys.dont_write_bytecode = True
    sys.path[:] = [str(copy), *(entry for entry in sys.path if Path(entry).resolve() != ROOT)]
    for name in [name for name in sys.modules if name.split(".")[0] in (*ROOMS, "tests")]:
        del sys.modules[name]


if __name__ == "__main__":
    main()
