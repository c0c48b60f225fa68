"""Paired comparisons in sentences: the answer, and the results section."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.numbers import counted, degrees, f_test, listed, number, p_value, share, t_test
from analysis.statistics.preferences import Scale

FEW = 5


def answer(tables: dict[str, pd.DataFrame], compared: tuple[str, str]) -> list[str]:
    """Give the answer: the compared pair for new music, then for these clips, then the order of all conditions."""
    rows = [_turned(row, compared) for row in tables["preference_pairs"].to_dict("records")]
    rows = [row for row in rows if (row["a"], row["b"]) == compared]
    if not rows:
        return [f"{compared[0]} and {compared[1]} were never compared with a common scale."]
    sizes = {row.descriptor: (row.listeners, row.clips) for row in tables["preference_tests"].itertuples()}
    return [_new_music(rows, sizes), _these_clips(rows, sizes), _order(tables["preferences"])]


def _turned(row: dict[str, Any], compared: tuple[str, str]) -> dict[str, Any]:
    """The pair the way round that the question asks."""
    if (row["b"], row["a"]) != compared:
        return row
    swapped = {"a": row["b"], "b": row["a"], "a_chosen": row["b_chosen"], "b_chosen": row["a_chosen"]}
    swapped |= {"log_odds": -row["log_odds"], "t": -row["t"], "share_a": 1 - row["share_a"]}
    swapped |= {"share_low": 1 - row["share_high"], "share_high": 1 - row["share_low"]}
    for kind in ("ci", "new_music"):
        swapped |= {f"{kind}_low": -row[f"{kind}_high"], f"{kind}_high": -row[f"{kind}_low"]}
    return row | swapped


def _new_music(rows: list[dict[str, Any]], sizes: dict[str, tuple[int, int]]) -> str:
    parts = [_music_text(row, *sizes[row["descriptor"]]) for row in rows]
    return f"For new listeners and new music: {'; '.join(parts)}."


def _music_text(row: dict[str, Any], listeners: int, clips: int) -> str:
    if np.isnan(row["p_new_music"]):
        return f"for {row['descriptor']} nothing can be said, since {_why_not(listeners, clips)}"
    low, high = (_share_of(row[f"new_music_{end}"]) for end in ("low", "high"))
    return (
        f"for {row['descriptor']}, {row['a']} is chosen over {row['b']} in an estimated {row['share_a']:.0%} of "
        f"decided comparisons (95% CI [{low:.0%}, {high:.0%}], {p_value(row['p_new_music_holm'])} after Holm; "
        f"{counted(listeners, 'participant')} and {counted(clips, 'clip')}, both random): "
        f"{_verdict(row, row['p_new_music_holm'], listeners, clips)}"
    )


def _why_not(listeners: int, clips: int) -> str:
    if listeners < 2:
        return "there is one participant"
    return f"there {'is' if clips == 1 else 'are'} {counted(clips, 'clip')}, and at least 3 are needed"


def _share_of(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))


def _verdict(row: dict[str, Any], p: float, listeners: int, clips: int) -> str:
    if min(listeners, clips) < FEW:
        return f"too few {'participants' if listeners < FEW else 'clips'} to trust the test"
    if not p < 0.05:
        return "a difference is not shown"
    return f"{row['a'] if row['log_odds'] > 0 else row['b']} is chosen more often"


def _these_clips(rows: list[dict[str, Any]], sizes: dict[str, tuple[int, int]]) -> str:
    parts = [
        f"for {row['descriptor']} in {row['share_a']:.0%} of decided comparisons (95% CI [{row['share_low']:.0%}, "
        f"{row['share_high']:.0%}], {p_value(row['p_holm'])}; {counted(sizes[row['descriptor']][0], 'participant')})"
        for row in rows
    ]
    return f"On the clips of this study alone, {rows[0]['a']} was chosen over {rows[0]['b']} {listed(parts)}."


def _order(table: pd.DataFrame) -> str:
    parts = []
    for descriptor, rows in table.groupby("descriptor", sort=False):
        ranked = rows.sort_values("worth", ascending=False)
        names = [f"{row.condition} ({share(row.worth)})" for row in ranked.itertuples()]
        parts.append(f"{descriptor}, {', '.join(names)}")
    return f"From the most to the least chosen (worths, which sum to one): {'; '.join(parts)}."


def results(tables: dict[str, pd.DataFrame], compared: tuple[str, str], scales: dict[str, Scale]) -> str:
    """Write the results section."""
    parts = ["# Results", " ".join(answer(tables, compared))]
    for descriptor, scale in scales.items():
        rows = {
            name: data[data["descriptor"] == descriptor].to_dict("records")
            for name, data in tables.items()
            if "descriptor" in data
        }
        parts.append(" ".join(part for part in _of_descriptor(descriptor, scale, rows) if part))
    return "\n\n".join(parts) + "\n"


def _of_descriptor(descriptor: str, scale: Scale, rows: dict[str, list[dict[str, Any]]]) -> list[str]:
    test, agreement, group = (rows[name][0] for name in ("preference_tests", "agreement", "transitivity"))
    return [
        _alike_text(descriptor, test),
        _separated_text(scale),
        _significant_text(rows["preference_pairs"]),
        *[_term_text(row) for row in rows["preference_terms"]],
        _fit_text(test),
        _consistency_text(group),
        _agreement_text(agreement),
        _transitivity_text(group),
    ]


def _alike_text(descriptor: str, test: dict[str, Any]) -> str:
    if np.isnan(test["F"]):
        return f"For {descriptor} there are too few participants to test all conditions together."
    verdict = "were not chosen alike" if test["p"] < 0.05 else "were not shown to be chosen differently"
    return f"For {descriptor} the conditions {verdict}, {f_test(test['dof1'], test['dof2'], test['F'], test['p'])}."


def _transitivity_text(row: dict[str, Any]) -> str:
    if not row["triples"]:
        return ""
    return (
        f"The pooled choices broke weak stochastic transitivity in {row['weak'] or 'none'} of "
        f"{counted(row['triples'], 'triple')} of conditions."
    )


def _separated_text(scale: Scale) -> str:
    if not scale.separated:
        return ""
    return (
        "No finite worths exist, since some conditions won every comparison with others or lost it; one comparison, "
        "split evenly over its outcomes, was added to each pair."
    )


def _significant_text(rows: list[dict[str, Any]]) -> str:
    found = [row for row in rows if row["p_holm"] < 0.05]
    if not found:
        return f"None of its {len(rows)} pairs differed after Holm's correction."
    parts = []
    for row in found:
        row = row if row["log_odds"] > 0 else _turned(row, (row["b"], row["a"]))
        test = f"z = {number(row['t'])}, {p_value(row['p_holm'])}"
        if np.isfinite(row["dof"]):
            test = t_test(row["dof"], row["t"], row["p_holm"])
        parts.append(f"{row['a']} over {row['b']} in {row['share_a']:.0%} of decided comparisons, {test}")
    return f"{len(found)} of {len(rows)} pairs differed after Holm's correction: {'; '.join(parts)}."


def _term_text(row: dict[str, Any]) -> str:
    if row["term"] == "same":
        return f"Two equal conditions would be called the same in {row['probability']:.0%} of comparisons."
    verdict = "mattered" if row["p"] < 0.05 else "was not shown to matter"
    return (
        f"Position {verdict}: of two equal conditions the first would be chosen in {row['probability']:.0%} of decided "
        f"comparisons, {p_value(row['p'])}."
    )


def _fit_text(test: dict[str, Any]) -> str:
    if np.isnan(test["deviance"]):
        return ""
    verdict = (
        "One scale does not describe the choices"
        if test["deviance_p"] < 0.05
        else "No departure from one scale was shown"
    )
    return (
        f"{verdict}, deviance {number(test['deviance'])} on {degrees(test['deviance_dof'])} degrees "
        f"of freedom, {p_value(test['deviance_p'])}."
    )


def _consistency_text(row: dict[str, Any]) -> str:
    if not row["tournaments"]:
        return "No listener decided every pair of a clip once, so circular triads cannot be counted."
    return (
        f"Of the {counted(row['triads'], 'triad')} within listeners, {row['circular'] / row['triads']:.0%} were "
        f"circular (guessing gives 25%; {p_value(row['p'])} for so few), mean zeta {share(row['zeta'])}."
    )


def _agreement_text(row: dict[str, Any]) -> str:
    if np.isnan(row["u"]):
        return ""
    test = (
        f", χ²({degrees(row['dof'])}) = {number(row['chi2'])}, {p_value(row['p'])}" if np.isfinite(row["chi2"]) else ""
    )
    return f"Agreement between listeners was u = {share(row['u'])}{test}."
