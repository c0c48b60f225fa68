"""Change the code in small ways, one at a time, and name the changes that no test notices.

    python -m tests.mutants study/design/order.py --tests tests/study/test_order.py
    python -m tests.mutants study --since HEAD~3 --sample 50
    python -m tests.mutants --sample 200

Works on a copy of the files that git knows, with their uncommitted changes. A mutant first meets the tests that import
its module, then, if it lives, all tests of its room. Ends with 1 when a mutant survives. Types (`A | None`) are not
mutated: nothing runs them.
"""

import argparse
import functools
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import TestOutcome, WorkItem
from rich.console import Console
from rich.progress import Progress

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("analysis", "app", "model", "stimuli", "study")
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
    """What pytest runs for a module, in turn: the test files that name it, and the tests of its room."""
    dotted, room = ".".join(module.with_suffix("").parts), f"tests/{module.parts[0]}"
    parent, _, name = dotted.rpartition(".")
    imports = re.compile(rf"\b{re.escape(dotted)}\b|from {re.escape(parent)} import [^\n]*\b{name}\b")
    near = [file for file in sorted(Path("tests").rglob("test_*.py")) if "browser" not in file.parts]
    near = [str(file) for file in near if imports.search(file.read_text(encoding="utf-8"))]
    return [*([" ".join(near)] if near else []), room]


@functools.cache
def command(tests: str) -> str:
    """The command that runs these tests, which pass on the code as it is."""
    found = f"{sys.executable} -m pytest -q -x -p no:cacheprovider {tests}"
    if subprocess.run(found.split(), capture_output=True).returncode:
        raise SystemExit(f"The tests fail before anything is changed: {found}")
    return found


def survives(item: WorkItem, tests: list[str], timeout_s: float) -> str | None:
    """The change, if none of the tests notices it."""
    diff = ""
    for each in tests:
        result = mutate_and_test(item.mutations, command(each), timeout_s)
        if result.test_outcome != TestOutcome.SURVIVED:
            return None
        diff = result.diff or ""
    return _lines(diff)


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", nargs="*", default=ROOMS, help="modules or folders of modules; default: all rooms")
    parser.add_argument("--tests", help="what pytest runs; default: what imports the module, then tests/ROOM")
    parser.add_argument("--since", metavar="COMMIT", help="only lines that changed since then")
    parser.add_argument("--sample", type=int, help="so many of the mutations, at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--timeout", type=float, default=600, help="seconds after which a mutant counts as noticed")
    return parser.parse_args()


def main() -> None:
    """Try every mutation; print those that survive."""
    options, console = arguments(), Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "copy"
        for name in git("ls-files", "--cached", "--others", "--exclude-standard").splitlines():
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy / name)
        os.chdir(copy)
        os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
        chosen = mutants(modules(options.paths), options.since, options.sample, options.seed, Path(place))
        n_survivors = 0
        with Progress(console=console, transient=True) as progress:
            for item in progress.track(chosen, description="mutants"):
                tests = [options.tests] if options.tests else tests_of(item.mutations[0].module_path)
                change = survives(item, tests, options.timeout)
                if change is not None:
                    n_survivors += 1
                    progress.console.print(f"{':'.join(map(str, _where(item)))}\n{change}", markup=False)
    share = f"{n_survivors / len(chosen):.1%}" if chosen else "none"
    console.print(f"{n_survivors} of {len(chosen)} mutants survived ({share}).")
    sys.exit(bool(n_survivors))


def _lines(diff: str) -> str:
    return "\n".join(line for line in diff.splitlines() if re.match(r"[+-](?![+-])", line))


if __name__ == "__main__":
    main()
