"""Pairs of excerpts, one from each half of a recording: what an equaliser by reference learns from.

Two excerpts of a recording sound alike but for what the music does; put an EQ on one, and the other says what it was.
Like `model.training.bank`, what is kept is spectra and textures, to which any EQ's response can be added, and a
snippet of audio for training through the differentiable EQ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch

from model.encoder import N_MELS, TEXTURE
from model.reference import Sound, listen
from model.training.bank import SNIPPET, loudest, open_arrays
from model.training.sources import audio_files
from model.training.sources.base import read_excerpt, require_folder

SHORTEST_S, LONGEST_S = 4.0, 60.0
QUIETEST_PEAK = 1e-3
_TRIES = 100


@dataclass(frozen=True)
class PairBank:
    """Of n pairs: ``spectra`` [n, 2, 80], ``textures`` [n, 2, 12, 80], ``wander`` [n, 2, 80], ``snippets`` [n, 32768].

    `model.reference.listen` says what the first three are; the snippet is of the first excerpt, mono at 44.1 kHz.
    """

    spectra: np.ndarray
    textures: np.ndarray
    wander: np.ndarray
    snippets: np.ndarray

    def __len__(self) -> int:
        return len(self.spectra)

    def sounds(self, indices: torch.Tensor, half: int) -> Sound:
        """Return one excerpt of each of some pairs."""
        rows = indices.cpu().numpy()
        return Sound(*(torch.as_tensor(array[rows, half]) for array in (self.spectra, self.textures, self.wander)))

    def audio(self, indices: torch.Tensor) -> torch.Tensor:
        """Return snippets [batch, 1, 32768] of the first excerpts of some pairs."""
        return torch.as_tensor(self.snippets[indices.cpu().numpy()].astype(np.float32))[:, None]


def fill_pairs(
    music: Sequence[Path],
    keep: Callable[[Path], bool],
    size: int,
    seed: int,
    folder: Path,
    progress: Callable[[int], None] = lambda done: None,
) -> PairBank:
    """Return ``size`` pairs of excerpts of 4 to 60 s; pair i depends on the seed and i alone.

    Parameters
    ----------
    music : sequence of paths
        Folders; each one's share grows with the square root of its recordings, of those that ``keep`` admits.
    keep : callable
    size, seed : int
    folder : path
        Where they are kept, so that a killed run goes on from there.
    progress : callable, optional
        Called with the number of pairs done.
    """
    folders = [[file for file in audio_files(require_folder(place, "music")) if keep(file)] for place in music]
    folders = [files for files in folders if files]
    if not folders:
        raise ValueError(f"None of the {len(music)} folders of music holds a usable recording.")
    shapes = {"spectra": (2, N_MELS), "textures": (2, len(TEXTURE), N_MELS), "wander": (2, N_MELS)}
    key = f"{[len(files) for files in folders]} {seed} {size}"
    arrays, done, note = open_arrays(folder, size, key, {**shapes, "snippets": (SNIPPET,)})
    for index in range(done, size):
        excerpts, rate_hz = _draw(folders, np.random.default_rng([seed, index]))
        for half, audio in enumerate(excerpts):
            sound = listen(audio, rate_hz)
            for name, value in zip(("spectra", "textures", "wander"), sound, strict=True):
                arrays[name][index, half] = value[0].numpy()
        arrays["snippets"][index] = loudest(_resampled(excerpts[0], rate_hz))
        note(index + 1)
        progress(index + 1)
    return PairBank(**arrays)


def _draw(folders: list[list[Path]], rng: np.random.Generator) -> tuple[list[np.ndarray], int]:
    """Return two excerpts [channels, samples] of one recording and its rate in Hz."""
    weights = np.sqrt([len(files) for files in folders])
    for _ in range(_TRIES):
        files = folders[rng.choice(len(folders), p=weights / weights.sum())]
        file = files[rng.integers(len(files))]
        try:
            excerpts, rate_hz = _two_halves(file, rng)
        except (OSError, ValueError, soundfile.SoundFileError):
            continue
        if min(np.abs(excerpt).max() for excerpt in excerpts) > QUIETEST_PEAK:
            return excerpts, rate_hz
    raise ValueError(f"None of {_TRIES} recordings drawn could be used: each must last 8 s or more and not be silent.")


def _two_halves(file: Path, rng: np.random.Generator) -> tuple[list[np.ndarray], int]:
    half_s = soundfile.info(file).duration / 2
    if half_s < SHORTEST_S:
        raise ValueError("it is too short")
    lengths_s = np.minimum(np.exp(rng.uniform(np.log(SHORTEST_S), np.log(LONGEST_S), 2)), half_s)
    starts_s = [rng.uniform(0, half_s - lengths_s[0]), half_s + rng.uniform(0, half_s - lengths_s[1])]
    read = [read_excerpt(file, *place) for place in zip(starts_s, lengths_s - 0.01, strict=True)]
    return [np.ascontiguousarray(audio.T) for audio, _ in read], read[0][1]


def _resampled(audio: np.ndarray, rate_hz: int) -> np.ndarray:
    import soxr

    mono = audio.mean(axis=0) / np.abs(audio).max()
    return mono if rate_hz == 44_100 else soxr.resample(mono, rate_hz, 44_100)
