"""The files of a stimulus set, held to the hashes of its manifest: all at the start, a changed one when it is met.

A file that has kept its size and time is not read again, so that asking for every file of a set costs a look each.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from study.design.stimuli import StimulusSet

SHOWN_FILES = 20
THREADS = 2 * (os.cpu_count() or 1)  # hashing and reading both let other threads run


class SoundFiles:
    """Whether the sounds of a set are there as the manifest says."""

    def __init__(self, stimuli: StimulusSet) -> None:
        self._stimuli = stimuli
        self._seen: dict[str, tuple[int, int]] = {}  # sound -> size and time of the file whose hash was right

    def check(self) -> None:
        """Read every file of the set.

        Raises
        ------
        ValueError
            With the names of the files that are missing or damaged.
        """
        self._seen.clear()
        faulty = self.faulty()
        if faulty:
            names = [f"{self._path(sound).name} ({self._fault(sound)})" for sound in faulty[:SHOWN_FILES]]
            more = len(faulty) - len(names)
            raise ValueError(
                f"The stimulus set {self._stimuli.folder} is damaged: of its {len(self._stimuli.rows)} files, "
                f"{len(faulty)} are not as the manifest says: {', '.join(names)}{f' and {more} more' if more else ''}; "
                "copy them from where the set was made, or build it again."
            )

    def faulty(self, sounds: Iterable[str] | None = None) -> list[str]:
        """Sounds of the set whose file is missing or damaged, by id; all are looked at where none are named."""
        asked = [row.id for row in self._stimuli.rows] if sounds is None else list(sounds)
        if all(sound in self._seen for sound in asked):
            return [sound for sound in asked if not self.intact(sound)]
        with ThreadPoolExecutor(THREADS) as threads:
            whole = threads.map(self.intact, asked)
            return [sound for sound, is_whole in zip(asked, whole, strict=True) if not is_whole]

    def intact(self, sound: str) -> bool:
        """Whether a sound's file is there and holds what the manifest says."""
        path = self._path(sound)
        try:
            state = path.stat()
            signature = (state.st_size, state.st_mtime_ns)
            if self._seen.get(sound) == signature:
                return True
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return False
        if found != self._stimuli.by_id[sound].sha256:
            return False
        self._seen[sound] = signature
        return True

    def read(self, sound: str) -> bytes | None:
        """What a sound's file holds; None where it is missing or damaged."""
        try:
            return self._path(sound).read_bytes() if self.intact(sound) else None
        except OSError:
            return None

    def _path(self, sound: str) -> Path:
        return (self._stimuli.folder or Path()) / "audio" / f"{sound}.flac"

    def _fault(self, sound: str) -> str:
        return "damaged" if self._path(sound).is_file() else "missing"
