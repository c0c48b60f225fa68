"""The compared conditions as odds ratios at every split of the scale: is a rating above k likelier with a than with b?

Mantel and Haenszel's (1959) common odds ratio with participants as strata; 95 % intervals by the jackknife over
participants, on the logarithm, so that ratings of one listener count as one: they hold for these clips. The cumulative
logit model takes the odds ratio to be the same at every split (proportional odds); the table shows whether it is.
"""

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.ratings import Ratings
from analysis.statistics.ordinal import MOST_CATEGORIES

COLUMNS = ["descriptor", "a", "b", "split", "odds_ratio", "ci_low", "ci_high"]


def odds_ratios(ratings: Ratings, a: str, b: str) -> pd.DataFrame:
    """Give the odds ratio of a against b within each descriptor, at each split of the scale (`> 3`).

    Returns
    -------
    pd.DataFrame
        `COLUMNS`; empty where ratings are not whole numbers in few categories. A split that leaves no ratio when one
        participant is left out has none.
    """
    main = ratings.main.dropna(subset="rating")
    categories = np.unique(main["rating"])
    rows = []
    if 2 <= len(categories) <= MOST_CATEGORIES and (categories % 1 == 0).all():
        for descriptor in ratings.levels("descriptor"):
            chosen = main[(main["descriptor"] == descriptor) & main["condition"].isin([a, b])]
            for split in categories[:-1]:
                rows.append([descriptor, a, b, f"> {split:g}", *_at(chosen, a, split)])
    return pd.DataFrame(rows, columns=COLUMNS)


def _at(chosen: pd.DataFrame, a: str, split: float) -> tuple[float, float, float]:
    person = chosen["participant"].cat.codes.to_numpy()
    of_a, above = (chosen["condition"] == a).to_numpy(), chosen["rating"].to_numpy() > split
    counts = [np.bincount(person[cell], minlength=person.max(initial=-1) + 1)
              for cell in (of_a & above, of_a & ~above, ~of_a & above, ~of_a & ~above)]  # fmt: skip
    n = np.maximum(sum(counts), 1)
    return common_odds_ratio(counts[0] * counts[3] / n, counts[1] * counts[2] / n)


def common_odds_ratio(agree: np.ndarray, oppose: np.ndarray) -> tuple[float, float, float]:
    """Give Mantel and Haenszel's odds ratio and its jackknife interval from each stratum's two products."""
    used = (agree > 0) | (oppose > 0)
    agree, oppose = agree[used], oppose[used]
    m = len(agree)
    without = agree.sum() - agree, oppose.sum() - oppose
    if m < 2 or min(part.min() for part in without) <= 1e-12:
        return np.nan, np.nan, np.nan
    whole, each = np.log(agree.sum() / oppose.sum()), np.log(without[0] / without[1])
    pseudo = m * whole - (m - 1) * each
    reach = stats.t.ppf(0.975, m - 1) * pseudo.std(ddof=1) / np.sqrt(m)
    return float(np.exp(whole)), float(np.exp(whole - reach)), float(np.exp(whole + reach))
