"""The published recipe, kept for comparison: start from where the sound is, and ask that the output be at the target.

A sound (its authors took pink noise) is equalised at random and encoded; the EQ decoded at z_audio + a (z_target -
z_audio) is applied to it, and the loss is the mean square of z_output - z_target. Nothing tells what of a spectrum is
an EQ and what the sound itself, and the EQ at z_audio is applied a second time: `model.evaluation` says what it does.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from model import differentiable
from model.encoder import features
from model.training.stages import SAMPLE_RATE, SemanticStage, calibrate, set_data_buffers


class PublishedStage(SemanticStage):
    """Train the audio encoder by the published loss; the autoencoder stays."""

    name, learning_rate = "published", 1e-3
    batch = 4
    intensity = (0.3, 1.0)

    def begin(self) -> None:
        set_data_buffers(self.network, self.sampler, *self.banks.training.all())
        calibrate(self.network, self.sampler, self.banks.untouched)

    def trained(self) -> Iterable[nn.Parameter]:
        return self.network.encoder.parameters()

    def losses(self, progress: float, validation: bool = False) -> dict[str, torch.Tensor]:
        bank, chosen = self.draw(self.batch, validation)
        settings, _ = self.sampler.balanced(self.batch)
        audio = differentiable.parametric_eq(bank.audio(chosen), SAMPLE_RATE, settings)
        target = self.network.targets[int(torch.randint(len(self.sampler.names), ()))]
        z_audio = self.network.encoder(*features(audio, SAMPLE_RATE))
        low, high = self.intensity
        z = z_audio + (low + (high - low) * progress) * (target - z_audio)
        output = differentiable.parametric_eq(audio, SAMPLE_RATE, self.network.autoencoder.decode(z))
        z_output = self.network.encoder(*features(output, SAMPLE_RATE))
        return {"target": (z_output - target).square().mean()}
