"""The semantic equaliser: a word and a sound in, the EQ that takes the sound towards the word out.

The traversal, with a the intensity:

    origin "flat" (default)    z = z_flat  + a (z_target - z_audio), held within the gain law
    origin "audio" (published) z = z_audio + a (z_target - z_audio)

z_audio is the EQ that the clip sounds as if it already had, so z_target - z_audio is what is missing. Along the
descriptor's own direction u = z_target - z_flat it is a number, the missing dose (1 for a clip that has nothing of the
descriptor and lacks nothing of what music usually has of it). The gain law bends it, smoothly and monotonically, into
a floor and a ceiling: every request goes towards the descriptor, further where more is missing, never less than can be
heard and never beyond what people do. The law is fitted to music (`model.training.gain_law`). What lies across u (the
clip's other oddities) is corrected as far as it is likely to be an EQ and not the music's own.

Of a sound with next to nothing to judge (a sine, DC, something close to silence) little is changed: see `certainty`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from model import checkpoint
from model.autoencoder import EQAutoencoder
from model.encoder import LATENT, N_MELS, AudioEncoder, heard_share
from model.eq import EQParams, sort_peaks
from model.request import analysed, check_intensity, known_descriptor, presence, read_blend

ORIGINS = ("flat", "audio")
# A dose of 1 is the mean setting that SAFE-DB's people made for the word.
FLOOR, CEILING = 0.2, 2.6
# The largest correction across the descriptor's direction, in lengths of u.
ACROSS_LIMIT = 0.5
# How much of the natural spectrum `describe` takes off: less than the traversal believes, which tells versions of one
# clip apart best and those of different clips almost as well.
LISTENERS_BELIEF = 0.5
_BEND = 8


def bend(dose: torch.Tensor, floor: torch.Tensor | float, ceiling: torch.Tensor | float) -> torch.Tensor:
    """Bend a dose into ``floor`` to ``ceiling``: nearly the identity between, rising everywhere."""
    middle, half = (floor + ceiling) / 2, (ceiling - floor) / 2
    offset = (dose - middle) / half
    return middle + half * offset / (1 + offset.abs() ** _BEND) ** (1 / _BEND)


def gain_law(
    missing: torch.Tensor, slope: torch.Tensor, centre: torch.Tensor, floor: torch.Tensor, ceiling: torch.Tensor
) -> torch.Tensor:
    """Return the dose for a missing dose: the middle between the ends at ``centre``, rising there by ``slope``."""
    return bend((floor + ceiling) / 2 + slope * (missing - centre), floor, ceiling)


class SemanticNetwork(nn.Module):
    """All that is learned: autoencoder, audio encoder, and per descriptor its target, gain law and score."""

    targets: torch.Tensor
    law_centre: torch.Tensor
    law_slope: torch.Tensor
    floors: torch.Tensor
    ceilings: torch.Tensor
    likely: torch.Tensor
    score_zero: torch.Tensor
    score_unit: torch.Tensor

    def __init__(self, n_descriptors: int) -> None:
        super().__init__()
        self.autoencoder = EQAutoencoder()
        self.encoder = AudioEncoder()
        self.register_buffer("targets", torch.zeros(n_descriptors, LATENT))
        # Per descriptor: the missing dose that gets the middle of the gain law, the law's slope there, its ends.
        self.register_buffer("law_centre", torch.ones(n_descriptors))
        self.register_buffer("law_slope", torch.ones(n_descriptors))
        self.register_buffer("floors", torch.full((n_descriptors,), FLOOR))
        self.register_buffer("ceilings", torch.full((n_descriptors,), CEILING))
        # From a code to the EQ that most likely is in the sound: EQs and music both vary, and the code is their sum.
        self.register_buffer("likely", torch.eye(LATENT))
        # Tells what EQ a sound has from its spectrum beyond a part of its nature; the last output stands for none.
        self.listener = nn.Linear(N_MELS, n_descriptors + 1)
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
        """Return what the gain law gives for a missing dose (any shape)."""
        slope, centre = self.law_slope[descriptor], self.law_centre[descriptor]
        return gain_law(missing, slope, centre, self.floors[descriptor], self.ceilings[descriptor])

    def evidence(self, spectrum: torch.Tensor, nature: torch.Tensor) -> torch.Tensor:
        """Return the log-odds [batch, descriptors] of an EQ of each descriptor against none."""
        logits = self.listener(self.encoder.unusual(spectrum, LISTENERS_BELIEF * nature) / 10)
        return logits[:, :-1] - logits[:, -1:]

    def scores(self, spectrum: torch.Tensor, texture: torch.Tensor) -> torch.Tensor:
        """Return how much sounds [batch] are like each descriptor: 0 is usual for music, about 1 the mean setting's."""
        return (self.evidence(spectrum, self.encoder.nature(texture)) - self.score_zero) / self.score_unit

    def likely_eq(self, z_audio: torch.Tensor) -> torch.Tensor:
        """Return the most likely EQ [batch, 32] in sounds of these codes, less the flat EQ's code."""
        return (z_audio - self.encoder.z_flat) @ self.likely

    def step(self, z_audio: torch.Tensor, descriptor: int) -> torch.Tensor:
        """Return the way from the flat EQ [batch, 32] that the default traversal goes at full intensity."""
        direction = self.targets[descriptor] - self.encoder.z_flat
        own, likely = self.shape(direction), self.likely_eq(z_audio)
        # Doses as `along` gives them, both at once.
        missing = torch.stack([self.targets[descriptor] - z_audio, likely])
        along, applied = (self.shape(missing) @ own / own.square().sum()).unbind()
        across = applied[:, None] * direction - likely
        length = self.shape(across).norm(dim=1, keepdim=True) / own.norm()
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
    about: dict[str, Any]

    def __post_init__(self) -> None:
        self.network.eval()
        self.network.autoencoder.keep_flat()

    @classmethod
    def load(cls, path: str | Path | None = None) -> SemanticEQ:
        """Load weights: the shipped ones, or those that `semantic-eq train` wrote to ``path``.

        Raises OSError if the file is not there, ValueError if it is damaged or of another kind.
        """
        path = path or checkpoint.shipped("semantic")
        tensors, about, digest = checkpoint.read(path, "semantic")
        with checkpoint.of_this_version(path):
            network = SemanticNetwork(len(about["descriptors"]))
            network.load_state_dict(tensors)
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
            0 to 1; the dose rises with it, and with the origin "flat" 0 is the flat EQ exactly.
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
        return self._proposed(*self._heard(audio, sample_rate), blend, intensity, origin)

    def path(
        self, audio: np.ndarray, sample_rate: float, descriptor: str, intensities: Sequence[float]
    ) -> list[EQParams]:
        """Propose for several intensities, listening once: what `propose` gives for each of them."""
        blend = self._parse(descriptor)
        for intensity in intensities:
            check_intensity(intensity)
        heard = self._heard(audio, sample_rate)
        return [self._proposed(*heard, blend, intensity, "flat") for intensity in intensities]

    def describe(self, audio: np.ndarray, sample_rate: float) -> dict[str, float]:
        """Return how much ``audio`` already sounds like each descriptor.

        0 is usual for music, about 1 as if equalised by a descriptor's mean setting (the mean of warm and bright is);
        negative is the contrary. The same audio is accepted, and refused, as by `propose`.
        """
        listened = analysed(audio, sample_rate)
        with torch.no_grad():
            values = self.network.scores(*listened)[0].tolist()
        return dict(zip(self.descriptors, values, strict=True))

    def dose(self, audio: np.ndarray, sample_rate: float, descriptor: str) -> float:
        """Return the dose of ``descriptor`` (one word) that `propose` gives ``audio`` at full intensity."""
        z_audio, certainty = self._heard(audio, sample_rate)
        index = self.descriptors.index(known_descriptor(descriptor, self.descriptors))
        with torch.no_grad():
            missing = self.network.along(self.network.targets[index] - z_audio, index)
            return certainty * float(self.network.dose(missing, index))

    def certainty(self, audio: np.ndarray, sample_rate: float) -> float:
        """Return how far there is a timbre in ``audio`` to judge: 1 for music, 0 for a sine, DC or near silence.

        What `propose` does is scaled by it. The same audio is accepted, and refused, as by `propose`.
        """
        return self._heard(audio, sample_rate)[1]

    def applied_eq(self, audio: np.ndarray, sample_rate: float) -> np.ndarray:
        """Return the response in dB [96], at `model.eq.GRID_HZ`, of the EQ that ``audio`` most likely has had."""
        with torch.no_grad():
            return self.network.shape(self.network.likely_eq(self.embed(audio, sample_rate)))[0].double().numpy() * 12

    def embed(self, audio: np.ndarray, sample_rate: float) -> torch.Tensor:
        """Return z_audio [1, 32] of ``audio`` [channels, samples] or [samples]."""
        return self._heard(audio, sample_rate)[0]

    def _heard(self, audio: np.ndarray, sample_rate: float) -> tuple[torch.Tensor, float]:
        spectrum, texture = analysed(audio, sample_rate)
        with torch.no_grad():
            certainty = presence(audio) * float(heard_share(spectrum)[0])
            return self.network.encoder(spectrum, texture), certainty

    def _proposed(
        self, z_audio: torch.Tensor, certainty: float, blend: dict[int, float], intensity: float, origin: str
    ) -> EQParams:
        if origin == "flat":
            intensity *= certainty
        if intensity == 0 and origin == "flat":
            return EQParams.flat()
        with torch.no_grad():
            return self._params(self._traverse(z_audio, blend, intensity, origin))

    def _traverse(self, z_audio: torch.Tensor, blend: dict[int, float], intensity: float, origin: str) -> torch.Tensor:
        network = self.network
        if origin == "flat":
            step = reduce(torch.add, (weight * network.step(z_audio, index) for index, weight in blend.items()))
            return network.encoder.z_flat + intensity * step
        missing = reduce(torch.add, (weight * (network.targets[index] - z_audio) for index, weight in blend.items()))
        return z_audio + intensity * missing

    def _params(self, z: torch.Tensor) -> EQParams:
        return EQParams.from_safe(sort_peaks(self.network.autoencoder.decode(z).double().numpy())[0])

    def _parse(self, text: str) -> dict[int, float]:
        return {self.descriptors.index(name): weight for name, weight in read_blend(text, self.descriptors).items()}
