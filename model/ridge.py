"""`ridge`: the honest yardstick, a linear guess of the EQ that a clip already has.

The long-term spectrum in dB of a clip is its natural spectrum plus the response of whatever equalised it. Ridge
regression guesses the second from their sum. The guess's projection on the descriptor's mean response says how many
doses of it the clip has already; the fixed curve is then applied in the dose that is missing, held within 0.3 to 2.5.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from model import checkpoint
from model.encoder import N_MELS, held_bands, mel_centres_hz
from model.eq import GRID_HZ, EQParams, response_db
from model.fitting import FIT_RATE_HZ
from model.request import analysed, check_request
from model.safe_db import Settings
from model.static import StaticEQ, blended

NAME = "ridge"
DOSE_RANGE = (0.3, 2.5)
PENALTIES = np.geomspace(0.1, 1e5, 25)
# Doses of the settings it learns from: narrower ones make it too timid to be a yardstick.
_DOSES = (-3.0, 3.0)
_FOLDS = 5


class RidgeEQ:
    """The fixed curves in doses guessed from the long-term spectrum.

    Parameters
    ----------
    static : StaticEQ
        The curves that it doses.
    weights : float array [80, 96]
        From the long-term spectrum beyond the usual one to the EQ already there, dB at `model.eq.GRID_HZ`.
    usual_db : float array [80]
        The mean long-term spectrum of the training clips in mel bands.
    model_hash : str
        SHA-256 of the weights' file, hex; empty for weights that were not loaded.
    about : dict, optional
        What they were trained on.
    """

    def __init__(
        self,
        static: StaticEQ,
        weights: np.ndarray,
        usual_db: np.ndarray,
        model_hash: str = "",
        about: dict[str, Any] | None = None,
    ):
        self.static, self.weights, self.usual_db = static, weights, usual_db
        self.descriptors, self.model_hash, self.about = static.descriptors, model_hash, about or {}

    @classmethod
    def load(cls, path: str | Path | None = None) -> RidgeEQ:
        """Load the shipped weights, or those of the file ``path``."""
        path = path or checkpoint.shipped(NAME)
        tensors, about, sha256 = checkpoint.read(path, NAME)
        arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
        with checkpoint.of_this_version(path):
            static = StaticEQ(about["descriptors"], arrays["parameters"], arrays["targets_db"], sha256)
            return cls(static, arrays["weights"], arrays["usual_db"], sha256, about)

    def save(self, folder: str | Path) -> Path:
        """Write the weights to ``folder``; return the file's path."""
        tensors = {
            **self.static.tensors(),
            "weights": torch.from_numpy(self.weights),
            "usual_db": torch.from_numpy(self.usual_db),
        }
        return checkpoint.write(Path(folder), NAME, tensors, {**self.about, "descriptors": self.descriptors})

    def propose(self, audio: np.ndarray, sample_rate: float, descriptor: str, intensity: float = 1.0) -> EQParams:
        """Return the descriptor's fixed curve in the dose that the clip seems to lack, times ``intensity``.

        Parameters
        ----------
        audio : float array [channels, samples] or [samples]
            0.2 s or longer, any level; of more than 2 minutes, twelve excerpts of 10 s are listened to.
        sample_rate : float, Hz
        descriptor : str
            One of ``descriptors``, or a blend such as "warm:0.5,bright:0.3" with weights from 0 to 1.
        intensity : float
            0 (flat) to 1.

        Raises
        ------
        ValueError
            For silence, audio shorter than 0.2 s, integers, NaN or infinity, an unknown descriptor, or an intensity
            or weight outside 0 to 1.
        """
        blend = check_request(audio, sample_rate, descriptor, intensity, self.descriptors)
        has = self.describe(audio, sample_rate)
        doses = {name: weight * float(np.clip(1 - has[name], *DOSE_RANGE)) for name, weight in blend.items()}
        curves = [(self.static.propose(audio, sample_rate, name), dose) for name, dose in doses.items()]
        return blended(curves).scaled(intensity)

    def describe(self, audio: np.ndarray, sample_rate: float) -> dict[str, float]:
        """Return how many doses of each descriptor the clip already has; 0 is usual for music."""
        guess_db = self._guess_db(audio, sample_rate)
        targets_db = {name: self.static.target_db(name) for name in self.descriptors}
        return {name: dose(guess_db, target_db) for name, target_db in targets_db.items()}

    def applied_eq(self, audio: np.ndarray, sample_rate: float) -> np.ndarray:
        """Return the response in dB [96], without its mean, of the EQ that ``audio`` most likely has had."""
        guess_db = self._guess_db(audio, sample_rate)
        return guess_db - guess_db.mean()

    def _guess_db(self, audio: np.ndarray, sample_rate: float) -> np.ndarray:
        return (long_term_spectrum(audio, sample_rate, self.usual_db) - self.usual_db) @ self.weights


def dose(curve_db: np.ndarray, target_db: np.ndarray) -> float:
    """Return the projection of one curve on another, both [96] in dB at `model.eq.GRID_HZ`: 1 for the target itself."""
    return float(curve_db @ target_db / (target_db @ target_db))


def long_term_spectrum(audio: np.ndarray, sample_rate: float, usual_db: np.ndarray) -> np.ndarray:
    """Return the audio encoder's long-term spectrum [80] in dB; bands beyond the sample rate are as ``usual_db``."""
    heard_db = analysed(audio, sample_rate)[0][0].double().numpy()
    held = held_bands(float(sample_rate)).numpy()
    return np.where(held, heard_db + usual_db[held].mean(), usual_db)


def fit_ridge(
    settings: Settings, static: StaticEQ, spectra_db: np.ndarray, n_settings: int = 40, seed: int = 0
) -> RidgeEQ:
    """Fit the regression on clips that are equalised in thought: a response in dB adds to a spectrum in dB.

    Parameters
    ----------
    settings : Settings
        Those for training; drawn evenly over descriptors, in doses from -3 to 3.
    static : StaticEQ
    spectra_db : float array [clips, 80]
        Long-term spectra of the training clips, as `model.encoder.features` gives them.
    n_settings : int
        Settings tried on each clip.
    seed : int
    """
    if len(spectra_db) < _FOLDS:
        raise ValueError(f"Ridge regression got {len(spectra_db)} clips, fewer than {_FOLDS}: give it more music.")
    rng = np.random.default_rng(seed)
    bands_hz = np.minimum(mel_centres_hz(), 0.49 * FIT_RATE_HZ)
    usual_db = spectra_db.mean(axis=0)
    inputs, outputs = [], []
    for spectrum_db in spectra_db:
        parameters, doses = _draw(settings, n_settings, rng)
        shift = response_db(parameters, bands_hz, FIT_RATE_HZ) * doses
        shift -= shift.mean(axis=1, keepdims=True)
        inputs.append(spectrum_db - usual_db + shift)
        outputs.append(response_db(parameters, GRID_HZ, FIT_RATE_HZ) * doses)
    penalty = _choose_penalty(inputs, outputs)
    weights = _solve(np.concatenate(inputs), np.concatenate(outputs), penalty)
    return RidgeEQ(static, weights, usual_db, about={"clips": len(spectra_db), "penalty": float(penalty), "seed": seed})


def _draw(settings: Settings, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    names = rng.choice(settings.names, n)
    rows = [rng.choice(settings.of(name).parameters) for name in names]
    return np.array(rows), rng.uniform(*_DOSES, (n, 1))


def _solve(inputs: np.ndarray, outputs: np.ndarray, penalty: float) -> np.ndarray:
    return np.linalg.solve(inputs.T @ inputs + penalty * len(inputs) * np.eye(N_MELS), inputs.T @ outputs)


def _choose_penalty(inputs: list[np.ndarray], outputs: list[np.ndarray]) -> float:
    """Return the penalty with the least error on clips left out, in five folds."""
    errors = np.zeros(len(PENALTIES))
    for fold in range(_FOLDS):
        kept = [index for index in range(len(inputs)) if index % _FOLDS != fold]
        left = [index for index in range(len(inputs)) if index % _FOLDS == fold]
        x, y = (np.concatenate([rows[index] for index in kept]) for rows in (inputs, outputs))
        x_left, y_left = (np.concatenate([rows[index] for index in left]) for rows in (inputs, outputs))
        errors += [np.sum((x_left @ _solve(x, y, penalty) - y_left) ** 2) for penalty in PENALTIES]
    return float(PENALTIES[np.argmin(errors)])
