"""Fit the 13 parameters to a curve in dB: bounded least squares from several starting points."""

from __future__ import annotations

import numpy as np

from model.eq import FLAT, GAIN_LIMIT_DB, GAINS, GRID_HZ, denormalise, normalise, response_db, sort_peaks

FIT_RATE_HZ = 44_100
# Weighs a gain of 1 dB as a misfit of 0.02 dB at one frequency: enough to stop bands that fight each other.
_GAIN_PENALTY = 0.02
_STEP = 1e-6


def fit_curve(
    target_db: np.ndarray,
    starts: int,
    rng: np.random.Generator,
    frequencies_hz: np.ndarray = GRID_HZ,
    weights: np.ndarray | None = None,
    evaluations: int = 200,
    first: np.ndarray | None = None,
) -> np.ndarray:
    """Return the 13 parameters [13] whose response comes nearest to a curve.

    Parameters
    ----------
    target_db : float array [frequencies]
    starts : int
        Random starting points; the best fit is kept.
    rng : Generator
    frequencies_hz : float array [frequencies]
    weights : float array [frequencies], optional
        How much each frequency counts; the curve's level is then left free. Without them all count the same, and the
        level counts.
    evaluations : int
        At most so many per starting point.
    first : float array [13], optional
        A setting to start from in place of the first random one.
    """
    from scipy.optimize import least_squares

    share = None if weights is None else weights / weights.sum()
    scale = np.ones(len(target_db)) if share is None else np.sqrt(share * len(target_db))

    def misfits(rows: np.ndarray) -> np.ndarray:
        errors = response_db(denormalise(rows), frequencies_hz, FIT_RATE_HZ) - target_db
        if share is not None:
            errors = errors - (errors @ share)[:, None]
        return np.concatenate([scale * errors, _GAIN_PENALTY * GAIN_LIMIT_DB * rows[:, GAINS]], axis=1)

    def slopes(values: np.ndarray) -> np.ndarray:
        # Forward differences, all at once; towards 0, so that no value leaves its range.
        steps = np.where(values > 0, -_STEP, _STEP)
        return ((misfits(values + np.diag(steps)) - misfits(values[None])) / steps[:, None]).T

    fits = []
    for index in range(starts):
        start = np.clip(normalise(FLAT) + rng.uniform(-0.5, 0.5, 13), -0.99, 0.99)
        start[GAINS] = rng.uniform(-0.3, 0.3, 5)
        if index == 0 and first is not None:
            start = np.clip(normalise(first), -0.99, 0.99)
        options = {"bounds": (-1, 1), "max_nfev": evaluations}
        fits.append(least_squares(lambda row: misfits(row[None])[0], start, slopes, **options))
    best = min(fits, key=lambda fit: fit.cost)
    return sort_peaks(denormalise(best.x[None]))[0]
