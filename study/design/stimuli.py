"""What the study needs to know of a stimulus set: its rows, read from `manifest.json`, and where their audio lies."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from study.design.soundfiles import SoundFiles


@dataclass(frozen=True, slots=True)
class Stimulus:
    """One sound; ``kind`` is ``stimulus`` or a generated one (headphones, huggins, audible_check, level, anchor)."""

    id: str
    kind: str
    clip: str | None
    condition: str | None
    descriptor: str | None
    expected: int | None
    sha256: str
    duration_s: float


@dataclass(frozen=True)
class StimulusSet:
    """The rows of a set and the text of its manifest, which the database keeps when a study is created.

    ``made`` are sounds of no file of the set, which are made for each participant (`study.design.personal`).
    """

    folder: Path | None
    text: str
    made: tuple[Stimulus, ...] = ()

    @classmethod
    def load(cls, folder: str | Path) -> StimulusSet:
        """Read the set in ``folder``; ValueError in one sentence when there is none."""
        path = Path(folder) / "manifest.json"
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise ValueError(
                f"No stimulus set in {folder}: it has no manifest.json; make one with `semantic-eq stimuli build`."
            ) from None
        try:
            found = cls(Path(folder), text)
            wanted = isinstance(found.content, dict) and "stimuli" in found.content
            if wanted and not found.rows:
                raise ValueError("it has no stimuli")
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is damaged ({error}); build the set again.") from None
        if not wanted:
            raise ValueError(
                f"{path} is no stimulus set's manifest: it holds {_held(found.content)}, and a set's has 'stimuli'; "
                "name the folder that `semantic-eq stimuli build` made."
            )
        return found

    @cached_property
    def content(self) -> dict[str, Any]:
        """The manifest as read."""
        return json.loads(self.text)

    @cached_property
    def rows(self) -> tuple[Stimulus, ...]:
        """All sounds in the manifest's order."""
        names = Stimulus.__slots__
        return tuple(Stimulus(**{name: row.get(name) for name in names}) for row in self.content["stimuli"])

    @cached_property
    def by_id(self) -> dict[str, Stimulus]:
        """Sounds by their id."""
        return {row.id: row for row in (*self.rows, *self.made)}

    @cached_property
    def sha256(self) -> str:
        """Hash of the manifest's content, whatever its layout."""
        return hashlib.sha256(json.dumps(self.content, sort_keys=True).encode()).hexdigest()

    def of_kind(self, kind: str) -> list[Stimulus]:
        """The sounds of one kind."""
        return [row for row in self.rows if row.kind == kind]

    @cached_property
    def clips(self) -> tuple[str, ...]:
        """Names of the clips that have stimuli, in the manifest's order."""
        return tuple(dict.fromkeys(row.clip for row in self.of_kind("stimulus") if row.clip))

    @property
    def place(self) -> Path:
        """The set's folder, where it was read from one; ValueError where only its manifest is known."""
        if self.folder is None:
            raise ValueError("The stimulus set is known by its manifest only; name its folder.")
        return self.folder

    @cached_property
    def files(self) -> SoundFiles:
        """The set's audio, held to the hashes of the manifest."""
        return SoundFiles(self)

    def audio_path(self, stimulus_id: str) -> Path | None:
        """File of a sound; None for an id that is not of this set."""
        if self.folder is None or stimulus_id not in self.by_id or not self.by_id[stimulus_id].sha256:
            return None
        return self.folder / "audio" / f"{stimulus_id}.flac"


def _held(content: Any) -> str:
    """What JSON of another kind holds, in a few words."""
    if not isinstance(content, dict):
        return f"a {type(content).__name__}"
    return ", ".join(map(repr, list(content)[:4])) or "nothing"
