"""Audio files of a folder, found by the words of their names, whatever joins the words."""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from pathlib import Path

_SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff"}


class NamedFiles:
    """The audio files under ``folder``: ``piano_warm.wav``, ``Piano-warm.flac`` and ``piano/warm.wav`` are one name."""

    def __init__(self, folder: Path):
        self.folder = folder

    def find(self, *names: str) -> Path | None:
        """Return the file of the first of ``names`` that has one."""
        return next((self._files[_key(name)] for name in names if _key(name) in self._files), None)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all files, so that one that was made anew is noticed."""
        digest = hashlib.sha256()
        for key, path in sorted(self._files.items()):
            digest.update(f"{key} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
        return digest.hexdigest()

    @cached_property
    def _files(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for path in sorted(self.folder.rglob("*")):
            if path.suffix.lower() in _SUFFIXES:
                found[_key(str(path.relative_to(self.folder).with_suffix("")))] = path
        return found


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name.lower()).strip()
