"""A bank of sounds as the audio encoder sees them: long-term spectrum and texture, and a snippet of the audio itself.

An EQ only adds its response to the spectrum, so that any EQ of any excerpt in the bank can be trained on without
analysing audio again; the snippet (0.74 s around the loudest moment) is what end-to-end training equalises. Excerpts
are drawn from a mixture of sources; for training they are varied: layered with another one, played faster or slower, of
several lengths.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soxr
import torch

from model.encoder import N_MELS, TEXTURE, features
from model.training.sources import Mixture

SNIPPET = 2**15
LAYERED_SHARE, LAYER_GAIN_DB = 0.3, (-15.0, 0.0)
RESPEEDED_SHARE, SPEED_RANGE = 0.3, (0.8, 1.25)
SHORTEST_SHARE = 0.5
_COUNT, _KEY = "count.txt", "key.txt"


@dataclass(frozen=True)
class Bank:
    """``spectra`` [n, 80], ``textures`` [n, 12, 80] (see `model.encoder.features`), ``snippets`` [n, 32768] mono."""

    spectra: np.ndarray
    textures: np.ndarray
    snippets: np.ndarray

    def __len__(self) -> int:
        return len(self.spectra)

    def tensors(self, indices: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return spectra and textures of some excerpts."""
        rows = indices.cpu().numpy()
        return torch.as_tensor(self.spectra[rows]), torch.as_tensor(self.textures[rows])

    def all(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return spectra and textures of all excerpts."""
        return self.tensors(torch.arange(len(self)))

    def audio(self, indices: torch.Tensor) -> torch.Tensor:
        """Return snippets [batch, 1, 32768] of some excerpts."""
        return torch.as_tensor(self.snippets[indices.cpu().numpy()].astype(np.float32))[:, None]


class Banks(NamedTuple):
    """What is trained on, what chooses the best checkpoint, and music as it is, which says what is usual."""

    training: Bank
    validation: Bank
    untouched: Bank


def varied_excerpt(mixture: Mixture, rng: np.random.Generator) -> np.ndarray:
    """Return one varied excerpt, float32 [2, samples]."""
    audio = mixture.excerpt(rng)
    if rng.uniform() < LAYERED_SHARE:
        other = mixture.excerpt(rng)
        level = np.sqrt(np.mean(audio**2) / np.mean(other**2)) * 10 ** (rng.uniform(*LAYER_GAIN_DB) / 20)
        audio = audio + level * other
    if rng.uniform() < RESPEEDED_SHARE:
        speed = np.exp(rng.uniform(*np.log(SPEED_RANGE)))
        audio = soxr.resample(audio.T, mixture.sample_rate * speed, mixture.sample_rate, quality="LQ").T
    n_samples = max(int(audio.shape[1] * rng.uniform(SHORTEST_SHARE, 1)), SNIPPET)
    return np.ascontiguousarray(audio[:, :n_samples], dtype=np.float32)


def fill(
    mixture: Mixture,
    size: int,
    seed: int,
    folder: Path,
    key: str,
    vary: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Bank:
    """Return a bank of ``size`` excerpts; excerpt i depends on the seed and i alone.

    Parameters
    ----------
    mixture : Mixture
        Of excerpts of 1.5 s or longer.
    size, seed : int
    folder : path
        Where the bank is kept, so that a killed run goes on from there.
    key : str
        What the mixture is made of; a bank that was kept under another key, seed or size is made anew.
    vary : bool
        Vary every other excerpt; False takes all as they are.
    progress : callable, optional
        Called with the number of excerpts done.
    """
    shapes = {"spectra": (N_MELS,), "textures": (len(TEXTURE), N_MELS), "snippets": (SNIPPET,)}
    arrays, done, note = open_arrays(folder, size, f"{key} {seed} {size}", shapes)
    for index in range(done, size):
        rng = np.random.default_rng([seed, index])
        audio = varied_excerpt(mixture, rng) if vary and index % 2 == 0 else mixture.excerpt(rng)
        audio = audio / max(float(np.abs(audio).max()), 1e-9)
        spectrum, texture = features(torch.from_numpy(audio)[None], mixture.sample_rate)
        arrays["spectra"][index], arrays["textures"][index] = spectrum[0].numpy(), texture[0].numpy()
        arrays["snippets"][index] = loudest(audio.mean(axis=0))
        note(index + 1)
        if progress is not None:
            progress(index + 1)
    return Bank(**arrays)


def loudest(audio: np.ndarray) -> np.ndarray:
    """Return the loudest of eight evenly spaced snippets [32768] of ``audio`` [samples]."""
    starts = np.linspace(0, max(len(audio) - SNIPPET, 0), 8).astype(int)
    snippets = [audio[start : start + SNIPPET] for start in starts]
    snippet = max(snippets, key=lambda part: float(part @ part))
    return np.pad(snippet, (0, SNIPPET - len(snippet)))


def open_arrays(
    folder: Path, size: int, key: str, shapes: Mapping[str, tuple[int, ...]]
) -> tuple[dict[str, np.ndarray], int, Callable[[int], object]]:
    """Open arrays of ``size`` rows in ``folder``, snippets in half precision.

    Returns
    -------
    the arrays by name; how many rows are there from an earlier run of the same ``key``; what notes how many are
    """
    folder.mkdir(parents=True, exist_ok=True)
    count, kept_key = folder / _COUNT, folder / _KEY
    if not kept_key.exists() or kept_key.read_text() != key or not count.exists():
        count.write_text("0")
        kept_key.write_text(key)
    done = int(count.read_text() or 0)
    arrays: dict[str, np.ndarray] = {}
    for name, shape in shapes.items():
        dtype = np.float16 if name == "snippets" else np.float32
        mode = "r+" if done else "w+"
        arrays[name] = np.lib.format.open_memmap(folder / f"{name}.npy", mode, dtype, (size, *shape))
    return arrays, done, lambda done: count.write_text(str(done))
