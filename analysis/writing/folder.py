"""Results are written whole or not at all: into a folder made aside, which takes the place of the former when all of it
is there.

`SHA256SUMS` lists what was written (`sha256sum -c SHA256SUMS`), so that the next analysis knows which files are an
earlier one's, to be taken away, and which are somebody else's, to be kept.
"""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUMS = "SHA256SUMS"
# What version 0.1, which wrote no list, may have left.
_FORMER_NAMES = {
    "SIMULATED", "report", "methods", "results", "means", "descriptives", "means_by_clip", "missing_cells", "anova",
    "anova_by_descriptor", "posthoc", "effects", "friedman", "assumptions", "lmm", "lmm_variance", "lmm_slopes",
    "lmm_slopes_variance", "lmm_contrasts", "lmm_tests", "ordinal", "ordinal_variance", "reliability", "agreement",
    "primary", "clip_differences", "adaptive", "eq_spread", "eq_curves", "exclusions", "screening", "with_and_without",
    "distributions", "forest", "power", "detectable",
}  # fmt: skip
_FORMER_SUFFIXES = {".csv", ".md", ".tex", ".html", ".pdf", ".svg", ".png", ".txt"}


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Give an empty folder to write into; what is in it becomes `out` when the block ends, and vanishes where it fails.

    Files in `out` that no analysis wrote are kept; those of an earlier analysis are not.

    Raises
    ------
    ValueError
        `out` is a file.
    """
    out = out.resolve()
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file; a folder for the results is expected.")
    shared = out.is_dir() and _is_shared(out)
    aside = out / ".unfinished" if shared else out.with_name(f".{out.name}.unfinished")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        (aside / SUMS).write_text(_sums(aside), encoding="utf-8")
        (_move_into if shared else _take_place)(aside, out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _is_shared(out: Path) -> bool:
    """Whether the folder holds more than results, or cannot be renamed."""
    inside = out == Path.cwd() or out in Path.cwd().parents
    return inside or out.is_mount() or any(path.is_file() for path in set(out.rglob("*")) - set(_ours(out)))


def _ours(out: Path) -> list[Path]:
    """List the files that an earlier analysis wrote."""
    if (out / SUMS).is_file():
        lines = (out / SUMS).read_text(encoding="utf-8").splitlines()
        return [out / line.partition("  ")[2] for line in lines] + [out / SUMS]
    folders = (out, out / "all_participants", out / "after_exclusions")
    files = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
    return [path for path in files if path.stem in _FORMER_NAMES and path.suffix in _FORMER_SUFFIXES]


def _sums(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}" for path in files
    ]
    return "\n".join(lines) + "\n"


def _take_place(new: Path, out: Path) -> None:
    former = out.with_name(f".{out.name}.former")
    shutil.rmtree(former, ignore_errors=True)
    if out.exists():
        out.rename(former)
    new.rename(out)
    shutil.rmtree(former, ignore_errors=True)


def _move_into(new: Path, out: Path) -> None:
    for path in _ours(out):
        path.unlink(missing_ok=True)
        if path.parent != out and path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
    for path in [path for path in new.rglob("*") if path.is_file()]:
        place = out / path.relative_to(new)
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
