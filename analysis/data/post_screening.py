"""Post-screening of assessors by ITU-R BS.1534-3 (MUSHRA): who does not hear the hidden reference, or not the anchor.

An assessor is left out who rates the hidden reference below 90 in more than 15 % of the items, or the mid-range anchor
above 90 in more than 15 % of them; an item whose mid-range anchor more than a quarter of the assessors rate above 90
does not count for the latter, since the anchor did not degrade it.
"""

from dataclasses import dataclass

import pandas as pd

from analysis.data.ratings import Ratings

EXCELLENT = 0.9  # of the scale: 90 where it runs from 0 to 100
UNHARMED = 0.25  # share of assessors above which an item was not degraded by the anchor


@dataclass(frozen=True)
class Anchored:
    """Names of the conditions that a MUSHRA test is anchored by; None where there is none."""

    reference: str | None = None
    mid_anchor: str | None = None

    def refuse_unknown(self, conditions: list[str]) -> None:
        """Refuse a name that is none of the ratings' conditions."""
        for role, name in (("hidden reference", self.reference), ("mid-range anchor", self.mid_anchor)):
            if name is not None and name not in conditions:
                raise ValueError(f"The {role} is the unknown condition {name!r} (known: {', '.join(conditions)}).")


def reference_below_90(ratings: Ratings, reference: str | None) -> pd.Series:
    """Give each assessor's share of items whose hidden reference was rated below 90."""
    rows = _of(ratings, reference)
    return _shares(rows, rows["rating"] < _ninety(ratings))


def mid_anchor_above_90(ratings: Ratings, mid_anchor: str | None) -> pd.Series:
    """Give each assessor's share of items whose mid-range anchor was rated above 90."""
    rows = _of(ratings, mid_anchor)
    above = rows["rating"] > _ninety(ratings)
    of_item = above.groupby([rows["descriptor"], rows["clip"]], observed=True).transform("mean")
    counted = of_item <= UNHARMED
    return _shares(rows[counted], above[counted])


def _of(ratings: Ratings, condition: str | None) -> pd.DataFrame:
    main = ratings.main
    return main[(main["condition"] == condition) & main["rating"].notna()]


def _ninety(ratings: Ratings) -> float:
    low, high = ratings.scale
    return low + EXCELLENT * (high - low)


def _shares(rows: pd.DataFrame, found: pd.Series) -> pd.Series:
    shares = found.astype(float).groupby(rows["participant"], observed=True).mean()
    shares.index = shares.index.astype(str)
    return shares
