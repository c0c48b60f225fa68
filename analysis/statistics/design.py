"""Ratings as counts and sums per participant and stimulus, and the fixed effects of each stimulus: what the mixed
models are fitted from.

Everything a model knows about a rating, apart from who gave it, is known of its stimulus, so that a million ratings
shrink to one table of participants by stimuli.
"""

from dataclasses import dataclass

import numpy as np

from analysis.data.ratings import Ratings


@dataclass(frozen=True)
class Design:
    """The data of a mixed model.

    Attributes
    ----------
    counts, sums
        Ratings per participant and stimulus, and their sum; shape [participant, stimulus].
    sum_of_squares
        Of all ratings.
    fixed
        Fixed effects of each stimulus, intercept first; shape [stimulus, term].
    terms
        Names of the fixed effects: `Intercept`, `condition[T.flow]`, `condition[T.flow]:descriptor[T.bright]`
        (treatment coding, the first level of each factor is the reference; names as statsmodels and patsy write them).
    clip, condition, descriptor
        Index of each stimulus's clip, condition and descriptor.
    """

    counts: np.ndarray
    sums: np.ndarray
    sum_of_squares: float
    fixed: np.ndarray
    terms: list[str]
    clip: np.ndarray
    condition: np.ndarray
    descriptor: np.ndarray


def rated_by_level(design: Design, level: np.ndarray, of_participants: bool) -> tuple[int, bool]:
    """Count the levels of a group that have ratings, and tell whether any has several conditions.

    Parameters
    ----------
    level
        Of each stimulus.
    of_participants
        Each participant has levels of their own; else all ratings of a stimulus are of its level.
    """
    ratings = design.counts if of_participants else design.counts.sum(axis=0)[None]
    n = [
        ratings[:, (level == one) & (design.condition == condition)].any(axis=1)
        for one in np.unique(level)
        for condition in np.unique(design.condition)
    ]
    conditions = np.array(n).reshape(len(np.unique(level)), -1, len(ratings)).sum(axis=1)
    return int((conditions > 0).sum()), bool((conditions > 1).any())


def design(ratings: Ratings) -> Design:
    """Lay out rating ~ condition * descriptor; terms that the data cannot tell (an empty cell) are left out."""
    main = ratings.main[ratings.main["rating"].notna()]
    factors = ["descriptor", "clip", "condition"]
    levels = [ratings.levels(name) for name in factors]
    shape = tuple(len(names) for names in levels)
    stimulus = np.ravel_multi_index([main[name].cat.codes.to_numpy() for name in factors], shape)
    used, stimulus = np.unique(stimulus, return_inverse=True)
    participant, n_participants = main["participant"].cat.codes.to_numpy(), len(ratings.levels("participant"))
    index = participant.astype(np.int64) * len(used) + stimulus
    size = n_participants * len(used)
    rating = main["rating"].to_numpy()
    counts = np.bincount(index, minlength=size).reshape(n_participants, -1).astype(float)
    sums = np.bincount(index, weights=rating, minlength=size).reshape(n_participants, -1)
    descriptor, clip, condition = np.unravel_index(used, shape)
    fixed, terms = treatment(condition, levels[2], descriptor, levels[0])
    rated = counts.any(axis=1)
    return Design(
        counts[rated],
        sums[rated],
        float(rating @ rating),
        fixed,
        terms,
        np.unique(clip, return_inverse=True)[1],
        condition,
        descriptor,
    )


def intercept_only(grid: np.ndarray) -> Design:
    """Lay out values [participant, item], NaN where missing, as 1 + (1 | participant) + (1 | item); the items take
    the clips' place."""
    return with_fixed(grid, np.ones((grid.shape[1], 1)), ["Intercept"])


def with_fixed(grid: np.ndarray, fixed: np.ndarray, terms: list[str]) -> Design:
    """Lay out values [participant, item], NaN where missing, with fixed effects of the items, shape [item, term]."""
    counts, values = np.isfinite(grid).astype(float), np.nan_to_num(grid)
    rated = counts.any(axis=1)
    n = grid.shape[1]
    none = np.zeros(n, dtype=int)
    return Design(counts[rated], values[rated], float((values**2).sum()), fixed, terms, np.arange(n), none, none)


def treatment(
    condition: np.ndarray, conditions: list[str], descriptor: np.ndarray, descriptors: list[str]
) -> tuple[np.ndarray, list[str]]:
    """Code condition * descriptor with treatment contrasts, without terms that are empty or follow from others.

    Parameters
    ----------
    condition, descriptor
        Level of each stimulus, shape [stimulus].

    Returns
    -------
    np.ndarray
        Shape [stimulus, term].
    list of str
        The terms' names.
    """
    by_condition = {f"condition[T.{name}]": condition == k for k, name in enumerate(conditions) if k}
    by_descriptor = {f"descriptor[T.{name}]": descriptor == k for k, name in enumerate(descriptors) if k}
    columns = {"Intercept": np.ones(len(condition), dtype=bool), **by_condition, **by_descriptor}
    for b, in_descriptor in by_descriptor.items():
        columns |= {f"{a}:{b}": in_condition & in_descriptor for a, in_condition in by_condition.items()}
    kept: dict[str, np.ndarray] = {}
    for name, column in columns.items():
        matrix = np.array([*kept.values(), column], dtype=float)
        if np.linalg.matrix_rank(matrix) == len(matrix):
            kept[name] = column.astype(float)
    return np.array(list(kept.values())).T, list(kept)
