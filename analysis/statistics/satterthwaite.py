"""A fitted crossed model, and its tests with Satterthwaite's degrees of freedom.

As lmerTest has it (Kuznetsova, Brockhoff & Christensen, 2017): the variance of a contrast is a function of the variance
parameters, whose covariance is twice the inverse Hessian of the deviance; df = 2 variance^2 / Var(variance).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import stats

from analysis.statistics.crossed import Evaluation, Reml

STEP = 1e-4
LEAST_DF = 1.0  # of a variance; below, the upper end of its interval is beyond 30 times the SD and says nothing
CONTRASTS = ["estimate", "se", "df", "t", "p", "ci_low", "ci_high"]
VARIANCES = ["group", "term", "variance", "sd", "sd_low", "sd_high", "correlations"]


@dataclass(frozen=True)
class CrossedFit:
    """A fitted model.

    Attributes
    ----------
    reml
        What was fitted.
    theta
        The relative covariance factor; parameters that are not `free` are zero and take no part in the tests.
    free
        bool, by parameter.
    deviance
        -2 log of the restricted likelihood.
    converged
        The gradient vanishes at the optimum.
    """

    reml: Reml
    theta: np.ndarray
    free: np.ndarray
    deviance: float
    converged: bool

    @cached_property
    def sigma(self) -> float:
        """Residual SD."""
        return float(np.sqrt(self._at.rss / self.reml.dof))

    @cached_property
    def estimate(self) -> np.ndarray:
        """Fixed effects."""
        found = self._at.estimate.copy()
        found[0] += self.reml.shift
        return found

    @cached_property
    def covariance(self) -> np.ndarray:
        """Covariance of the fixed effects."""
        return self.sigma**2 * self._at.unscaled

    @cached_property
    def _at(self) -> Evaluation:
        return self.reml.evaluate(self.theta)

    @cached_property
    def _curvature(self) -> tuple[np.ndarray, np.ndarray]:
        """Covariance of the free parameters and sigma, and the derivatives of the fixed effects' covariance by them."""
        places = np.flatnonzero(self.free)
        n = len(places) + 1
        hessian, slopes = np.empty((n, n)), np.empty((n, *self.covariance.shape))
        at = np.append(self.theta, self.sigma)
        for i, place in enumerate([*places, len(self.theta)]):
            step = np.zeros_like(at)
            step[place] = STEP * max(abs(at[place]), 0.1)
            (up, above), (down, below) = self._gradient(at + step), self._gradient(at - step)
            hessian[i] = (up - down)[[*places, len(self.theta)]] / (2 * step[place])
            slopes[i] = (above - below) / (2 * step[place])
        values, vectors = np.linalg.eigh((hessian + hessian.T) / 2)
        kept = values > 1e-8 * values.max()
        return 2 * (vectors[:, kept] / values[kept]) @ vectors[:, kept].T, slopes

    def _gradient(self, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gradient of the deviance in (factor, sigma), not profiled, and the fixed effects' covariance."""
        theta, sigma = parameters[:-1], parameters[-1]
        at = self.reml.evaluate(theta)
        by_sigma = 2 * self.reml.dof / sigma - 2 * at.rss / sigma**3
        return np.append(at.traces - at.squares / sigma**2, by_sigma), sigma**2 * at.unscaled

    def degrees_of_freedom(self, weights: np.ndarray) -> np.ndarray:
        """Give Satterthwaite's degrees of freedom of each row of weights on the fixed effects."""
        covariance, slopes = self._curvature
        variance = np.einsum("ij,jk,ik->i", weights, self.covariance, weights)
        gradients = np.einsum("ij,gjk,ik->ig", weights, slopes, weights)
        with np.errstate(divide="ignore"):
            return 2 * variance**2 / np.einsum("ig,gh,ih->i", gradients, covariance, gradients)

    def contrasts(self, weights: np.ndarray) -> pd.DataFrame:
        """Test weighted sums of the fixed effects, shape [contrast, term], against zero; `CONTRASTS`."""
        estimate = weights @ self.estimate
        se = np.sqrt(np.einsum("ij,jk,ik->i", weights, self.covariance, weights))
        df = self.degrees_of_freedom(weights)
        t, reach = estimate / se, stats.t.ppf(0.975, df) * se
        p = 2 * stats.t.sf(np.abs(t), df)
        return pd.DataFrame(
            dict(zip(CONTRASTS, (estimate, se, df, t, p, estimate - reach, estimate + reach), strict=True))
        )

    def f_test(self, weights: np.ndarray) -> tuple[float, int, float, float]:
        """Test that several weighted sums are zero together: F, its degrees of freedom, p (as lmerTest's contestMD)."""
        values, vectors = np.linalg.eigh(weights @ self.covariance @ weights.T)
        kept = values > 1e-10 * values.max()
        independent = vectors[:, kept].T @ weights
        q = int(kept.sum())
        t2 = (independent @ self.estimate) ** 2 / values[kept]
        df = self.degrees_of_freedom(independent)
        f = float(t2.sum() / q)
        ddf = float(df[0]) if q == 1 else _denominator(df)
        return f, q, ddf, float(stats.f.sf(f, q, ddf))

    def variances(self) -> pd.DataFrame:
        """Give each random effect's variance and SD with its 95 % interval by Satterthwaite's chi-squared; `VARIANCES`.

        A variance of zero, or one with less than `LEAST_DF` degrees of freedom, has no interval: it is not determined.
        """
        spread = self._variance_errors()
        rows, start = [], 0
        for term, part in zip(self.reml.terms, self.reml.random.split(self.theta), strict=True):
            lower = term.factor(part)
            matrix = self.sigma**2 * lower @ lower.T
            for i, name in enumerate(term.names):
                sd = np.sqrt(matrix[i, i])
                with np.errstate(invalid="ignore", divide="ignore"):
                    r = matrix[i, :i] / (sd * np.sqrt(np.diag(matrix)[:i])) if term.correlated else []
                correlations = ", ".join(f"{value:.2f}" for value in r)
                rows.append(
                    [term.group, name, matrix[i, i], sd, *_sd_interval(matrix[i, i], spread[start]), correlations]
                )
                start += 1
        rows.append(["residual", "", self.sigma**2, self.sigma, *_sd_interval(self.sigma**2, spread[-1]), ""])
        return pd.DataFrame(rows, columns=VARIANCES)

    def _variance_errors(self) -> np.ndarray:
        """Give the sampling variance of each variance estimate, by the delta method."""
        covariance, _ = self._curvature
        places = [*np.flatnonzero(self.free), len(self.theta)]
        at = np.append(self.theta, self.sigma)
        gradients = []
        for place in places:
            step = np.zeros_like(at)
            step[place] = STEP
            gradients.append((self._all_variances(at + step) - self._all_variances(at - step)) / (2 * STEP))
        g = np.array(gradients)
        return np.einsum("gi,gh,hi->i", g, covariance, g)

    def _all_variances(self, parameters: np.ndarray) -> np.ndarray:
        found = [
            np.diag(term.factor(part) @ term.factor(part).T)
            for term, part in zip(self.reml.terms, self.reml.random.split(parameters[:-1]), strict=True)
        ]
        return parameters[-1] ** 2 * np.concatenate([*found, [1.0]])


def _denominator(df: np.ndarray) -> float:
    """Combine the degrees of freedom of independent t values into F's."""
    if np.ptp(df) < 1e-8:
        return float(df.mean())
    if (df <= 2).any():
        return 2.0
    expected = (df / (df - 2)).sum()
    return float(2 * expected / (expected - len(df)))


def _sd_interval(variance: float, error: float) -> tuple[float, float]:
    if variance <= 0 or not error > 0:
        return np.nan, np.nan
    df = 2 * variance**2 / error
    if df < LEAST_DF:
        return np.nan, np.nan
    low, high = (
        float(np.sqrt(df * variance / limit)) if limit > 0 else np.inf for limit in stats.chi2.ppf([0.975, 0.025], df)
    )
    return low, high
