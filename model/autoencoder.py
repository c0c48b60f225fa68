"""The EQ autoencoder: 13 parameters -> 32 latent numbers -> 13 parameters.

Two demands shape the latent space. It is straight: `curve` reads the response in dB off z by a linear map, so that
sums and multiples of latent vectors are sums and multiples of responses, the mean code of a descriptor's settings is
its mean response, and "target minus what is there" means what it says. And it has semantic structure: settings of one
descriptor lie together (supervised contrastive loss). The decoder is trained on codes of settings and on mixtures of
them, so that every code on a straight way between settings decodes to a setting with that code's response.
"""

from __future__ import annotations

import torch
from torch import nn

from model import differentiable
from model.encoder import LATENT
from model.eq import FLAT, GAINS, GRID_HZ


class EQAutoencoder(nn.Module):
    """Residual encoder and decoder around a 32-d latent space with a linear read-out of the response."""

    flat: torch.Tensor
    is_gain: torch.Tensor

    def __init__(self, width: int = 256, n_blocks: int = 3) -> None:
        super().__init__()
        n_curve = len(GRID_HZ)
        self.enter = nn.Linear(13 + n_curve, width)
        self.encoder_blocks = nn.Sequential(*(_Residual(width) for _ in range(n_blocks)))
        self.to_latent = nn.Linear(width, LATENT)
        self.straight = nn.Linear(n_curve, LATENT, bias=False)
        self.read_curve = nn.Linear(LATENT, n_curve, bias=False)
        self.leave = nn.Linear(LATENT, width)
        self.decoder_blocks = nn.Sequential(*(_Residual(width) for _ in range(n_blocks)))
        self.to_parameters = nn.Linear(width, 13)
        self.direct = nn.Linear(LATENT, 13, bias=False)
        nn.init.zeros_(self.to_latent.weight)
        nn.init.zeros_(self.to_latent.bias)
        self.register_buffer("flat", torch.tensor(FLAT, dtype=torch.float32)[None])
        self.register_buffer("is_gain", torch.zeros(13).index_fill(0, torch.tensor(GAINS), 1.0))
        self._kept_flat: tuple[torch.Tensor, torch.Tensor] | None = None

    def encode(self, parameters: torch.Tensor) -> torch.Tensor:
        """Return codes [batch, 32] of settings [batch, 13]."""
        curve = differentiable.response_db(parameters, GRID_HZ) / 12
        hidden = self.encoder_blocks(self.enter(torch.cat([differentiable.normalise(parameters), curve], dim=1)))
        return self.straight(curve) + self.to_latent(hidden)

    def z_flat(self) -> torch.Tensor:
        """Return the code [1, 32] of the EQ that changes nothing."""
        return self.encode(self.flat) if self._kept_flat is None else self._kept_flat[0]

    def keep_flat(self) -> None:
        """Keep the flat EQ's code, and what it decodes to, until training goes on: every request asks for them."""
        self._kept_flat = None
        with torch.no_grad():
            self._kept_flat = self.z_flat(), self._flat_values()

    def train(self, mode: bool = True) -> EQAutoencoder:
        """Set the mode, as any module does; weights that may change have no kept code."""
        if mode:
            self._kept_flat = None
        return super().train(mode)

    def curve(self, z: torch.Tensor) -> torch.Tensor:
        """Return the responses in dB [batch, 96] at `GRID_HZ` that codes stand for."""
        return 12 * self.read_curve(z - self.z_flat())

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Return settings [batch, 13] of codes [batch, 32]; every value within the plug-in's ranges."""
        values = self._values(z)
        # Gains are counted from those of the flat code, which therefore decodes to exactly 0 dB.
        values = values - self._flat_values() * self.is_gain
        return differentiable.denormalise(torch.tanh(values))

    def _values(self, z: torch.Tensor) -> torch.Tensor:
        return self.to_parameters(self.decoder_blocks(self.leave(z))) + self.direct(z)

    def _flat_values(self) -> torch.Tensor:
        return self._values(self.z_flat()) if self._kept_flat is None else self._kept_flat[1]

    def forward(self, parameters: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return codes and reconstructed settings."""
        z = self.encode(parameters)
        return z, self.decode(z)


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return hidden + self.layers(hidden)
