"""What keeps a server from doing its work: a full disk, a database that takes no commit, a sound that is missing.

`/health/ready`, the admin page and the log all say the same.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from pathlib import Path

from study.sessions.running import RunningStudy

DISK_FULL_BYTES = 8_000_000  # SQLite's write-ahead log grows to some four megabytes before it is emptied
DISK_LOW_BYTES = 500_000_000
AGAIN_S = 60
SHOWN_SOUNDS = 5
LOG = logging.getLogger("semantic_eq")


class Alarms:
    """The state of one server process's surroundings."""

    def __init__(self, running: RunningStudy) -> None:
        self._running = running
        self._logged: dict[str, float] = {}
        self._lock = threading.Lock()

    def missing(self) -> dict[str, str]:
        """What is missing (``stimuli``, ``disk``, ``database``), each with a sentence; empty where all is there."""
        found = {}
        if not (self._running.stimuli.place / "manifest.json").is_file():
            found["stimuli"] = f"{self._running.stimuli.place / 'manifest.json'} is missing."
        elif faulty := self._running.stimuli.files.faulty():
            found["stimuli"] = f"{_sounds(faulty)} missing or damaged: participants who come to them wait."
        free = self._free_bytes()
        if free is not None and free < DISK_FULL_BYTES:
            found["disk"] = f"The database's disk is full ({free / 1e6:.1f} MB free): make room."
        if not self._running.commits.works():
            found["database"] = "The database takes no answer: pages keep theirs and send them again."
        for name, sentence in found.items():
            self.log(name, sentence)
        return found

    def sentences(self) -> list[str]:
        """As `missing`, and what will soon be missing, for the experimenter."""
        found, free = self.missing(), self._free_bytes()
        if free is not None and "disk" not in found and free < DISK_LOW_BYTES:
            return [*found.values(), f"Only {free / 1e6:.0f} MB are free on the database's disk."]
        return list(found.values())

    def sound_is_missing(self, sound: str) -> None:
        """Somebody waits for a sound."""
        self.log(f"sound {sound}", f"Somebody waits for a sound that is missing or damaged: audio/{sound}.flac.")

    def log(self, name: str, sentence: str) -> None:
        """Log an alarm, the same one once a minute."""
        with self._lock:
            if time.monotonic() - self._logged.get(name, -AGAIN_S) < AGAIN_S:
                return
            self._logged[name] = time.monotonic()
        LOG.error("alarm", extra={"fields": {"alarm": name, "says": sentence}})

    def _free_bytes(self) -> int | None:
        """Room on the disk of an SQLite database; that of a database server is its own to watch."""
        url = self._running.engine.url
        if url.get_backend_name() != "sqlite" or not url.database:
            return None
        return shutil.disk_usage(Path(url.database).absolute().parent).free


def _sounds(faulty: list[str]) -> str:
    names = ", ".join(f"audio/{sound}.flac" for sound in faulty[:SHOWN_SOUNDS])
    more = len(faulty) - SHOWN_SOUNDS
    return f"{names}{f' and {more} more sounds' if more > 0 else ''} {'is' if len(faulty) == 1 else 'are'}"
