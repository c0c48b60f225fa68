"""Files that only their owner may read, whatever the umask: participants' answers, ids and secrets.

A file is private from its first byte. One that an earlier version or another program left open to others is closed when
it is met again; what belongs to somebody else is left as it is.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

OTHERS = 0o077


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for the owner only."""
    for missing in (path for path in (*reversed(folder.parents), folder) if not path.exists()):
        missing.mkdir(mode=0o700, exist_ok=True)
        missing.chmod(0o700)


def close_to_others(path: Path) -> None:
    """Take a file's or folder's rights from group and others; the owner's stay."""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        mode = path.stat().st_mode
        if mode & OTHERS:
            path.chmod(mode & 0o700)


def open_private(path: Path, mode: str, encoding: str | None = None, newline: str | None = None) -> IO[Any]:
    """As `open`, for a file that only its owner may read."""
    return open(path, mode, opener=_opener, encoding=encoding, newline=newline)  # a Path.open takes no opener


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read, in full or, on a full disk, not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        with open_private(part, "wb") as file:
            file.write(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder to write files into; they take their places in ``folder`` when the block ends, and vanish
    where it fails. What else is in ``folder`` stays.

    Raises
    ------
    ValueError
        ``folder`` is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; a folder is expected.")
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    aside = folder / ".unfinished"
    shutil.rmtree(aside, ignore_errors=True)
    make_folder(aside)
    try:
        yield aside
        for path in aside.iterdir():
            path.replace(folder / path.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        with contextlib.suppress(OSError):  # the first that is not empty
            for path in missing:
                path.rmdir()


def _opener(path: str, flags: int) -> int:
    descriptor = os.open(path, flags, 0o600)
    with contextlib.suppress(PermissionError):
        os.fchmod(descriptor, 0o600)
    return descriptor
