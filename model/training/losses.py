"""The training losses, as functions of tensors. Responses are in dB at `model.eq.GRID_HZ` unless said otherwise."""

from __future__ import annotations

import torch
from torch.nn import functional

from model import differentiable
from model.autoencoder import EQAutoencoder
from model.eq import GAINS, GRID_HZ

try:
    import auraloss
except ImportError:
    raise ValueError("Training needs the extra train: pip install 'semantic-eq[train]'.") from None

# A response far beyond what five bands of 12 dB can do is asked for in a softened form.
REACHABLE_DB = 15.0
TEMPERATURE = 0.2
_BAND_OF = torch.tensor([0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4])
_FULL_WEIGHT_DB = 6.0
_STFT = auraloss.freq.MultiResolutionSTFTLoss(
    fft_sizes=[512, 2048, 8192], hop_sizes=[256, 1024, 4096], win_lengths=[512, 2048, 8192]
)


def response(parameters: torch.Tensor, target_db: torch.Tensor) -> torch.Tensor:
    """Return the mean squared error in dB^2 of the responses of settings [n, 13] against ``target_db`` [n, 96]."""
    return (differentiable.response_db(parameters, GRID_HZ) - target_db).square().mean()


def parameters(found: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return the squared error of settings [n, 13], normalised; a band counts as far as its gain makes it audible."""
    audible = (wanted[:, GAINS].abs() / _FULL_WEIGHT_DB).clamp(max=1)[:, _BAND_OF]
    audible = audible.index_fill(1, torch.tensor(GAINS), 1.0)
    return (audible * (differentiable.normalise(found) - differentiable.normalise(wanted)).square()).mean()


def contrastive(z: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the supervised contrastive loss of codes [n, 32] (Khosla et al., NeurIPS 2020)."""
    directions = functional.normalize(z, dim=1)
    own = torch.eye(len(z), dtype=torch.bool, device=z.device)
    logits = (directions @ directions.T / TEMPERATURE).masked_fill(own, -1e9)
    same = (labels[:, None] == labels[None]) & ~own
    pairs = (torch.log_softmax(logits, dim=1) * same).sum(dim=1) / same.sum(dim=1).clamp_min(1)
    return -pairs.mean()


def mixtures(autoencoder: EQAutoencoder, z: torch.Tensor, n: int) -> torch.Tensor:
    """Return how far decoded mixtures of codes are from the response that the mixture stands for, dB^2.

    Half are sums with random weights, half points between (and up to three times beyond) three settings.
    """
    z_flat = autoencoder.z_flat()
    weights = torch.randn(3, n, 1, device=z.device) * 0.5
    between = torch.softmax(3 * weights, dim=0) * (torch.rand(1, n, 1, device=z.device) * 3.6 - 0.4)
    weights = torch.where(torch.rand(1, n, 1, device=z.device) < 0.5, weights, between)
    mixed = z_flat + (weights * (z[torch.randint(len(z), (3, n))] - z_flat)).sum(dim=0)
    return decoded(autoencoder, mixed)


def decoded(autoencoder: EQAutoencoder, z: torch.Tensor) -> torch.Tensor:
    """Return how far the decoded settings' responses are from those that the codes [n, 32] stand for, dB^2."""
    target_db = autoencoder.curve(z).detach()
    return response(autoencoder.decode(z), REACHABLE_DB * torch.tanh(target_db / REACHABLE_DB))


def autoencoding(
    autoencoder: EQAutoencoder, known: torch.Tensor, labels: torch.Tensor, varied: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Return the autoencoder's weighted losses on known settings [n, 13] and varied ones [m, 13]."""
    wanted = torch.cat([known, varied])
    curve_db = differentiable.response_db(wanted, GRID_HZ)
    z, found = autoencoder(wanted)
    z_flat = autoencoder.z_flat()
    return {
        "response": response(found, curve_db),
        "parameters": 20 * parameters(found, wanted),
        "straightness": (autoencoder.curve(z) - curve_db).square().mean(),
        "mixtures": 0.3 * mixtures(autoencoder, z, len(wanted) // 2),
        "contrast": 0.05 * contrastive(z[: len(known)] - z_flat, labels),
        "size": 0.01 * z.square().mean(),
    }


def audio_quality(output: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return the multi-resolution STFT distance of audio [n, 1, samples] (auraloss)."""
    return _STFT(output, wanted)
