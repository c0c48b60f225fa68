"""Linear mixed models with crossed random effects of participant and clip, by restricted maximum likelihood (REML).

The criterion is lme4's profiled REML deviance (Bates, Maechler, Bolker & Walker, 2015, equation 41). Participants
are eliminated one block at a time (a Schur complement), so that what remains is as small as the number of clips: the
data are passed over once, and an evaluation costs the same for 10 participants as for 10,000 whose ratings are
equally many.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg, optimize, stats

from analysis.statistics.design import Design

SINGULAR = 1e-4
GRADIENT_LIMIT = 2e-3
MOST_PRODUCTS = 20_000_000  # numbers kept to make an evaluation independent of the number of participants


@dataclass(frozen=True)
class MixedFit:
    """A fitted model.

    Attributes
    ----------
    coefficients
        term, estimate, se, z, p, ci_low, ci_high (Wald).
    variances
        group (participant, clip, residual; with slopes one row per term of the participant), variance.
    deviance
        -2 log of the restricted likelihood.
    converged
        The gradient vanishes at the optimum.
    singular
        A variance is estimated as zero, or slopes are perfectly correlated.
    covariance
        Of the estimates, shape [term, term].
    """

    coefficients: pd.DataFrame
    variances: pd.DataFrame
    deviance: float
    converged: bool
    singular: bool
    covariance: np.ndarray


def fit(design: Design, slopes: bool = False) -> MixedFit | None:
    """Fit rating ~ fixed + (1 | participant) + (1 | clip), or with slopes + (1 + condition | participant).

    Returns
    -------
    MixedFit or None
        None with fewer than two participants, no degrees of freedom left, or ratings without residual variance.
    """
    n = design.counts.sum()
    if len(design.counts) < 2 or n <= design.fixed.shape[1] + 1:
        return None
    reml = _Reml(design, slopes)
    if not reml.has_residual():
        return None
    theta = optimize.minimize(
        reml.deviance, reml.start(), method="BFGS", jac="3-point", options={"gtol": 1e-5, "maxiter": 500}
    ).x
    return reml.solution(theta)


class _Reml:
    """The profiled criterion as a function of the relative covariance factor (participant's lower triangle, then
    clip)."""

    def __init__(self, design: Design, slopes: bool) -> None:
        counts, self.terms = design.counts, design.terms
        self.n, self.n_terms = counts.sum(), design.fixed.shape[1]
        self.shift = design.sums.sum() / self.n
        sums = design.sums - self.shift * counts
        y_squared = design.sum_of_squares - self.n * self.shift**2
        n_clips = int(design.clip.max()) + 1
        self.n_clips = n_clips if n_clips > 1 else 0
        clip = (design.clip[:, None] == np.arange(self.n_clips)).astype(float)
        columns = np.hstack([clip, design.fixed])
        self.slope_names = ["participant"]
        block = np.ones((len(columns), 1))
        if slopes:
            present = np.unique(design.condition)[1:]
            block = np.hstack([block, (design.condition[:, None] == present).astype(float)])
            self.slope_names += [f"participant: {name}" for name in design.terms[1 : 1 + len(present)]]
        self.k = block.shape[1]
        self.rows, self.columns = np.tril_indices(self.k)
        totals = counts.sum(axis=0)
        self.gram = np.zeros((columns.shape[1] + 1,) * 2)
        self.gram[:-1, :-1] = columns.T @ (columns * totals[:, None])
        self.gram[:-1, -1] = self.gram[-1, :-1] = columns.T @ sums.sum(axis=0)
        self.gram[-1, -1] = y_squared
        self._eliminate(counts, sums, block, columns)

    def _eliminate(self, counts: np.ndarray, sums: np.ndarray, block: np.ndarray, columns: np.ndarray) -> None:
        """Sum what the criterion needs over participants with the same counts; where too many differ, keep each."""
        k, r = self.k, columns.shape[1] + 1
        inner = counts @ (block[:, :, None] * block[:, None, :]).reshape(len(block), -1)
        cross = np.empty((len(counts), k, r))
        cross[:, :, :-1] = (counts @ (block[:, :, None] * columns[:, None, :]).reshape(len(block), -1)).reshape(
            -1, k, r - 1
        )
        cross[:, :, -1] = sums @ block
        patterns, group = np.unique(inner, axis=0, return_inverse=True)
        self.patterns, self.sizes = patterns.reshape(-1, k, k), np.bincount(group.ravel())
        self.cross, self.products = cross, None
        if len(patterns) * (k * r) ** 2 > MOST_PRODUCTS:
            self.patterns, self.sizes = inner.reshape(-1, k, k), np.ones(len(inner))
            return
        products = np.empty((len(patterns), k, k, r, r))
        members = np.split(np.argsort(group.ravel(), kind="stable"), np.cumsum(self.sizes)[:-1])
        for i, rows in enumerate(members):
            flat = cross[rows].reshape(len(rows), -1)
            products[i] = (flat.T @ flat).reshape(k, r, k, r).transpose(0, 2, 1, 3)
        self.products, self.cross = products.reshape(-1, r * r), None

    def start(self) -> np.ndarray:
        return np.concatenate([np.eye(self.k)[self.rows, self.columns], np.ones(1 if self.n_clips else 0)])

    def has_residual(self) -> bool:
        """Tell whether anything is left over once every participant and clip has its own mean."""
        total = self.gram[-1, -1]
        if total <= 0:
            return False
        gram, _ = self.reduced(1e4 * self.start())
        solved = np.linalg.lstsq(gram[:-1, :-1], gram[:-1, -1], rcond=None)[0]
        return bool(gram[-1, -1] - gram[:-1, -1] @ solved > 1e-9 * total)

    def factor(self, theta: np.ndarray) -> np.ndarray:
        lower = np.zeros((self.k, self.k))
        lower[self.rows, self.columns] = theta[: len(self.rows)]
        return lower

    def reduced(self, theta: np.ndarray) -> tuple[np.ndarray, float]:
        """Eliminate participants, then clips: the weighted cross-products of [fixed, y] and log |V|."""
        lower = self.factor(theta)
        spread = np.eye(self.k) + lower.T @ self.patterns @ lower
        weights = lower @ np.linalg.solve(spread, np.broadcast_to(lower.T, spread.shape))
        if self.products is not None:
            explained = (weights.ravel() @ self.products).reshape(self.gram.shape)
        else:
            explained = np.tensordot(self.cross, weights @ self.cross, axes=([0, 1], [0, 1]))
        gram = self.gram - explained
        log_det = float(self.sizes @ np.linalg.slogdet(spread)[1])
        if not self.n_clips:
            return gram, log_det
        q, scale = self.n_clips, theta[-1]
        chol = linalg.cholesky(np.eye(q) + scale**2 * gram[:q, :q], lower=True)
        half = linalg.solve_triangular(chol, scale * gram[:q, q:], lower=True)
        return gram[q:, q:] - half.T @ half, log_det + 2 * float(np.log(np.diag(chol)).sum())

    def deviance(self, theta: np.ndarray) -> float:
        gram, log_det = self.reduced(theta)
        try:
            chol = linalg.cholesky(gram, lower=True)
        except linalg.LinAlgError:
            return 1e300
        dof = self.n - self.n_terms
        rss = chol[-1, -1] ** 2
        log_det_fixed = 2 * np.log(np.diag(chol)[:-1]).sum()
        return float(log_det + log_det_fixed + dof * (1 + np.log(2 * np.pi * rss / dof)))

    def solution(self, theta: np.ndarray) -> MixedFit:
        gram, _ = self.reduced(theta)
        chol = linalg.cho_factor(gram[:-1, :-1])
        estimate = linalg.cho_solve(chol, gram[:-1, -1])
        sigma2 = (gram[-1, -1] - gram[-1, :-1] @ estimate) / (self.n - self.n_terms)
        covariance = sigma2 * linalg.cho_solve(chol, np.eye(self.n_terms))
        estimate[0] += self.shift
        lower = self.factor(theta)
        of_participant = sigma2 * np.diag(lower @ lower.T)
        groups = [*zip(self.slope_names, of_participant, strict=True)]
        groups += [("clip", sigma2 * theta[-1] ** 2)] if self.n_clips else []
        gradient = optimize.approx_fprime(theta, self.deviance, 1e-6)
        diagonal = np.abs(np.concatenate([np.diag(lower), theta[len(self.rows) :]]))
        return MixedFit(
            wald(self.terms, estimate, np.sqrt(np.diag(covariance))),
            pd.DataFrame([*groups, ("residual", sigma2)], columns=["group", "variance"]),
            self.deviance(theta),
            bool(np.abs(gradient).max() < GRADIENT_LIMIT * max(1.0, abs(self.deviance(theta)) / 1e3)),
            bool(diagonal.min() < SINGULAR),
            covariance,
        )


def wald(terms: list[str], estimate: np.ndarray, se: np.ndarray) -> pd.DataFrame:
    """Give term, estimate, se, z, p and the 95 % CI, all by the normal approximation."""
    z, reach = estimate / se, stats.norm.ppf(0.975) * se
    p = 2 * stats.norm.sf(np.abs(z))
    names = ["term", "estimate", "se", "z", "p", "ci_low", "ci_high"]
    return pd.DataFrame(dict(zip(names, [terms, estimate, se, z, p, estimate - reach, estimate + reach], strict=True)))
