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
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import linalg, optimize

from analysis.statistics.design import Design

Side = Literal["participant", "clip"]


@dataclass(frozen=True)
class Term:
    """Random effects that share one covariance matrix.

    Attributes
    ----------
    group
        Name of the levels: `participant`, `clip`, `participant:descriptor`, `clip:descriptor`.
    side
        Whether each participant has levels of their own, or the levels are those of the stimuli.
    names
        Of the columns; `Intercept` first where there is one.
    columns
        Shape [level, stimulus, column], zero where a stimulus is not of the level.
    correlated
        Estimate the correlations of the columns.
    """

    group: str
    side: Side
    names: tuple[str, ...]
    columns: np.ndarray
    correlated: bool = False

    @property
    def n_parameters(self) -> int:
        """Give the number of elements of the covariance factor."""
        k = len(self.names)
        return k * (k + 1) // 2 if self.correlated else k

    @cached_property
    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """Give row and column of each parameter in the covariance factor."""
        k = len(self.names)
        return np.tril_indices(k) if self.correlated else (np.arange(k), np.arange(k))

    def factor(self, theta: np.ndarray) -> np.ndarray:
        """Give the covariance factor, lower triangular, shape [column, column]."""
        lower = np.zeros((len(self.names),) * 2)
        lower[self.places] = theta
        return lower


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
        self.of_participant = self._columns("participant")
        self.of_clip = self._columns("clip")
        self.n_clip = self.of_clip.shape[1]
        self._filled = {side: self._places(side) for side in ("participant", "clip")}
        u = np.hstack([self.of_clip, fixed])
        self.gram = u.T @ (u * counts.sum(axis=0)[:, None])
        self.gram_y = u.T @ sums.sum(axis=0)
        self._by_pattern(counts, sums, u)

    def _columns(self, side: str) -> np.ndarray:
        """Lay the levels' columns of one side beside each other, shape [stimulus, random effect]."""
        parts = [t.columns.transpose(1, 0, 2).reshape(self.n_stimuli, -1) for t in self.terms if t.side == side]
        return np.hstack([np.zeros((self.n_stimuli, 0)), *parts])

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

    def split(self, theta: np.ndarray) -> list[np.ndarray]:
        """Give the parameters of each term."""
        return np.split(theta, np.cumsum([term.n_parameters for term in self.terms])[:-1])

    def factor(self, theta: np.ndarray, side: str) -> np.ndarray:
        """Give the covariance factor of all random effects of one side."""
        size, rows, columns, parameters = self._filled[side]
        lower = np.zeros((size, size))
        lower[rows, columns] = theta[parameters]
        return lower

    def _places(self, side: str) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
        """Give the size of one side's covariance factor, and row, column and parameter of each of its elements."""
        size = first = 0
        found = [np.zeros((3, 0), dtype=int)]
        for term in self.terms:
            parameters = first + np.arange(term.n_parameters)
            first += term.n_parameters
            for _ in range(len(term.columns) if term.side == side else 0):
                found.append(np.array([term.places[0] + size, term.places[1] + size, parameters]))
                size += len(term.names)
        rows, columns, parameters = np.hstack(found)
        return size, rows, columns, parameters

    def evaluate(self, theta: np.ndarray) -> Evaluation:
        """Evaluate the criterion; LinAlgError where the fixed effects cannot be told apart."""
        lower, q = self.factor(theta, "participant"), self.n_clip
        spread = np.eye(len(lower)) + lower.T @ self.inner @ lower
        weights = lower @ np.linalg.solve(spread, np.broadcast_to(lower.T, spread.shape))
        weighted = weights @ self.cross
        gram = self.gram - np.tensordot(self.sizes[:, None, None] * self.cross, weighted, axes=([0, 1], [0, 1]))
        gram_y = self.gram_y - np.einsum("pir,pi->r", weighted, self.own_sum)
        y_squared = self.y_squared - float((weights * self.own_squares).sum())
        log_det = float(self.sizes @ np.linalg.slogdet(spread)[1])
        scale = np.eye(len(gram))
        scale[:q, :q] = self.factor(theta, "clip")
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
        sides = {"participant": (of_person, of_person_y), "clip": (of_clip, np.outer(v, v))}
        at = {"participant": 0, "clip": 0}
        traces: list[np.ndarray] = []
        products: list[np.ndarray] = []
        for term, part in zip(self.terms, self.split(theta), strict=True):
            k, levels, start = len(term.names), len(term.columns), at[term.side]
            at[term.side] += k * levels
            for matrix, into in zip(sides[term.side], (traces, products), strict=True):
                block = matrix[start : start + k * levels, start : start + k * levels].reshape(levels, k, levels, k)
                summed = np.einsum("aiaj->ij", block)
                into.append(2 * (summed @ term.factor(part))[term.places])
        return np.concatenate(traces), np.concatenate(products)

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

    def start(self) -> np.ndarray:
        """Give a relative covariance factor to start from: identities."""
        parts = [np.equal(*term.places).astype(float) for term in self.terms]
        return np.concatenate([np.zeros(0), *parts])

    def minimise(self, start: np.ndarray | None = None) -> tuple[np.ndarray, float, bool]:
        """Search the optimum; the factor, the deviance, and whether the gradient vanishes there."""
        start = self.start() if start is None else start
        if not start.size:
            return start, self.profiled(start)[0], True
        options = {"gtol": 1e-5, "maxiter": 500}
        found = optimize.minimize(self.profiled, start, jac=True, method="BFGS", options=options)
        flat = np.abs(found.jac).max() < 2e-3 * max(1.0, abs(found.fun) / 1e3)
        return self._upright(found.x), float(found.fun), bool(flat)

    def _upright(self, theta: np.ndarray) -> np.ndarray:
        """Turn the signs so that the factor's diagonal is not negative, which leaves the covariance as it is."""
        parts = []
        for term, part in zip(self.terms, self.split(theta), strict=True):
            lower = term.factor(part)
            parts.append((lower * np.where(np.diag(lower) < 0, -1.0, 1.0))[term.places])
        return np.concatenate(parts)

    def has_residual(self) -> bool:
        """Tell whether anything is left over once every random effect is free."""
        if self.y_squared <= 0:
            return False
        try:
            return self.evaluate(1e3 * self.start()).rss > 1e-5 * self.y_squared
        except linalg.LinAlgError:
            return False
