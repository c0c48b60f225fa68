"""The cumulative logit model's likelihood with crossed random effects, by Laplace's approximation.

logit P(rating <= k) = alpha_k - eta with eta = X beta + Z Lambda u and u standard normal, as R's `ordinal::clmm`
(Christensen, 2022). For the logistic distribution F with density f, a rating between the thresholds a and b (less eta)
has the first derivative F(a) + F(b) - 1 and the second -(f(a) + f(b)); the gradient of Laplace's criterion follows by
implicit differentiation. Participants share no random effect with each other, so that they are eliminated one block
at a time, as in `crossed`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, special

from analysis.statistics.random_effects import RandomEffects, Term


@dataclass(frozen=True)
class Curvature:
    """The random effects' penalised information I + Lambda'Z'WZ Lambda at their mode, and what it is made of.

    Attributes
    ----------
    of_person, between, of_clip
        Z'WZ of each participant, shape [participant, i, i]; with the clips' [participant, i, r]; of the clips [r, r].
    person_inverse
        Inverse of each participant's block of the information.
    reached
        That times the block shared with the clips, shape [participant, i, r].
    schur
        What is left of the clips' block, factored.
    log_det
        Logarithm of the determinant of it all.
    """

    of_person: np.ndarray
    between: np.ndarray
    of_clip: np.ndarray
    person_inverse: np.ndarray
    reached: np.ndarray
    schur: tuple[np.ndarray, bool]
    log_det: float

    def solve(self, person: np.ndarray, clip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Solve the information for a right-hand side, shapes [participant, i] and [r]."""
        of_clip = linalg.cho_solve(self.schur, clip - np.einsum("pir,pi->r", self.reached, person))
        own = np.einsum("pij,pj->pi", self.person_inverse, person)
        return own - self.reached @ of_clip, of_clip


class Laplace:
    """The negative approximate log-likelihood and its gradient in (thresholds, fixed effects, covariance factor).

    Parameters
    ----------
    category
        Index of the rating's category, -1 where there is no rating; shape [participant, stimulus].
    fixed
        Fixed effects of each stimulus, without an intercept; shape [stimulus, term].
    terms
        Random terms.
    """

    def __init__(self, category: np.ndarray, fixed: np.ndarray, terms: list[Term]) -> None:
        self.rated, self.fixed = category >= 0, fixed
        self.n_thresholds = int(category.max())
        self.random = RandomEffects(terms, category.shape[1])
        self.of_person, self.of_clip = self.random.columns("participant"), self.random.columns("clip")
        self._person_pairs = _products(self.of_person, self.of_person)
        self._clip_pairs = _products(self.of_person, self.of_clip)
        self._upper = np.where(self.rated, category + 1, 0)
        self._lower = np.where(self.rated, category, 0)
        self._inner_upper = self.rated & (category < self.n_thresholds)
        self._inner_lower = self.rated & (category > 0)
        self._mode = np.zeros((len(category), self.of_person.shape[1])), np.zeros(self.of_clip.shape[1])

    def start(self) -> np.ndarray:
        """Give parameters to start from: the thresholds of all ratings together, random effects of unit variance."""
        share = np.cumsum(np.bincount(self._lower[self.rated]))[:-1] / self.rated.sum()
        return np.concatenate([special.logit(share), np.zeros(self.fixed.shape[1]), self.random.start()])

    def split(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Give thresholds, fixed effects, and the parameters of the covariance factor."""
        k, m = self.n_thresholds, self.fixed.shape[1]
        return x[:k], x[k : k + m], x[k + m :]

    def objective(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Give the negative log-likelihood and its gradient."""
        alpha, beta, theta = self.split(x)
        if (np.diff(alpha) <= 0).any() or (np.abs(theta) > 1e3).any():
            return 1e300, np.zeros_like(x)
        factors = self.random.factor(theta, "participant"), self.random.factor(theta, "clip")
        value, upper, lower, at = self._at_mode(alpha, self.fixed @ beta, factors)
        return 0.5 * at.log_det - value, -self._gradient(upper, lower, at, factors)

    def _bounds(self, alpha: np.ndarray, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        edges = np.concatenate([[-np.inf], alpha, [np.inf]])
        return special.expit(edges[self._upper] - eta), special.expit(edges[self._lower] - eta)

    def _at_mode(
        self, alpha: np.ndarray, fixed: np.ndarray, factors: tuple[np.ndarray, np.ndarray]
    ) -> tuple[float, np.ndarray, np.ndarray, Curvature]:
        """Find the random effects of highest penalised likelihood by damped Newton steps; starts where the last
        search ended."""
        of_person, of_clip = self.of_person @ factors[0], self.of_clip @ factors[1]

        def penalised(u: np.ndarray, v: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
            upper, lower = self._bounds(alpha, fixed + u @ of_person.T + of_clip @ v)
            likelihood = np.log(np.maximum(upper - lower, 1e-300))[self.rated].sum()
            return float(likelihood - (u**2).sum() / 2 - v @ v / 2), upper, lower

        u, v = self._mode
        value, upper, lower = penalised(u, v)
        for _ in range(50):
            slope = self._masked(upper + lower - 1)
            at = self._curvature(upper, lower, factors)
            step = at.solve(slope @ of_person - u, slope.sum(axis=0) @ of_clip - v)
            if max(np.abs(part).max(initial=0) for part in step) < 1e-8:
                break
            scale = 1.0
            while (trial := penalised(u + scale * step[0], v + scale * step[1]))[0] < value - 1e-9 and scale > 1e-4:
                scale /= 2
            u, v, (value, upper, lower) = u + scale * step[0], v + scale * step[1], trial
        self._mode = u, v
        return value, upper, lower, at

    def _masked(self, values: np.ndarray) -> np.ndarray:
        return np.where(self.rated, values, 0.0)

    def _curvature(self, upper: np.ndarray, lower: np.ndarray, factors: tuple[np.ndarray, np.ndarray]) -> Curvature:
        weight = self._masked(upper * (1 - upper) + lower * (1 - lower))
        n, i, r = len(weight), self.of_person.shape[1], self.of_clip.shape[1]
        own = (weight @ self._person_pairs).reshape(n, i, i)
        between = (weight @ self._clip_pairs).reshape(n, i, r)
        of_clip = self.of_clip.T @ (self.of_clip * weight.sum(axis=0)[:, None])
        block = np.eye(i) + factors[0].T @ own @ factors[0]
        shared = factors[0].T @ between @ factors[1]
        inverse = np.linalg.inv(block)
        reached = inverse @ shared
        left = np.eye(r) + factors[1].T @ of_clip @ factors[1] - np.einsum("pir,pis->rs", shared, reached)
        schur = linalg.cho_factor(left)
        log_det = float(np.linalg.slogdet(block)[1].sum() + 2 * np.log(np.diag(schur[0])).sum())
        return Curvature(own, between, of_clip, inverse, reached, schur, log_det)

    def _gradient(
        self, upper: np.ndarray, lower: np.ndarray, at: Curvature, factors: tuple[np.ndarray, np.ndarray]
    ) -> np.ndarray:
        """Differentiate the approximate log-likelihood."""
        of_person, of_clip = self.of_person @ factors[0], self.of_clip @ factors[1]
        f_upper, f_lower = upper * (1 - upper), lower * (1 - lower)
        slope_upper, slope_lower = f_upper * (1 - 2 * upper), f_lower * (1 - 2 * lower)
        probability = np.maximum(upper - lower, 1e-300)
        clip_inverse = linalg.cho_solve(at.schur, np.eye(len(at.of_clip)))
        shared_inverse = -at.reached @ clip_inverse
        own_inverse = at.person_inverse - shared_inverse @ at.reached.transpose(0, 2, 1)
        leverage = own_inverse.reshape(len(own_inverse), -1) @ _products(of_person, of_person).T
        leverage += 2 * shared_inverse.reshape(len(own_inverse), -1) @ _products(of_person, of_clip).T
        leverage += ((of_clip @ clip_inverse) * of_clip).sum(axis=1)
        g, w = self._masked(upper + lower - 1), self._masked(f_upper + f_lower)
        q = self._masked(-leverage * (slope_upper + slope_lower))
        r_person, r_clip = at.solve(q @ of_person, q.sum(axis=0) @ of_clip)
        through = r_person @ of_person.T + of_clip @ r_clip
        by_eta = g - 0.5 * (q - through * w)
        at_upper = f_upper / probability - 0.5 * (leverage * slope_upper + through * f_upper)
        at_lower = -f_lower / probability - 0.5 * (leverage * slope_lower + through * f_lower)
        k = self.n_thresholds
        inner, outer = self._inner_upper, self._inner_lower
        by_alpha = np.bincount(self._lower[inner], weights=at_upper[inner], minlength=k)
        by_alpha += np.bincount(self._lower[outer] - 1, weights=at_lower[outer], minlength=k)
        u, v = self._mode
        traces = np.tensordot(own_inverse @ factors[0].T, at.of_person, axes=([0, 2], [0, 1]))
        traces += np.tensordot(shared_inverse @ factors[1].T, at.between, axes=([0, 2], [0, 2]))
        of_clips = np.tensordot(shared_inverse, factors[0].T @ at.between, axes=([0, 1], [0, 1]))
        of_clips += clip_inverse @ factors[1].T @ at.of_clip
        person = (by_eta @ self.of_person).T @ u - traces.T - 0.5 * (g @ self.of_person).T @ r_person
        clip = np.outer(by_eta.sum(axis=0) @ self.of_clip, v) - of_clips.T
        clip -= 0.5 * np.outer(g.sum(axis=0) @ self.of_clip, r_clip)
        by_theta = self.random.by_parameter({"participant": person, "clip": clip})
        return np.concatenate([by_alpha, self.fixed.T @ by_eta.sum(axis=0), by_theta])


def _products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Multiply every column of one with every column of the other, row by row; shape [stimulus, columns of both]."""
    return (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)
