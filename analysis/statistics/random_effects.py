"""Random effects of crossed models: terms, and the covariance factor that their parameters fill."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

Side = Literal["participant", "clip"]
SIDES: tuple[Side, ...] = ("participant", "clip")


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
class RandomEffects:
    """All random terms of a model, those of participants and those of clips laid beside each other.

    Attributes
    ----------
    terms
        The terms; their parameters stand one after another in theta.
    n_stimuli
        Number of stimuli.
    """

    terms: list[Term]
    n_stimuli: int

    def columns(self, side: Side) -> np.ndarray:
        """Lay the levels' columns of one side beside each other, shape [stimulus, random effect]."""
        parts = [t.columns.transpose(1, 0, 2).reshape(self.n_stimuli, -1) for t in self.terms if t.side == side]
        return np.hstack([np.zeros((self.n_stimuli, 0)), *parts])

    def split(self, theta: np.ndarray) -> list[np.ndarray]:
        """Give the parameters of each term."""
        return np.split(theta, np.cumsum([term.n_parameters for term in self.terms])[:-1])

    def factor(self, theta: np.ndarray, side: Side) -> np.ndarray:
        """Give the covariance factor of all random effects of one side."""
        size, rows, columns, parameters = self._filled[side]
        lower = np.zeros((size, size))
        lower[rows, columns] = theta[parameters]
        return lower

    @cached_property
    def _filled(self) -> dict[Side, tuple[int, np.ndarray, np.ndarray, np.ndarray]]:
        return {side: self._places(side) for side in SIDES}

    def _places(self, side: Side) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
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

    def by_parameter(self, derivatives: dict[Side, np.ndarray]) -> np.ndarray:
        """Give the derivative by each parameter, from those by the elements of each side's factor."""
        total = np.zeros(sum(term.n_parameters for term in self.terms))
        for side, matrix in derivatives.items():
            _, rows, columns, parameters = self._filled[side]
            total += np.bincount(parameters, weights=matrix[rows, columns], minlength=len(total))
        return total

    def start(self) -> np.ndarray:
        """Give a factor to start from: identities."""
        parts = [np.equal(*term.places).astype(float) for term in self.terms]
        return np.concatenate([np.zeros(0), *parts])

    def upright(self, theta: np.ndarray) -> np.ndarray:
        """Turn the signs so that the factor's diagonal is not negative, which leaves the covariance as it is."""
        parts = []
        for term, part in zip(self.terms, self.split(theta), strict=True):
            lower = term.factor(part)
            parts.append((lower * np.where(np.diag(lower) < 0, -1.0, 1.0))[term.places])
        return np.concatenate([np.zeros(0), *parts])
