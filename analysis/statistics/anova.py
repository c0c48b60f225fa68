"""Repeated-measures analysis of variance on participant means, with tests of and corrections for sphericity.

The sums of squares come from orthonormal contrasts of each participant's cells (the multivariate way of R's
`car::Anova`, which `afex::aov_ez` prints): for an effect with the contrast matrix M, Z = Y M has one row per
participant; n |mean(Z)|^2 is the effect and the scatter matrix S of Z the error.
"""

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.cells import Cells

COLUMNS = ["effect", "ddof1", "ddof2", "F", "p_unc", "eps_gg", "p_gg", "eps_hf", "p_hf", "ges", "pes", "W", "p_W"]


def anova(cells: Cells) -> pd.DataFrame:
    """Test condition, descriptor and their interaction within participants.

    Participants without every cell are left out (listwise, as `afex::aov_ez` does); `Cells.missing` names them.

    Returns
    -------
    pd.DataFrame
        `COLUMNS`; a factor with one level has no row; no rows with fewer than two complete participants.
    """
    return within(cells.means[cells.complete()], ("descriptor", "condition"))


def anova_by_descriptor(cells: Cells) -> pd.DataFrame:
    """Test condition within each descriptor; participants complete for that descriptor."""
    tables = []
    for i, descriptor in enumerate(cells.descriptors):
        means = cells.means[:, i, :]
        table = within(means[np.isfinite(means).all(axis=1)][:, None, :], ("descriptor", "condition"))
        table.insert(0, "descriptor", descriptor)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def within(means: np.ndarray, factors: tuple[str, str]) -> pd.DataFrame:
    """Test both factors of complete data of shape [participant, levels of the first factor, of the second]."""
    n, a, b = means.shape
    flat = means.reshape(n, a * b)
    first, second = factors
    bases = {
        second: np.kron(np.full((a, 1), a**-0.5), contrasts(b)),
        first: np.kron(contrasts(a), np.full((b, 1), b**-0.5)),
        f"{second}:{first}": np.kron(contrasts(a), contrasts(b)),
    }
    bases = {name: basis for name, basis in bases.items() if basis.shape[1]}
    if n < 2 or not bases:
        return pd.DataFrame(columns=COLUMNS)
    scores = {name: flat @ basis for name, basis in bases.items()}
    between = flat.sum(axis=1) / np.sqrt(a * b)
    errors = sum(_scatter(score).trace() for score in scores.values()) + _scatter(between[:, None]).item()
    return pd.DataFrame([_test(name, score, errors, a * b) for name, score in scores.items()], columns=COLUMNS)


def contrasts(levels: int) -> np.ndarray:
    """Give orthonormal contrasts (Helmert) of shape [levels, levels - 1]."""
    basis = np.zeros((levels, levels - 1))
    for k in range(1, levels):
        basis[:k, k - 1] = 1
        basis[k, k - 1] = -k
    return basis / np.sqrt((basis**2).sum(axis=0))


def _scatter(scores: np.ndarray) -> np.ndarray:
    centred = scores - scores.mean(axis=0)
    return centred.T @ centred


def _test(name: str, scores: np.ndarray, all_errors: float, n_cells: int) -> list[str | float]:
    n, df = scores.shape
    scatter = _scatter(scores)
    effect, error = n * (scores.mean(axis=0) ** 2).sum(), scatter.trace()
    df_error = df * (n - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        f = (effect / df) / (error / df_error)
        eps_gg = scatter.trace() ** 2 / (df * (scatter**2).sum()) if df > 1 else 1.0
        eps_hf = huynh_feldt(eps_gg, df, n) if df > 1 else 1.0
        eps_hf = eps_hf if df == 1 or n > df else np.nan
        ges, pes = effect / (effect + all_errors), effect / (effect + error)
    w, p_w = mauchly(scatter, n, n_cells)
    p = [stats.f.sf(f, e * df, e * df_error) for e in (1.0, eps_gg, np.minimum(eps_hf, 1.0))]
    return [name, df, df_error, f, p[0], eps_gg, p[1], eps_hf, p[2], ges, pes, w, p_w]


def huynh_feldt(eps_gg: float, df: int, n: int) -> float:
    """Estimate epsilon after Huynh and Feldt (1976); may exceed 1, and is then used as 1."""
    return (n * df * eps_gg - 2) / (df * (n - 1 - df * eps_gg))


def mauchly(scatter: np.ndarray, n: int, n_cells: int) -> tuple[float, float]:
    """Test sphericity after Mauchly (1940), with Box's second-order approximation.

    R's `mauchly.test` and `car` put the number of all cells where the approximation has the contrasts' degrees of
    freedom (3 p + 2); the difference is in the fourth decimal of p, and R's way is taken so that the numbers agree.

    Parameters
    ----------
    scatter
        Error scatter matrix of the orthonormal contrasts, shape [df, df].
    n
        Participants.
    n_cells
        Cells per participant.

    Returns
    -------
    float
        W; 1 with one degree of freedom, NaN where participants are too few for the test.
    float
        p
    """
    df, f = len(scatter), n - 1
    if df == 1:
        return 1.0, 1.0
    if f < df or scatter.trace() <= 0:
        return np.nan, np.nan
    log_w = np.linalg.slogdet(scatter)[1] - df * np.log(scatter.trace() / df)
    rho = 1 - (2 * df**2 + df + 2) / (6 * df * f)
    w2 = (df + 2) * (df - 1) * (df - 2) * (2 * df**3 + 6 * df**2 + 3 * n_cells + 2) / (288 * (f * df * rho) ** 2)
    z, nu = -f * rho * log_w, df * (df + 1) / 2 - 1
    p1, p2 = stats.chi2.sf(z, nu), stats.chi2.sf(z, nu + 4)
    return float(np.exp(log_w)), float(min(p1 + w2 * (p2 - p1), 1.0))


def residuals(cells: Cells) -> pd.DataFrame:
    """Give what the model participant + cell leaves of complete participants' means.

    Returns
    -------
    pd.DataFrame
        fitted, residual, normal_quantile (of Filliben's order-statistic medians); one row per mean.
    """
    means = cells.means[cells.complete()].reshape(int(cells.complete().sum()), -1)
    fitted = means.mean(axis=1, keepdims=True) + means.mean(axis=0) - means.mean()
    left = (means - fitted).ravel()
    quantiles = np.empty_like(left)
    quantiles[np.argsort(left, kind="stable")] = stats.probplot(left, fit=False)[0]
    return pd.DataFrame({"fitted": fitted.ravel(), "residual": left, "normal_quantile": quantiles})
