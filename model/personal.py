"""One listener's own word: learned from a few judgements of settings, starting from what SAFE-DB's people meant.

Conventions: a *shape* is a response in dB at `model.eq.GRID_HZ` without its mean (a change of level is not one of
timbre), divided by its length. A listener's judgement of a setting, from -1 (the opposite of the word) to 1 (exactly
the word), is taken as the correlation of the setting's shape with the listener's own, plus noise. That is linear in the
listener's shape, so that with a normal prior (the mean and covariance of SAFE-DB's shapes in their main components) the
posterior is that of Bayesian linear regression, in closed form. The next setting to judge is the one whose judgement is
the least certain, which for one judgement with normal noise is the one that says the most (D-optimal; Chaloner and
Verdinelli, "Bayesian experimental design: a review", Statistical Science 1995).

How strong a listener likes the word cannot be heard from correlations: it stays what people usually do.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike

from model import checkpoint
from model.eq import GRID_HZ, EQParams, check_audio, check_rate, response_db
from model.fitting import FIT_RATE_HZ, fit_curve
from model.request import check_intensity, known_descriptor

NAME = "personal"
# The standard deviation of a judgement around the correlation.
NOISE = 0.3
_FIT_STARTS = 3
_DRAWS = 2000
_FORMAT = 1


class PersonalWord:
    """A belief about one listener's word; make one with `PersonalWord.load`.

    Parameters
    ----------
    prior : Prior
    descriptor : str

    Attributes
    ----------
    descriptor : str
    judgements : list of (EQParams, rating), in the order given
    model_hash : SHA-256 of the prior's file, hexadecimal
    """

    def __init__(self, prior: Prior, descriptor: str) -> None:
        self._prior, self.descriptor = prior, known_descriptor(descriptor, prior.descriptors)
        index = prior.descriptors.index(self.descriptor)
        self._mean, self._covariance = prior.means[index].copy(), prior.covariances[index].copy()
        self._residual, self._strength = prior.residuals[index], prior.strengths[index]
        self.model_hash = prior.model_hash
        self.judgements: list[tuple[EQParams, float]] = []

    @classmethod
    def load(cls, word: str | Path, path: str | Path | None = None) -> PersonalWord:
        """Start from what SAFE-DB's people meant by a word, or go on from what one listener means.

        Parameters
        ----------
        word : str or Path
            A descriptor, or a file ``*.json`` that `save` or the playground's export wrote.
        path : str or Path, optional
            File of the prior; the shipped one without it.
        """
        if str(word).endswith(".json"):
            return cls.from_json(Path(word).read_bytes(), path)
        return cls(Prior.load(path), str(word))

    def next(self) -> EQParams:
        """Return the setting whose judgement would teach most."""
        shapes = self._prior.probe_shapes
        return EQParams.from_safe(self._prior.probes[np.argmax(_quadratic(shapes, self._covariance))])

    def rate(self, params: EQParams, rating: float) -> None:
        """Learn from one judgement.

        Parameters
        ----------
        params : EQParams
            What was heard, from `next` or any other setting.
        rating : float
            -1 (the contrary of the word) to 1 (exactly the word); 0 says nothing of the word.

        Raises
        ------
        ValueError
            For a rating outside -1 to 1, or a setting that changes no timbre.
        """
        if not -1 <= rating <= 1:
            raise ValueError(f"The rating is {rating:g}, outside -1 to 1: is it on another scale?")
        shape = self._prior.shapes(np.array(params.values)[None])[0]
        if not shape.any():
            raise ValueError("A setting without effect on timbre was rated: nothing can be learned from it.")
        certainty = shape @ self._covariance @ shape + NOISE**2
        gain = self._covariance @ shape / certainty
        self._mean = self._mean + gain * (rating - shape @ self._mean)
        self._covariance = self._covariance - np.outer(gain, self._covariance @ shape)
        self.judgements.append((params, float(rating)))

    def response(self, frequencies_hz: ArrayLike = GRID_HZ, sample_rate: float = 44_100) -> np.ndarray:
        """Return the word's most likely response in dB at ``frequencies_hz`` (any shape), without its mean.

        Frequencies outside 40 Hz to 16 kHz have the value of the nearer end, as have those beyond the Nyquist
        frequency of ``sample_rate``.
        """
        shape = self._mean @ self._prior.components
        curve_db = np.exp(self._strength[0]) * shape / max(np.linalg.norm(shape), 1e-9)
        return _interpolated(curve_db[None], frequencies_hz, sample_rate)[0]

    def interval(
        self, frequencies_hz: ArrayLike = GRID_HZ, sample_rate: float = 44_100, coverage: float = 0.8
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the responses in dB between which the listener's own lies, at each frequency, with ``coverage``.

        How strong people like the word is part of what is uncertain. The same call gives the same interval.
        """
        if not 0 < coverage < 1:
            raise ValueError(f"The coverage is {coverage:g}, expected more than 0 and less than 1: 0.8 is 80 %.")
        rng = np.random.default_rng(0)
        draws = rng.multivariate_normal(self._mean, self._covariance, _DRAWS, method="cholesky")
        shapes = draws @ self._prior.components + np.sqrt(self._residual) * rng.standard_normal((_DRAWS, len(GRID_HZ)))
        mean, deviation = self._strength
        curves_db = shapes * np.exp(rng.normal(mean, deviation, (_DRAWS, 1)))
        limits = np.quantile(curves_db, [(1 - coverage) / 2, (1 + coverage) / 2], axis=0)
        low, high = _interpolated(limits, frequencies_hz, sample_rate)
        return low, high

    def propose(self, audio: np.ndarray, sample_rate: float, intensity: float = 1.0) -> EQParams:
        """Return the setting that comes nearest to `response`, its gains scaled by ``intensity`` (0 to 1).

        The curve does not depend on the audio, which is only checked: silence is not an error, NaN and integers are.
        """
        check_audio(audio, sample_rate)
        check_intensity(intensity)
        fitted = fit_curve(self.response(GRID_HZ, FIT_RATE_HZ), _FIT_STARTS, np.random.default_rng(0))
        return EQParams.from_safe(fitted).scaled(intensity)

    def to_json(self) -> str:
        """Return all that `from_json` needs to go on: the word and the judgements."""
        judgements = [{"parameters": params.to_safe(), "rating": rating} for params, rating in self.judgements]
        content = {"format": _FORMAT, "descriptor": self.descriptor, "prior": self.model_hash, "judgements": judgements}
        return json.dumps(content, indent=1)

    def save(self, file: str | Path) -> Path:
        """Write `to_json` to ``file``, whose name ends in ``.json``; return its path."""
        file = Path(file)
        if file.suffix != ".json":
            raise ValueError(f"The file of a personal word is called {file.name!r}: `load` knows it by the end .json.")
        file.write_text(self.to_json(), encoding="utf-8")
        return file

    @classmethod
    def from_json(cls, text: str | bytes, path: str | Path | None = None) -> PersonalWord:
        """Learn again from the judgements that `to_json` wrote; ``path`` as in `load`.

        Raises ValueError for a text that `to_json` did not write.
        """
        try:
            content = json.loads(text)
        except ValueError as error:
            raise ValueError(f"This is not a personal word, nor JSON at all ({error}): is it the right file?") from None
        try:
            if content["format"] != _FORMAT:
                raise ValueError(f"The personal word has format {content['format']!r}, expected {_FORMAT}.")
            word = cls(Prior.load(path), str(content["descriptor"]))
            for judgement in content["judgements"]:
                word.rate(EQParams.from_safe(judgement["parameters"]), judgement["rating"])
        except (KeyError, TypeError):
            raise ValueError("This JSON is not a personal word: is it what `save` or the playground wrote?") from None
        return word


class Prior:
    """What SAFE-DB's people meant, as `model.training.personal.fit_prior` learned it.

    Parameters
    ----------
    descriptors : list of str, n of them
    components : float array [k, 96]
        Orthonormal shapes.
    means, covariances : float arrays [n, k], [n, k, k]
        Of people's shapes, in components.
    residuals : float array [n]
        Variance, at one frequency, of what the components leave of a shape.
    strengths : float array [n, 2]
        Mean and standard deviation of the logarithm of people's curves' lengths in dB.
    probes : float array [m, 13]
        Settings to judge.
    """

    def __init__(
        self,
        descriptors: list[str],
        components: np.ndarray,
        means: np.ndarray,
        covariances: np.ndarray,
        residuals: np.ndarray,
        strengths: np.ndarray,
        probes: np.ndarray,
        model_hash: str = "",
    ) -> None:
        self.descriptors, self.components, self.means, self.covariances = descriptors, components, means, covariances
        self.residuals, self.strengths, self.probes, self.model_hash = residuals, strengths, probes, model_hash
        self.probe_shapes = self.shapes(probes)

    def shapes(self, parameters: np.ndarray) -> np.ndarray:
        """Return the shapes [n, k] of settings [n, 13] in components; zeros for one that changes no timbre."""
        return shapes_of(parameters)[0] @ self.components.T

    @classmethod
    def load(cls, path: str | Path | None = None) -> Prior:
        """Load the shipped prior, or that of the file ``path``."""
        path = path or checkpoint.shipped(NAME)
        tensors, about, digest = checkpoint.read(path, NAME)
        arrays = {name: tensor.double().numpy() for name, tensor in tensors.items()}
        with checkpoint.of_this_version(path):
            return cls(about["descriptors"], **arrays, model_hash=digest)

    def save(self, folder: str | Path, about: dict[str, Any] | None = None) -> Path:
        """Write the prior to ``folder``; return the file's path."""
        names = ("components", "means", "covariances", "residuals", "strengths", "probes")
        tensors = {name: torch.from_numpy(np.asarray(getattr(self, name), dtype=np.float32)) for name in names}
        return checkpoint.write(Path(folder), NAME, tensors, {**(about or {}), "descriptors": self.descriptors})


def shapes_of(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the shapes [n, 96] of settings [n, 13] and their curves' lengths [n] in dB; zeros for no effect."""
    curves_db = response_db(parameters, GRID_HZ, FIT_RATE_HZ)
    curves_db = curves_db - curves_db.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(curves_db, axis=1)
    has_effect = lengths > 0.1
    return curves_db * (has_effect / np.where(has_effect, lengths, 1))[:, None], lengths


def _quadratic(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return np.einsum("nk,kl,nl->n", rows, matrix, rows)


def _interpolated(curves_db: np.ndarray, frequencies_hz: ArrayLike, sample_rate: float) -> np.ndarray:
    check_rate(sample_rate)
    frequencies_hz = np.minimum(np.asarray(frequencies_hz, dtype=float), sample_rate / 2)
    places = np.log(np.maximum(frequencies_hz, 1e-3))
    return np.stack([np.interp(places, np.log(GRID_HZ), curve) for curve in curves_db])
