"""Participant means: one number per participant, descriptor and condition, the unit of most tests."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.ratings import Ratings


@dataclass(frozen=True)
class Cells:
    """Participant means and how many ratings each is made of.

    Attributes
    ----------
    means, counts
        Shape [participant, descriptor, condition]; a cell without a rating has mean NaN and count 0.
    """

    means: np.ndarray
    counts: np.ndarray
    participants: list[str]
    descriptors: list[str]
    conditions: list[str]

    def complete(self) -> np.ndarray:
        """Tell which participants have every cell; bool [participant]."""
        return np.isfinite(self.means).all(axis=(1, 2))

    def empty(self) -> list[tuple[str, str]]:
        """List the (descriptor, condition) that nobody rated."""
        return [(self.descriptors[i], self.conditions[j]) for i, j in np.argwhere(self.counts.sum(axis=0) == 0)]

    def missing(self) -> pd.DataFrame:
        """List the cells without a rating: participant, descriptor, condition."""
        rows = np.argwhere(self.counts == 0)
        names = (self.participants, self.descriptors, self.conditions)
        return pd.DataFrame(
            {
                key: [labels[i] for i in rows[:, k]]
                for k, (key, labels) in enumerate(zip(("participant", "descriptor", "condition"), names, strict=True))
            }
        )


def cells(ratings: Ratings) -> Cells:
    """Average each participant's ratings within descriptor and condition, whatever clips are there."""
    main = ratings.main
    labels = [ratings.levels(column) for column in ("participant", "descriptor", "condition")]
    shape = tuple(len(names) for names in labels)
    rated = main["rating"].notna().to_numpy()
    codes = [main[column].cat.codes.to_numpy()[rated] for column in ("participant", "descriptor", "condition")]
    index = np.ravel_multi_index(codes, shape)
    size = int(np.prod(shape))
    counts = np.bincount(index, minlength=size)
    sums = np.bincount(index, weights=main["rating"].to_numpy()[rated], minlength=size)
    with np.errstate(invalid="ignore"):
        means = sums / np.where(counts, counts, np.nan)
    return Cells(means.reshape(shape), counts.reshape(shape), *labels)
