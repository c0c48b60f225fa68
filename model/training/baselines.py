"""The weights beside the semantic equaliser's: `static`, `flow`, `ridge` and the prior of one listener's own word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from model.encoder import N_MELS
from model.ridge import RidgeEQ, fit_ridge, long_term_spectrum
from model.safe_db import Settings
from model.static import StaticEQ, fit_static
from model.training.flow import EPOCHS, MODELS, train_flow
from model.training.personal import fit_prior
from model.training.sources import Source

STEPS = 3 + len(MODELS)
RIDGE_CLIPS = 600


def train_baselines(
    settings: Settings,
    folder: str | Path,
    seed: int = 0,
    epochs: int = EPOCHS,
    on_step: Callable[[str], None] | None = None,
    music: Source | None = None,
    n_clips: int = RIDGE_CLIPS,
) -> dict[str, Path]:
    """Fit fixed curves, `model.personal`'s prior and, with music, ridge regression; train the twelve beta-VAEs.

    Parameters
    ----------
    settings : Settings
        All cleaned settings; `flow` and `ridge` are trained on the training part of their split.
    folder : path
        Where all are written.
    seed : int
    epochs : int
        Of each beta-VAE.
    on_step : callable, optional
        Called after each of the `STEPS` steps (one less without music) what was made and how well it fits.
    music : Source, optional
        The audio encoder's own; without it there is no `ridge`.
    n_clips : int
        Excerpts of music for `ridge`.

    Returns
    -------
    dict of the written files' paths, by system
    """
    report = on_step or (lambda text: None)
    static = fit_static(settings, seed=seed)
    written = {"static": static.save(folder)}
    report(f"static: fitted within {max(static.fit_rms_db().values()):.2f} dB RMS")
    written["personal"] = fit_prior(settings, seed).save(folder, {"settings": len(settings)})
    report(f"personal: the prior of {len(settings.names)} words")
    if music is not None:
        written["ridge"] = train_ridge(settings, static, music, n_clips, seed).save(folder)
        report(f"ridge: fitted on {n_clips} excerpts")
    flow = train_flow(
        settings, epochs, seed, on_model=lambda key, rms: report(f"flow {key}: {rms:.2f} dB RMS, held out")
    )
    return written | {"flow": flow.save(folder)}


def train_ridge(
    settings: Settings, static: StaticEQ, music: Source, n_clips: int = RIDGE_CLIPS, seed: int = 0
) -> RidgeEQ:
    """Fit ridge regression on ``n_clips`` excerpts of ``music`` and the settings for training."""
    unknown = np.zeros(N_MELS)
    excerpts = (music.excerpt(np.random.default_rng([seed, index])) for index in range(n_clips))
    spectra_db = [long_term_spectrum(audio, music.sample_rate, unknown) for audio in excerpts]
    return fit_ridge(settings.split()[0], static, np.array(spectra_db), seed=seed)
