"""The folder of the sounds that were made for single participants: one private folder a session, deleted with it.

What is there follows from the stored judgements and the study's secret, so that what is missing can be made anew.
Each sound is ``<id>.flac`` and, written after it, ``<id>.json`` with what is to be known of it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from study.design import personal
from study.design.plan import Plan
from study.storage import private

NAME = "personal"


def folder_of(engine: Engine) -> Path:
    """Where a database's personal sounds are: beside an SQLite file, else under ``data/``."""
    url = engine.url
    of_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return (Path(str(url.database)).parent if of_file else Path("data")) / NAME


def forget(engine: Engine, public_id: str) -> None:
    """Delete a session's sounds; its id is of letters and digits."""
    shutil.rmtree(folder_of(engine) / public_id, ignore_errors=True)


def _nobody(public_id: str) -> None:
    """Nobody makes sounds here."""


class MadeSounds:
    """The personal sounds of a study's sessions.

    Parameters
    ----------
    plan : Plan
        Of the study.
    folder : Path
        `folder_of` its database.

    Attributes
    ----------
    sources : dict
        The sounds of each session, and the original that each is made of.
    ask : callable
        Called with a session's public id when its sounds are wanted and not there.
    """

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.folder, self.sources = folder, personal.made_of(plan.definition, plan.stimuli)
        self.ask: Callable[[str], None] = _nobody
        self._about = {row.id: {"clip": row.clip, "descriptor": row.descriptor} for row in plan.stimuli.made}

    def __getstate__(self) -> dict[str, Any]:
        """What goes to another process: all but who is asked."""
        return self.__dict__ | {"ask": _nobody}

    def descriptor_of(self, sound: str) -> str:
        """The word that a sound is made for."""
        return str(self._about[sound]["descriptor"])

    def has(self, public_id: str, sound: str) -> bool:
        """Whether a sound is there."""
        return self._row(public_id, sound) is not None

    def n_ready(self, public_id: str) -> int:
        """How many of a session's sounds are there."""
        return sum(1 for _ in (self.folder / public_id).glob("*.json"))

    def rows(self, public_id: str) -> list[dict[str, Any]] | None:
        """What was made for a session; None, and they are asked for, until all of it is there."""
        found = [self._row(public_id, sound) for sound in self.sources]
        rows = [row for row in found if row]
        if len(rows) == len(self.sources):
            return rows
        self.ask(public_id)
        return None

    def read(self, public_id: str, sound: str) -> bytes | None:
        """A sound's file; None, and it is asked for, where it is missing or damaged."""
        row = self._row(public_id, sound)
        path = self.folder / public_id / f"{sound}.flac"
        try:
            content = path.read_bytes() if row else b""
        except OSError:
            content = b""
        if row and hashlib.sha256(content).hexdigest() == row["sha256"]:
            return content
        path.with_suffix(".json").unlink(missing_ok=True)
        self.ask(public_id)
        return None

    def keep(self, public_id: str, sound: str, content: bytes, about: dict[str, Any]) -> None:
        """Write a sound, then what is to be known of it."""
        folder = self.folder / public_id
        private.make_folder(folder)
        row = {"stimulus": sound} | self._about[sound] | about
        for name, data in ((f"{sound}.flac", content), (f"{sound}.json", json.dumps(row).encode())):
            private.write_whole(folder / name, data)

    def _row(self, public_id: str, sound: str) -> dict[str, Any] | None:
        try:
            return json.loads((self.folder / public_id / f"{sound}.json").read_text(encoding="utf-8"))
        except (OSError, json.JSONDecodeError):
            return None
