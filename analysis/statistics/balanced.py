"""The main model's test of complete differences in closed form, and studies drawn as the mean squares that it needs.

Of differences d = mean + participant + clip + residual, complete over participants and clips, the mean squares MS_P,
MS_C and MS_R are independent multiples of chi-squared. REML's variance of the mean is (MS_P + MS_C - MS_R) / (n k) with
Satterthwaite's degrees of freedom; where a variance is estimated as zero, its mean square is pooled with the
residual's, as the main model leaves the term out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Expected = tuple[float | np.ndarray, float | np.ndarray, float | np.ndarray]
"""Of participants, clips and the residual; an array has one of each study."""


@dataclass(frozen=True)
class MeanSquares:
    """Mean squares of studies, shape [study], and their degrees of freedom."""

    participant: np.ndarray
    clip: np.ndarray
    residual: np.ndarray
    dof: tuple[int, int, int]

    @classmethod
    def drawn(cls, expected: Expected, dof: tuple[int, int, int], n: int, rng: np.random.Generator) -> MeanSquares:
        """Draw the mean squares of n studies from what they are expected to be; expectations may be of each study."""
        participant, clip, residual = (mean * rng.chisquare(df, n) / df for mean, df in zip(expected, dof, strict=True))
        return cls(participant, clip, residual, dof)

    def variance(self) -> tuple[np.ndarray, np.ndarray]:
        """Give the variance of the mean times the number of differences, and its degrees of freedom."""
        (p, c, r), (n_p, n_c, n_r) = (self.participant, self.clip, self.residual), self.dof
        with_p = (p * n_p + r * n_r) / (n_p + n_r)  # the residual's mean square without a term for participants
        with_c = (c * n_c + r * n_r) / (n_c + n_r)
        with_both = (p * n_p + c * n_c + r * n_r) / (n_p + n_c + n_r)
        no_p, no_c = p <= r, c <= r
        cases = [no_p & (c > with_p), no_c & (p > with_c), no_p | no_c]
        both = p + c - r
        df = both**2 / (p**2 / n_p + c**2 / n_c + r**2 / n_r)
        return (
            np.select(cases, [c, p, with_both], both),
            np.select(cases, [float(n_c), float(n_p), float(n_p + n_c + n_r)], df),
        )


def mean_squares(grid: np.ndarray) -> MeanSquares:
    """Give the mean squares of complete differences, shape [participant, clip]."""
    n, k = grid.shape
    by_participant, by_clip, mean = grid.mean(axis=1), grid.mean(axis=0), grid.mean()
    rest = grid - by_participant[:, None] - by_clip + mean
    dof = (n - 1, k - 1, (n - 1) * (k - 1))
    found = (k * ((by_participant - mean) ** 2).sum(), n * ((by_clip - mean) ** 2).sum(), (rest**2).sum())
    participant, clip, residual = (np.array([total / df]) for total, df in zip(found, dof, strict=True))
    return MeanSquares(participant, clip, residual, dof)
