"""`flow`: a beta-VAE over EQ settings that decodes a descriptor's mean code, after flowEQ (Steinmetz, 2019).

Like flowEQ: one hidden layer of 512, a code of 1, 2 or 3 dimensions, beta of 0, 0.001, 0.01 or 0.02 with the
Kullback-Leibler term annealed, peaking filters sorted by frequency, a descriptor's code the mean of its settings'
codes, and strength that scales the gains. Unlike flowEQ: frequencies and Q are normalised by logarithm, and all
descriptors are trained on, not only the two most frequent. The default is the one that flowEQ's plug-in starts with,
two dimensions and beta 0.001: of the 2-d models it also rebuilds held-out settings best, and larger betas pull all
curves towards one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from model import checkpoint
from model.eq import EQParams, denormalise, normalise, sort_peaks
from model.request import check_request, known_descriptor
from model.static import blended

NAME = "flow"
DIMENSIONS = (1, 2, 3)
BETAS = (0.0, 0.001, 0.01, 0.02)
DEFAULT_DIMENSIONS, DEFAULT_BETA = 2, 0.001


class FlowEQ:
    """One of the twelve models.

    Parameters
    ----------
    arrays : dict of arrays
        The weights of all models, each under its `model_key` and a name.
    metadata : dict
        ``descriptors`` and, per model, how well it was trained.
    dimensions : int
        Of the code: 1, 2 or 3.
    beta : float
        Weight of the Kullback-Leibler term: 0, 0.001, 0.01 or 0.02.
    model_hash : str
        SHA-256 of the weights' file, hex; empty for weights that were not loaded.
    """

    def __init__(
        self,
        arrays: dict[str, np.ndarray],
        metadata: dict[str, Any],
        dimensions: int = DEFAULT_DIMENSIONS,
        beta: float = DEFAULT_BETA,
        model_hash: str = "",
    ):
        key = model_key(dimensions, beta)
        if f"{key}/codes" not in arrays:
            raise ValueError(
                f"Unknown flow model of {dimensions} dimensions and beta {beta:g}: dimensions are "
                f"{', '.join(map(str, DIMENSIONS))}, betas {', '.join(f'{value:g}' for value in BETAS)}."
            )
        self.descriptors: list[str] = list(metadata["descriptors"])
        self.dimensions, self.beta, self.model_hash = dimensions, beta, model_hash
        self._all, self.metadata = arrays, metadata
        self.weights = {name.split("/", 1)[1]: array for name, array in arrays.items() if name.startswith(f"{key}/")}

    @classmethod
    def load(
        cls,
        path: str | Path | None = None,
        dimensions: int = DEFAULT_DIMENSIONS,
        beta: float = DEFAULT_BETA,
    ) -> FlowEQ:
        """Load the shipped models, or those of the file ``path``, and choose one."""
        tensors, metadata, sha256 = checkpoint.read(path or checkpoint.shipped(NAME), NAME)
        return cls({name: tensor.numpy() for name, tensor in tensors.items()}, metadata, dimensions, beta, sha256)

    def save(self, folder: str | Path) -> Path:
        """Write all models to ``folder``; return the file's path."""
        tensors = {name: torch.from_numpy(array) for name, array in self._all.items()}
        return checkpoint.write(Path(folder), NAME, tensors, self.metadata)

    def propose(self, audio: np.ndarray, sample_rate: float, descriptor: str, intensity: float = 1.0) -> EQParams:
        """Return the decoded mean code of the descriptor, its gains scaled by ``intensity``; the audio is only checked.

        Parameters and errors are those of `StaticEQ.propose`, blends included; ``intensity`` is flowEQ's strength.
        """
        blend = check_request(audio, sample_rate, descriptor, intensity, self.descriptors)
        decoded = self.decode(np.stack([self.code(name) for name in blend]))
        parts = zip(map(EQParams.from_safe, decoded), blend.values(), strict=True)
        return blended(list(parts)).scaled(intensity)

    def code(self, descriptor: str) -> np.ndarray:
        """Return the mean code [dimensions] of the descriptor's settings."""
        return self.weights["codes"][self.descriptors.index(known_descriptor(descriptor, self.descriptors))]

    def encode(self, parameters: np.ndarray) -> np.ndarray:
        """Return the codes [n, dimensions] (the posterior's means) of settings [n, 13]."""
        hidden = np.maximum(to_network(parameters) @ self.weights["encoder.weight"].T + self.weights["encoder.bias"], 0)
        return hidden @ self.weights["mean.weight"].T + self.weights["mean.bias"]

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the settings [n, 13] of codes [n, dimensions], peaking filters sorted by frequency."""
        hidden = np.maximum(codes @ self.weights["decoder.weight"].T + self.weights["decoder.bias"], 0)
        logits = hidden @ self.weights["output.weight"].T + self.weights["output.bias"]
        return from_network(1 / (1 + np.exp(-logits.astype(float))))


def model_key(dimensions: int, beta: float) -> str:
    """Return the name of one of the twelve models, like "2d_beta_0.001"."""
    return f"{dimensions}d_beta_{beta:.3f}"


def to_network(parameters: np.ndarray) -> np.ndarray:
    """Map settings [n, 13] onto 0..1, float32, peaking filters sorted by frequency."""
    return ((normalise(sort_peaks(parameters)) + 1) / 2).astype(np.float32)


def from_network(values: np.ndarray) -> np.ndarray:
    """Undo `to_network`."""
    return sort_peaks(denormalise(2 * values - 1))
