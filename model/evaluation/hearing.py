"""What a system hears: which word's EQ a clip has had, and which curve; see `model.evaluation`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from model.eq import GRID_HZ, EQParams
from model.evaluation.clips import Clip
from model.safe_db import Settings

Describe = Callable[[np.ndarray, float], Mapping[str, float]]
Estimate = Callable[[np.ndarray, float], np.ndarray]


def separation(
    describes: Mapping[str, Describe], clips: Iterable[Clip], settings: Settings, n_settings: int = 12, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Return ``auc_within`` and ``auc_across`` (see `model.evaluation`) of every system's `describe`.

    Parameters
    ----------
    describes : mapping of callables
        (audio [channels, samples], Hz) -> score per descriptor
    settings : Settings
        Settings that training did not use; of each of warm and bright, ``n_settings`` are drawn per clip.
    """
    rng = np.random.default_rng(seed)
    pool = {word: settings.of(word).parameters for word in ("warm", "bright")}
    scores: dict[str, dict[str, list[Any]]] = {name: {word: [] for word in pool} for name in describes}
    for clip in clips:
        for word, parameters in pool.items():
            chosen = parameters[rng.choice(len(parameters), min(n_settings, len(parameters)), replace=False)]
            equalised = [EQParams.from_safe(row).apply(clip.audio, clip.sample_rate) for row in chosen]
            for name, describe in describes.items():
                scored = [describe(audio, clip.sample_rate) for audio in equalised]
                scores[name][word].append([score["bright"] - score["warm"] for score in scored])
    return {name: _areas(own["bright"], own["warm"]) for name, own in scores.items()}


def _areas(bright: list[list[float]], warm: list[list[float]]) -> dict[str, float]:
    within = [area_under_curve(*versions) for versions in zip(bright, warm, strict=True)]
    across = area_under_curve(np.ravel(bright), np.ravel(warm))
    return {"auc_within": float(np.mean(within)), "auc_across": across}


def blind_error(
    estimates: Mapping[str, Estimate], clips: Iterable[Clip], settings: Settings, n_settings: int = 12, seed: int = 0
) -> pd.DataFrame:
    """Equalise clips with settings that training did not use, and compare each estimate of the response with the true.

    Responses are compared at `GRID_HZ` without their means, which nobody can hear.

    Returns
    -------
    one row per system, ``flat`` (none assumed) first: rms_db over all, median_db over clips and settings
    """
    rng = np.random.default_rng(seed)
    errors: dict[str, list[float]] = {"flat": [], **{name: [] for name in estimates}}
    for clip in clips:
        for index in rng.choice(len(settings), min(n_settings, len(settings)), replace=False):
            params = EQParams.from_safe(settings.parameters[index])
            audio, wanted = params.apply(clip.audio, clip.sample_rate), params.response(GRID_HZ, 44_100)
            wanted = wanted - wanted.mean()
            errors["flat"].append(np.sqrt(np.mean(wanted**2)))
            for name, estimate in estimates.items():
                errors[name].append(np.sqrt(np.mean((estimate(audio, clip.sample_rate) - wanted) ** 2)))
    rows = [
        {"system": name, "rms_db": float(np.sqrt(np.mean(np.square(e)))), "median_db": float(np.median(e))}
        for name, e in errors.items()
    ]
    return pd.DataFrame(rows)


def area_under_curve(positive: Sequence[float] | np.ndarray, negative: Sequence[float] | np.ndarray) -> float:
    """Return the probability that a positive score exceeds a negative one (Mann-Whitney), ties counting half."""
    ranks = rankdata(np.concatenate([positive, negative]))
    n, m = len(positive), len(negative)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))
