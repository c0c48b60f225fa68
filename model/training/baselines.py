"""The weights of what the semantic equaliser is compared with: `static` and `flow`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from model.safe_db import Settings
from model.static import fit_static
from model.training.flow import EPOCHS, MODELS, train_flow

STEPS = 1 + len(MODELS)


def train_baselines(
    settings: Settings,
    folder: str | Path,
    seed: int = 0,
    epochs: int = EPOCHS,
    on_step: Callable[[str], None] | None = None,
) -> dict[str, Path]:
    """Fit the fixed curves, train the twelve beta-VAEs and write both to ``folder``.

    Parameters
    ----------
    settings : Settings
        All cleaned settings; `flow` is trained on the training part of their split.
    folder : path
    seed : int
    epochs : int
        Of each beta-VAE.
    on_step : callable, optional
        Told after each of the `STEPS` steps what was made and how well it fits.

    Returns
    -------
    dict of the written files' paths, by condition
    """
    tell = on_step or (lambda text: None)
    static = fit_static(settings, seed=seed)
    worst = max(static.fit_rms_db().values())
    tell(f"static: fitted within {worst:.2f} dB RMS")
    flow = train_flow(settings, epochs, seed, on_model=lambda key, rms: tell(f"flow {key}: {rms:.2f} dB RMS, held out"))
    return {"static": static.save(folder), "flow": flow.save(folder)}
