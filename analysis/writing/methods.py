"""The paper's methods section, made from what was run on these data."""

import platform
from importlib.metadata import version

import numpy as np
import pandas as pd

from analysis.data.cells import cells
from analysis.data.ratings import Ratings
from analysis.data.screening import Screening
from analysis.numbers import counted, listed, number
from analysis.statistics.listeners_and_clips import MainModel
from analysis.statistics.results import Results
from analysis.writing import medians
from analysis.writing.claims import anova_rows, friedman_rows, noun, pairs_tested
from analysis.writing.kept import kept_methods

RULES_TOLD = {
    "attention_passed": "fewer than {limit:.0%} of the attention checks answered right",
    "audible_passed": "fewer than {limit:.0%} of the beep-counting checks answered right",
    "headphones_required": "headphone check not passed",
    "min_median_rt_ms": "a median response time below {limit:g} ms",
    "repeat_mean_difference": "repeated trials rated more than {limit:g} points apart on average",
    "max_same_rating": "{limit:.0%} or more of the ratings identical",
    "max_missing": "more than {limit:.0%} of the usual number of ratings missing",
    "max_outlying": "more than {limit:.0%} of the ratings (own mean removed) beyond 1.5 interquartile ranges of "
    "their stimulus",
    "max_reference_below_90": "the hidden reference rated below 90 in more than {limit:.0%} of the items (ITU-R "
    "BS.1534-3)",
    "max_mid_anchor_above_90": "the mid-range anchor rated above 90 in more than {limit:.0%} of the items (ITU-R "
    "BS.1534-3)",
}


def methods(results: Results, everyone: Results, screening: Screening) -> str:
    """Write the methods section: what was rated by how many, who was left out by which rules, which tests."""
    paragraphs = [
        "## Participants",
        f"The study had {counted(len(screening.measured), 'participant')}. "
        f"{_exclusions_text(screening, everyone.ratings.point)}",
        "## Design",
        _design_text(everyone.ratings),
        "## Analysis",
        _analysis_reported(results),
        _software(),
    ]
    return "\n\n".join(["# Methods", *paragraphs]) + "\n"


def _design_text(ratings: Ratings) -> str:
    low, high = ratings.scale
    clips, conditions, asked = (ratings.levels(name) for name in ("clip", "condition", "descriptor"))
    kinds = ratings.extra["kind"].value_counts() if "kind" in ratings.extra else pd.Series(dtype=int)
    checks = [f"{counted(int(kinds[k]), 'response')} to {name}" for k, name in _EXTRA.items() if kinds.get(k, 0)]
    of = "" if ratings.asked in ("descriptor", "test") else f" of {ratings.asked}"
    return (
        f"{_within_text(ratings, of)} {counted(len(clips), 'clip')}, {counted(len(conditions), 'condition')} "
        f"({', '.join(conditions)}) and {counted(len(asked), noun(ratings))} ({', '.join(asked)}), on a scale from "
        f"{low:g} to {high:g}. In all, {counted(int(ratings.main['rating'].notna().sum()), 'rating')} were given"
        f"{_missing_text(ratings)}." + (f" There were also {listed(checks)}." if checks else "")
    )


def _within_text(ratings: Ratings, of: str) -> str:
    """Say whether the same participants rated several conditions."""
    rated = ratings.main.dropna(subset="rating")
    several = rated.groupby("participant", observed=True)["condition"].nunique() > 1
    if several.all():
        return f"Ratings{of} were collected in a within-subject design of"
    if several.any():
        return (
            f"{int(several.sum())} of {counted(len(several), 'participant')} rated several conditions, in a design of"
        )
    return "Each participant rated one condition only, in a design of"


_EXTRA = {
    "repeat": "repeated trials",
    "attention": "attention checks",
    "audible_check": "beep-counting checks",
    "anchor": "anchors",
}


def _missing_text(ratings: Ratings) -> str:
    n, lacking = int(ratings.main["rating"].isna().sum()), len(cells(ratings).missing())
    parts = f" and {n:,} asked for but not given" if n else ""
    return parts + (f"; {counted(lacking, 'participant-by-cell mean')} had none" if lacking else "")


def _exclusions_text(screening: Screening, point: float) -> str:
    broken = [*dict.fromkeys(screening.log["rule"])]
    rules = [rule for rule in RULES_TOLD if rule in (screening.measured if screening.stated else broken)]
    applied = listed([_rule_text(screening, rule, point) for rule in rules])
    n, people = len(screening.broke()), len(screening.measured)
    if screening.stated:
        return _stated_text(screening, applied, n)
    opening = "No rules for leaving out participants were stated, and all were analysed"
    if n == 0:
        return f"{opening}."
    who = "the one who" if n == 1 else f"the {n} who"
    if n == people:
        every = "the one participant has" if n == 1 else f"every one of the {n} has"
        return f"{opening}; {every} {applied}, which would have left nobody."
    return f"{opening}. The main tests were run again without {who} had {applied}."


def _rule_text(screening: Screening, rule: str, point: float) -> str:
    limit = float(getattr(screening.rules, rule))
    return RULES_TOLD[rule].format(limit=limit * point if rule == "repeat_mean_difference" else limit)


def _stated_text(screening: Screening, applied: str, n: int) -> str:
    if not applied:
        return (
            "The rules for leaving out participants that were written down before the study do not apply to these data."
        )
    people = {0: "Nobody was", 1: "One participant was"}.get(n, f"In all, {counted(n, 'participant')} were")
    return f"Participants were to be left out by rules written down before the study: {applied}. {people} left out." + (
        " The main tests were run with and without exclusions." if screening.splits() else ""
    )


def screening_text(screening: Screening) -> str:
    """Say in the report who is analysed and where the other version lies."""
    n, broke = len(screening.measured), len(screening.broke())
    if not broke:
        return f"None of the {n} participants broke a screening rule: results with and without exclusions are the same."
    if screening.stated:
        return (
            f"{broke} of {n} participants broke a screening rule; the results without exclusions are in the folder "
            f"{screening.folder()}."
        )
    opening = f"No screening rules were stated, so all {n} participants are analysed."
    if broke == n:
        return f"{opening} Every one breaks a default limit, so there are no results after exclusions."
    breaks = "breaks" if broke == 1 else "break"
    return (
        f"{opening} {broke} of them {breaks} a default limit; the results without them are in the folder "
        f"{screening.folder()}."
    )


def _analysis_reported(results: Results) -> str:
    """Say which analyses were run on these data, and no others."""
    parts = [_main_text(results), _means_text(results), medians.methods_text(results), _beside_text(results)]
    parts += [kept_methods(results), _appendix_text(results)]
    return " ".join(part for part in parts if part)


def _main_text(results: Results) -> str:
    if results.main is None:
        return ""
    terms = results.main.fit.reml.terms
    people, clips = ([t for t in terms if t.side == side] for side in ("participant", "clip"))
    slopes = any(len(term.names) > 1 for term in terms)
    of_whom = listed([*(["participants"] if people else []), *(["clips"] if clips else [])])
    asked = noun(results.ratings)
    within = f", each also within {asked}" if any(":" in term.group for term in terms) else ""
    fixed = f"condition, {asked} and their interaction" if len(results.cells.descriptors) > 1 else "condition"
    a, b = results.compared or ("", "")
    coding = f" Conditions were coded by orthogonal contrasts, the first {a} minus {b}." if slopes else ""
    scope = "new listeners and new music" if clips else "new listeners"
    with_slopes = [t for t in terms if len(t.names) > 1]
    of_slopes = listed([f"{side}s" for side in dict.fromkeys(t.side for t in with_slopes)])
    both = f" and slopes of condition of {of_whom}" if of_slopes == of_whom else f" of {of_whom}"
    more = f" and random slopes of condition of {of_slopes}" if slopes and of_slopes != of_whom else ""
    random = f"crossed random intercepts{both}{within}{more}"
    return (
        f"The question for {scope} was answered by a linear mixed model of single ratings (REML) with fixed effects of "
        f"{fixed} and {random}, tested with Satterthwaite's degrees of freedom.{coding} {reduction_text(results.main)}"
    )


def reduction_text(main: MainModel) -> str:
    """Say what of the maximal model was left out, and by which rule."""
    if not main.left_out:
        return "The maximal model that the design allows was kept."
    return (
        "The maximal model was reduced by a rule fixed in the software (correlations go if it is singular with them, "
        f"then every variance estimated as zero); left out were: {'; '.join(main.left_out)}."
    )


def _means_text(results: Results) -> str:
    """Say which tests were made of participants' means: only those that gave a result."""
    grid, asked = results.cells, noun(results.ratings)
    several_clips = results.ratings.main["clip"].nunique() > 1
    parts = [
        f"For these clips, ratings were averaged over clips to one mean per participant, {asked} and condition."
        if several_clips
        else f"For this clip, the rating of each participant, {asked} and condition was taken."
    ]
    rows = anova_rows(results)
    if rows:
        corrected = ", degrees of freedom corrected after Greenhouse and Geisser" * any(r.ddof1 > 1 for r in rows)
        out = "" if grid.complete().all() else "; participants without a cell were left out of it"
        parts.append(
            f"They were tested by a repeated-measures ANOVA{corrected}, with generalised eta squared (Olejnik & "
            f"Algina, 2003){out}."
        )
    parts += _pairs_text(results)
    if friedman_rows(results):
        parts.append(f"Friedman's test was run within each {asked}.")
    two_sided = "Tests are two-sided at 5%" if results.main or len(parts) > 1 else ""
    morey = np.isfinite(results["descriptives"]["within_low"]).any()
    intervals = "confidence intervals of means in figures are within-subject (Morey, 2008)" if morey else ""
    closing = "; ".join(part for part in (two_sided, intervals) if part)
    return " ".join([*parts, f"{closing[0].upper()}{closing[1:]}." if closing else ""]).strip()


def _pairs_text(results: Results) -> list[str]:
    if not len(pairs_tested(results)):
        return []
    n_pairs = len(results.cells.conditions) * (len(results.cells.conditions) - 1) // 2
    asked = noun(results.ratings)
    holm = f", p adjusted after Holm (1979) over the pairs of one {asked}," if n_pairs > 1 else ""
    return [
        f"{'All pairs of conditions' if n_pairs > 1 else 'The two conditions'} were compared within each {asked} by "
        f"paired t-tests{holm} with d_z, d_av (Lakens, 2013) and Hedges' g, and by Wilcoxon's signed-rank tests."
    ]


def _beside_text(results: Results) -> str:
    """Say which tests stand beside those of the compared conditions."""
    if results.compared is None or results["primary"]["p"].isna().all():
        return ""
    a, b = results.pair
    margin = results.margin
    within = "" if margin is None else (
        f" was tested for equivalence within {number(margin)} points, the smallest effect of interest, by two "
        "one-sided tests at 5%;"
    )  # fmt: skip
    return (
        f"The difference of {a} and {b}{within} has JZS Bayes factors (Rouder et al., 2009; r = .707), and on "
        "participants' means a permutation test of signs and 20% trimmed means (Yuen, 1974) stand beside the t-test."
    )


def _appendix_text(results: Results) -> str:
    return " ".join([*_ordinal_text(results), *_odds_text(results)])


def _odds_text(results: Results) -> list[str]:
    if "ordinal_odds" not in results.tables or not results["ordinal_odds"]["converged"].any():
        return []
    a, b = results.pair
    several = results.ratings.main["clip"].nunique() > 1
    who = "participants and clips" if several else "participants"
    fewer = "participants or of clips, whichever are fewer" if several else "participants"
    return [
        f"The odds of a higher rating with {a} than with {b} come from cumulative logit models of each "
        f"{noun(results.ratings)} with uncorrelated random intercepts and slopes of condition of {who}, tested by t "
        f"with the degrees of freedom of {fewer} (containment; Elff et al., 2021)."
    ]


def _ordinal_text(results: Results) -> list[str]:
    if results.ordinal is None or not results.ordinal.converged:
        return []
    first = f" of the first {results.ordinal.n_participants} participants" if _is_part(results) else ""
    groups = listed([f"{group}s" for group in results.ordinal.variances["group"]])
    return [
        f"As a check on treating ratings as numbers, those{first} were also analysed by a cumulative logit model "
        f"with random intercepts of {groups}."
    ]


def _is_part(results: Results) -> bool:
    return bool(results.ordinal and results.main and results.ordinal.n_participants < len(results.main.design.counts))


def _software() -> str:
    names = ("numpy", "scipy", "pandas")
    return (
        f"Computed with Python {platform.python_version()} "
        f"({', '.join(f'{name} {version(name)}' for name in names)}) and semantic-eq; its "
        "tests compare these statistics with R's afex, lme4, ordinal, effectsize and psych."
    )
