"""A small study made up for the tests: known effects, participants p01.., clips, four conditions, two descriptors."""

import numpy as np
import pandas as pd

CONDITIONS = ("original", "semantic", "flow", "static")
EFFECTS = np.array([-0.6, 0.7, 0.1, 0.2])


def example(participants=8, clips=4, descriptors=("warm", "bright"), seed=0):
    """Give a tidy table of whole ratings from 1 to 7, in the order of the design."""
    rng = np.random.default_rng(seed)
    p, d, c, k = (x.ravel() for x in np.indices((participants, len(descriptors), clips, len(CONDITIONS))))
    latent = (
        4 + rng.normal(0, 0.7, participants)[p] + rng.normal(0, 0.5, clips)[c] + EFFECTS[k] + rng.normal(0, 1, p.size)
    )
    return pd.DataFrame(
        {
            "participant": [f"p{i + 1:02d}" for i in p],
            "descriptor": np.array(descriptors)[d],
            "clip": [f"clip{i + 1}" for i in c],
            "condition": np.array(CONDITIONS)[k],
            "rating": np.clip(np.rint(latent), 1, 7).astype(int),
        }
    )
