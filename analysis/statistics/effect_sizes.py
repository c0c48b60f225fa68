"""Standardised differences of paired means, with exact confidence intervals.

d_z is the mean difference over the SD of the differences, d_av over the average of the two SDs (Lakens, 2013,
equations 7 and 10); Hedges' g is d_z with the exact small-sample factor (Hedges, 1981), as R's
`effectsize::hedges_g(paired = TRUE)` gives it.
"""

import numpy as np
from scipy import special


def hedges_factor(dof: int) -> float:
    """Give Hedges' (1981) exact small-sample factor J."""
    return (
        float(np.exp(special.gammaln(dof / 2) - special.gammaln((dof - 1) / 2) - 0.5 * np.log(dof / 2)))
        if dof > 1
        else np.nan
    )


def noncentral_t_ci(t: float, dof: int) -> tuple[float, float]:
    """Give the 95 % CI of the noncentrality parameter of an observed t (Steiger & Fouladi, 1997)."""
    if not np.isfinite(t):
        return np.nan, np.nan

    low, high = (float(special.nctdtrinc(dof, p, abs(t))) for p in (0.975, 0.025))
    return (low, high) if t >= 0 else (-high, -low)


def paired(a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    """Give d_z, d_av and Hedges' g of paired samples, and 95 % CIs.

    The interval of d_z is exact (noncentral t); g's is that of d_z times J; d_av's is that of d_z times
    SD(differences) / average SD.

    Returns
    -------
    dict
        dz, dz_low, dz_high, dav, dav_low, dav_high, hedges_g, g_low, g_high; NaN where the differences do not vary.
    """
    n, difference = len(a), a - b
    keys = [f"{name}{end}" for name in ("dz", "dav", "hedges_g") for end in ("", "_low", "_high")]
    if n < 2 or difference.std() <= 1e-12 * max(1.0, np.abs(difference).max()):
        return dict.fromkeys(keys, np.nan)
    sd = difference.std(ddof=1)
    dz = difference.mean() / sd
    low, high = (limit / np.sqrt(n) for limit in noncentral_t_ci(dz * np.sqrt(n), n - 1))
    average_sd = (a.std(ddof=1) + b.std(ddof=1)) / 2
    values = np.array([dz, low, high])
    return dict(
        zip(keys, np.concatenate([values, values * sd / average_sd, values * hedges_factor(n - 1)]), strict=True)
    )
