"""A folder of music in any format that libsndfile reads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from model.training.sources.base import FileSource, choose_start_s, read_excerpt, require_folder

SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff"}


def is_held_out(file: Path) -> bool:
    """Say whether a recording is kept from training: those whose name's SHA-256 leaves no remainder modulo 5."""
    return int(hashlib.sha256(file.name.encode()).hexdigest(), 16) % 5 == 0


def is_for_validation(file: Path) -> bool:
    """Say whether a recording that is not held out chooses the best checkpoint and is not trained on: one in ten."""
    return not is_held_out(file) and int(hashlib.sha256(file.name.encode()).hexdigest(), 16) // 5 % 10 == 0


class Folder(FileSource):
    """Excerpts of the WAV, FLAC, OGG, OPUS, MP3 and AIFF files under a folder, each file as likely as any other.

    Parameters
    ----------
    path : path
    sample_rate : int, Hz
    duration_s : float
    keep : callable, optional
        Says of a file's path whether it takes part, for a split into training and test.
    """

    def __init__(
        self, path: str | Path, sample_rate: int, duration_s: float, keep: Callable[[Path], bool] | None = None
    ):
        path = require_folder(path, "music")
        found = audio_files(path)
        items = [file for file in found if keep is None or keep(file)]
        if not items:
            raise ValueError(
                f"{path} holds {len(found)} WAV, FLAC, OGG, OPUS, MP3 or AIFF files, and none of them is wanted: "
                "is the music elsewhere?"
            )
        super().__init__(items, str(path), sample_rate, duration_s)

    def read(self, item: Path, rng: np.random.Generator) -> np.ndarray:
        start_s = choose_start_s(rng, soundfile.info(item).duration, self.duration_s)
        return self.fit(*read_excerpt(item, start_s, self.duration_s))


def audio_files(path: Path) -> list[Path]:
    """Return the audio files under a folder, hidden ones left out, in the same order everywhere."""
    found = (file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and not file.name.startswith("."))
    return sorted((file for file in found if file.is_file()), key=lambda file: file.relative_to(path).as_posix())
