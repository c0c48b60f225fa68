"""Looks that were planned before the study: at which p it may stop at each, so that all together keep 5 %.

The error is spent over the looks (Lan & DeMets, 1983), after O'Brien and Fleming or after Pocock; the limits follow by
integration over the paths that go on (Armitage, McPherson & Rowe, 1969). Time is the share of the planned participants.
Where clips differ, the same clips at every look make its results more alike than that takes them to be: the error is
then below 5 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.data.ratings import Ratings
from analysis.data.screening import Rules, screen
from analysis.statistics.contrasts import EVERY
from analysis.statistics.design import design
from analysis.statistics.listeners_and_clips import fit_main, main_contrasts

ALPHA = 0.05
OBRIEN_FLEMING, POCOCK = "obrien_fleming", "pocock"
STOP, GO_ON = "stop", "go on"
COLUMNS = ["look", "participants", "spent", "z", "alpha", "p", "decision"]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(128)


def spent(time: np.ndarray, spending: str) -> np.ndarray:
    """Give the error spent up to shares of the planned participants, two-sided."""
    if spending == POCOCK:
        return ALPHA * np.log1p((np.e - 1) * time)
    if spending == OBRIEN_FLEMING:
        return 4 * stats.norm.sf(stats.norm.isf(ALPHA / 4) / np.sqrt(time))
    raise ValueError(f"{spending!r} is an unknown spending of error; there are {OBRIEN_FLEMING} and {POCOCK}.")


@dataclass(frozen=True)
class Looks:
    """Planned looks.

    Attributes
    ----------
    at
        Numbers of participants who completed, increasing; the last is that of the whole study.
    spending
        `OBRIEN_FLEMING` (careful early) or `POCOCK` (nearly the same limit at every look).
    """

    at: tuple[int, ...]
    spending: str = OBRIEN_FLEMING

    def __post_init__(self) -> None:
        if not self.at or list(self.at) != sorted(set(self.at)) or self.at[0] < 2:
            raise ValueError(
                f"The looks are planned at {', '.join(map(str, self.at)) or 'no number of'} participants; they are "
                "numbers of 2 or more, each above the one before."
            )

    def limits(self) -> pd.DataFrame:
        """Give each look's limit: look, participants, spent (error so far), z, alpha (p at which to stop)."""
        time = np.array(self.at) / self.at[-1]
        error = spent(time, self.spending)
        z = _limits(time, np.diff(error, prepend=0.0))
        rows = {"look": range(1, len(z) + 1), "participants": self.at, "spent": error, "z": z}
        return pd.DataFrame({**rows, "alpha": 2 * stats.norm.sf(z)})

    def reached(self, completed: int) -> int:
        """Give how many looks are reached with so many participants who completed."""
        return sum(n <= completed for n in self.at)


def _limits(time: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Give the limit of |z| at each look that is crossed first there with the given probability."""
    found = [float(stats.norm.isf(errors[0] / 2))]
    edge = found[0] * np.sqrt(time[0])
    at = edge * _NODES
    going_on = edge * _WEIGHTS * stats.norm.pdf(at, scale=np.sqrt(time[0]))
    for now, before, error in zip(time[1:], time[:-1], errors[1:], strict=True):
        step = np.sqrt(now - before)

        def lacking(
            z: float,
            at: np.ndarray = at,
            going_on: np.ndarray = going_on,
            step: float = step,
            now: float = now,
            error: float = error,
        ) -> float:
            edge = z * np.sqrt(now)
            out = stats.norm.sf((edge - at) / step) + stats.norm.cdf((-edge - at) / step)
            return float(going_on @ out) - error

        z = float(optimize.brentq(lacking, 0, 20, xtol=1e-10))
        edge = z * np.sqrt(now)
        going_on = edge * _WEIGHTS * (stats.norm.pdf(edge * _NODES[:, None] - at, scale=step) @ going_on)
        at = edge * _NODES
        found.append(z)
    return np.array(found)


def taken(
    looks: Looks,
    ratings: Ratings,
    completed: Sequence[str],
    pair: tuple[str, str],
    rules: Rules | None = None,
    headphones: dict[str, bool] | None = None,
) -> pd.DataFrame:
    """Take every look that is reached, each on the participants who were the first to complete.

    Parameters
    ----------
    completed
        Participants in the order in which they completed.
    rules, headphones
        Of the screening; who breaks a rule among those of a look is left out of it.

    Returns
    -------
    pd.DataFrame
        `COLUMNS`, one row for each planned look; p is the main model's of the compared conditions over all
        descriptors, the decision is empty where the look is not reached or an earlier one stopped.
    """
    table = looks.limits().assign(p=np.nan, decision="")
    for i in range(looks.reached(len(completed))):
        first = set(completed[: looks.at[i]])
        others = [name for name in ratings.levels("participant") if name not in first]
        p = _p(ratings.without(others), pair, rules, headphones)
        stop = p < table.loc[i, "alpha"] or i == len(looks.at) - 1
        table.loc[i, ["p", "decision"]] = p, STOP if stop else GO_ON
        if stop:
            break
    return table[COLUMNS]


def _p(ratings: Ratings, pair: tuple[str, str], rules: Rules | None, headphones: dict[str, bool] | None) -> float:
    screening = screen(ratings, rules, headphones)
    if screening.stated and screening.splits():
        ratings = ratings.without(screening.broke())
    model = fit_main(design(ratings), ratings, *pair)
    rows = main_contrasts(model, ratings, [pair]) if model else pd.DataFrame(columns=["descriptor", "p"])
    whole = rows[rows["descriptor"] == EVERY] if len(rows) > 1 else rows
    return float(whole["p"].iloc[0]) if len(whole) else np.nan


def decision(table: pd.DataFrame) -> str | None:
    """Say whether to stop or to go on, after the last look that was reached; None before the first."""
    said = table[table["decision"] != ""]["decision"]
    return None if said.empty else str(said.iloc[-1])
