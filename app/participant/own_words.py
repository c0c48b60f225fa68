"""What a simulated listener means by words: curves drawn from those that SAFE-DB's people meant."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from study.design.listeners import Ear
from study.design.stimuli import Stimulus

if TYPE_CHECKING:
    from model.personal import Prior


def own_words(probes: Mapping[str, Mapping[str, Any]], seed: str) -> Ear:
    """How much a probe sounds like one listener's own word: the correlation of its curve with theirs.

    Parameters
    ----------
    probes : mapping
        Rows of the manifest by id, with ``parameters`` and ``descriptor``.
    seed : str
        Fixes the listener.
    """
    prior = _prior()

    def ear(sound: Stimulus) -> float:
        row = probes[sound.id]
        index = prior.descriptors.index(row["descriptor"])
        digest = hashlib.sha256(f"{seed}/{row['descriptor']}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest))
        own = rng.multivariate_normal(prior.means[index], prior.covariances[index])
        shape = prior.shapes(np.array([row["parameters"]]))[0]
        return float(shape @ own / max(float(np.linalg.norm(shape) * np.linalg.norm(own)), 1e-9))

    return ear


@cache
def _prior() -> Prior:
    from model.personal import Prior  # with PyTorch, which most simulated studies do without

    return Prior.load()
