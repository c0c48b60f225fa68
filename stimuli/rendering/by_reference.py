"""Conditions that take a clip to the sound of a reference recording rather than to a word.

The place is one file, the reference of everything, or a folder whose files are named by what they are the reference of:
a clip and a descriptor (``piano_warm.wav``), a clip (``piano.flac``) or a descriptor (``warm.mp3``), the nearest first.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from model import EQParams
from model.encoder import representative
from stimuli.music import audio
from stimuli.rendering.named_files import NamedFiles


class ByReference:
    """The proposal of an equaliser that takes a reference, applied.

    Parameters
    ----------
    equaliser : MatchEQ or ReferenceEQ
    place : path
        A file or a folder, see the module.
    """

    def __init__(self, equaliser: Any, place: str | Path):
        self.equaliser, self.place = equaliser, Path(place).expanduser()
        if not self.place.exists():
            raise ValueError(f"There is no file or folder {self.place}; reference:PLACE and match:PLACE name one.")
        self._files = NamedFiles(self.place) if self.place.is_dir() else None

    @property
    def model_hash(self) -> str | None:
        """Of the equaliser's weights; None if it has none."""
        return self.equaliser.model_hash

    @property
    def fingerprint(self) -> str:
        """A name for the equaliser and all references, so that an exchanged file is noticed."""
        content = self._files.fingerprint if self._files else hashlib.sha256(self.place.read_bytes()).hexdigest()
        return f"{type(self.equaliser).__name__} {self.model_hash} {content}"

    def find(self, clip: str, descriptor: str) -> Path:
        """Return the reference of a clip and a descriptor; ValueError if there is none."""
        if self._files is None:
            return self.place
        names = (f"{clip} {descriptor}", f"{descriptor} {clip}", clip, descriptor)
        if path := self._files.find(*names):
            return path
        raise ValueError(
            f"{self.place} has no reference for {clip} and {descriptor}, such as {clip}_{descriptor}.wav, {clip}.wav "
            f"or {descriptor}.wav."
        )

    def render(self, sound: np.ndarray, sample_rate_hz: int, clip: str, descriptor: str) -> tuple[np.ndarray, EQParams]:
        """The clip as its reference sounds, and the EQ that made it so."""
        reference, rate_hz = _read(self.find(clip, descriptor))
        setting = self.equaliser.propose(sound, sample_rate_hz, reference, rate_hz)
        return setting.apply(sound, sample_rate_hz), setting


@lru_cache(maxsize=8)
def _read(path: Path) -> tuple[np.ndarray, int]:
    sound, rate_hz = audio.read(path)
    return representative(sound, rate_hz), rate_hz
