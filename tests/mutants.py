"""Change the code in small ways, one at a time, and name the changes that no test notices.

    python -m tests.mutants study/design/order.py --tests tests/study/test_order.py
    python -m tests.mutants study --since HEAD~3 --sample 50

Works on a copy of the files that git knows, with their uncommitted changes. Ends with 1 when a mutant survives. Types
(`A | None`) are not mutated: nothing runs them.
"""

import argparse
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
LINE_RANGE = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


def git(*arguments: str) -> str:
    """What a git command says of this repository."""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def modules(path: str) -> list[Path]:
    """The modules of a folder, or the one module, as paths from the root."""
    found = [Path(name) for name in git("ls-files", "--", path).splitlines() if name.endswith(".py")]
    if not found:
        raise ValueError(f"git knows no Python module {path}.")
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


def tests_of(path: str) -> str:
    """The tests of a module: those named after it, else those of its room."""
    room, stem = Path(path).parts[0], Path(path).stem
    own = ROOT / "tests" / room / f"test_{stem}.py"
    return str((own if own.is_file() else ROOT / "tests" / room).relative_to(ROOT))


def main() -> None:
    """Try every mutation; print those that survive."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", help="a module or a folder of modules")
    parser.add_argument("--tests", help="what pytest runs; default: tests/ROOM/test_MODULE.py, else tests/ROOM")
    parser.add_argument("--since", metavar="COMMIT", help="only lines that changed since then")
    parser.add_argument("--sample", type=int, help="so many of the mutations, at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--timeout", type=float, default=120, help="seconds after which a mutant counts as noticed")
    options = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "copy"
        for name in git("ls-files", "--cached", "--others", "--exclude-standard").splitlines():
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy / name)
        os.chdir(copy)
        os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
        chosen = mutants(modules(options.path), options.since, options.sample, options.seed, Path(place))
        command = f"{sys.executable} -m pytest -q -x -p no:cacheprovider {options.tests or tests_of(options.path)}"
        if subprocess.run(command.split(), capture_output=True).returncode:
            raise SystemExit(f"The tests fail before anything is changed: {command}")
        survivors = []
        with Progress(console=console, transient=True) as progress:
            for item in progress.track(chosen, description="mutants"):
                result = mutate_and_test(item.mutations, command, options.timeout)
                if result.test_outcome == TestOutcome.SURVIVED:
                    survivors.append(item)
                    progress.console.print(
                        f"{':'.join(map(str, _where(item)))}\n{_lines(result.diff or '')}", markup=False
                    )
    share = f"{len(survivors) / len(chosen):.1%}" if chosen else "none"
    console.print(f"{len(survivors)} of {len(chosen)} mutants survived ({share}).")
    sys.exit(bool(survivors))


def _lines(diff: str) -> str:
    return "\n".join(line for line in diff.splitlines() if re.match(r"[+-](?![+-])", line))


if __name__ == "__main__":
    main()
