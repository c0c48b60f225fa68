"""What a set's EQs do, in numbers: how strong they are and how much they differ from clip to clip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model import EQParams
from stimuli.manifest import Manifest

GRID_HZ = np.geomspace(40, 16000, 97)


@dataclass(frozen=True)
class Difference:
    """The EQs of one condition for one descriptor.

    ``strength_db`` is the root mean square of their curves over log frequency, each curve's own mean (a change of
    level, which loudness matching undoes) taken off; ``difference_db`` is that of the distance between two clips'
    curves, over all pairs.
    """

    condition: str
    descriptor: str
    strength_db: float
    difference_db: float


def curves_db(manifest: Manifest, condition: str, descriptor: str) -> dict[str, np.ndarray]:
    """The EQ curves in dB at `GRID_HZ` by clip; empty for a condition rendered elsewhere."""
    return {
        stimulus.clip: EQParams.from_safe(stimulus.parameters).response(GRID_HZ, manifest.sample_rate_hz)
        for stimulus in manifest.of_kind("stimulus")
        if stimulus.clip
        and stimulus.parameters
        and (stimulus.condition, stimulus.descriptor) == (condition, descriptor)
    }


def differences_db(manifest: Manifest) -> list[Difference]:
    """One row per condition with an EQ and descriptor, in the manifest's order."""
    rows = []
    for condition in manifest.conditions:
        for descriptor in manifest.descriptors:
            curves = np.array(list(curves_db(manifest, condition, descriptor).values()))
            if curves.size:
                curves -= curves.mean(axis=1, keepdims=True)
                # The mean square distance of all pairs is twice the variance (over n - 1) about the mean curve.
                spread = 2 * curves.var(axis=0, ddof=1).mean() if len(curves) > 1 else 0.0
                rows.append(Difference(condition, descriptor, _rms(curves), float(np.sqrt(spread))))
    return rows


def _rms(curves: np.ndarray) -> float:
    return float(np.sqrt((curves**2).mean()))
