"""The equaliser by reference: two sounds in, the EQ that makes the first sound like the second out.

A match EQ takes all of the difference between two long-term spectra for an EQ. But two halves of one recording differ
too, most where the music wanders most, and what an EQ does is smooth. A Wiener filter that knows both gives the EQ that
most likely makes the difference, if the two are one recording. The network looks at both sounds, how their bands
fluctuate, how they wander within each sound and which spectrum their textures make likely. It says whether the two are
one recording at all (of another one, the whole difference is wanted), band by band where between that EQ and the whole
difference to go, and what to add, up to twice the filter's uncertainty: of a steady sound there is nothing to guess.
That curve becomes 13 parameters through the semantic equaliser's own decoder, from where least squares goes on; its
audio encoder is shared too.

It learns from itself: one half of a recording is equalised at random, the other is the reference, and the EQ is
known (`model.training.reference`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from model import checkpoint
from model.encoder import AUDIBLE_BAND_DB, N_MELS, OCTAVES, TEXTURE, ResidualBlock, features_and_frames, mel_centres_hz
from model.eq import EQParams
from model.fitting import fit_curve
from model.match import EVALUATIONS, STARTS, of_reference, require_common
from model.request import check_intensity, heard
from model.semantic import SemanticEQ, SemanticNetwork

NAME = "reference"
SEGMENTS = 8
# Differences beyond this are no EQ's: they are seen in the mask of what both sounds hold.
LARGEST_DB = 30.0
# Where one of the sounds holds nothing, the network's guess counts little against what both hold.
_UNHEARD_WEIGHT = 0.1
# Variances in dB2 of the Wiener filter: of levels, of what is left of a difference in any band, of a band unheard.
_LEVEL, _REST, _UNHEARD = 100.0, 0.3, 1e4


class Sound(NamedTuple):
    """What is heard of sounds.

    ``spectrum`` [n, 80] and ``texture`` [n, 12, 80] as `model.encoder.features` gives them, and ``wander`` [n, 80]: how
    much each band's share of the whole differs between eighths of the sound, dB.
    """

    spectrum: torch.Tensor
    texture: torch.Tensor
    wander: torch.Tensor


def listen(audio: np.ndarray, sample_rate: float) -> Sound:
    """Return what is heard of one sound, [channels, samples] or [samples]."""
    with torch.no_grad():
        clip = torch.from_numpy(heard(audio, sample_rate))[None]
        spectrum, texture, frames = features_and_frames(clip, sample_rate)
        return Sound(spectrum, texture, wander(frames[0])[None])


def wander(frames_db: torch.Tensor) -> torch.Tensor:
    """Return the standard deviation [80] over eighths of the levels of bands [80, frames], less each eighth's mean."""
    parts = torch.tensor_split(frames_db, min(SEGMENTS, frames_db.shape[1]), dim=1)
    levels = torch.stack([10 * torch.log10((10 ** (part / 10)).mean(dim=1)) for part in parts])
    levels = levels - levels.mean(dim=1, keepdim=True)
    return levels.std(dim=0, correction=0)


def audible(spectrum: torch.Tensor) -> torch.Tensor:
    """Return which bands of spectra [n, 80] hold something that can be heard: 1 or 0."""
    loudest = torch.where(spectrum == 0, -torch.inf, spectrum).max(dim=1, keepdim=True).values
    return ((spectrum != 0) & (spectrum > loudest + AUDIBLE_BAND_DB)).to(spectrum)


def centred(curves: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return curves [n, 80] without their means, ``weights`` [n, 80] counting how much each band counts."""
    return curves - (curves * weights).sum(dim=1, keepdim=True) / weights.sum(dim=1, keepdim=True).clamp_min(1e-6)


class ReferenceNetwork(nn.Module):
    """Two sounds -> how much of the difference between their spectra to believe, band by band (see the module)."""

    eq_covariance: torch.Tensor
    music_correlation: torch.Tensor
    music_scale: torch.Tensor

    def __init__(self, width: int = 48, hidden: int = 32, dropout: float = 0.3) -> None:
        super().__init__()
        # What EQs do, dB2; how two halves of a recording differ, band by band in units of its scale, and the logarithm
        # of that scale in dB over the logarithm of 1 + wander: intercept, slope.
        self.register_buffer("eq_covariance", torch.eye(N_MELS))
        self.register_buffer("music_correlation", torch.eye(N_MELS))
        self.register_buffer("music_scale", torch.zeros(2))
        self.entry = nn.Conv1d(9 + 2 * hidden + len(TEXTURE), width, 3, padding=1)
        self.position = nn.Parameter(torch.zeros(width, N_MELS))
        self.blocks = nn.ModuleList(ResidualBlock(width, 2**power, dropout) for power in range(5))
        self.whole = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Dropout(dropout))
        self.stranger = nn.Linear(width + 1, 1)
        self.leave = nn.Conv1d(2 * width, 2, 1)
        for parameter in self.leave.parameters():
            nn.init.zeros_(parameter)

    def forward(self, own: Sound, reference: Sound, semantic: SemanticNetwork) -> torch.Tensor:
        """Return the curves in dB [n, 80], in mel bands and without their means, that take one to the other."""
        return self.judged(own, reference, semantic)[0]

    def judged(self, own: Sound, reference: Sound, semantic: SemanticNetwork) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the curves, and the log-odds [n] that the reference is another recording."""
        common = audible(own.spectrum) * audible(reference.spectrum)
        weights = common * OCTAVES.to(common)
        apart = centred(reference.spectrum - own.spectrum, weights).clamp(-LARGEST_DB, LARGEST_DB) * common
        encoder = semantic.encoder
        likely, doubt_db, oddness = self.likely(apart, common, wander_of(own, reference))
        hidden = [encoder.hidden(sound.texture) for sound in (own, reference)]
        nature = encoder.natural_of(hidden[1]) - encoder.natural_of(hidden[0])
        rows = [apart / 10, apart.abs() / 10, nature / 10, (apart - nature) / 10, common]
        rows += [likely / 10, (apart - likely) / 10]
        rows += [(1 + sound.wander).log() for sound in (own, reference)]
        textures = (own.texture - reference.texture).abs() / encoder.texture_scale
        entered = torch.cat(
            [torch.stack(rows, dim=1), hidden[0] + hidden[1], (hidden[0] - hidden[1]).abs(), textures], 1
        )
        inner = self.entry(entered) + self.position
        for block in self.blocks:
            inner = block(inner)
        whole = self.whole(inner.mean(dim=2))
        stranger = self.stranger(torch.cat([whole, oddness.log()[:, None]], dim=1))
        share, more = self.leave(torch.cat([inner, whole[:, :, None].expand(-1, -1, N_MELS)], dim=1)).unbind(1)
        # Where two sounds do not differ there is nothing to do, whatever the network would add.
        differing = torch.tanh((apart.square() * weights).sum(dim=1) / weights.sum(dim=1).clamp_min(1e-6))[:, None]
        curve = (
            likely
            + common * torch.sigmoid(share + stranger) * (apart - likely)
            + 2 * doubt_db * torch.tanh(more) * differing
        )
        return curve - (curve * OCTAVES).sum(dim=1, keepdim=True) / OCTAVES.sum(), stranger[:, 0]

    def likely(
        self, apart: torch.Tensor, common: torch.Tensor, wander_db: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the EQs [n, 80] that most likely make the differences ``apart`` of two halves of a recording, dB.

        And [n, 80] how uncertain they are, standard deviation in dB, and [n] how odd such differences are for halves
        with an EQ: Mahalanobis distance squared, by audible band.
        """
        scale = torch.exp(self.music_scale[0] + self.music_scale[1] * torch.log1p(wander_db))
        music = self.music_correlation * scale[:, :, None] * scale[:, None, :]
        alone = torch.diag_embed(_REST + _UNHEARD * (1 - common))
        known = torch.cat([apart[:, :, None], self.eq_covariance.expand(len(apart), -1, -1)], dim=2)
        solved = torch.linalg.solve(self.eq_covariance + music + _LEVEL + alone, known)
        weights, gain = solved[:, :, 0], solved[:, :, 1:]
        oddness = (apart * weights).sum(dim=1).clamp_min(1e-3) / common.sum(dim=1).clamp_min(1)
        left = self.eq_covariance.diagonal() - (self.eq_covariance * gain.transpose(1, 2)).sum(dim=2)
        return weights @ self.eq_covariance, left.clamp_min(1e-3).sqrt(), oddness


def wander_of(own: Sound, reference: Sound) -> torch.Tensor:
    """Return how much bands wander in two sounds [n, 80], dB: the root mean square of theirs."""
    return ((own.wander.square() + reference.wander.square()) / 2).sqrt()


def settings_of(curves: torch.Tensor, semantic: SemanticNetwork) -> torch.Tensor:
    """Return the settings [n, 13] that the semantic equaliser's decoder gives for curves [n, 80] in mel bands, dB."""
    return semantic.autoencoder.decode(semantic.autoencoder.z_flat() + semantic.encoder.to_latent(curves))


@dataclass(frozen=True)
class ReferenceEQ:
    """Proposes the EQ that makes one sound like another (see the module); make one with `ReferenceEQ.load`.

    Attributes
    ----------
    network : ReferenceNetwork
    semantic : SemanticEQ
        Whose encoder and decoder it shares.
    model_hash : SHA-256 of the weights in use, hexadecimal
    about : what is known of the weights
    """

    network: ReferenceNetwork
    semantic: SemanticEQ
    model_hash: str
    about: dict[str, Any]

    @classmethod
    def load(cls, path: str | Path | None = None, semantic: SemanticEQ | None = None) -> ReferenceEQ:
        """Load the shipped weights, or those of the file ``path``; by default beside the shipped semantic equaliser.

        Raises OSError if the file is not there, ValueError if it is damaged, of another kind, or was trained beside
        another semantic equaliser.
        """
        path = path or checkpoint.shipped(NAME)
        tensors, about, digest = checkpoint.read(path, NAME)
        semantic, network = semantic or SemanticEQ.load(), ReferenceNetwork()
        with checkpoint.of_this_version(path):
            beside = about["semantic"]
            network.load_state_dict(tensors)
        if beside != semantic.model_hash:
            raise ValueError(
                f"The weights by reference were trained beside the semantic weights {beside[:12]}, not "
                f"{semantic.model_hash[:12]}: train them again (semantic-eq train --reference)."
            )
        return cls(network.eval(), semantic, digest, about)

    def save(self, folder: str | Path) -> Path:
        """Write the weights to ``folder`` under a name that carries their hash; return the path."""
        about = {**self.about, "semantic": self.semantic.model_hash}
        return checkpoint.write(Path(folder), NAME, self.network.state_dict(), about)

    def propose(
        self,
        audio: np.ndarray,
        sample_rate: float,
        reference: np.ndarray,
        reference_rate: float,
        intensity: float = 1.0,
    ) -> EQParams:
        """Return the EQ that makes ``audio`` sound like ``reference``.

        Parameters
        ----------
        audio, reference : float array [channels, samples] or [samples]
            0.2 s or longer, any level; of more than 2 minutes, twelve excerpts of 10 s are listened to. The longer
            they are, the surer it is what an EQ made and what the music.
        sample_rate, reference_rate : float, Hz
        intensity : float
            0 (flat) to 1; multiplies the gains.

        Raises
        ------
        ValueError
            For silence, DC, integers, NaN or infinity in either sound, an intensity outside 0 to 1, or sounds that have
            fewer than 8 audible bands in common.
        """
        check_intensity(intensity)
        own, other = of_reference(listen, (audio, sample_rate), (reference, reference_rate))
        common = audible(own.spectrum)[0] * audible(other.spectrum)[0]
        require_common(int(common.sum()))
        with torch.no_grad():
            curve = self.network(own, other, self.semantic.network)
            decoded = settings_of(curve, self.semantic.network)[0].double().numpy()
        # Least squares takes the decoder's 13 numbers the rest of the way: it was made for what people do to a sound,
        # and another recording may ask for more.
        weights = OCTAVES.double().numpy() * np.where(common.numpy() > 0, 1.0, _UNHEARD_WEIGHT)
        target_db = curve[0].double().numpy()
        fitted = fit_curve(target_db, STARTS, np.random.default_rng(0), mel_centres_hz(), weights, EVALUATIONS, decoded)
        return EQParams.from_safe(fitted).scaled(intensity)
