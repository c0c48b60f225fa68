"""Ratings laid out as matrices of participants by stimuli or clips, and trials paired with their repeats."""

import numpy as np
import pandas as pd

from analysis.data.ratings import LABELS, Ratings


def stimulus_grid(ratings: Ratings) -> np.ndarray:
    """Lay out the ratings as [participant, stimulus]; NaN where there is none."""
    main = ratings.main[ratings.main["rating"].notna()]
    codes = [main[name].cat.codes.to_numpy() for name in ("descriptor", "clip", "condition")]
    shape = [len(ratings.levels(name)) for name in ("descriptor", "clip", "condition")]
    used, stimulus = np.unique(np.ravel_multi_index(codes, shape), return_inverse=True)
    grid = np.full((len(ratings.levels("participant")), len(used)), np.nan)
    grid[main["participant"].cat.codes.to_numpy(), stimulus] = main["rating"].to_numpy()
    return grid[np.isfinite(grid).any(axis=1)]


def differences(ratings: Ratings, descriptor: str, a: str, b: str) -> np.ndarray:
    """Lay out a - b as [participant, clip] for one descriptor."""
    conditions = ratings.levels("condition")
    grid = condition_grid(ratings, descriptor)
    return grid[:, :, conditions.index(a)] - grid[:, :, conditions.index(b)]


def repeats(ratings: Ratings) -> pd.DataFrame:
    """Pair each repeated trial with its first rating: the labels, first, second."""
    extra = ratings.extra
    again = extra[(extra["kind"] == "repeat") & extra["rating"].notna()] if "kind" in extra else extra
    labels = list(LABELS)
    first = ratings.main[[*labels, "rating"]].dropna().rename(columns={"rating": "first"})
    second = again[[*labels, "rating"]].rename(columns={"rating": "second"})
    if second.empty:
        return pd.DataFrame(columns=[*labels, "first", "second"])
    wanted = first[first["participant"].isin(second["participant"].unique())].astype(dict.fromkeys(labels, str))
    return second.astype(dict.fromkeys(labels, str)).merge(wanted, on=labels)[[*labels, "first", "second"]]


def condition_grid(ratings: Ratings, descriptor: str) -> np.ndarray:
    """Lay out one descriptor's ratings as [participant, clip, condition]; NaN where there is none."""
    main = ratings.main[ratings.main["descriptor"] == descriptor]
    names = ("participant", "clip", "condition")
    grid = np.full([len(ratings.levels(name)) for name in names], np.nan)
    grid[tuple(main[name].cat.codes.to_numpy() for name in names)] = main["rating"].to_numpy()
    return grid
