"""Bayes factor of a difference against none: JZS t-test (Rouder, Speckman, Sun, Morey & Iverson, 2009).

Under the alternative the standardised effect has a Cauchy prior of scale r; the factor is their equation 1 with g's
inverse-gamma prior, the integral taken over log g, where the integrand is smooth and the trapezoidal rule exact to
rounding.
"""

import numpy as np
import pandas as pd
from scipy import special

SCALE = np.sqrt(2) / 2  # r, "medium", the default of R's BayesFactor
COLUMNS = ["basis", "descriptor", "a", "b", "t", "df", "n", "r", "bf10", "bf01"]
_LOG_G = np.linspace(-15, 60, 6001)


def jzs(t: float, n: float, df: float | None = None, r: float = SCALE) -> float:
    """Give BF10 of a one-sample or paired t value.

    Parameters
    ----------
    t
        The statistic.
    n
        Number of differences.
    df
        Degrees of freedom; n - 1 by default.
    r
        Scale of the Cauchy prior on the standardised effect.
    """
    df = n - 1 if df is None else df
    if not (np.isfinite(t) and df > 0):
        return np.nan
    g = np.exp(_LOG_G)
    power = (df + 1) / 2
    log_t2 = 2 * np.log(max(abs(t), np.finfo(float).tiny))  # the square itself may be too large for a float
    fit = np.logaddexp(0, log_t2 - np.log(df * (1 + n * g))) - np.logaddexp(0, log_t2 - np.log(df))
    log_likelihood = -0.5 * np.log1p(n * g) - power * fit
    log_prior = np.log(r / np.sqrt(2)) - special.gammaln(0.5) - 0.5 * _LOG_G - r**2 / (2 * g)  # of log g
    with np.errstate(over="ignore"):  # beyond 1e308 it is infinite
        return float(np.exp(special.logsumexp(log_likelihood + log_prior) + np.log(_LOG_G[1] - _LOG_G[0])))


def bayes_factors(basis: str, contrasts: pd.DataFrame) -> pd.DataFrame:
    """Give the Bayes factor of each row of contrasts (descriptor, a, b, t, df); `COLUMNS`.

    n is df + 1: of a t-test on participant means the number of participants, of the main model the number of
    independent differences that carry as much as its listeners and clips together.
    """
    rows = []
    for row in contrasts.itertuples():
        bf = jzs(row.t, row.df + 1)
        rows.append([basis, row.descriptor, row.a, row.b, row.t, row.df, row.df + 1, SCALE, bf, 1 / bf])
    return pd.DataFrame(rows, columns=COLUMNS)
