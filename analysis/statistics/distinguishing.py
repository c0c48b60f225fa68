"""Can classes be told apart by features? Held-out accuracy of a classifier, with a confidence interval, beside chance.

The classifier is multinomial logistic regression with an L2 penalty, on features standardised by the training rows.
Whole groups are held out in turn, so that what is learned of a group cannot help to guess the rest of it. The interval
is that of Student's t over the groups' own accuracies, since rows of one group are not independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax
from scipy.stats import t as student

CONFIDENCE = 0.95
_PENALTY = 1.0


@dataclass(frozen=True)
class HeldOut:
    """Accuracy over held-out groups; ``recall`` by class; ``low`` and ``high`` bound the 95 % confidence interval."""

    accuracy: float
    low: float
    high: float
    chance: float
    recall: dict[str, float]

    @property
    def is_chance(self) -> bool:
        """Whether the interval does not lie above chance."""
        return self.low <= self.chance


def held_out(features: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> HeldOut:
    """Predict each group's labels by a classifier trained on the others.

    Parameters
    ----------
    features : array [rows, features]
    labels, groups : arrays [rows]

    Raises
    ------
    ValueError
        With fewer than three groups or two classes.
    """
    names, classes = np.unique(groups), np.unique(labels)
    if len(names) < 3 or len(classes) < 2:
        raise ValueError(
            f"There are {len(names)} groups and {len(classes)} classes; holding groups out needs 3 and 2 at least."
        )
    right = np.zeros(len(labels), bool)
    for name in names:
        out = groups == name
        right[out] = classes[_predicted(features[~out], labels[~out], features[out], classes)] == labels[out]
    of_groups = np.array([right[groups == name].mean() for name in names])
    margin = float(student.ppf(0.5 + CONFIDENCE / 2, len(names) - 1) * of_groups.std(ddof=1) / np.sqrt(len(names)))
    mean = float(of_groups.mean())
    chance = max(float((labels == name).mean()) for name in classes)
    recall = {str(name): float(right[labels == name].mean()) for name in classes}
    return HeldOut(mean, max(mean - margin, 0.0), min(mean + margin, 1.0), chance, recall)


def _predicted(known: np.ndarray, labels: np.ndarray, unknown: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Index of the likeliest class of each unknown row."""
    mean, sd = known.mean(axis=0), known.std(axis=0)
    varies = sd > 1e-12
    known, unknown = ((rows[:, varies] - mean[varies]) / sd[varies] for rows in (known, unknown))
    known, unknown = (np.column_stack([rows, np.ones(len(rows))]) for rows in (known, unknown))
    truth = (labels[:, None] == classes).astype(float)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(known.shape[1], len(classes))
        scores = known @ weights
        value = (logsumexp(scores, axis=1) - (scores * truth).sum(axis=1)).sum() + _PENALTY / 2 * (flat**2).sum()
        return value, (known.T @ (softmax(scores, axis=1) - truth)).ravel() + _PENALTY * flat

    fitted = minimize(loss, np.zeros(known.shape[1] * len(classes)), jac=True, method="L-BFGS-B")
    return (unknown @ fitted.x.reshape(known.shape[1], len(classes))).argmax(axis=1)
