"""Training the twelve beta-VAEs of `model.flow`, after flowEQ's schedule.

500 epochs with Adam at 0.001 on the mean absolute error of the normalised parameters; beta is 0 for 100 epochs and
then grows by 0.0001 an epoch (Bowman et al., 2015). Batches hold 32 settings where flowEQ's hold 8, for speed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from model.eq import GRID_HZ, response_db
from model.flow import BETAS, DIMENSIONS, FlowEQ, model_key, to_network
from model.safe_db import Settings

EPOCHS = 500
HIDDEN = 512
BATCH = 32
LEARNING_RATE = 0.001
ANNEAL_START, ANNEAL_STEP = 100, 1e-4
MODELS = tuple((dimensions, beta) for dimensions in DIMENSIONS for beta in BETAS)


class BetaVAE(nn.Module):
    """13 parameters in 0..1 -> 512 -> a Gaussian code -> 512 -> 13 parameters in 0..1."""

    def __init__(self, dimensions: int, hidden: int = HIDDEN):
        super().__init__()
        self.encoder = nn.Linear(13, hidden)
        self.mean = nn.Linear(hidden, dimensions)
        self.log_variance = nn.Linear(hidden, dimensions)
        self.decoder = nn.Linear(dimensions, hidden)
        self.output = nn.Linear(hidden, 13)

    def forward(self, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the reconstruction [n, 13] of a sampled code and the Kullback-Leibler divergence [n]."""
        hidden = torch.relu(self.encoder(values))
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        code = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        divergence = 0.5 * (log_variance.exp() + mean**2 - 1 - log_variance).sum(dim=1)
        return torch.sigmoid(self.output(torch.relu(self.decoder(code)))), divergence


def annealed_beta(epoch: int, beta: float) -> float:
    """Return the weight of the divergence in ``epoch`` (from 0) as it rises to ``beta``."""
    return min(max(epoch - ANNEAL_START, 0) * ANNEAL_STEP, beta)


def train_flow(
    settings: Settings,
    epochs: int = EPOCHS,
    seed: int = 0,
    models: Sequence[tuple[int, float]] = MODELS,
    on_model: Callable[[str, float], None] | None = None,
) -> FlowEQ:
    """Train the models on the settings that `Settings.split` gives for training.

    Parameters
    ----------
    settings : Settings
    epochs : int
    seed : int
        The same seed gives the same weights.
    models : sequence of (dimensions, beta)
        All twelve by default; the default model must be among them.
    on_model : callable, optional
        Called with the name of each finished model and its error on held-out settings in dB, for a progress bar.

    Returns
    -------
    FlowEQ
        The default model; the others come with it when it is saved. Its metadata hold each model's error on
        held-out settings (root mean square over `model.eq.GRID_HZ`, dB).
    """
    training, held_out = settings.split()
    # Where every word is rare there is nothing held out to measure by.
    held_out = held_out if len(held_out) else training
    names = training.names
    arrays: dict[str, np.ndarray] = {}
    errors: dict[str, float] = {}
    metadata = {"descriptors": names, "epochs": epochs, "seed": seed, "held_out_rms_db": errors}
    for dimensions, beta in models:
        key = model_key(dimensions, beta)
        weights = _train_one(to_network(training.parameters), dimensions, beta, epochs, seed)
        # The codes need the encoder: they are put in once the model exists.
        arrays |= {f"{key}/{name}": array for name, array in weights.items()}
        arrays[f"{key}/codes"] = np.zeros((len(names), dimensions), dtype=np.float32)
        model = FlowEQ(arrays, metadata, dimensions, beta)
        codes = [model.encode(training.of(name).parameters).mean(axis=0) for name in names]
        arrays[f"{key}/codes"][:] = np.array(codes)
        errors[key] = _reconstruction_rms_db(model, held_out.parameters)
        if on_model:
            on_model(key, errors[key])
    return FlowEQ(arrays, metadata)


def _train_one(values: np.ndarray, dimensions: int, beta: float, epochs: int, seed: int) -> dict[str, np.ndarray]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network, data = BetaVAE(dimensions), torch.from_numpy(values)
        optimiser = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
        for epoch in range(epochs):
            weight = annealed_beta(epoch, beta)
            for rows in torch.randperm(len(data)).split(BATCH):
                batch = data[rows]
                reconstruction, divergence = network(batch)
                loss = (reconstruction - batch).abs().mean() + weight * divergence.mean()
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
    kept = {name: value.numpy() for name, value in network.state_dict().items()}
    return {name: value for name, value in kept.items() if not name.startswith("log_variance")}


def _reconstruction_rms_db(model: FlowEQ, parameters: np.ndarray) -> float:
    rebuilt = model.decode(model.encode(parameters))
    misfit = response_db(rebuilt, GRID_HZ, 44_100) - response_db(parameters, GRID_HZ, 44_100)
    return float(np.sqrt(np.mean(misfit**2)))
