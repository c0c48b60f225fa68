"""Power and precision by simulation: how many participants and clips show a difference between two conditions.

A participant's difference on one clip is effect + participant + clip + residual, each normal. Two tests are
simulated: Student's t over participants (the answer holds for these clips) and Clark's (1973) quasi-F over
participants and clips (it holds for other clips too).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.data.grids import differences
from analysis.data.ratings import Ratings
from analysis.statistics.design import intercept_only
from analysis.statistics.mixed import fit

POWER = ["n_participants", "n_clips", "power", "ci_low", "ci_high", "power_clips_random", "clips_random_low",
         "clips_random_high", "half_width", "half_width_90", "half_width_clips_random", "simulations"]  # fmt: skip
DETECTABLE = ["n_participants", "n_clips", "power", "difference", "dz"]


@dataclass(frozen=True)
class Assumptions:
    """What is assumed of the difference between two conditions, in points of the rating scale.

    Attributes
    ----------
    effect
        Mean difference.
    sd_participant, sd_clip, sd_residual
        SD of the difference over participants, over clips, and of a single pair of ratings (rounding included).
    source
        Where they come from, for the report.
    """

    effect: float = 0.5
    sd_participant: float = 0.6
    sd_clip: float = 0.4
    sd_residual: float = 1.5
    source: str = "assumed"

    def __post_init__(self) -> None:
        for name in ("sd_participant", "sd_clip", "sd_residual"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name):g}; a standard deviation is at least 0.")

    def sd_of_mean(self, n_clips: int) -> float:
        """SD over participants of the mean difference on the same clips."""
        return float(np.hypot(self.sd_participant, self.sd_residual / np.sqrt(n_clips)))


def pilot(ratings: Ratings, a: str, b: str) -> Assumptions:
    """Estimate the assumptions from ratings: differences a - b by REML, descriptors averaged."""
    found = []
    for descriptor in ratings.levels("descriptor"):
        grid = differences(ratings, descriptor, a, b)
        grid = grid[np.isfinite(grid).any(axis=1)][:, np.isfinite(grid).any(axis=0)]
        if min(grid.shape, default=0) < 2:
            continue
        model = fit(intercept_only(grid))
        if model is not None:
            found.append([model.coefficients["estimate"][0], *np.sqrt(model.variances["variance"])])
    if not found:
        raise ValueError(f"The pilot has no two participants who rated {a!r} and {b!r} on two clips; power needs them.")
    effect, *sds = np.mean(found, axis=0)
    return Assumptions(float(effect), *map(float, sds), source=f"{a} minus {b} in the pilot")


def power(
    assumptions: Assumptions,
    participants: Sequence[int],
    clips: Sequence[int],
    simulations: int = 2000,
    seed: int = 1,
    advance: Callable[[], None] = lambda: None,
) -> pd.DataFrame:
    """Simulate studies of every size and count how often a two-sided test at 5 % finds the difference.

    Returns
    -------
    pd.DataFrame
        `POWER`: power with its 95 % interval (Wilson), and the precision: mean half width of the 95 % CI and what 90
        % of studies reach.
    """
    _refuse_sizes(participants, clips, simulations)
    rng = np.random.default_rng(seed)
    rows = []
    for n_clips in clips:
        for n in participants:
            found, found_random, half, half_random = _simulate(assumptions, n, n_clips, simulations, rng)
            rows.append(
                [n, n_clips, found.mean(), *wilson(found), found_random.mean(), *wilson(found_random), half.mean(),
                 float(np.quantile(half, 0.9)), half_random.mean(), simulations]
            )  # fmt: skip
            advance()
    return pd.DataFrame(rows, columns=POWER)


def _refuse_sizes(participants: Sequence[int], clips: Sequence[int], simulations: int) -> None:
    if min(participants) < 2 or min(clips) < 2:
        raise ValueError(f"{min(*participants, *clips)} participants or clips are too few; the least is 2.")
    if simulations < 100:
        raise ValueError(f"{simulations} simulations are too few to tell a power; use 100 or more.")


def _simulate(
    assumptions: Assumptions, n: int, n_clips: int, simulations: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Simulate differences [study, participant, clip] in chunks; both tests' outcomes and half widths per study."""
    chunks = []
    chunk = max(1, min(simulations, 4_000_000 // (n * n_clips)))
    for start in range(0, simulations, chunk):
        size = min(chunk, simulations - start)
        d = rng.normal(assumptions.effect, assumptions.sd_residual, (size, n, n_clips))
        d += rng.normal(0, assumptions.sd_participant, (size, n, 1)) + rng.normal(
            0, assumptions.sd_clip, (size, 1, n_clips)
        )
        chunks.append(_tests(d))
    return tuple(np.concatenate(parts) for parts in zip(*chunks, strict=True))


def _tests(d: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    _, n, k = d.shape
    by_participant, by_clip = d.mean(axis=2), d.mean(axis=1)
    mean = by_participant.mean(axis=1)
    variance = by_participant.var(axis=1, ddof=1) / n
    half = stats.t.ppf(0.975, n - 1) * np.sqrt(variance)
    ms_participant, ms_clip = k * by_participant.var(axis=1, ddof=1), n * by_clip.var(axis=1, ddof=1)
    residual = d - by_participant[:, :, None] - by_clip[:, None, :] + mean[:, None, None]
    ms_residual = (residual**2).sum(axis=(1, 2)) / ((n - 1) * (k - 1))
    numerator = np.maximum(ms_participant + ms_clip - ms_residual, np.maximum(ms_participant, ms_clip))
    dof = numerator**2 / (ms_participant**2 / (n - 1) + ms_clip**2 / (k - 1) + ms_residual**2 / ((n - 1) * (k - 1)))
    half_random = stats.t.ppf(0.975, np.maximum(dof, 1)) * np.sqrt(numerator / (n * k))
    return np.abs(mean) > half, np.abs(mean) > half_random, half, half_random


def wilson(found: np.ndarray) -> tuple[float, float]:
    """Give Wilson's (1927) 95 % interval of a share."""
    n, share, z = len(found), found.mean(), stats.norm.ppf(0.975)
    centre, reach = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return float((centre - reach) / (1 + z**2 / n)), float((centre + reach) / (1 + z**2 / n))


def detectable(
    assumptions: Assumptions, participants: Sequence[int], n_clips: int, wanted: float = 0.8
) -> pd.DataFrame:
    """Give the smallest difference that the t-test over participants finds with the wanted power (exact, noncentral t).

    Returns
    -------
    pd.DataFrame
        `DETECTABLE`; the difference is in points of the scale.
    """
    sd = assumptions.sd_of_mean(n_clips)
    rows = []
    for n in participants:
        dz = optimize.brentq(lambda d, n=n: exact_power(d, n) - wanted, 1e-6, 50)
        rows.append([n, n_clips, wanted, dz * sd, dz])
    return pd.DataFrame(rows, columns=DETECTABLE)


def exact_power(dz: float, n: int) -> float:
    """Give the power of a two-sided paired t-test at 5 % from d_z and the number of participants."""
    limit, ncp = stats.t.ppf(0.975, n - 1), dz * np.sqrt(n)
    upper, lower = stats.nct.sf(limit, n - 1, ncp), stats.nct.cdf(-limit, n - 1, ncp)
    return float(np.nan_to_num(upper, nan=1.0 if ncp > limit else 0.0) + np.nan_to_num(lower))


def statement(assumptions: Assumptions, smallest: pd.DataFrame) -> list[str]:
    """Say in sentences what each number of participants can detect."""
    sentences = [
        f"Effects: {assumptions.source}; a mean difference of {assumptions.effect:.2f} points, whose SD is "
        f"{assumptions.sd_participant:.2f} over "
        f"participants, {assumptions.sd_clip:.2f} over clips and {assumptions.sd_residual:.2f} between single "
        "pairs of ratings."
    ]
    sentences += [
        f"With {row.n_participants} participants and {row.n_clips} clips, {row.power:.0%} of studies find a "
        "difference of "
        f"{row.difference:.2f} points (d_z = {row.dz:.2f})."
        for row in smallest.itertuples()
    ]
    return [
        *sentences,
        "Smaller differences will often be missed at these sizes: finding nothing would not show that there is "
        "nothing.",
    ]
