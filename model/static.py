"""`static`: one fixed curve per descriptor, whatever the music.

The target is the descriptor's mean response in dB over its SAFE-DB settings. Means of responses agree better with
independently collected curves than means of parameters do, since a band at 0 dB has an arbitrary frequency. The 13
parameters are fitted to the target by bounded least squares from many starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from model import checkpoint
from model.eq import GRID_HZ, EQParams
from model.fitting import FIT_RATE_HZ, fit_curve
from model.request import check_request, known_descriptor
from model.safe_db import Settings

NAME = "static"
_BLEND_STARTS = 3


class StaticEQ:
    """The fixed curves.

    Parameters
    ----------
    descriptors : list of str
    parameters : float array [descriptors, 13], SAFE-DB's order
    targets_db : float array [descriptors, 96]
        Mean responses at `model.eq.GRID_HZ`, 44.1 kHz.
    model_hash : str
        SHA-256 of the weights' file, hex; empty for curves that were not loaded.
    """

    def __init__(self, descriptors: list[str], parameters: np.ndarray, targets_db: np.ndarray, model_hash: str = ""):
        self.descriptors = list(descriptors)
        self.model_hash = model_hash
        self._settings = {name: EQParams.from_safe(row) for name, row in zip(descriptors, parameters, strict=True)}
        self._targets_db = dict(zip(descriptors, np.asarray(targets_db, dtype=float), strict=True))

    @classmethod
    def load(cls, path: str | Path | None = None) -> StaticEQ:
        """Load the shipped curves, or those of the file ``path``."""
        path = path or checkpoint.shipped(NAME)
        tensors, about, sha256 = checkpoint.read(path, NAME)
        with checkpoint.of_this_version(path):
            return cls(about["descriptors"], tensors["parameters"].numpy(), tensors["targets_db"].numpy(), sha256)

    def save(self, folder: str | Path) -> Path:
        """Write the curves to ``folder``; return the file's path."""
        about = {"descriptors": self.descriptors, "fit_rms_db": self.fit_rms_db()}
        return checkpoint.write(Path(folder), NAME, self.tensors(), about)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return ``parameters`` [descriptors, 13] and ``targets_db`` [descriptors, 96] as they are stored."""
        return {
            "parameters": torch.tensor([self._settings[name].values for name in self.descriptors], dtype=torch.float64),
            "targets_db": torch.from_numpy(np.array([self._targets_db[name] for name in self.descriptors])),
        }

    def propose(self, audio: np.ndarray, sample_rate: float, descriptor: str, intensity: float = 1.0) -> EQParams:
        """Return the descriptor's fixed curve, its gains scaled by ``intensity``; the audio is only checked.

        Parameters
        ----------
        audio : float array [channels, samples] or [samples]
        sample_rate : float, Hz
        descriptor : str
            One of ``descriptors``, or a blend such as "warm:0.5,bright:0.3" with weights from 0 to 1; see `blended`.
        intensity : float
            0 (flat) to 1 (the full curve).

        Raises
        ------
        ValueError
            For audio without samples, with integers, NaN or infinity, an unknown descriptor, or an intensity or
            weight outside 0 to 1. Silence is not an error: the curve does not depend on the sound.
        """
        blend = check_request(audio, sample_rate, descriptor, intensity, self.descriptors)
        return blended([(self._settings[name], weight) for name, weight in blend.items()]).scaled(intensity)

    def target_db(self, descriptor: str) -> np.ndarray:
        """Return the descriptor's mean response in dB [96] at `model.eq.GRID_HZ`."""
        return self._targets_db[known_descriptor(descriptor, self.descriptors)].copy()

    def fit_rms_db(self) -> dict[str, float]:
        """Return per descriptor the root mean square of the fitted curve's misfit in dB over `model.eq.GRID_HZ`."""
        curves = {name: setting.response(GRID_HZ, FIT_RATE_HZ) for name, setting in self._settings.items()}
        return {name: float(np.sqrt(np.mean((curve - self._targets_db[name]) ** 2))) for name, curve in curves.items()}


def fit_static(settings: Settings, starts: int = 6, seed: int = 0) -> StaticEQ:
    """Fit the 13 parameters to each descriptor's mean response.

    Parameters
    ----------
    settings : Settings
        All settings that count, held-out ones included: the mean of what people chose is what this system is.
    starts : int
        Starting points per descriptor; the best fit is kept.
    seed : int
    """
    targets_db = settings.mean_response_db(GRID_HZ, FIT_RATE_HZ)
    rng = np.random.default_rng(seed)
    rows = [fit_curve(target_db, starts, rng) for target_db in targets_db.values()]
    return StaticEQ(list(targets_db), np.array(rows), np.array(list(targets_db.values())))


def blended(parts: Sequence[tuple[EQParams, float]]) -> EQParams:
    """Return the setting whose response comes nearest to the sum of settings' responses, each times its weight.

    One setting alone has its gains scaled by the weight; a sum is fitted anew, within 0.2 dB or so for two words.
    """
    parts = [(params, weight) for params, weight in parts if weight > 0]
    if not parts:
        return EQParams.flat()
    if len(parts) == 1:
        return parts[0][0].scaled(parts[0][1])
    target_db = np.sum([weight * params.response(GRID_HZ, FIT_RATE_HZ) for params, weight in parts], axis=0)
    return EQParams.from_safe(fit_curve(target_db, _BLEND_STARTS, np.random.default_rng(0)))
