"""Who is left out and why, by rules written down before the study: a value, a limit, and both in the log."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.grids import repeats, stimulus_grid
from analysis.data.post_screening import Anchored, mid_anchor_above_90, reference_below_90
from analysis.data.ratings import Ratings
from analysis.numbers import counted

LOG = ["participant", "rule", "value", "limit"]
# As study files and exports of version 0.1 call the rules.
FORMER_NAMES = {
    "fastest_median_rt_ms": "min_median_rt_ms",
    "most_same_rating": "max_same_rating",
    "most_missing": "max_missing",
    "most_outlying": "max_outlying",
}


@dataclass(frozen=True)
class Rules:
    """Limits beyond which a participant is left out; a rule without a limit (None) or without its data (no checks, no
    times) leaves nobody out.

    Attributes
    ----------
    attention_passed, audible_passed
        Least share of attention checks and of beep-counting checks that were answered right.
    headphones_required
        Leave out who did not pass the headphone check (`headphones_passed` of the study's sessions).
    min_median_rt_ms
        Least median time from the moment a rating could be given, in ms.
    repeat_mean_difference
        Most mean absolute difference between a trial and its repeat, in points of a 1-to-7 scale; on another scale the
        same share of it.
    max_same_rating
        Share of a participant's ratings that are one and the same with which, or with more, they are left out
        (straight-lining).
    max_missing
        Most of the usual number of ratings that may be missing.
    max_outlying
        Most of the ratings that may lie beyond 1.5 interquartile ranges of their stimulus, as the post-screening of
        ITU-R BS.1534-3 counts them; each participant's own mean is taken out first, so that a strict rater is no
        outlier. The interquartile range counts as at least a sixth of the scale.
    max_reference_below_90, max_mid_anchor_above_90
        Most of the items whose hidden reference may be rated below 90, and whose mid-range anchor above 90, where the
        ratings have such conditions (post-screening of ITU-R BS.1534-3, see `analysis.data.post_screening`).
    """

    attention_passed: float | None = 0.8
    audible_passed: float | None = 0.5
    headphones_required: bool = False
    min_median_rt_ms: float | None = 200.0
    repeat_mean_difference: float | None = 2.0
    max_same_rating: float | None = 0.95
    max_missing: float | None = 0.5
    max_outlying: float | None = 0.25
    max_reference_below_90: float | None = 0.15
    max_mid_anchor_above_90: float | None = 0.15

    @classmethod
    def of(cls, limits: dict[str, float]) -> "Rules":
        """Take the stated limits, by their present or former names; a rule without a limit is not applied."""
        limits = {FORMER_NAMES.get(name, name): limit for name, limit in limits.items()}
        known = [field.name for field in fields(cls)]
        for name, limit in limits.items():
            if name not in known:
                raise ValueError(f"Unknown screening rule {name!r} (known: {', '.join(sorted(known))}).")
            if not isinstance(limit, int | float):
                raise ValueError(f"The screening rule {name!r} is {limit!r}; a number is expected.")
        stated: dict[str, Any] = dict.fromkeys(known) | {"headphones_required": False} | limits
        return cls(**stated)

    def with_bs1534(self) -> "Rules":
        """State the post-screening of ITU-R BS.1534-3 beside these rules."""
        default = Rules()
        return replace(
            self,
            max_reference_below_90=default.max_reference_below_90,
            max_mid_anchor_above_90=default.max_mid_anchor_above_90,
        )


@dataclass(frozen=True)
class Screening:
    """Every participant measured against every rule.

    Attributes
    ----------
    rules
        The limits.
    stated
        The rules were stated before the study: who breaks one is left out of the main results. Otherwise they are the
        default limits, which leave nobody out and only say who would be.
    measured
        One row per participant: each rule's value, and whether one is broken.
    log
        One row per broken rule, columns `LOG`.
    """

    rules: Rules
    stated: bool
    measured: pd.DataFrame
    log: pd.DataFrame

    def broke(self) -> list[str]:
        """List the participants who break a rule."""
        return sorted(set(self.log["participant"]))

    def splits(self) -> bool:
        """Tell whether some participants break a rule and others do not."""
        return 0 < len(self.broke()) < len(self.measured)

    def folder(self) -> str:
        """Name the folder of the version that is not the main one."""
        return "all_participants" if self.stated else "after_exclusions"

    def caption(self) -> str:
        """Say what the log lists."""
        if self.stated:
            return "Who was left out, by which rule."
        return "Who breaks a default limit; nobody was left out, since no rules were stated."

    def refuse_to_leave_out_everyone(self) -> None:
        """Raise a ValueError where stated rules leave nobody."""
        if self.stated and len(self.broke()) == len(self.measured):
            rules = ", ".join(f"{n} by {rule}" for rule, n in self.log["rule"].value_counts().items())
            raise ValueError(
                f"Every one of {counted(len(self.measured), 'participant')} breaks a screening rule ({rules}); are the "
                "limits meant for another study?"
            )


def screen(
    ratings: Ratings,
    stated: Rules | None = None,
    headphones: dict[str, bool] | None = None,
    anchored: Anchored | None = None,
) -> Screening:
    """Measure every participant against every rule.

    Parameters
    ----------
    ratings
        All participants, with their checks and repeats.
    stated
        The limits that were stated before the study; None takes the default ones, which leave nobody out.
    headphones
        Whether each participant passed the headphone check, where known.
    anchored
        Names of the hidden reference and the mid-range anchor, where the ratings have them.
    """
    rules, anchored = stated or Rules(), anchored or Anchored()
    people = ratings.levels("participant")
    repeat_limit = rules.repeat_mean_difference and rules.repeat_mean_difference * ratings.point
    measured = {
        "attention_passed": (_checks(ratings, "attention"), rules.attention_passed, np.less),
        "audible_passed": (_checks(ratings, "audible_check"), rules.audible_passed, np.less),
        "min_median_rt_ms": (_median_rt(ratings), rules.min_median_rt_ms, np.less),
        "repeat_mean_difference": (_repeat_difference(ratings), repeat_limit, np.greater),
        "max_same_rating": (_same_rating(ratings), rules.max_same_rating, np.greater_equal),
        "max_missing": (_missing(ratings), rules.max_missing, np.greater),
        "max_outlying": (_outlying(ratings), rules.max_outlying, np.greater),
        "max_reference_below_90": (
            reference_below_90(ratings, anchored.reference),
            rules.max_reference_below_90,
            np.greater,
        ),
        "max_mid_anchor_above_90": (
            mid_anchor_above_90(ratings, anchored.mid_anchor),
            rules.max_mid_anchor_above_90,
            np.greater,
        ),
    }
    if rules.headphones_required and headphones is not None:
        passed = pd.Series({p: float(headphones[p]) for p in people if p in headphones}, dtype=float)
        measured["headphones_required"] = (passed, 1.0, np.less)
    table = pd.DataFrame({"participant": people})
    log = []
    for rule, (values, limit, breaks) in measured.items():
        value = values.reindex(people).to_numpy(dtype=float)
        if limit is None or np.isnan(value).all():
            continue
        table[rule] = value
        broken = breaks(value, limit) & np.isfinite(value)
        log += [(people[i], rule, value[i], float(limit)) for i in np.flatnonzero(broken)]
    exclusions = pd.DataFrame(log, columns=LOG).astype({"value": float, "limit": float})
    table["breaks_a_rule"] = table["participant"].isin(exclusions["participant"])
    return Screening(rules, stated is not None, table, exclusions)


def _of_participant(table: pd.DataFrame, values: pd.Series, how: str) -> pd.Series:
    found = values.groupby(table["participant"], observed=True).agg(how)
    found.index = found.index.astype(str)
    return found


def _checks(ratings: Ratings, kind: str) -> pd.Series:
    extra = ratings.extra
    if extra.empty or "expected" not in extra:
        return pd.Series(dtype=float)
    checks = extra[(extra["kind"] == kind) & extra["expected"].notna()]
    return _of_participant(checks, (checks["rating"] == checks["expected"]).astype(float), "mean")


def _median_rt(ratings: Ratings) -> pd.Series:
    if "rt_ms" not in ratings.main:
        return pd.Series(dtype=float)
    return _of_participant(ratings.main, ratings.main["rt_ms"], "median")


def _repeat_difference(ratings: Ratings) -> pd.Series:
    pairs = repeats(ratings)
    if pairs.empty:
        return pd.Series(dtype=float)
    return _of_participant(pairs, (pairs["first"] - pairs["second"]).abs(), "mean")


def _same_rating(ratings: Ratings) -> pd.Series:
    """Give the share of the modal rating; only of participants with at least ten ratings, fewer can agree by
    chance."""
    main = ratings.main[ratings.main["rating"].notna()]
    people = ratings.levels("participant")
    _, code = np.unique(main["rating"].to_numpy(), return_inverse=True)
    n_codes = int(code.max()) + 1 if code.size else 1
    index = main["participant"].cat.codes.to_numpy().astype(np.int64) * n_codes + code
    counts = np.bincount(index, minlength=len(people) * n_codes).reshape(len(people), n_codes)
    total = counts.sum(axis=1)
    return pd.Series(np.where(total >= 10, counts.max(axis=1) / np.maximum(total, 1), np.nan), index=people)


def _missing(ratings: Ratings) -> pd.Series:
    people = ratings.levels("participant")
    rated = ratings.main["participant"].cat.codes.to_numpy()[ratings.main["rating"].notna().to_numpy()]
    counts = np.bincount(rated, minlength=len(people))
    return pd.Series(np.maximum(1 - counts / max(np.median(counts), 1), 0), index=people)


def _outlying(ratings: Ratings) -> pd.Series:
    """Give the share of outlying ratings; only with eight participants or more, whose quartiles mean something."""
    grid = stimulus_grid(ratings)
    if len(grid) < 8:
        return pd.Series(dtype=float)
    centred = grid - np.nanmean(grid, axis=1, keepdims=True)
    low, high = np.nanpercentile(centred, [25, 75], axis=0)
    reach = 1.5 * np.maximum(high - low, ratings.point)
    with np.errstate(invalid="ignore"):
        beyond = (centred < low - reach) | (centred > high + reach)
    main = ratings.main[ratings.main["rating"].notna()]
    people = np.array(ratings.levels("participant"))[np.unique(main["participant"].cat.codes)]
    return pd.Series(beyond.sum(axis=1) / np.isfinite(grid).sum(axis=1), index=people)
