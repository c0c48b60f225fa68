"""The Bradley-Terry model with ties (Davidson, 1970) and an effect of position (Davidson & Beaver, 1977).

Two conditions whose log-worths differ by d, the first of which was presented first, are judged with probabilities in
the proportions

    first : same : second = exp((d + position) / 2) : exp(same) : exp(-(d + position) / 2),

so that d is the log-odds of choosing the first among decided comparisons, `position` what being first adds to it, and
`same` the log of how often equals are called so, relative to either of them being chosen. It is a log-linear model
(Fienberg & Larntz, 1976; Critchlow & Fligner, 1991), fitted here by Newton's method for many data sets at once.
"""

from dataclasses import dataclass

import numpy as np

SEPARATED = 15.0  # log-odds at which an estimate has run away: the data hold no finite one
_MOST_STEPS, _LONGEST_STEP, _SMALL = 60, 2.0, 1e-10


@dataclass(frozen=True)
class Comparisons:
    """Comparisons counted by pair, as they were presented.

    Attributes
    ----------
    conditions
        Names; the other attributes hold their indices.
    first, second
        int [pair]: which condition was first and which second; where that is not known, the order of `conditions`.
    counts
        float [cluster, pair, 3]: how often first, neither and second were chosen, by listener (or other cluster).
    ordered
        Whether `first` is what was presented first, so that an effect of position can be estimated.
    """

    conditions: tuple[str, ...]
    first: np.ndarray
    second: np.ndarray
    counts: np.ndarray
    ordered: bool

    @property
    def total(self) -> np.ndarray:
        """Counts over all clusters, [pair, 3]."""
        return self.counts.sum(axis=0)

    @property
    def ties(self) -> bool:
        """Whether any comparison was left undecided."""
        return bool(self.counts[:, :, 1].any())

    def basis(self) -> np.ndarray:
        """Columns that span log-worths summing to zero; [condition, condition - 1], orthonormal."""
        n = len(self.conditions)
        return np.linalg.qr(np.eye(n)[:, : n - 1] - 1 / n)[0]

    def terms(self) -> list[str]:
        """Name the parameters besides the worths."""
        return [*(["position"] if self.ordered else []), *(["same"] if self.ties else [])]

    def design(self) -> np.ndarray:
        """Log-linear predictors of the three outcomes, [pair, 3, parameter]."""
        worths = (self.basis()[self.first] - self.basis()[self.second]) / 2
        columns = [np.stack([worths, np.zeros_like(worths), -worths], axis=1)]
        of_terms = {"position": (0.5, 0.0, -0.5), "same": (0.0, 1.0, 0.0)}
        columns += [np.broadcast_to(of_terms[term], (len(self.first), 3))[..., None] for term in self.terms()]
        return np.concatenate(columns, axis=2)


@dataclass(frozen=True)
class Fits:
    """The model fitted to one or more data sets.

    Attributes
    ----------
    log_worth
        float [set, condition], summing to zero.
    terms
        float [set, term], those of `Comparisons.terms`.
    covariance
        float [set, condition + term, condition + term], the inverse information: as if comparisons were independent.
    log_likelihood
        float [set], without the multinomial coefficients.
    separated
        bool [set]: no finite estimate exists, since a condition won or lost all; one comparison, split evenly over its
        outcomes, was added to every pair.
    """

    log_worth: np.ndarray
    terms: np.ndarray
    covariance: np.ndarray
    log_likelihood: np.ndarray
    separated: np.ndarray

    @property
    def worth(self) -> np.ndarray:
        """Worths summing to one, [set, condition]."""
        raised = np.exp(self.log_worth - self.log_worth.max(axis=1, keepdims=True))
        return raised / raised.sum(axis=1, keepdims=True)


def fit(comparisons: Comparisons, counts: np.ndarray | None = None) -> Fits:
    """Fit the model by maximum likelihood.

    Parameters
    ----------
    comparisons
        What was compared, and how often each was chosen.
    counts
        float [set, pair, 3]: other data sets on the same pairs; None fits the one of `comparisons`.

    Raises
    ------
    ValueError
        Some conditions were never compared with the others, directly or by way of others.
    """
    _refuse_unconnected(comparisons)
    counts = comparisons.total[None] if counts is None else counts
    design = comparisons.design()
    if not comparisons.ties:  # an outcome that cannot occur
        design, counts = design[:, [0, 2]], counts[:, :, [0, 2]]
    estimates, converged = _newton(design, counts)
    separated = ~converged | (np.abs(estimates) > SEPARATED).any(axis=1)
    if separated.any():
        compared = comparisons.total.sum(axis=1) > 0
        counts = counts.astype(float)
        counts[separated] += compared[:, None] / design.shape[1]
        estimates[separated] = _newton(design, counts[separated])[0]
    information, log_likelihood = _information(design, counts, estimates)
    return _unfolded(comparisons, estimates, information, log_likelihood, separated)


def _refuse_unconnected(comparisons: Comparisons) -> None:
    n = len(comparisons.conditions)
    reached = np.eye(n, dtype=bool)
    compared = comparisons.total.sum(axis=1) > 0
    reached[comparisons.first[compared], comparisons.second[compared]] = True
    reached |= reached.T
    for _ in range(n):
        reached = reached @ reached
    if not reached[0].all():
        apart = ", ".join(comparisons.conditions[i] for i in np.flatnonzero(~reached[0]))
        raise ValueError(
            f"{comparisons.conditions[0]} was never compared with {apart}, not even by way of other conditions, so "
            "they have no common scale; were all pairs presented?"
        )


def _newton(design: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Maximise the likelihood of every data set; estimates [set, parameter] and whether each converged."""
    estimates = np.zeros((len(counts), design.shape[2]))
    converged = np.zeros(len(counts), dtype=bool)
    scale = np.maximum(counts.sum(axis=(1, 2)), 1)
    for _ in range(_MOST_STEPS):
        open_ = np.flatnonzero(~converged & (np.abs(estimates) <= SEPARATED).all(axis=1))
        if not open_.size:
            break
        probability = _probabilities(design, estimates[open_])
        n = counts[open_].sum(axis=2, keepdims=True)
        score = np.einsum("spo,pok->sk", counts[open_] - n * probability, design)
        converged[open_] = np.abs(score).max(axis=1) < _SMALL * scale[open_]
        ridge = 1e-12 * scale[open_, None, None] * np.eye(design.shape[2])
        step = np.linalg.solve(_curvature(design, n, probability) + ridge, score[..., None])[..., 0]
        longest = np.abs(step).max(axis=1, keepdims=True)
        estimates[open_] += step * np.minimum(1, _LONGEST_STEP / np.maximum(longest, _SMALL))
    return estimates, converged


def _probabilities(design: np.ndarray, estimates: np.ndarray) -> np.ndarray:
    raised = np.exp(np.einsum("pok,sk->spo", design, estimates))
    return raised / raised.sum(axis=2, keepdims=True)


def _curvature(design: np.ndarray, n: np.ndarray, probability: np.ndarray) -> np.ndarray:
    mean = np.einsum("spo,pok->spk", probability, design)
    second = np.einsum("spo,pok,pol->skl", n * probability, design, design, optimize=True)
    return second - np.einsum("spk,spl->skl", n * mean, mean, optimize=True)


def _information(design: np.ndarray, counts: np.ndarray, estimates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    probability = _probabilities(design, estimates)
    n = counts.sum(axis=2, keepdims=True)
    return _curvature(design, n, probability), (counts * np.log(probability)).sum(axis=(1, 2))


def _unfolded(
    comparisons: Comparisons,
    estimates: np.ndarray,
    information: np.ndarray,
    log_likelihood: np.ndarray,
    separated: np.ndarray,
) -> Fits:
    """Turn estimates in the basis into log-worths that sum to zero, and their covariance with them."""
    basis, n_terms = comparisons.basis(), len(comparisons.terms())
    free = basis.shape[1]
    to_all = np.zeros((basis.shape[0] + n_terms, free + n_terms))
    to_all[: basis.shape[0], :free] = basis
    to_all[basis.shape[0] :, free:] = np.eye(n_terms)
    covariance = to_all @ np.linalg.pinv(information) @ to_all.T
    return Fits(estimates[:, :free] @ basis.T, estimates[:, free:], covariance, log_likelihood, separated)
