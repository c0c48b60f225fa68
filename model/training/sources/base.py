"""What all sources share: one excerpt for one random generator, and what happens to a file that cannot be read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr

CHANNELS = 2
# An excerpt whose peak is lower (-80 dBFS) is a pause and teaches nothing: another one is drawn.
QUIETEST_PEAK = 1e-4
SHORTEST_S = 1.0
# A collection with one usable excerpt in a hundred is taken for unusable.
_TRIES = 300
_UNREADABLE = (OSError, ValueError, soundfile.SoundFileError, av.FFmpegError)


class Source(ABC):
    """Gives excerpts of ``duration_s`` seconds at ``sample_rate`` Hz.

    Parameters
    ----------
    sample_rate : int, Hz
    duration_s : float
    """

    def __init__(self, sample_rate: int, duration_s: float):
        if not 8000 <= sample_rate <= 192_000:
            raise ValueError(f"The sample rate is {sample_rate:g} Hz, outside 8000 to 192000: was it given in kHz?")
        if not 0.01 <= duration_s <= 600:
            raise ValueError(f"The duration is {duration_s:g} s, outside 0.01 to 600: was it given in milliseconds?")
        self.sample_rate, self.duration_s = int(sample_rate), float(duration_s)

    @property
    def n_samples(self) -> int:
        """Length of an excerpt in samples."""
        return round(self.duration_s * self.sample_rate)

    @property
    def skipped(self) -> dict[str, str]:
        """The files that could not be used so far, each with its reason."""
        return {}

    @abstractmethod
    def excerpt(self, rng: np.random.Generator) -> np.ndarray:
        """Return one excerpt, float32 [2, samples]; generators in the same state give the same one."""


class FileSource(Source):
    """Draws a file, then a place in it; a file that cannot be read is skipped and noted.

    Parameters
    ----------
    items : sequence of paths
    place : str
        Where they are, for messages.
    """

    def __init__(self, items: Sequence[Path], place: str, sample_rate: int, duration_s: float):
        super().__init__(sample_rate, duration_s)
        self.items, self._place = list(items), place
        self._skipped: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self.items)

    @property
    def skipped(self) -> dict[str, str]:
        return dict(self._skipped)

    def excerpt(self, rng: np.random.Generator) -> np.ndarray:
        for _ in range(_TRIES):
            item = self.items[rng.integers(len(self.items))]
            try:
                audio = self.read(item, rng)
            except _UNREADABLE as error:
                # Known bad files are tried again: what is drawn must not depend on what was drawn before.
                self._skipped[str(item)] = " ".join(str(error).split())
                continue
            if np.abs(audio).max() >= QUIETEST_PEAK:
                return audio
        raise ValueError(
            f"No sound found in {_TRIES} draws from the {len(self)} files of {self._place}{self._example()}."
        )

    @abstractmethod
    def read(self, item: Path, rng: np.random.Generator) -> np.ndarray:
        """Return an excerpt of one file, float32 [2, samples]; an error means that the file is skipped."""

    def fit(self, audio: np.ndarray, file_rate: int) -> np.ndarray:
        """Bring ``audio`` [samples, channels] at ``file_rate`` to an excerpt's form; what is too short is repeated."""
        if len(audio) == 0:
            raise ValueError("it holds no samples")
        if not np.isfinite(audio).all():
            raise ValueError("it holds NaN or infinite samples")
        audio = audio[:, :CHANNELS] if audio.shape[1] >= CHANNELS else np.repeat(audio[:, :1], CHANNELS, axis=1)
        if file_rate != self.sample_rate:
            audio = soxr.resample(audio, file_rate, self.sample_rate)
        repeats = -(-self.n_samples // len(audio))
        return np.ascontiguousarray(np.tile(audio, (repeats, 1))[: self.n_samples].T, dtype=np.float32)

    def _example(self) -> str:
        if not self._skipped:
            return ": they are silent"
        path, reason = next(iter(self._skipped.items()))
        return f": {len(self._skipped)} could not be read, the first {path} ({reason})"


def choose_start_s(rng: np.random.Generator, available_s: float, wanted_s: float) -> float:
    """Return where an excerpt of ``wanted_s`` seconds starts; ValueError for a file shorter than a second."""
    if available_s < min(SHORTEST_S, wanted_s):
        raise ValueError(f"it lasts {available_s:.2f} s, less than {min(SHORTEST_S, wanted_s):g} s")
    return rng.uniform(0, max(available_s - wanted_s, 0))


def read_excerpt(path: Path, start_s: float, duration_s: float) -> tuple[np.ndarray, int]:
    """Return float32 [samples, channels] and the file's rate; fewer samples than promised are an error."""
    with soundfile.SoundFile(path) as file:
        start = int(start_s * file.samplerate)
        wanted = min(round(duration_s * file.samplerate), file.frames - start)
        file.seek(start)
        audio = file.read(wanted, dtype="float32", always_2d=True)
        if wanted <= 0 or len(audio) < wanted:
            raise ValueError(f"it breaks off: {len(audio)} of {wanted} samples could be read from {start_s:.1f} s on")
        return audio, file.samplerate


def require_folder(path: str | Path, what: str) -> Path:
    """Return ``path`` if it is a folder; the ValueError says ``what`` was looked for."""
    path = Path(path).expanduser()
    if not path.is_dir():
        found = "a file" if path.exists() else "not there"
        raise ValueError(f"{path} is {found}: give the folder of {what}.")
    return path
