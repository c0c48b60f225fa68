"""Mixed models with crossed random intercepts of participant and clip, and slopes of condition for participants alone.

They take clips to differ by a constant only, which makes their tests of a condition too ready to find something: the
report's answer comes from `listeners_and_clips`, these are in its appendix.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.statistics.crossed import Reml
from analysis.statistics.design import Design
from analysis.statistics.random_effects import Term

SINGULAR = 1e-4


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


def crossed_intercepts(design: Design, slopes: bool = False) -> list[Term]:
    """Give (1 | participant) + (1 | clip), or with slopes (1 + condition | participant) + (1 | clip)."""
    n = len(design.clip)
    columns, names = np.ones((n, 1)), ["participant"]
    if slopes:
        present = np.unique(design.condition)[1:]
        columns = np.hstack([columns, (design.condition[:, None] == present).astype(float)])
        names += [f"participant: {name}" for name in design.terms[1 : 1 + len(present)]]
    terms = [Term("participant", "participant", tuple(names), columns[None], correlated=True)]
    clips = np.unique(design.clip)
    if len(clips) > 1:
        of_clip = (design.clip == clips[:, None]).astype(float)[:, :, None]
        terms.append(Term("clip", "clip", ("clip",), of_clip, correlated=True))
    return terms


def fit(design: Design, slopes: bool = False) -> MixedFit | None:
    """Fit rating ~ fixed + (1 | participant) + (1 | clip), or with slopes + (1 + condition | participant).

    Returns
    -------
    MixedFit or None
        None with fewer than two participants, no degrees of freedom left, or ratings without residual variance.
    """
    if len(design.counts) < 2 or design.counts.sum() <= design.fixed.shape[1] + 1:
        return None
    reml = Reml(design, crossed_intercepts(design, slopes))
    if not reml.has_residual():
        return None
    theta, deviance, converged = reml.minimise()
    at = reml.evaluate(theta)
    sigma2 = at.rss / reml.dof
    estimate = at.estimate.copy()
    estimate[0] += reml.shift
    covariance = sigma2 * at.unscaled
    factors = [term.factor(part) for term, part in zip(reml.terms, reml.random.split(theta), strict=True)]
    names = [name for term in reml.terms for name in term.names]
    variances = [*(sigma2 * np.concatenate([np.diag(lower @ lower.T) for lower in factors])), sigma2]
    return MixedFit(
        wald(design.terms, estimate, np.sqrt(np.diag(covariance))),
        pd.DataFrame({"group": [*names, "residual"], "variance": variances}),
        deviance,
        converged,
        bool(np.concatenate([np.diag(lower) for lower in factors]).min() < SINGULAR),
        covariance,
    )


def wald(terms: list[str], estimate: np.ndarray, se: np.ndarray, df: float = np.inf) -> pd.DataFrame:
    """Give term, estimate, se, z, p and the 95 % CI by t with df degrees of freedom, that is by the normal
    approximation if they are infinite."""
    z, reach = estimate / se, stats.t.ppf(0.975, df) * se
    p = 2 * stats.t.sf(np.abs(z), df)
    names = ["term", "estimate", "se", "z", "p", "ci_low", "ci_high"]
    return pd.DataFrame(dict(zip(names, [terms, estimate, se, z, p, estimate - reach, estimate + reach], strict=True)))
