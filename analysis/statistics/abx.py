"""ABX: is a difference heard, how large is it, how many hear it, and how many trials would show it.

Whoever hears nothing is right in half of the trials, whatever the listener, so the exact binomial test holds for any
number of listeners and trials. The sensitivity d' depends on how a listener decides (Hautus & Meng, 2002): by the
*differences* of X to A and to B, or by taking the three sounds as *independent* observations; a difference of d' is in
units of one observation's standard deviation. The share of discriminators takes everyone else to guess.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.data.abx import AbxTrials
from analysis.statistics.posthoc import holm

CHANCE, ALPHA = 0.5, 0.05
MOST_TRIALS = 20_000
SHARES = (0.1, 0.2, 0.3, 0.5)
ABX = ["descriptor", "a", "b", "listeners", "trials", "correct", "proportion", "p", "p_holm", "ci_low", "ci_high",
       "new_listeners_low", "new_listeners_high", "discriminators", "discriminators_low", "discriminators_high",
       "dprime_difference", "dprime_difference_low", "dprime_difference_high", "dprime_independent",
       "dprime_independent_low", "dprime_independent_high", "detectable"]  # fmt: skip
LISTENERS = ["descriptor", "a", "b", "participant", "trials", "correct", "proportion", "p", "p_holm"]
NEXT = ["descriptor", "a", "b", "assumed", "discriminators", "proportion", "trials_80", "trials_90"]


def correct_by_difference(dprime: np.ndarray | float) -> np.ndarray:
    """Proportion correct of a listener who compares differences (as in a duo-trio test)."""
    x, y = stats.norm.cdf(np.divide(dprime, np.sqrt(2))), stats.norm.cdf(np.divide(dprime, np.sqrt(6)))
    return x * y + (1 - x) * (1 - y)


def correct_by_independent(dprime: np.ndarray | float) -> np.ndarray:
    """Proportion correct of a listener who takes the three sounds as independent observations."""
    x, y = stats.norm.cdf(np.divide(dprime, np.sqrt(2))), stats.norm.cdf(np.divide(dprime, 2))
    return x * y + (1 - x) * (1 - y)


def dprime(proportion: float, correct: Callable[[float], np.ndarray] = correct_by_difference) -> float:
    """Sensitivity that gives a proportion correct: 0 at or below one half, infinite at 1."""
    if np.isnan(proportion):
        return np.nan
    if proportion <= CHANCE:
        return 0.0
    if proportion >= correct(30.0):
        return np.inf
    return float(optimize.brentq(lambda d: correct(d) - proportion, 0, 30, xtol=1e-12))


def exact_interval(correct: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of Clopper and Pearson (1934)."""
    low = stats.beta.ppf(0.025, correct, trials - correct + 1) if correct else 0.0
    high = stats.beta.ppf(0.975, correct + 1, trials - correct) if correct < trials else 1.0
    return float(low), float(high)


def exact_p(correct: int, trials: int) -> float:
    """Probability of so many correct or more by guessing."""
    return float(stats.binom.sf(correct - 1, trials, CHANCE))


def power(trials: np.ndarray | int, proportion: float, alpha: float = ALPHA) -> np.ndarray:
    """Power of the exact one-sided test."""
    critical = stats.binom.isf(alpha, trials, CHANCE) + 1
    return stats.binom.sf(critical - 1, trials, proportion)


def trials_needed(proportion: float, wanted: float = 0.8, alpha: float = ALPHA) -> float:
    """Least number of trials from which on the power never falls below what is wanted.

    Power goes up and down with the number of trials since correct answers are whole; NaN where more than `MOST_TRIALS`
    would be needed.
    """
    found = power(np.arange(1, MOST_TRIALS + 1), proportion, alpha) >= wanted
    if not found[-1]:
        return np.nan
    short = np.flatnonzero(~found)
    return float(short[-1] + 2) if short.size else 1.0


def detectable(trials: int, wanted: float = 0.8, alpha: float = ALPHA) -> float:
    """Share of discriminators that so many trials show with the wanted power; NaN where even all would not do."""
    if power(trials, 1.0, alpha) < wanted:
        return np.nan
    proportion = optimize.brentq(lambda p: power(trials, p, alpha) - wanted, CHANCE, 1, xtol=1e-12)
    return discriminators(proportion)


def discriminators(proportion: float) -> float:
    """Share of answers that were heard and not guessed; 0 at or below chance."""
    return max(0.0, (proportion - CHANCE) / (1 - CHANCE))


def abx(trials: AbxTrials) -> pd.DataFrame:
    """Test every pair of conditions of every descriptor; p adjusted after Holm over one descriptor's pairs; `ABX`."""
    rows = [_tested(*key, rows) for key, rows in _pairs(trials)]
    table = pd.DataFrame(rows, columns=[name for name in ABX if name != "p_holm"])
    table["p_holm"] = np.nan
    for _, family in table.groupby("descriptor", sort=False):
        table.loc[family.index, "p_holm"] = holm(family["p"].to_numpy())
    return table[ABX]


def _pairs(trials: AbxTrials) -> list[tuple[tuple[str, str, str], pd.DataFrame]]:
    places = {name: i for i, name in enumerate(trials.conditions)}
    words = trials.levels("descriptor")
    found = list(trials.main.groupby(["descriptor", "a", "b"], observed=True))
    return sorted(found, key=lambda item: (words.index(item[0][0]), places[item[0][1]], places[item[0][2]]))


def _tested(descriptor: str, a: str, b: str, rows: pd.DataFrame) -> list[object]:
    of_listener = rows.groupby("participant", observed=True)["correct"].agg(["sum", "count"])
    n, correct = len(rows), int(rows["correct"].sum())
    share = correct / n
    low, high = exact_interval(correct, n)
    bounds = (share, low, high)
    return [
        *(descriptor, a, b, len(of_listener), n, correct, share, exact_p(correct, n), low, high),
        *_over_listeners(of_listener["sum"].to_numpy(), of_listener["count"].to_numpy()),
        *map(discriminators, bounds),
        *[dprime(p, correct_by_difference) for p in bounds],
        *[dprime(p, correct_by_independent) for p in bounds],
        detectable(n),
    ]


def _over_listeners(correct: np.ndarray, trials: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of the proportion for new listeners (ratio estimate over listeners, Student's t)."""
    n = len(trials)
    if n < 2:
        return np.nan, np.nan
    share = correct.sum() / trials.sum()
    se = np.sqrt(n / (n - 1) * ((correct - share * trials) ** 2).sum()) / trials.sum()
    reach = stats.t.ppf(0.975, n - 1) * se
    return max(0.0, share - reach), min(1.0, share + reach)


def by_listener(trials: AbxTrials) -> pd.DataFrame:
    """Test every listener by themselves; p adjusted after Holm over one pair's listeners; `LISTENERS`."""
    tables = []
    for (descriptor, a, b), rows in _pairs(trials):
        found = rows.groupby("participant", observed=True)["correct"].agg(["sum", "count"]).reset_index()
        table = pd.DataFrame(
            {"descriptor": descriptor, "a": a, "b": b, "participant": found["participant"].astype(str)}
        )
        table["trials"], table["correct"] = found["count"], found["sum"]
        table["proportion"] = table["correct"] / table["trials"]
        table["p"] = [exact_p(c, n) for c, n in zip(table["correct"], table["trials"], strict=True)]
        tables.append(table.assign(p_holm=holm(table["p"].to_numpy())))
    return pd.concat(tables, ignore_index=True)[LISTENERS]


def next_study(found: pd.DataFrame) -> pd.DataFrame:
    """Give the trials that another study needs for 80 and 90 % power, if as many hear each pair as did here, if only
    as many as the interval's lower end, and for fixed shares; `NEXT`.

    Parameters
    ----------
    found
        The table that `abx` gives.
    """
    rows: list[list[object]] = []
    for row in found.itertuples():
        for assumed, share in (("as found", row.discriminators), ("lower end", row.discriminators_low)):
            rows.append([row.descriptor, row.a, row.b, assumed, *_needed(share)])
    rows += [["", "", "", "fixed", *_needed(share)] for share in SHARES]
    return pd.DataFrame(rows, columns=NEXT)


def _needed(share: float) -> tuple[float, float, float, float]:
    proportion = CHANCE + share * (1 - CHANCE)
    return share, proportion, trials_needed(proportion, 0.8), trials_needed(proportion, 0.9)
