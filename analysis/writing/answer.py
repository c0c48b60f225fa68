"""The answer in sentences: first for new listeners and new music, then for the clips of the study."""

import math
from typing import Any

import numpy as np
from scipy import stats

from analysis.numbers import counted, interval, listed, number, p_value, share, t_test
from analysis.statistics.contrasts import EVERY
from analysis.statistics.equivalence import ALPHA, EQUIVALENT
from analysis.statistics.question import NEW_MUSIC
from analysis.statistics.results import Results
from analysis.writing.claims import constant, noun

FEW = 5


def answer(results: Results) -> list[str]:
    """Give the answer in three sentences."""
    if results.compared is None:
        only = results.cells.conditions[0]
        return _no_answer(
            results,
            f"There is nothing to compare: every rating has the condition {only!r}.",
            "At least two conditions are needed for an answer.",
        )
    if _is_compared_by_model_only(results):
        return [new_music(results), _without_t_test(results), variation(results)]
    reason = _untestable(results)
    if reason:
        return _no_answer(results, reason, "Nothing here should be read as an effect or as its absence.")
    return [new_music(results), these_clips(results), variation(results)]


def _is_compared_by_model_only(results: Results) -> bool:
    """Tell whether the main model compares the conditions though fewer than two participants rated both of every
    descriptor."""
    row = headline(results)
    return bool(results["primary"].iloc[0]["n"] < 2 and row is not None and math.isfinite(row["p"]))


def _without_t_test(results: Results) -> str:
    a, b = results.pair
    places = [results.cells.conditions.index(name) for name in (a, b)]
    several = len(results.cells.descriptors) > 1
    if not np.isfinite(results.cells.means[:, :, places]).all(axis=2).any():
        return (
            f"Nobody rated both {a} and {b}: they are compared between participants, with no test of these clips alone."
        )
    n = counted(int(results["primary"].iloc[0]["n"]), "participant")
    of_each = f" of every {noun(results.ratings)}" if several else ""
    return f"Of these clips alone there is no test: {n} rated both {a} and {b}{of_each}."


def _untestable(results: Results) -> str:
    """Say why the compared conditions cannot be tested; empty where they can."""
    a, b = results.pair
    first = results["primary"].iloc[0]
    if constant(results) is not None:
        return f"There is nothing to compare: every rating is {constant(results):g}."
    people = counted(int(first["n"]), "participant") if first["n"] else "no participant"
    of_each = f" of every {noun(results.ratings)}" if len(results.cells.descriptors) > 1 else ""
    if first["n"] < 2:
        return (
            f"There are too few data for an answer: {people} rated both {a} and {b}{of_each}, and a test needs at "
            "least two."
        )
    if math.isnan(first["p"]):
        return (
            f"There is no test: each of {people} has the same mean difference of {a} and {b}, {number(first['diff'])} "
            "points, and without variation there is no error to judge it by."
        )
    return ""


def _no_answer(results: Results, reason: str, advice: str) -> list[str]:
    n, rated = len(results.cells.participants), int(results.ratings.main["rating"].notna().sum())
    return [reason, f"{counted(n, 'participant')} gave {counted(rated, 'rating')}, described below.", advice]


def headline(results: Results) -> dict[str, Any] | None:
    """Give the main model's row of the compared pair over all descriptors, a - b; None where there is no such model."""
    if not results.of_new_music or results.compared is None:
        return None
    table = results["main_model_contrasts"]
    a, b = results.pair
    scope = EVERY if EVERY in set(table["descriptor"]) else results.cells.descriptors[0]
    for row in table[table["descriptor"] == scope].to_dict("records"):
        if (row["a"], row["b"]) == (a, b):
            return row
        if (row["a"], row["b"]) == (b, a):
            turned = {name: -row[name] for name in ("estimate", "t")}
            return row | turned | {"a": a, "b": b, "ci_low": -row["ci_high"], "ci_high": -row["ci_low"]}
    return None


def new_music(results: Results) -> str:
    """Say what holds for new listeners and new music, or why nothing can be said of them."""
    a, b = results.pair
    clips = results.ratings.main["clip"].nunique()
    row = headline(results)
    if row is None or results.main is None:
        reason = "one clip was rated" if clips < 2 else "the mixed model could not be fitted"
        return f"For new music nothing can be said: {reason}."
    people, test = len(results.main.design.counts), t_test(row["df"], row["t"], row["p"])
    return (
        f"For new listeners and new music: {_over(results)}, {a} was rated {_more_or_less(row['estimate'])} {b} on the "
        f"{_scale(results)} scale ({interval(row['ci_low'], row['ci_high'])}, {test}{_look(results)}; "
        f"{counted(people, 'participant')} and {counted(clips, 'clip')}, both random): "
        f"{_verdict(results, row['estimate'], row['p'], people, clips)}."
    )


def _look(results: Results) -> str:
    return "" if results.alpha == ALPHA else f", at this planned look significant below {share(results.alpha)}"


def _over(results: Results) -> str:
    descriptors = results.cells.descriptors
    asked = results.ratings.asked
    what = "" if asked in ("descriptor", "test") else f"in {asked}, "
    test = "test " if asked == "test" else ""
    return what + (f"averaged over {listed(descriptors)}" if len(descriptors) > 1 else f"for {test}{descriptors[0]}")


def _scale(results: Results) -> str:
    low, high = results.ratings.scale
    return f"{low:g}-to-{high:g}"


def _more_or_less(difference: float) -> str:
    if abs(difference) < 0.005:
        return "the same as"
    return f"{number(abs(difference))} points {'higher' if difference > 0 else 'lower'} than"


def _verdict(results: Results, difference: float, p: float, people: int, clips: int) -> str:
    if people < FEW or clips < FEW:
        few = "participants" if people < FEW else "clips"
        return f"too few {few} to trust the test"
    equivalent = _is_equivalent(results)
    if p >= results.alpha:
        return _nothing_shown(results, equivalent)
    a, b = results.pair
    higher = a if difference > 0 else b
    if equivalent:
        return f"{higher} was rated higher, but by less than the smallest effect of interest, {_margin(results)}"
    against = _against(results, difference)
    if against:
        return f"{higher} was rated higher on average, but not for {listed(against)}"
    if results.ratings.asked != "descriptor":
        return f"{higher} was rated higher"
    return f"{higher} sounded more like the descriptor{'s' if len(results.cells.descriptors) > 1 else ''}"


def _against(results: Results, difference: float) -> list[str]:
    """List the descriptors for which participants' means or the main model go the other way."""
    a, b = results.pair
    found = {name for name, value in by_descriptor(results).items() if value * difference < 0}
    for row in results["main_model_contrasts"].itertuples():
        if {row.a, row.b} == {a, b} and row.estimate * (1 if row.a == a else -1) * difference < 0:
            found.add(row.descriptor)
    return [name for name in results.cells.descriptors if name in found]


def _is_equivalent(results: Results) -> bool:
    """Tell whether the main model's difference lies within the margin that the study states."""
    if results.margin is None:
        return False
    row = results["equivalence"].iloc[0]
    return bool(row["basis"] == NEW_MUSIC and row["verdict"] == EQUIVALENT)


def _nothing_shown(results: Results, equivalent: bool) -> str:
    if results.margin is None:
        return "a difference is not shown"
    if equivalent:
        return f"they are equivalent within the smallest effect of interest, {_margin(results)}"
    return f"neither a difference nor equivalence within {_margin(results)} is shown"


def _margin(results: Results) -> str:
    return "" if results.margin is None else f"{number(results.margin)} points"


def by_descriptor(results: Results) -> dict[str, float]:
    """Give the mean difference of the compared pair within each descriptor."""
    rows = results["primary"]
    return {row.descriptor: row.diff for row in rows[rows["descriptor"] != EVERY].itertuples() if row.n}


def these_clips(results: Results) -> str:
    """Say what holds for the clips of the study, by the t-test over participants, and for each descriptor."""
    a, b = results.pair
    first = results["primary"].iloc[0]
    clips = results.ratings.main["clip"].nunique()
    where = "On the clips of this study alone" if clips > 1 else f"On the one clip of this study, {_over(results)}"
    few = ", too few participants to trust the test" if first["n"] < FEW else ""
    shown = [
        f"{number((1 if row.a == a else -1) * row.diff)} for {row.descriptor} ({p_value(row.p_holm)})"
        for row in results["posthoc"].itertuples()
        if {row.a, row.b} == {a, b} and not math.isnan(row.diff)
    ]
    n_pairs = len(results.cells.conditions) * (len(results.cells.conditions) - 1) // 2
    holm = f", p adjusted after Holm for the {n_pairs} pairs of conditions" if n_pairs > 1 else ""
    of_each = (
        f"; by descriptor, {a} minus {b} was {listed(shown)} points{holm}" if len(shown) > 1 or n_pairs > 1 else ""
    )
    return (
        f"{where}, {counted(int(first['n']), 'participant')} rated {a} {_more_or_less(first['diff'])} {b} "
        f"({interval(first['ci_low'], first['ci_high'])}, {t_test(first['dof'], first['t'], first['p'])}, "
        f"d_z = {number(first['dz'])}){few}{of_each}."
    )


def variation(results: Results) -> str:
    """Say how much the difference varies over clips, and which difference the study could have found."""
    a, b = results.pair
    row, table = headline(results), results["clip_heterogeneity"]
    if row is None or table.empty:
        return "How much the difference varies over clips is not known."
    found = table.iloc[0]
    over = f"{_over(results)}, " if len(results.cells.descriptors) > 1 else ""
    above = f", and {a} to be rated above {b} on {_share(found['share_above_zero'])} of clips"
    above = above if found["sd_clips"] > 0 else ""  # without a spread it would be the mean's uncertainty
    smallest = (stats.t.ppf(0.975, row["df"]) + stats.t.ppf(0.8, row["df"])) * row["se"]
    return (
        f"Over clips the difference has an SD of {number(found['sd_clips'])} points "
        f"({interval(found['sd_low'], found['sd_high'])}): {over}on a new clip it is expected between "
        f"{number(found['new_clip_low'])} and {number(found['new_clip_high'])}{above}; "
        f"with this precision a true mean difference of {number(smallest)} points would be found in 80% "
        "of studies, and smaller ones may have been missed."
    )


def _share(value: float) -> str:
    """Write a share as a percentage, never 0% or 100% of what was not all seen."""
    return "more than 99%" if value > 0.99 else "less than 1%" if value < 0.01 else f"{value:.0%}"
