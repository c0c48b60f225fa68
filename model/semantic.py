"""The semantic equaliser: a word and a sound in, the EQ that takes the sound towards the word out.

The traversal, with a the intensity:

    origin "flat" (default)    z = z_flat  + a (z_target - z_audio), held within the dose law
    origin "audio" (published) z = z_audio + a (z_target - z_audio)

z_audio is the EQ that the clip sounds as if it already had, so z_target - z_audio is what is missing. Along the
descriptor's own direction u = z_target - z_flat it is a number, the missing dose (1 for a clip that has nothing of the
descriptor and lacks nothing of what music usually has of it). The dose law bends it, smoothly and monotonically, into
a floor above 0 and a ceiling: every request goes towards the descriptor, further where more is missing, never beyond
what a good engineer would do. What lies across u (the clip's other oddities) is corrected only in part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from model import checkpoint
from model.autoencoder import EQAutoencoder
from model.encoder import LATENT, AudioEncoder, features
from model.eq import EQParams, sort_peaks
from model.request import check_intensity, heard, read_blend

ORIGINS = ("flat", "audio")
# The dose of any request stays above the floor; 1 is the mean setting that SAFE-DB's people made for the word. The
# ceiling is the dose that 99 in 100 of them stayed below, within the range given.
FLOOR, CEILING, CEILING_SHARE, CEILING_RANGE = 0.05, 2.6, 0.99, (1.8, 4.0)
# Of every dose more that is missing, so much more is given.
LAW_SLOPE = 1.05
# The share of the deviation across the descriptor's direction that is corrected, and its limit in lengths of u.
ACROSS, ACROSS_LIMIT = 0.4, 0.5
_BEND = 8


def bend(dose: torch.Tensor, ceiling: torch.Tensor | float) -> torch.Tensor:
    """Bend a dose into `FLOOR` to ``ceiling``: nearly the identity between, rising everywhere."""
    middle, half = (FLOOR + ceiling) / 2, (ceiling - FLOOR) / 2
    offset = (dose - middle) / half
    return middle + half * offset / (1 + offset.abs() ** _BEND) ** (1 / _BEND)


class SemanticNetwork(nn.Module):
    """All that is learned: autoencoder, audio encoder, and per descriptor its target, dose law and score."""

    def __init__(self, n_descriptors: int) -> None:
        super().__init__()
        self.autoencoder = EQAutoencoder()
        self.encoder = AudioEncoder()
        self.register_buffer("targets", torch.zeros(n_descriptors, LATENT))
        # Per descriptor: the missing dose that gets the middle of the dose law, the law's slope there, its ceiling.
        self.register_buffer("law_centre", torch.ones(n_descriptors))
        self.register_buffer("law_slope", torch.full((n_descriptors,), LAW_SLOPE))
        self.register_buffer("ceilings", torch.full((n_descriptors,), CEILING))
        # Tells what EQ a sound has from its codes; the last output stands for none.
        self.listener = nn.Linear(2 * LATENT, n_descriptors + 1)
        self.register_buffer("score_zero", torch.zeros(n_descriptors))
        self.register_buffer("score_unit", torch.ones(()))

    def directions(self) -> torch.Tensor:
        """Return u = z_target - z_flat of every descriptor [descriptors, 32]."""
        return self.targets - self.encoder.z_flat

    def shape(self, difference: torch.Tensor) -> torch.Tensor:
        """Return the responses [..., 96] of latent differences [..., 32] without their means, which nobody can hear."""
        curves = self.autoencoder.read_curve(difference)
        return curves - curves.mean(dim=-1, keepdim=True)

    def along(self, difference: torch.Tensor, descriptor: int) -> torch.Tensor:
        """Return the dose of latent differences [batch, 32]: their responses' projection on the descriptor's."""
        own = self.shape(self.directions()[descriptor])
        return self.shape(difference) @ own / own.square().sum()

    def dose(self, missing: torch.Tensor, descriptor: int) -> torch.Tensor:
        """Return what the dose law gives for a missing dose (any shape)."""
        ceiling = self.ceilings[descriptor]
        steep = self.law_slope[descriptor] * (missing - self.law_centre[descriptor])
        return bend((FLOOR + ceiling) / 2 + steep, ceiling)

    def evidence(self, spectrum: torch.Tensor, nature: torch.Tensor) -> torch.Tensor:
        """Return the log-odds [batch, descriptors] of an EQ of each descriptor against none."""
        z_audio = self.encoder.code(spectrum, nature)
        codes = torch.cat([z_audio - self.encoder.z_flat, self.encoder.to_latent(nature)], dim=1)
        logits = self.listener(codes)
        return logits[:, :-1] - logits[:, -1:]

    def scores(self, spectrum: torch.Tensor, texture: torch.Tensor) -> torch.Tensor:
        """Return how much sounds [batch] are like each descriptor: 0 is usual for music, about 1 the mean setting's."""
        return (self.evidence(spectrum, self.encoder.nature(texture)) - self.score_zero) / self.score_unit

    def step(self, z_audio: torch.Tensor, descriptor: int) -> torch.Tensor:
        """Return the way from the flat EQ [batch, 32] that the default traversal goes at full intensity."""
        direction = self.directions()[descriptor]
        missing = self.targets[descriptor] - z_audio
        along = self.along(missing, descriptor)
        across = ACROSS * (missing - along[:, None] * direction)
        length = self.shape(across).norm(dim=1, keepdim=True) / self.shape(direction).norm()
        across = across / torch.sqrt(1 + (length / ACROSS_LIMIT).square())
        dose = self.dose(along, descriptor)
        return dose[:, None] * direction + across * (dose / self.ceilings[descriptor])[:, None]


@dataclass(frozen=True)
class SemanticEQ:
    """Proposes equalisation for a word, by listening (see the module); make one with `SemanticEQ.load`.

    Attributes
    ----------
    descriptors : the words it knows
    model_hash : SHA-256 of the weights in use, hexadecimal
    about : what is known of the weights (data, seed, training command)
    """

    network: SemanticNetwork
    descriptors: list[str]
    model_hash: str
    about: dict

    def __post_init__(self) -> None:
        self.network.eval()
        self.network.autoencoder.keep_flat()

    @classmethod
    def load(cls, path: str | Path | None = None) -> SemanticEQ:
        """Load weights: the shipped ones, or those that `semantic-eq train` wrote to ``path``.

        Raises OSError if the file is not there, ValueError if it is damaged or of another kind.
        """
        tensors, about, digest = checkpoint.read(path or checkpoint.shipped("semantic"), "semantic")
        network = SemanticNetwork(len(about["descriptors"]))
        try:
            network.load_state_dict(tensors)
        except RuntimeError:
            raise ValueError(f"{path} was written by another version of this model: train it again.") from None
        return cls(network.eval(), about["descriptors"], digest, about)

    def save(self, folder: str | Path) -> Path:
        """Write the weights to ``folder`` under a name that carries their hash; return the path."""
        about = {**self.about, "descriptors": self.descriptors}
        return checkpoint.write(Path(folder), "semantic", self.network.state_dict(), about)

    def propose(
        self, audio: np.ndarray, sample_rate: float, descriptor: str, intensity: float = 1.0, origin: str = "flat"
    ) -> EQParams:
        """Propose the EQ that takes ``audio`` towards ``descriptor``.

        Parameters
        ----------
        audio : float array [channels, samples] or [samples]
            0.2 s or longer, any level (clipped audio is taken as it is), up to 64 channels, whose powers are averaged.
            Of more than 2 minutes, twelve evenly spaced excerpts of 10 s are listened to.
        sample_rate : float
            Hz, 4000 or more; bands beyond the Nyquist frequency count as usual for music.
        descriptor : str
            One of `descriptors`, or a blend such as "warm:0.5,bright:0.3" with weights from 0 to 1.
        intensity : float
            0 (the flat EQ exactly) to 1; the dose rises with it.
        origin : {"flat", "audio"}
            See the module; "audio" is the published traversal, kept for comparison.

        Raises
        ------
        ValueError
            For silence, audio shorter than 0.2 s, NaN, integers, an unknown descriptor or origin, or an intensity or
            weight outside 0 to 1.
        """
        blend = self._parse(descriptor)
        check_intensity(intensity)
        if origin not in ORIGINS:
            raise ValueError(f"The origin is {origin!r}, expected one of {', '.join(ORIGINS)}.")
        return self._proposed(self.embed(audio, sample_rate), blend, intensity, origin)

    def path(
        self, audio: np.ndarray, sample_rate: float, descriptor: str, intensities: Sequence[float]
    ) -> list[EQParams]:
        """Propose for several intensities, listening once: what `propose` gives for each of them."""
        blend = self._parse(descriptor)
        for intensity in intensities:
            check_intensity(intensity)
        z_audio = self.embed(audio, sample_rate)
        return [self._proposed(z_audio, blend, intensity, "flat") for intensity in intensities]

    def describe(self, audio: np.ndarray, sample_rate: float) -> dict[str, float]:
        """Return how much ``audio`` already sounds like each descriptor.

        0 is usual for music, about 1 as if equalised by a descriptor's mean setting (the mean of warm and bright is);
        negative is the contrary. The same audio is accepted, and refused, as by `propose`.
        """
        listened = self._listen(audio, sample_rate)
        with torch.no_grad():
            values = self.network.scores(*listened)[0].tolist()
        return dict(zip(self.descriptors, values, strict=True))

    def embed(self, audio: np.ndarray, sample_rate: float) -> torch.Tensor:
        """Return z_audio [1, 32] of ``audio`` [channels, samples] or [samples]."""
        listened = self._listen(audio, sample_rate)
        with torch.no_grad():
            return self.network.encoder(*listened)

    def _listen(self, audio: np.ndarray, sample_rate: float) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.no_grad():
            return features(torch.from_numpy(heard(audio, sample_rate))[None], sample_rate)

    def _proposed(self, z_audio: torch.Tensor, blend: dict[int, float], intensity: float, origin: str) -> EQParams:
        if intensity == 0 and origin == "flat":
            return EQParams.flat()
        with torch.no_grad():
            return self._params(self._traverse(z_audio, blend, intensity, origin))

    def _traverse(self, z_audio: torch.Tensor, blend: dict[int, float], intensity: float, origin: str) -> torch.Tensor:
        network = self.network
        if origin == "flat":
            step = sum(weight * network.step(z_audio, index) for index, weight in blend.items())
            return network.encoder.z_flat + intensity * step
        missing = sum(weight * (network.targets[index] - z_audio) for index, weight in blend.items())
        return z_audio + intensity * missing

    def _params(self, z: torch.Tensor) -> EQParams:
        return EQParams.from_safe(sort_peaks(self.network.autoencoder.decode(z).double().numpy())[0])

    def _parse(self, text: str) -> dict[int, float]:
        return {self.descriptors.index(name): weight for name, weight in read_blend(text, self.descriptors).items()}
