"""Training the projection of `model.clap` on clips with known EQs; CLAP and the EQ autoencoder stay as they are."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from model.clap import COMMON_WORDS, EMBEDDING, Clap, ClapEQ, ClapProjection, set_gain_law
from model.eq import GRID_HZ, EQParams
from model.safe_db import Settings
from model.semantic import SemanticEQ
from model.training.bank import open_arrays
from model.training.sources import Mixture

BATCH, LEARNING_RATE, WEIGHT_DECAY = 64, 1e-3, 1e-4


def train_clap(
    base: SemanticEQ,
    clap: Clap,
    mixture: Mixture,
    settings: Settings,
    folder: Path,
    n_clips: int = 500,
    n_settings: int = 6,
    epochs: int = 60,
    seed: int = 0,
    on_clip: Callable[[int], None] | None = None,
) -> ClapEQ:
    """Train the projection and make an equaliser of it.

    Parameters
    ----------
    base : SemanticEQ
        Gives the autoencoder and the descriptors' targets.
    clap : Clap
    mixture : Mixture
        Gives the clips.
    settings : Settings
        Those for training; drawn evenly over descriptors, each put on a clip before CLAP hears it.
    folder : path
        Keeps what CLAP heard, which takes most of the time: a run that was killed goes on from there.
    n_clips, n_settings : int
        Clips, and settings per clip; the clip as it is comes on top.
    epochs : int
    seed : int
    on_clip : callable, optional
        Called with the number of clips embedded, for a progress bar.
    """
    heard = _hear(clap, mixture, settings, folder / "clap-bank", n_clips, n_settings, seed, on_clip)
    embeddings, curves_db = (torch.as_tensor(np.array(rows)).flatten(0, 1) for rows in heard)
    untouched = embeddings[:: n_settings + 1]
    projection = ClapProjection()
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for layer in projection.layers:
            if isinstance(layer, torch.nn.Linear):
                layer.reset_parameters()
    with torch.no_grad():
        projection.audio_mean.copy_(untouched.mean(dim=0))
        projection.text_mean.copy_(clap.embed_text(COMMON_WORDS).mean(dim=0))
        projection.z_flat.copy_(base.network.autoencoder.z_flat())
    loss_db2 = _fit(projection, base, embeddings, curves_db, epochs, seed)
    projection.z_clips = projection.of_audio(untouched).detach()
    network = copy.deepcopy(base.network)
    set_gain_law(network, projection.z_clips, range(len(base.descriptors)))
    about = {"clips": n_clips, "seed": seed, "epochs": epochs, "rms_db": float(np.sqrt(loss_db2))}
    return ClapEQ(network, list(base.descriptors), "", about, clap, projection.eval())


def _hear(
    clap: Clap,
    mixture: Mixture,
    settings: Settings,
    folder: Path,
    n_clips: int,
    n_settings: int,
    seed: int,
    on_clip: Callable[[int], None] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return CLAP's embeddings [clips, 1 + settings, 512] of clips as they are and equalised, and the responses."""
    n = 1 + n_settings
    key = f"{clap.source} {mixture.sample_rate} {len(settings)} {n_settings} {seed} {n_clips}"
    arrays, done, note = open_arrays(folder, n_clips, key, {"heard": (n, EMBEDDING), "responses": (n, len(GRID_HZ))})
    for index in range(done, n_clips):
        rng = np.random.default_rng([seed, index])
        audio = mixture.excerpt(rng)
        for row, params in enumerate([EQParams.flat(), *_draw(settings, n_settings, rng)]):
            equalised = params.apply(audio, mixture.sample_rate)
            arrays["heard"][index, row] = clap.embed_audio(equalised, mixture.sample_rate).numpy()
            arrays["responses"][index, row] = params.response(GRID_HZ, mixture.sample_rate)
        note(index + 1)
        if on_clip:
            on_clip(index + 1)
    return arrays["heard"], arrays["responses"]


def _draw(settings: Settings, n: int, rng: np.random.Generator) -> list[EQParams]:
    return [EQParams.from_safe(rng.choice(settings.of(name).parameters)) for name in rng.choice(settings.names, n)]


def _fit(
    projection: ClapProjection,
    base: SemanticEQ,
    embeddings: torch.Tensor,
    curves_db: torch.Tensor,
    epochs: int,
    seed: int,
) -> float:
    """Fit z_audio's response to the EQ that was put on the clip; return the last epoch's mean square, dB^2."""
    read = base.network.autoencoder.curve
    optimiser = torch.optim.AdamW(projection.layers.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    generator = torch.Generator().manual_seed(seed)
    losses = [0.0]
    for _ in range(epochs):
        losses = []
        for rows in torch.randperm(len(embeddings), generator=generator).split(BATCH):
            loss = (read(projection.of_audio(embeddings[rows])) - curves_db[rows]).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
    return float(np.mean(losses))
