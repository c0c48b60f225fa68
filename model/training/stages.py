"""The four stages of training, each a loss per step over one shared network.

1. Autoencoder: settings to codes and back, a straight latent space, descriptors apart.
2. Embedding matching: the audio encoder learns the natural spectra of the bank's sounds, so that what is left of a
   spectrum is the EQ in it, and the way from there to the EQ's code.
3. End to end: snippets are equalised at random, the network's proposal is applied through dasp-pytorch, and the output
   is encoded again. An EQ does not change the texture, so that the output's spectrum is the clip's own plus the change.
4. Listening: which descriptor's setting was a sound equalised by? (what `describe` says)
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn

from model import differentiable
from model.encoder import N_MELS, OCTAVES, features, mel_centres_hz
from model.eq import GRID_HZ
from model.semantic import SemanticNetwork
from model.training import losses
from model.training.bank import Bank, Banks
from model.training.gain_law import fit_gain_law, set_limits
from model.training.running import Stage
from model.training.settings import SettingsSampler

SAMPLE_RATE = 44_100
MUSIC_VARIANCE = 1.0


class SemanticStage(Stage):
    """A stage of the semantic equaliser."""

    network: SemanticNetwork

    def __init__(self, network: SemanticNetwork, sampler: SettingsSampler, banks: Banks) -> None:
        self.network, self.sampler, self.banks = network, sampler, banks

    def draw(self, n: int, validation: bool) -> tuple[Bank, torch.Tensor]:
        """Return a bank (of the recordings for training, or of those for validation) and random indices into it."""
        bank = self.banks.validation if validation else self.banks.training
        return bank, torch.randint(len(bank), (n,))


class AutoencoderStage(SemanticStage):
    """Stage 1 (see the module)."""

    name, learning_rate = "autoencoder", 3e-3
    known, made = 64, 192

    def begin(self) -> None:
        """Nothing follows from the data before there are codes."""

    def trained(self) -> Iterable[nn.Parameter]:
        return self.network.autoencoder.parameters()

    def losses(self, progress: float, validation: bool = False) -> dict[str, torch.Tensor]:
        known, labels = self.sampler.balanced(self.known)
        return losses.autoencoding(self.network.autoencoder, known, labels, self.sampler.varied(self.made))


class MatchingStage(SemanticStage):
    """Stage 2 (see the module)."""

    name, learning_rate, weight_decay = "matching", 2e-3, 0.05
    # How far textures are moved at random: each kind of it as a share, each number in standard deviations.
    batch, kind_noise, noise = 64, 0.15, 0.3

    def begin(self) -> None:
        set_data_buffers(self.network, self.sampler, *self.banks.training.all())
        self.weights = (OCTAVES / OCTAVES.sum()).to(self.network.encoder.spectrum_mean)

    def trained(self) -> Iterable[nn.Parameter]:
        encoder = self.network.encoder
        return [parameter for name, parameter in encoder.named_parameters() if not name.startswith("to_latent")]

    def losses(self, progress: float, validation: bool = False) -> dict[str, torch.Tensor]:
        bank, chosen = self.draw(self.batch, validation)
        spectra, textures = bank.tensors(chosen)
        encoder = self.network.encoder
        if not validation:
            textures = textures * (1 + self.kind_noise * torch.randn(self.batch, textures.shape[1], 1))
            textures = textures + self.noise * encoder.texture_scale * torch.randn_like(textures)
        rest = spectra - encoder.spectrum_mean - encoder.nature(textures)
        rest = rest - rest @ self.weights[:, None]
        return {"nature": 0.01 * (rest.square() @ self.weights).mean()}


class ListeningStage(SemanticStage):
    """Stage 4 (see the module)."""

    name, learning_rate, weight_decay = "listening", 5e-3, 0.01
    batch, unequalised, strength, penalty = 256, 0.15, (0.75, 1.25), 0.01

    def begin(self) -> None:
        self.network.eval()
        with torch.no_grad():
            self.heard = {}
            for validation, bank in ((False, self.banks.training), (True, self.banks.validation)):
                spectra, textures = bank.all()
                self.heard[validation] = spectra, self.network.encoder.nature(textures)
            self.curves = differentiable.response_db(self.sampler.parameters, mel_centres_hz())
            self.curves = self.curves - self.curves.mean(dim=1, keepdim=True)

    def trained(self) -> Iterable[nn.Parameter]:
        return self.network.listener.parameters()

    def losses(self, progress: float, validation: bool = False) -> dict[str, torch.Tensor]:
        spectra, nature = self.heard[validation]
        sounds = torch.randint(len(spectra), (self.batch,))
        settings, labels = self.sampler.draw(self.batch)
        none = torch.rand(self.batch) < self.unequalised
        low, high = self.strength
        strength = (low + (high - low) * torch.rand(self.batch, 1)) * ~none[:, None]
        evidence = self.network.evidence(spectra[sounds] + strength * self.curves[settings], nature[sounds])
        logits = torch.cat([evidence, torch.zeros(self.batch, 1)], dim=1)
        wanted = torch.where(none, len(self.sampler.names), labels)
        squares = self.network.listener.weight.square().sum()
        return {"words": nn.functional.cross_entropy(logits, wanted), "size": self.penalty * squares}


class EndToEndStage(SemanticStage):
    """Stage 3 (see the module)."""

    name, learning_rate = "end to end", 1e-4
    batch = 4
    intensity = (0.3, 1.0)

    def begin(self) -> None:
        calibrate(self.network, self.sampler, self.banks.untouched)
        self.centres_hz = mel_centres_hz()

    def trained(self) -> Iterable[nn.Parameter]:
        # The autoencoder stays: everything is measured in its codes, and its decoder already gives exactly the
        # responses they stand for (moved along, its error on held-out settings grew from 0.42 to 0.55 dB). So do the
        # natural spectra: moved along, they explain away what a clip is, so that all clips come out the same (the rank
        # correlation of the baseline score with the dose fell from -0.87 to -0.81).
        return self.network.encoder.to_latent.parameters()

    def losses(self, progress: float, validation: bool = False) -> dict[str, torch.Tensor]:
        bank, chosen = self.draw(self.batch, validation)
        audio, (spectra, textures) = bank.audio(chosen), bank.tensors(chosen)
        word = int(torch.randint(len(self.sampler.names), ()))
        # The same clips, pre-equalised in two ways: by other people's settings and by multiples of the word's curve.
        first, _ = self.sampler.balanced(self.batch)
        pre_db = differentiable.response_db(first, self.centres_hz)
        k = torch.rand(self.batch, 1) * 2 - 1
        mean_db = self.network.autoencoder.curve(self.network.targets[word : word + 1])
        first_db = differentiable.response_db(first, GRID_HZ)
        pre_equalised = _filtered(audio, first_db)
        with torch.no_grad():
            nature = self.network.encoder.nature(textures)
        intensity = self.intensity[0] + (self.intensity[1] - self.intensity[0]) * min(1.0, 2 * progress)
        z_audio = self.network.encoder.code(spectra + pre_db - pre_db.mean(dim=1, keepdim=True), nature)
        # What was put on a clip is the difference that it makes to the code.
        recovered = self.network.autoencoder.z_flat() + z_audio - self.network.encoder.code(spectra, nature)
        step = self.network.step(z_audio, word)
        z = self.network.autoencoder.z_flat() + intensity * step
        settings = self.network.autoencoder.decode(z)
        output = differentiable.parametric_eq(pre_equalised, SAMPLE_RATE, settings)
        wanted = _filtered(pre_equalised, self.network.autoencoder.curve(z).detach())
        change = features(output, SAMPLE_RATE)[0] - features(audio, SAMPLE_RATE)[0]
        z_output = self.network.encoder.code(spectra + change, nature)
        return {
            "consistency": 0.5 * self._curve(z_output - z_audio - intensity * step.detach()).square().mean(),
            "reconstruction": 0.05 * losses.response(self.network.autoencoder.decode(recovered), first_db),
            "quality": losses.audio_quality(output, wanted),
            "invariance": self._invariance(spectra, nature, word, k, mean_db),
        }

    def _curve(self, difference: torch.Tensor) -> torch.Tensor:
        return 12 * self.network.autoencoder.read_curve(difference)

    def _invariance(
        self, spectra: torch.Tensor, nature: torch.Tensor, word: int, k: torch.Tensor, mean_db: torch.Tensor
    ) -> torch.Tensor:
        """Return how far k times the word's curve plus what is then proposed depends on k, in squared doses."""
        curve = np.interp(np.log(self.centres_hz), np.log(GRID_HZ), mean_db[0].detach().cpu().numpy())
        curve = torch.as_tensor(curve - curve.mean()).float()
        totals = []
        for strength in (k, -k):
            z_audio = self.network.encoder.code(spectra + strength * curve, nature)
            missing = self.network.along(self.network.targets[word] - z_audio, word)
            totals.append(self.network.dose(missing, word) + strength[:, 0])
        return (totals[0] - totals[1]).square().mean()


def _filtered(audio: torch.Tensor, curves_db: torch.Tensor) -> torch.Tensor:
    """Return ``audio`` [n, 1, samples] with the responses ``curves_db`` [n, 96] at `GRID_HZ`, zero phase."""
    bins_hz = np.clip(np.fft.rfftfreq(audio.shape[-1], 1 / SAMPLE_RATE), GRID_HZ[0], GRID_HZ[-1])
    place = np.interp(np.log(bins_hz), np.log(GRID_HZ), np.arange(len(GRID_HZ)))
    low = torch.as_tensor(np.minimum(place.astype(int), len(GRID_HZ) - 2))
    share = torch.as_tensor(place).float() - low
    response_db = curves_db[:, low] * (1 - share) + curves_db[:, low + 1] * share
    spectrum = torch.fft.rfft(audio) * (10 ** (response_db / 20))[:, None]
    return torch.fft.irfft(spectrum, audio.shape[-1])


def set_data_buffers(
    network: SemanticNetwork, sampler: SettingsSampler, spectra: torch.Tensor, textures: torch.Tensor
) -> None:
    """Set what of the network follows from settings and bank in closed form: scales, targets, the way into z.

    The way from responses in mel bands to codes is a ridge regression whose bands count by their width in octaves.
    """
    with torch.no_grad():
        encoder, autoencoder = network.encoder, network.autoencoder
        encoder.texture_mean.copy_(textures.mean(dim=0))
        encoder.texture_scale.copy_(textures.std(dim=0) + 0.05)
        encoder.spectrum_mean.copy_(spectra.mean(dim=0))
        encoder.z_flat.copy_(autoencoder.z_flat()[0])
        centres_hz = mel_centres_hz()
        settings = torch.cat([sampler.balanced(2000)[0], sampler.varied(2000)])
        curves = differentiable.response_db(settings, centres_hz)
        widths = OCTAVES.sqrt().to(curves)
        weighted = (curves - curves.mean(dim=1, keepdim=True)) * widths
        codes = autoencoder.encode(settings) - autoencoder.z_flat()
        gram = weighted.T @ weighted / len(settings) + 0.01 * torch.eye(N_MELS)
        solution = torch.linalg.solve(gram, weighted.T @ codes / len(settings))
        encoder.to_latent.weight.copy_((widths[:, None] * solution).T)
        set_targets(network, sampler)


def set_targets(network: SemanticNetwork, sampler: SettingsSampler) -> None:
    """Set every descriptor's target to the mean code of its settings, and the limits of its gain law."""
    with torch.no_grad():
        codes = network.autoencoder.encode(sampler.parameters)
        for index in range(len(sampler.names)):
            network.targets[index] = codes[sampler.labels == index].mean(dim=0)
            set_limits(network, index, codes[sampler.labels == index] - network.autoencoder.z_flat())


def calibrate(network: SemanticNetwork, sampler: SettingsSampler, untouched: Bank) -> None:
    """Fit belief and gain laws to untouched music; set which EQ a code makes likely, and the scores' zero and unit."""
    was_training = network.training
    network.eval()
    spectra, textures = untouched.all()
    with torch.no_grad():
        network.encoder.z_flat.copy_(network.autoencoder.z_flat()[0])
        set_targets(network, sampler)
        nature = network.encoder.nature(textures)
        responses = differentiable.response_db(sampler.parameters, mel_centres_hz())
        means = [responses[sampler.labels == index].mean(dim=0) for index in range(len(sampler.names))]
        curves = torch.stack(means) - torch.stack(means).mean(dim=1, keepdim=True)
        fit_gain_law(network, sampler.labels, curves, spectra, nature)
        _set_likely(network, sampler, spectra, nature)
        usual = network.evidence(spectra, nature)
        for index in range(len(sampler.names)):
            network.score_zero[index] = usual[:, index].mean()
        # One unit for all, so that scores can be compared: the two words with the most settings have it from theirs.
        common = torch.bincount(sampler.labels).topk(min(2, len(curves))).indices.tolist()
        gains = [network.evidence(spectra + curves[index], nature)[:, index] - usual[:, index] for index in common]
        network.score_unit.fill_(max(0.1, float(torch.stack(gains).mean())))
    network.train(was_training)


def _set_likely(
    network: SemanticNetwork, sampler: SettingsSampler, spectra: torch.Tensor, nature: torch.Tensor
) -> None:
    """Set the linear estimate of least mean squared error (Wiener) of an EQ's code from that of a sound with it."""
    encoder, responses = network.encoder, differentiable.response_db(sampler.parameters, mel_centres_hz())
    weights = sampler.person_weights / sampler.person_weights.sum()
    equalisers = encoder.to_latent(responses - responses.mean(dim=1, keepdim=True))
    own = encoder.code(spectra, nature) - encoder.z_flat
    own = own - own.mean(dim=0)
    of_eqs, of_music = (equalisers * weights[:, None]).T @ equalisers, own.T @ own / len(own)
    # Every direction of music varies by a little at least: few recordings do not show all that others bring.
    of_music = of_music + MUSIC_VARIANCE * of_music.diagonal().mean() * torch.eye(len(of_music))
    network.likely.copy_(torch.linalg.solve(of_eqs + of_music, of_eqs))
