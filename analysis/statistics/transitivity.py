"""Whether comparisons are consistent: circular triads within a listener, agreement between listeners, and transitivity
of the group's preferences.

Kendall, M. G., & Babington Smith, B. (1940). On the method of paired comparisons. Biometrika, 31, 324-345.
"""

from functools import cache
from itertools import combinations, product
from math import comb

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.pairs import Pairs

CONSISTENCY = ["descriptor", "participant", "tournaments", "triads", "circular", "expected", "zeta", "p"]
AGREEMENT = ["descriptor", "listeners", "u", "u_min", "chi2", "dof", "p"]
TRANSITIVITY = ["descriptor", "tournaments", "triads", "circular", "zeta", "p", "triples", "weak", "moderate", "strong"]
MOST_EXACT = 6  # conditions up to which all tournaments are listed


def circular_triads(wins: np.ndarray) -> int:
    """Count the circular triads (a over b, b over c, c over a) of one tournament.

    Parameters
    ----------
    wins
        [condition, condition]: 1 where the row was chosen over the column, 0 where not; no ties.
    """
    k, scores = len(wins), wins.sum(axis=1)
    return int(comb(k, 3) - (scores * (scores - 1) / 2).sum())


def zeta(circular: float, k: int) -> float:
    """Kendall's coefficient of consistency: 1 without circular triads, 0 with the most that there can be."""
    return 1 - 24 * circular / (k**3 - k * (1 if k % 2 else 4))


def tournaments(pairs: Pairs, descriptor: str) -> pd.DataFrame:
    """Count the circular triads of each listener on each clip where every pair was compared once and decided;
    participant, clip, conditions, circular."""
    rows = []
    chosen = pairs.main[(pairs.main["descriptor"] == descriptor) & (pairs.main["chosen"] != 1)]
    for (participant, clip), answers in chosen.groupby(["participant", "clip"], observed=True, sort=True):
        first, second = answers["first"].cat.codes.to_numpy(), answers["second"].cat.codes.to_numpy()
        found, index = np.unique([first, second], return_inverse=True)
        first, second = index.reshape(2, -1)
        k, won = len(found), answers["chosen"].to_numpy() == 0
        wins = np.zeros((k, k))
        np.add.at(wins, (np.where(won, first, second), np.where(won, second, first)), 1)
        if k > 2 and (np.triu(wins + wins.T, 1) == np.triu(np.ones((k, k)), 1)).all():
            rows.append([str(participant), str(clip), k, circular_triads(wins)])
    return pd.DataFrame(rows, columns=["participant", "clip", "conditions", "circular"])


def consistency(pairs: Pairs) -> pd.DataFrame:
    """Give each listener's circular triads over all clips, how many guessing would give, the mean zeta, and the
    probability of so few by guessing (exact up to six conditions, otherwise normal); `CONSISTENCY`."""
    rows = []
    for descriptor in pairs.levels("descriptor"):
        for participant, found in tournaments(pairs, descriptor).groupby("participant", sort=True):
            n, triads, circular, mean, p = _summed(found)
            rows.append([descriptor, participant, n, triads, circular, triads / 4, mean, p])
    return pd.DataFrame(rows, columns=CONSISTENCY)


def _summed(found: pd.DataFrame) -> tuple[int, int, int, float, float]:
    """Number of tournaments, their triads, the circular ones, mean zeta, and p of so few by guessing."""
    if found.empty:
        return 0, 0, 0, np.nan, np.nan
    sizes, circular = found["conditions"].tolist(), int(found["circular"].sum())
    mean = np.mean([zeta(d, k) for d, k in zip(found["circular"], sizes, strict=True)])
    return len(found), sum(comb(k, 3) for k in sizes), circular, float(mean), _fewer_by_guessing(circular, sizes)


@cache
def _distribution(k: int) -> np.ndarray:
    """Probability of each number of circular triads in a tournament of guesses."""
    pairs = list(combinations(range(k), 2))
    outcomes = np.array(list(product((0, 1), repeat=len(pairs))))
    scores = np.zeros((len(outcomes), k))
    for column, (a, b) in zip(outcomes.T, pairs, strict=True):
        scores[:, a] += column
        scores[:, b] += 1 - column
    circular = comb(k, 3) - (scores * (scores - 1) / 2).sum(axis=1)
    return np.bincount(circular.astype(int)) / len(outcomes)


def _fewer_by_guessing(circular: int, sizes: list[int]) -> float:
    if max(sizes) <= MOST_EXACT:
        distribution = np.ones(1)
        for k in sizes:
            distribution = np.convolve(distribution, _distribution(k))
        return float(distribution[: circular + 1].sum())
    mean, variance = sum(comb(k, 3) / 4 for k in sizes), sum(comb(k, 3) * 3 / 16 for k in sizes)
    return float(stats.norm.cdf((circular + 0.5 - mean) / np.sqrt(variance)))


def agreement(pairs: Pairs) -> pd.DataFrame:
    """Give Kendall's coefficient of agreement u between listeners: 1 where all choose the same, 0 where they agree as
    often as by guessing. Undecided comparisons do not count, and clips are kept apart.

    Returns
    -------
    pd.DataFrame
        `AGREEMENT`; u_min is the least that the number of listeners allows; chi-squared matches three moments of
        guessing, which for complete data is Kendall's own.
    """
    return pd.DataFrame([[d, *_agreement(pairs, d)] for d in pairs.levels("descriptor")], columns=AGREEMENT)


def _agreement(pairs: Pairs, descriptor: str) -> list[float]:
    chosen = pairs.main[(pairs.main["descriptor"] == descriptor) & (pairs.main["chosen"] != 1)]
    lower = np.minimum(chosen["first"].cat.codes, chosen["second"].cat.codes)
    higher = np.maximum(chosen["first"].cat.codes, chosen["second"].cat.codes)
    for_lower = (chosen["chosen"] == 0) == (chosen["first"].cat.codes == lower)
    table = pd.DataFrame({"participant": chosen["participant"].cat.codes, "lower": for_lower, "n": 1})
    keys = [chosen["clip"].cat.codes, lower, higher]
    of_listener = table.groupby([*keys, "participant"])[["lower", "n"]].sum().astype(float)
    listeners = int(chosen["participant"].nunique())
    own, levels = of_listener.assign(higher=of_listener["n"] - of_listener["lower"]), [0, 1, 2]
    sums, squares = own.groupby(level=levels).sum(), (own**2).groupby(level=levels).sum()
    between = (sums**2 - squares) / 2  # pairs of answers by different listeners
    possible, alike = between["n"].sum(), (between["lower"] + between["higher"]).sum()
    if possible == 0:
        return [listeners, *[np.nan] * 5]
    m = sums["n"].to_numpy()
    least = (2 * (np.floor(m / 2) * np.floor((m - 1) / 2)).sum()) / possible - 1
    variance, third = possible / 4, 0.75 * sum(comb(int(n), 3) for n in m)
    if third == 0 or (own["n"] > 1).any():
        return [listeners, 2 * alike / possible - 1, least, *[np.nan] * 3]
    dof = 8 * variance**3 / third**2
    chi2 = dof + (alike - possible / 2) / np.sqrt(variance) * np.sqrt(2 * dof)
    return [listeners, 2 * alike / possible - 1, least, chi2, dof, float(stats.chi2.sf(chi2, dof))]


def transitivity(pairs: Pairs) -> pd.DataFrame:
    """Sum the listeners' circular triads, and count the triples of conditions whose pooled choices break weak, moderate
    and strong stochastic transitivity (Coombs, 1964).

    Where a is chosen over b and b over c in at least one half of decided comparisons, a is to be chosen over c in at
    least one half, at least as often as in the weaker of the two, and as in the stronger.

    Returns
    -------
    pd.DataFrame
        `TRANSITIVITY`; p is of so few circular triads by guessing.
    """
    return pd.DataFrame(
        [[d, *_summed(tournaments(pairs, d)), *_broken(_shares(pairs, d))] for d in pairs.levels("descriptor")],
        columns=TRANSITIVITY,
    )


def _shares(pairs: Pairs, descriptor: str) -> np.ndarray:
    """How often the row was chosen over the column, of decided comparisons; NaN where never compared."""
    rows = pairs.main[(pairs.main["descriptor"] == descriptor) & (pairs.main["chosen"] != 1)]
    first, second = rows["first"].cat.codes.to_numpy(), rows["second"].cat.codes.to_numpy()
    won = rows["chosen"].to_numpy() == 0
    wins = np.zeros((len(pairs.conditions),) * 2)
    np.add.at(wins, (np.where(won, first, second), np.where(won, second, first)), 1)
    with np.errstate(invalid="ignore"):
        return wins / (wins + wins.T)


def _broken(share: np.ndarray) -> tuple[int, int, int, int]:
    triples, broken = 0, np.zeros(3, dtype=int)
    for three in combinations(range(len(share)), 3):
        if np.isnan(share[np.ix_(three, three)][~np.eye(3, dtype=bool)]).any():
            continue
        triples += 1
        broken += _breaks(share, three)
    weak, moderate, strong = map(int, broken)
    return triples, weak, moderate, strong


def _breaks(share: np.ndarray, three: tuple[int, ...]) -> np.ndarray:
    """Whether no order of three conditions meets the weak, the moderate and the strong condition."""
    met = np.zeros(3, dtype=bool)
    for a, b, c in ((i, j, k) for i in three for j in three for k in three if len({i, j, k}) == 3):
        one, two, both = share[a, b], share[b, c], share[a, c]
        if one >= 0.5 and two >= 0.5:
            met |= [both >= 0.5, both >= min(one, two), both >= max(one, two)]
    return ~met
