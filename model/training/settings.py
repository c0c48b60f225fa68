"""EQ settings to train on: SAFE-DB's, balanced over descriptors, and varied ones between and around them."""

from __future__ import annotations

import torch

from model import differentiable
from model.eq import GAINS
from model.safe_db import Settings

# Bands of different settings are recombined, then moved by up to this share of every parameter's range.
JITTER = 0.4
GAIN_SCALE = 1.3
_BANDS = (slice(0, 2), slice(2, 5), slice(5, 8), slice(8, 11), slice(11, 13))


class SettingsSampler:
    """Draws settings as tensors [n, 13] in SAFE-DB's units.

    Parameters
    ----------
    settings : Settings
        Those for training.
    """

    def __init__(self, settings: Settings) -> None:
        self.names = settings.names
        self.parameters = torch.tensor(settings.parameters, dtype=torch.float32)
        self.labels = torch.tensor([self.names.index(name) for name in settings.descriptors])
        self.person_weights = torch.tensor(settings.person_weights(), dtype=torch.float32)
        # Between as many of each and as many as there are: the square root of a class's size.
        self._weights = 1 / torch.bincount(self.labels).float()[self.labels].sqrt()

    def draw(self, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return indices of settings and of their descriptors, rarer descriptors drawn more often than they occur."""
        chosen = torch.multinomial(self._weights, n, replacement=True)
        return chosen, self.labels[chosen]

    def balanced(self, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return settings [n, 13], drawn as `draw` does, and their descriptors' indices."""
        chosen, labels = self.draw(n)
        return self.parameters[chosen], labels

    def varied(self, n: int) -> torch.Tensor:
        """Return settings whose bands come from different settings and are moved at random."""
        parts = [self.parameters[torch.randint(len(self.parameters), (n,)), band] for band in _BANDS]
        values = differentiable.normalise(torch.cat(parts, dim=1))
        values = values + torch.randn_like(values) * torch.rand(n, 1) * JITTER
        values[:, GAINS] *= torch.rand(n, 1) * GAIN_SCALE
        return sort_peaks(differentiable.denormalise(values.clamp(-1, 1)))


def sort_peaks(parameters: torch.Tensor) -> torch.Tensor:
    """Return settings [n, 13] with their peaking filters in order of frequency, as `model.eq.sort_peaks` does."""
    peaks = parameters[:, 2:11].reshape(-1, 3, 3)
    order = peaks[:, :, 1].argsort(dim=1)[:, :, None].expand(-1, -1, 3)
    return torch.cat([parameters[:, :2], peaks.gather(1, order).reshape(-1, 9), parameters[:, 11:]], dim=1)
