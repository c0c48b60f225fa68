"""A cumulative logit model with crossed random intercepts: a check on treating 1 to 7 as numbers.

logit P(rating <= k) = alpha_k - eta with eta = fixed + participant + clip, by maximum likelihood with Laplace's
approximation, as R's `ordinal::clmm` (Christensen, 2022). For the logistic distribution F with density f, an
observation between the thresholds a and b (less eta) has the first derivative F(a) + F(b) - 1 and the second -(f(a)
+ f(b)); the gradient of Laplace's criterion follows by implicit differentiation.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy import linalg, optimize, special

from analysis.data.ratings import Ratings
from analysis.statistics.design import treatment
from analysis.statistics.mixed import wald

MOST_CATEGORIES = 11
MOST_PARTICIPANTS = 200


@dataclass(frozen=True)
class OrdinalFit:
    """A fitted cumulative logit model.

    Attributes
    ----------
    coefficients
        Thresholds (`1|2`) and fixed effects (in logits): term, estimate, se, z, p, ci_low, ci_high.
    variances
        group, variance, in squared logits.
    log_likelihood
        Laplace's approximation of it.
    converged
        The gradient vanishes at the optimum and the likelihood curves down in every direction.
    n_participants
        How many were used: the first `MOST_PARTICIPANTS` at most, this being a check.
    """

    coefficients: pd.DataFrame
    variances: pd.DataFrame
    log_likelihood: float
    converged: bool
    n_participants: int


def fit(ratings: Ratings) -> OrdinalFit | None:
    """Fit rating ~ condition * descriptor + (1 | participant) + (1 | clip) on a cumulative logit scale.

    Returns
    -------
    OrdinalFit or None
        None where the ratings are not whole numbers in few categories, or there is one participant.
    """
    main = ratings.main[ratings.main["rating"].notna() & (ratings.main["participant"].cat.codes < MOST_PARTICIPANTS)]
    categories, category = np.unique(main["rating"].to_numpy(), return_inverse=True)
    n_participants = main["participant"].nunique()
    whole = bool((categories % 1 == 0).all())
    if not whole or not 2 <= len(categories) <= MOST_CATEGORIES or n_participants < 2:
        return None
    codes = {name: main[name].cat.codes.to_numpy() for name in ("condition", "descriptor")}
    stimulus = codes["condition"].astype(np.int64) * len(ratings.levels("descriptor")) + codes["descriptor"]
    _, first, stimulus = np.unique(stimulus, return_index=True, return_inverse=True)
    fixed, terms = treatment(
        codes["condition"][first], ratings.levels("condition"), codes["descriptor"][first], ratings.levels("descriptor")
    )
    groups = [np.unique(main[name].cat.codes.to_numpy(), return_inverse=True)[1] for name in ("participant", "clip")]
    model = _Laplace(category, fixed[:, 1:][stimulus], groups)
    found = optimize.minimize(
        model.objective, model.start(), jac=True, method="BFGS", options={"gtol": 1e-4, "maxiter": 300}
    )
    return model.solution(found.x, categories, terms[1:], n_participants)


class _Laplace:
    """The negative approximate log-likelihood and its gradient in (thresholds, fixed effects, log SDs)."""

    def __init__(self, category: np.ndarray, fixed: np.ndarray, groups: list[np.ndarray]) -> None:
        self.category, self.fixed = category, fixed
        self.n_thresholds = int(category.max())
        kept = [group for group in groups if group.max() > 0]
        self.group_names = [
            name for name, group in zip(("participant", "clip"), groups, strict=True) if group.max() > 0
        ]
        sizes = [int(group.max()) + 1 for group in kept]
        self.offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        self.effects = [group + offset for group, offset in zip(kept, self.offsets, strict=False)]
        self.u = np.zeros(self.offsets[-1])
        self.upper_is_inner = category < self.n_thresholds
        self.lower_is_inner = category > 0

    def start(self) -> np.ndarray:
        share = np.cumsum(np.bincount(self.category))[:-1] / len(self.category)
        return np.concatenate([special.logit(share), np.zeros(self.fixed.shape[1]), np.zeros(len(self.effects))])

    def split(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        k, m = self.n_thresholds, self.fixed.shape[1]
        return x[:k], x[k : k + m], np.exp(x[k + m :])

    def bounds(self, alpha: np.ndarray, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        edges = np.concatenate([[-np.inf], alpha, [np.inf]])
        return special.expit(edges[self.category + 1] - eta), special.expit(edges[self.category] - eta)

    def hessian(self, weight: np.ndarray, sigma: np.ndarray) -> np.ndarray:
        size = self.offsets[-1]
        flat = np.zeros(size * size)
        for i, a in enumerate(self.effects):
            for j, b in enumerate(self.effects):
                flat += np.bincount(a * size + b, weights=weight * (sigma[i] * sigma[j]), minlength=size * size)
        return np.eye(size) + flat.reshape(size, size)

    def project(self, values: np.ndarray, sigma: np.ndarray) -> np.ndarray:
        """Give Z' values."""
        sums = [
            np.bincount(a, weights=values, minlength=self.offsets[-1]) * s
            for a, s in zip(self.effects, sigma, strict=True)
        ]
        return np.sum(sums, axis=0)

    def random(self, u: np.ndarray, sigma: np.ndarray) -> np.ndarray:
        """Give Z u."""
        return np.sum([u[a] * s for a, s in zip(self.effects, sigma, strict=True)], axis=0)

    def mode(
        self, alpha: np.ndarray, fixed: np.ndarray, sigma: np.ndarray
    ) -> tuple[np.ndarray, float, tuple[Any, ...]]:
        """Find the random effects of highest penalised likelihood by damped Newton steps; starts where the last
        search ended."""
        u = self.u

        def penalised(u: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
            upper, lower = self.bounds(alpha, fixed + self.random(u, sigma))
            return float(np.log(np.maximum(upper - lower, 1e-300)).sum() - u @ u / 2), upper, lower

        value, upper, lower = penalised(u)
        for _ in range(50):
            gradient = self.project(upper + lower - 1, sigma) - u
            chol = linalg.cho_factor(self.hessian(upper * (1 - upper) + lower * (1 - lower), sigma))
            step = linalg.cho_solve(chol, gradient)
            if np.abs(step).max() < 1e-10:
                break
            scale = 1.0
            while (trial := penalised(u + scale * step))[0] < value - 1e-9 and scale > 1e-4:
                scale /= 2
            u, (value, upper, lower) = u + scale * step, trial
        self.u = u
        return u, value, (upper, lower, chol)

    def objective(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        alpha, beta, sigma = self.split(x)
        if (np.diff(alpha) <= 0).any() or (sigma > 1e3).any():
            return 1e300, np.zeros_like(x)
        u, value, (upper, lower, chol) = self.mode(alpha, self.fixed @ beta, sigma)
        inverse = linalg.cho_solve(chol, np.eye(len(u)))
        log_likelihood = value - np.log(np.diag(chol[0])).sum()
        return -log_likelihood, -self._gradient(u, upper, lower, inverse, sigma)

    def _gradient(
        self, u: np.ndarray, upper: np.ndarray, lower: np.ndarray, inverse: np.ndarray, sigma: np.ndarray
    ) -> np.ndarray:
        f_upper, f_lower = upper * (1 - upper), lower * (1 - lower)
        slope_upper, slope_lower = f_upper * (1 - 2 * upper), f_lower * (1 - 2 * lower)
        g, w, probability = upper + lower - 1, f_upper + f_lower, np.maximum(upper - lower, 1e-300)
        # z' H^-1 for each observation, by group: rows of the inverse added up
        along = [
            np.sum([s * inverse[b, a] for b, s in zip(self.effects, sigma, strict=True)], axis=0) for a in self.effects
        ]
        leverage = np.sum([s * row for s, row in zip(sigma, along, strict=True)], axis=0)
        q = -leverage * (slope_upper + slope_lower)
        r = inverse @ self.project(q, sigma)
        s_obs = self.random(r, sigma)
        by_eta = g - 0.5 * (q - s_obs * w)
        k = self.n_thresholds
        at_upper = f_upper / probability - 0.5 * (leverage * slope_upper + s_obs * f_upper)
        at_lower = -f_lower / probability - 0.5 * (leverage * slope_lower + s_obs * f_lower)
        by_alpha = np.bincount(self.category[self.upper_is_inner], weights=at_upper[self.upper_is_inner], minlength=k)
        by_alpha += np.bincount(
            self.category[self.lower_is_inner] - 1, weights=at_lower[self.lower_is_inner], minlength=k
        )
        by_sigma = [
            (by_eta * u[a] - w * row - 0.5 * r[a] * g).sum() * s
            for a, row, s in zip(self.effects, along, sigma, strict=True)
        ]
        return np.concatenate([by_alpha, self.fixed.T @ by_eta, by_sigma])

    def solution(self, x: np.ndarray, categories: np.ndarray, terms: list[str], n_participants: int) -> OrdinalFit:
        value, gradient = self.objective(x)
        step = 1e-4
        curvature = np.array(
            [(self.objective(x + step * e)[1] - self.objective(x - step * e)[1]) / (2 * step) for e in np.eye(len(x))]
        )
        n_fixed = self.n_thresholds + self.fixed.shape[1]
        curvature = (curvature + curvature.T) / 2
        interior = np.exp(x[n_fixed:]) > 1e-3
        free = np.concatenate([np.ones(n_fixed, dtype=bool), interior])
        positive = bool((np.linalg.eigvalsh(curvature[np.ix_(free, free)]) > 0).all())
        covariance = np.linalg.pinv(curvature[np.ix_(free, free)])
        labels = [f"{a:g}|{b:g}" for a, b in pairwise(categories)]
        table = wald([*labels, *terms], x[:n_fixed], np.sqrt(np.abs(np.diag(covariance)[:n_fixed])))
        variances = pd.DataFrame({"group": self.group_names, "variance": np.exp(2 * x[n_fixed:])})
        converged = positive and bool(np.abs(gradient).max() < 1e-2)
        return OrdinalFit(table, variances, -value, converged, n_participants)
