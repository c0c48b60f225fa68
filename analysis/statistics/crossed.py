"""Linear mixed models whose random effects are crossed, participants by clips, by restricted maximum likelihood (REML).

A random term is a set of columns (an intercept, slopes) and its levels: participants, descriptors within participants,
clips, descriptors within clips. The covariance of the ratings is sigma^2 H with H = I + Z L L' Z', L the relative
covariance factor; the criterion is lme4's profiled REML deviance (Bates, Maechler, Bolker & Walker, 2015, equation 41)
and its gradient follows from P = H^-1 - H^-1 X (X' H^-1 X)^-1 X' H^-1: tr(P dH) - dof y'P dH P y / y'Py.

Participants are eliminated one block at a time, those who rated the same stimuli together, so that what remains is as
small as the clips' random effects, however many the participants.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import linalg, optimize

from analysis.statistics.design import Design
from analysis.statistics.random_effects import RandomEffects, Side, Term


@dataclass(frozen=True)
class Evaluation:
    """The criterion at one relative covariance factor.

    Attributes
    ----------
    log_det
        log |H| + log |X' H^-1 X|.
    rss
        y'Py.
    traces, squares
        tr(P dH) and y'P dH P y, by parameter.
    estimate, unscaled
        Fixed effects, and their covariance over sigma^2.
    """

    log_det: float
    rss: float
    traces: np.ndarray
    squares: np.ndarray
    estimate: np.ndarray
    unscaled: np.ndarray


@dataclass
class Reml:
    """The criterion of one design and its random terms."""

    design: Design
    terms: list[Term]
    dof: float = field(init=False)

    def __post_init__(self) -> None:
        counts, fixed = self.design.counts, self.design.fixed
        n = counts.sum()
        self.dof = float(n - fixed.shape[1])
        self.shift = self.design.sums.sum() / n
        sums = self.design.sums - self.shift * counts
        self.y_squared = float(self.design.sum_of_squares - n * self.shift**2)
        self.n_stimuli = counts.shape[1]
        self.random = RandomEffects(self.terms, self.n_stimuli)
        self.of_participant = self.random.columns("participant")
        self.of_clip = self.random.columns("clip")
        self.n_clip = self.of_clip.shape[1]
        u = np.hstack([self.of_clip, fixed])
        self.gram = u.T @ (u * counts.sum(axis=0)[:, None])
        self.gram_y = u.T @ sums.sum(axis=0)
        self._by_pattern(counts, sums, u)

    def _by_pattern(self, counts: np.ndarray, sums: np.ndarray, u: np.ndarray) -> None:
        patterns, group = np.unique(counts, axis=0, return_inverse=True)
        z = self.of_participant
        self.sizes = np.bincount(group.ravel()).astype(float)
        self.inner = np.einsum("is,ps,js->pij", z.T, patterns, z.T, optimize=True)
        self.cross = np.einsum("is,ps,sr->pir", z.T, patterns, u, optimize=True)
        own = sums @ z
        order = np.argsort(group.ravel(), kind="stable")
        starts = np.concatenate([[0], np.cumsum(self.sizes)[:-1]]).astype(int)
        self.own_sum = np.add.reduceat(own[order], starts)
        members = np.split(own[order], starts[1:])
        self.own_squares = np.array([rows.T @ rows for rows in members])

    def evaluate(self, theta: np.ndarray) -> Evaluation:
        """Evaluate the criterion; LinAlgError where the fixed effects cannot be told apart."""
        lower, q = self.random.factor(theta, "participant"), self.n_clip
        spread = np.eye(len(lower)) + lower.T @ self.inner @ lower
        weights = lower @ np.linalg.solve(spread, np.broadcast_to(lower.T, spread.shape))
        weighted = weights @ self.cross
        gram = self.gram - np.tensordot(self.sizes[:, None, None] * self.cross, weighted, axes=([0, 1], [0, 1]))
        gram_y = self.gram_y - np.einsum("pir,pi->r", weighted, self.own_sum)
        y_squared = self.y_squared - float((weights * self.own_squares).sum())
        log_det = float(self.sizes @ np.linalg.slogdet(spread)[1])
        scale = np.eye(len(gram))
        scale[:q, :q] = self.random.factor(theta, "clip")
        penalised = scale.T @ gram @ scale
        penalised[np.arange(q), np.arange(q)] += 1
        chol = linalg.cholesky(penalised, lower=True)
        log_det += 2 * float(np.log(np.diag(chol)).sum())
        half = linalg.solve_triangular(chol, scale.T, lower=True)
        inverse = half.T @ half
        solution = inverse @ gram_y
        traces, squares = self._derivatives(theta, gram, gram_y, weights, inverse, solution)
        return Evaluation(log_det, y_squared - gram_y @ solution, traces, squares, solution[q:], inverse[q:, q:])

    def _derivatives(
        self,
        theta: np.ndarray,
        gram: np.ndarray,
        gram_y: np.ndarray,
        weights: np.ndarray,
        inverse: np.ndarray,
        solution: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        q = self.n_clip
        of_clip = gram[:q, :q] - gram[:q] @ inverse @ gram[:, :q]
        v = gram_y[:q] - gram[:q] @ solution
        rest = np.eye(self.inner.shape[1]) - self.inner @ weights
        reached = rest @ self.cross
        of_person = rest @ self.inner - reached @ inverse @ reached.transpose(0, 2, 1)
        of_person = np.tensordot(self.sizes, of_person, axes=(0, 0))
        fitted = self.cross @ solution
        outer = self.own_sum[:, :, None] * fitted[:, None, :]
        squares = self.own_squares - outer - outer.transpose(0, 2, 1)
        squares += self.sizes[:, None, None] * fitted[:, :, None] * fitted[:, None, :]
        of_person_y = (rest @ squares @ rest.transpose(0, 2, 1)).sum(axis=0)
        return self._by_parameter(theta, of_person, of_clip), self._by_parameter(theta, of_person_y, np.outer(v, v))

    def _by_parameter(self, theta: np.ndarray, of_person: np.ndarray, of_clip: np.ndarray) -> np.ndarray:
        sides: dict[Side, np.ndarray] = {"participant": of_person, "clip": of_clip}
        return self.random.by_parameter({s: 2 * m @ self.random.factor(theta, s) for s, m in sides.items()})

    def profiled(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Give the profiled deviance and its gradient."""
        try:
            at = self.evaluate(theta)
        except linalg.LinAlgError:
            return 1e300, np.zeros_like(theta)
        if at.rss <= 0:
            return 1e300, np.zeros_like(theta)
        deviance = at.log_det + self.dof * (1 + np.log(2 * np.pi * at.rss / self.dof))
        return deviance, at.traces - self.dof * at.squares / at.rss

    def minimise(self, start: np.ndarray | None = None) -> tuple[np.ndarray, float, bool]:
        """Search the optimum; the factor, the deviance, and whether the gradient vanishes there."""
        start = self.random.start() if start is None else start
        if not start.size:
            return start, self.profiled(start)[0], True
        options = {"gtol": 1e-5, "maxiter": 500}
        found = optimize.minimize(self.profiled, start, jac=True, method="BFGS", options=options)
        flat = np.abs(found.jac).max() < 2e-3 * max(1.0, abs(found.fun) / 1e3)
        return self.random.upright(found.x), float(found.fun), bool(flat)

    def has_residual(self) -> bool:
        """Tell whether anything is left over once every random effect is free."""
        if self.y_squared <= 0:
            return False
        try:
            return self.evaluate(1e3 * self.random.start()).rss > 1e-5 * self.y_squared
        except linalg.LinAlgError:
            return False
