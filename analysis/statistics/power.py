"""How many listeners and clips a study needs: power and precision of the tests that the report will make.

A difference between two conditions, as the report's first sentence is about it (over all descriptors), is made of
effect + participant + clip + residual. Two tests: Student's t over participants (the answer holds for these clips) and
the main model's over participants and clips (it holds for new listeners and new music). Studies are drawn as the mean
squares that the tests are made of (`balanced`), not rating by rating.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.data.grids import differences
from analysis.data.ratings import Ratings
from analysis.statistics.balanced import MeanSquares
from analysis.statistics.design import intercept_only
from analysis.statistics.mixed import fit

POWER = ["n_participants", "n_clips", "power", "ci_low", "ci_high", "power_clips_random", "clips_random_low",
         "clips_random_high", "margin_of_error", "margin_of_error_90",
         "margin_of_error_clips_random", "simulations"]  # fmt: skip
DETECTABLE = ["n_participants", "n_clips", "power", "difference", "dz"]
NEW_MUSIC = ["n_participants", "n_clips", "power", "difference"]
PLANNED = ["test", "n_participants", "n_clips", "size", "power", "ci_low", "ci_high"]
DRAWS = 100_000  # studies behind the differences that can be found


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
    """Estimate the assumptions from ratings by REML, of differences a - b averaged over descriptors (of each
    descriptor's, then averaged, where no clip was rated on all)."""
    grids = [differences(ratings, descriptor, a, b) for descriptor in ratings.levels("descriptor")]
    averaged = np.mean(grids, axis=0)
    chosen = [averaged] if min(_used(averaged).shape) >= 2 else grids
    found = []
    for grid in map(_used, chosen):
        model = fit(intercept_only(grid)) if min(grid.shape) >= 2 else None
        if model is not None:
            found.append([model.coefficients["estimate"][0], *np.sqrt(model.variances["variance"])])
    if not found:
        raise ValueError(f"The pilot has no two participants who rated {a!r} and {b!r} on two clips; power needs them.")
    effect, participant, clip, residual = map(float, np.mean(found, axis=0))
    return Assumptions(effect, participant, clip, residual, f"{a} minus {b} in the pilot")


def _used(grid: np.ndarray) -> np.ndarray:
    return grid[np.isfinite(grid).any(axis=1)][:, np.isfinite(grid).any(axis=0)]


def power(
    assumptions: Assumptions,
    participants: Sequence[int],
    clips: Sequence[int],
    simulations: int = 20_000,
    seed: int = 1,
    advance: Callable[[], None] = lambda: None,
) -> pd.DataFrame:
    """Simulate studies of every size and count how often a two-sided test at 5 % finds the difference.

    Returns
    -------
    pd.DataFrame
        `POWER`: power with its 95 % interval (Wilson), and the precision: margin of error of the difference (95 % CI),
        on average and what 90 % of studies reach.
    """
    _refuse_sizes(participants, clips, simulations)
    rng = np.random.default_rng(seed)
    rows = []
    for n_clips in clips:
        for n in participants:
            study = Studies.drawn(assumptions, n, n_clips, simulations, rng)
            margin, random_margin = study.margin_of_error(these_clips=True), study.margin_of_error()
            found, found_random = (
                np.abs(assumptions.effect + study.error) > reach for reach in (margin, random_margin)
            )
            rows.append(
                [n, n_clips, found.mean(), *wilson(found), found_random.mean(), *wilson(found_random), margin.mean(),
                 float(np.quantile(margin, 0.9)), random_margin.mean(), simulations]
            )  # fmt: skip
            advance()
    return pd.DataFrame(rows, columns=POWER)


@dataclass(frozen=True)
class Studies:
    """Simulated studies of one size.

    Attributes
    ----------
    error
        Estimated minus true value, shape [study].
    squares
        Mean squares.
    weight
        By which a mean square is divided to be the variance of the estimate.
    """

    error: np.ndarray
    squares: MeanSquares
    weight: float | np.ndarray

    @classmethod
    def drawn(
        cls, assumptions: Assumptions, n: int, n_clips: int, simulations: int, rng: np.random.Generator
    ) -> Studies:
        """Draw studies of the mean difference."""
        residual = assumptions.sd_residual**2
        expected = (residual + n_clips * assumptions.sd_participant**2, residual + n * assumptions.sd_clip**2, residual)
        dof = (n - 1, n_clips - 1, (n - 1) * (n_clips - 1))
        error = rng.normal(0, np.sqrt((expected[0] + expected[1] - residual) / (n * n_clips)), simulations)
        return cls(error, MeanSquares.drawn(expected, dof, simulations, rng), n * n_clips)

    @classmethod
    def of_slope(
        cls, assumptions: Assumptions, n: int, n_clips: int, simulations: int, rng: np.random.Generator
    ) -> Studies:
        """Draw studies of the difference's slope over clips' scores, which are normal with an SD of 1."""
        residual, spread = assumptions.sd_residual**2, rng.chisquare(n_clips - 1, simulations)
        expected = (residual, residual + n * assumptions.sd_clip**2, residual)
        dof = (n - 1, n_clips - 2, (n - 1) * (n_clips - 2))
        error = rng.normal(0, 1, simulations) * np.sqrt(expected[1] / (n * spread))
        return cls(error, MeanSquares.drawn(expected, dof, simulations, rng), n * spread)

    def margin_of_error(self, confidence: float = 0.95, these_clips: bool = False) -> np.ndarray:
        """Give the margin of error, half of the confidence interval, for new listeners and new music or these clips."""
        if these_clips:
            variance, df = self.squares.participant, np.asarray(self.squares.dof[0])
        else:
            variance, df = self.squares.variance()
        return stats.t.ppf((1 + confidence) / 2, df) * np.sqrt(variance / self.weight)


def _refuse_sizes(participants: Sequence[int], clips: Sequence[int], simulations: int) -> None:
    if min(participants) < 2 or min(clips) < 2:
        raise ValueError(f"{min(*participants, *clips)} participants or clips are too few; the least is 2.")
    if simulations < 100:
        raise ValueError(f"{simulations} simulations are too few to tell a power; use 100 or more.")


def planned(
    assumptions: Assumptions,
    participants: Sequence[int],
    clips: Sequence[int],
    smallest_effect: float | None = None,
    slope: float | None = None,
    simulations: int = 20_000,
    seed: int = 1,
) -> pd.DataFrame:
    """Give the power of other planned tests, for new listeners and new music.

    Parameters
    ----------
    smallest_effect
        Margin of a test of equivalence, points; its power is that where there is no difference.
    slope
        Adaptivity: change of the difference, points, over one SD of how much clips already sound so.

    Returns
    -------
    pd.DataFrame
        `PLANNED`; test is `equivalence` or `adaptivity`, size the margin or the slope.
    """
    _refuse_sizes(participants, clips, simulations)
    if slope is not None and min(clips) < 4:
        raise ValueError(f"{min(clips)} clips are too few for a test of adaptivity; the least is 4.")
    rng, rows = np.random.default_rng(seed), []
    for n_clips in clips:
        for n in participants:
            found = {}
            if smallest_effect is not None:
                study = Studies.drawn(assumptions, n, n_clips, simulations, rng)
                found["equivalence"] = (
                    smallest_effect,
                    np.abs(study.error) + study.margin_of_error(0.9) < smallest_effect,
                )
            if slope is not None:
                study = Studies.of_slope(assumptions, n, n_clips, simulations, rng)
                found["adaptivity"] = slope, np.abs(slope + study.error) > study.margin_of_error()
            rows += [[test, n, n_clips, size, hit.mean(), *wilson(hit)] for test, (size, hit) in found.items()]
    return pd.DataFrame(rows, columns=PLANNED).sort_values("test", kind="stable", ignore_index=True)


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


def detectable_in_new_music(
    assumptions: Assumptions, participants: Sequence[int], n_clips: int, wanted: float = 0.8
) -> pd.DataFrame:
    """Give the smallest difference that the main model finds with the wanted power, for new listeners and new music.

    Returns
    -------
    pd.DataFrame
        `NEW_MUSIC`; the difference is in points of the scale.
    """
    rows = []
    for n in participants:
        study = Studies.drawn(assumptions, n, n_clips, DRAWS, np.random.default_rng(0))
        margin = study.margin_of_error()

        def lacking(difference: float, error: np.ndarray = study.error, margin: np.ndarray = margin) -> float:
            return float((np.abs(difference + error) > margin).mean()) - wanted

        upper = float(np.quantile(margin + np.abs(study.error), 0.999))
        rows.append([n, n_clips, wanted, optimize.brentq(lacking, 0, upper, xtol=1e-4)])
    return pd.DataFrame(rows, columns=NEW_MUSIC)


def exact_power(dz: float, n: int) -> float:
    """Give the power of a two-sided paired t-test at 5 % from d_z and the number of participants."""
    limit, ncp = stats.t.ppf(0.975, n - 1), dz * np.sqrt(n)
    upper, lower = stats.nct.sf(limit, n - 1, ncp), stats.nct.cdf(-limit, n - 1, ncp)
    return float(np.nan_to_num(upper, nan=1.0 if ncp > limit else 0.0) + np.nan_to_num(lower))


def statement(
    assumptions: Assumptions, smallest: pd.DataFrame, of_new_music: pd.DataFrame, others: pd.DataFrame
) -> list[str]:
    """Say in sentences what each number of participants can detect, from the tables of both bases and of `planned`."""
    sentences = [
        f"Effects: {assumptions.source}; a mean difference of {assumptions.effect:.2f} points, whose SD is "
        f"{assumptions.sd_participant:.2f} over participants, {assumptions.sd_clip:.2f} over clips and "
        f"{assumptions.sd_residual:.2f} between single pairs of ratings."
    ]
    for new, row in zip(of_new_music.itertuples(), smallest.itertuples(), strict=True):
        sentences.append(
            f"With {row.n_participants} participants and {row.n_clips} clips, {row.power:.0%} of studies find a "
            f"difference of {new.difference:.2f} points for new listeners and new music, and of "
            f"{row.difference:.2f} points (d_z = {row.dz:.2f}) for these clips alone."
        )
    promises = {"equivalence": "show equivalence within {:g} points where there is no difference",
            "adaptivity": "find that the difference changes by {:g} points over one SD of clips' scores"}  # fmt: skip
    for row in others.itertuples():
        what = promises[row.test].format(row.size)
        sentences.append(
            f"With {row.n_participants} participants and {row.n_clips} clips, {row.power:.0%} of studies {what}."
        )
    return [
        *sentences,
        "Smaller differences will often be missed at these sizes: finding nothing would not show that there is "
        "nothing.",
    ]
