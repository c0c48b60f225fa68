"""Files that only their owner may read, whatever the umask: participants' answers, ids and secrets.

A file is private from its first byte. One that an earlier version or another program left open to others is closed when
it is met again; what belongs to somebody else is left as it is.
"""

from __future__ import annotations

import contextlib
import os
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


def _opener(path: str, flags: int) -> int:
    descriptor = os.open(path, flags, 0o600)
    with contextlib.suppress(PermissionError):
        os.fchmod(descriptor, 0o600)
    return descriptor
