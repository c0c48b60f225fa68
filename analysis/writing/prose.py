"""Sentences filled with the numbers: the answer, a methods section, a results section."""

import math
import platform
from importlib.metadata import version

import pandas as pd

from analysis.data.cells import cells
from analysis.data.ratings import Ratings
from analysis.data.screening import Screening
from analysis.numbers import counted, degrees, f_test, interval, listed, number, p_value, share, t_test
from analysis.statistics.power import exact_power
from analysis.statistics.results import Results

FEW = 5
RULES_TOLD = {
    "attention_passed": "fewer than {limit:.0%} of the attention checks answered right",
    "audible_passed": "fewer than {limit:.0%} of the audible checks answered right",
    "headphones_required": "headphone check not passed",
    "min_median_rt_ms": "a median response time below {limit:g} ms",
    "repeat_mean_difference": "repeated trials rated more than {limit:g} points apart on average",
    "max_same_rating": "{limit:.0%} or more of the ratings identical",
    "max_missing": "more than {limit:.0%} of the usual number of ratings missing",
    "max_outlying": "more than {limit:.0%} of the ratings (own mean removed) beyond 1.5 interquartile ranges of "
    "their stimulus",
}


def answer(results: Results) -> list[str]:
    """Give the answer in three sentences."""
    n = len(results.cells.participants)
    scale = f"{results.ratings.scale[0]:g}-to-{results.ratings.scale[1]:g}"
    if results.compared is None:
        return [
            f"There is nothing to compare: every rating has the condition {results.cells.conditions[0]!r}.",
            f"{counted(n, 'participant')} gave {counted(_n_ratings(results), 'rating')}, described below.",
            "At least two conditions are needed for an answer.",
        ]
    a, b = results.compared
    rows = results["primary"]
    first = rows.iloc[0]
    if first["n"] < 2 or math.isnan(first["p"]):
        return [
            f"There are too few data for an answer: {counted(int(first['n']), 'participant')} rated both {a} and {b} "
            "in a way that can be compared, and a test needs at least two whose ratings differ.",
            f"{counted(n, 'participant')} gave {counted(_n_ratings(results), 'rating')}, described below.",
            "Nothing here should be read as an effect or as its absence.",
        ]
    over = f"Averaged over {listed(results.cells.descriptors)}" if len(rows) > 1 else f"For {first['descriptor']}"
    verdict = (
        _verdict(first, a, b, "s" if len(rows) > 1 else "")
        if first["n"] >= FEW
        else "too few participants to trust the test"
    )
    return [
        f"{over}, {counted(int(first['n']), 'participant')} rated {a} {_more_or_less(first['diff'])} {b} on the "
        f"{scale} scale "
        f"({interval(first['ci_low'], first['ci_high'])}, {t_test(first['dof'], first['t'], first['p'])}, d_z = "
        f"{number(first['dz'])}): {verdict}.",
        _by_descriptor(results, a, b),
        _limits(results, first),
    ]


def _n_ratings(results: Results) -> int:
    return int(results.ratings.main["rating"].notna().sum())


def _more_or_less(difference: float) -> str:
    if abs(difference) < 0.005:
        return "the same as"
    return f"{number(abs(difference))} points {'higher' if difference > 0 else 'lower'} than"


def _verdict(row: pd.Series, a: str, b: str, plural: str) -> str:
    if row["p"] >= 0.05:
        return "the study does not show a difference"
    return f"{a if row['diff'] > 0 else b} sounded more like the descriptor{plural}"


def _by_descriptor(results: Results, a: str, b: str) -> str:
    pairs = results["posthoc"]
    told = []
    for row in pairs.itertuples():
        if {row.a, row.b} == {a, b}:
            sign = 1 if row.a == a else -1
            told.append(f"{number(sign * row.diff)} for {row.descriptor} ({p_value(row.p_holm)})")
    n_pairs = len(results.cells.conditions) * (len(results.cells.conditions) - 1) // 2
    holm = f", p adjusted after Holm for the {n_pairs} pairs of conditions" if n_pairs > 1 else ""
    return f"By descriptor, {a} minus {b} was {listed(told)} points{holm}."


def _limits(results: Results, first: pd.Series) -> str:
    n = int(first["n"])
    smallest = next((d / 100 for d in range(1, 1000) if exact_power(d / 100, n) >= 0.8), float("nan"))
    points = abs(smallest * first["diff"] / first["dz"]) if first["dz"] else float("nan")
    model = results["lmm_contrasts"]
    chosen = model[model["descriptor"] == first["descriptor"]]
    mixed = ""
    if len(chosen):
        row = chosen.iloc[-1]
        reach = interval(row["ci_low"], row["ci_high"])
        mixed = f"The mixed model with crossed participants and clips puts it at {number(row['estimate'])} ({reach}); "
    size = f" ({number(points)} points)" if not math.isnan(points) else ""
    opening = "with" if mixed else "With"
    return (
        f"{mixed}{opening} {counted(n, 'participant')} a study finds d_z = {number(smallest)}{size} in 80% of cases, "
        "so smaller differences may have been missed."
    )


def methods(results: Results, everyone: Results, screening: Screening) -> str:
    """Write the methods section: what was rated by how many, who was left out by which rules, which tests."""
    ratings = everyone.ratings
    low, high = ratings.scale
    clips, conditions, descriptors = (ratings.levels(name) for name in ("clip", "condition", "descriptor"))
    kinds = ratings.extra["kind"].value_counts() if "kind" in ratings.extra else pd.Series(dtype=int)
    checks = [f"{counted(int(kinds[k]), 'response')} to {name}" for k, name in _EXTRA.items() if kinds.get(k, 0)]
    paragraphs = [
        "## Participants",
        f"The study had {counted(len(screening.measured), 'participant')}. {_exclusions_told(screening)}",
        "## Design",
        f"Ratings were collected in a within-subject design of {counted(len(clips), 'clip')}, "
        f"{counted(len(conditions), 'condition')} "
        f"({', '.join(conditions)}) and {counted(len(descriptors), 'descriptor')} ({', '.join(descriptors)}), on a "
        f"scale from {low:g} to {high:g}. "
        f"In all, {counted(int(ratings.main['rating'].notna().sum()), 'rating')} were given{_missing_told(ratings)}."
        + (f" There were also {listed(checks)}." if checks else ""),
        "## Analysis",
        _analysis_told(results),
        _software(),
    ]
    return "\n\n".join(["# Methods", *paragraphs]) + "\n"


_EXTRA = {
    "repeat": "repeated trials",
    "attention": "attention checks",
    "audible_check": "audible checks",
    "anchor": "anchors",
}


def _missing_told(ratings: Ratings) -> str:
    n, lacking = int(ratings.main["rating"].isna().sum()), len(cells(ratings).missing())
    told = f" and {n:,} asked for but not given" if n else ""
    return told + (f"; {counted(lacking, 'participant-by-cell mean')} had none" if lacking else "")


def _exclusions_told(screening: Screening) -> str:
    limits = {rule: float(getattr(screening.rules, rule)) for rule in RULES_TOLD if rule in screening.measured}
    applied = listed([RULES_TOLD[rule].format(limit=limit) for rule, limit in limits.items()])
    n = len(screening.broke())
    people = {0: "Nobody was", 1: "One participant was"}.get(n, f"In all, {counted(n, 'participant')} were")
    if screening.stated:
        return (
            f"Participants were to be left out by rules written down before the study: {applied}. {people} left out. "
            "All analyses were run with and without exclusions."
        )
    if n == 0:
        return "No rules for leaving out participants were stated, and all were analysed."
    return (
        "No rules for leaving out participants were stated, and all were analysed. The main tests were run again "
        f"without those who broke one of these limits: {applied}. {people} concerned."
    )


def screening_told(screening: Screening) -> str:
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


def _analysis_told(results: Results) -> str:
    return (
        "Ratings were averaged over clips to one mean per participant, descriptor and condition. Condition and "
        "descriptor were tested by a "
        "repeated-measures ANOVA; participants without a cell were left out of it. Degrees of freedom were "
        "corrected after Greenhouse and Geisser "
        "throughout, with Mauchly's test and Huynh and Feldt's correction reported beside; effect sizes are "
        "generalised eta squared (Olejnik & "
        "Algina, 2003). All pairs of conditions were compared within each descriptor by paired t-tests, p adjusted "
        "after Holm (1979) over the pairs of "
        "one descriptor, with d_z, d_av (Lakens, 2013) and Hedges' g, and by Wilcoxon's signed-rank tests. As a "
        "check, single ratings were analysed by "
        "a linear mixed model with crossed random intercepts of participant and clip (REML; Baayen, Davidson & "
        "Bates, 2008), by one with random "
        "slopes of condition, and by a cumulative logit model with the same intercepts; Friedman's test was run "
        "within each descriptor. "
        "Confidence intervals of means in figures are within-subject (Morey, 2008); tests are two-sided at 5%."
    )


def _software() -> str:
    names = ("numpy", "scipy", "pandas")
    return (
        f"Computed with Python {platform.python_version()} "
        f"({', '.join(f'{name} {version(name)}' for name in names)}) and semantic-eq; its "
        "tests compare these statistics with R's afex, lme4, ordinal, effectsize and psych."
    )


def results_section(results: Results) -> str:
    """Write the results section in APA form."""
    parts = ["# Results", *(" ".join(answer(results)),)]
    parts += [anova_told(results), _posthoc_told(results), _mixed_told(results), _checks_told(results)]
    parts += [_reliability_told(results), _adaptive_told(results)]
    return "\n\n".join(part for part in parts if part) + "\n"


def anova_told(results: Results) -> str:
    """Tell the ANOVA, or why there is none."""
    told = []
    for row in results["anova"].itertuples():
        if not math.isfinite(row.F) or math.isnan(row.eps_gg):
            continue
        name = row.effect.replace(":", " × ")
        test = f_test(row.eps_gg * row.ddof1, row.eps_gg * row.ddof2, row.F, row.p_gg)
        corrected = "" if row.ddof1 == 1 else f", ε = {share(row.eps_gg)}"
        verdict = "was significant" if row.p_gg < 0.05 else "was not significant"
        told.append(f"the effect of {name} {verdict}, {test}, η²G = {share(row.ges)}{corrected}")
    if not told:
        empty = [f"{descriptor} under {condition}" for descriptor, condition in results.cells.empty()]
        reason = f"nobody rated {listed(empty)}" if empty else "fewer than two participants have every cell"
        return f"The two-way analysis of variance could not be computed: {reason}."
    text = "; ".join(told)
    return f"In the repeated-measures ANOVA (Greenhouse–Geisser corrected), {text}."


def _posthoc_told(results: Results) -> str:
    pairs = results["posthoc"]
    found = pairs[pairs["p_holm"] < 0.05]
    if pairs.empty:
        return ""
    if found.empty:
        return f"None of the {len(pairs)} paired comparisons was significant after Holm's correction."
    told = [
        f"{row.descriptor}: {row.a} − {row.b} = {number(row.diff)}, {interval(row.ci_low, row.ci_high)}, "
        f"t({degrees(row.dof)}) = {number(row.t)}, "
        f"{p_value(row.p_holm)}, d_z = {number(row.dz)}"
        for row in found.itertuples()
    ]
    return (
        f"{len(found)} of {len(pairs)} paired comparisons were significant after Holm's correction within "
        "descriptor.\n\n- " + "\n- ".join(told)
    )


def convergence(results: Results) -> list[str]:
    """Say of each model whether it was fitted, converged, and whether a variance vanished."""
    names = {
        "intercepts": "The mixed model with random intercepts",
        "slopes": "The mixed model with slopes of condition",
    }
    sentences = []
    for key, model in results.models.items():
        if model is None:
            sentences.append(
                f"{names[key]} could not be fitted: there are too few data for it, or too many participants for "
                "its slopes."
            )
        else:
            state = "converged" if model.converged else "did not converge and should not be reported"
            singular = (
                ", but is singular (a variance is zero or slopes are perfectly correlated)" if model.singular else ""
            )
            sentences.append(f"{names[key]} {state}{singular}.")
    if results.ordinal is None:
        sentences.append(
            "The cumulative logit model was not fitted: it takes whole-numbered ratings of two participants or more."
        )
    else:
        state = "converged" if results.ordinal.converged else "did not converge and should not be reported"
        sentences.append(
            f"The cumulative logit model {state} ({counted(results.ordinal.n_participants, 'participant')})."
        )
    return sentences


def _mixed_told(results: Results) -> str:
    if results.models["intercepts"] is None:
        return " ".join(convergence(results))
    variances = results["lmm_variance"].itertuples()
    told = listed([f"{row.group} {number(row.variance)}" for row in variances])
    tests = [
        f"{row.effect.replace(':', ' × ')}, χ²({row.dof}) = {number(row.chi2)}, {p_value(row.p)}"
        for row in results.tables["lmm_tests"].data.itertuples()
    ] if "lmm_tests" in results.tables else []  # fmt: skip
    wald = f" Wald tests: {'; '.join(tests)}." if tests else ""
    return f"In the mixed model the variances were {told}.{wald} {' '.join(convergence(results))}"


def _checks_told(results: Results) -> str:
    told = [
        f"{row.descriptor}, χ²({row.dof}) = {number(row.chi2)}, {p_value(row.p)}"
        for row in results["friedman"].itertuples()
        if not math.isnan(row.chi2)
    ]
    return f"Friedman's test: {'; '.join(told)}." if told else ""


def _reliability_told(results: Results) -> str:
    if "reliability" not in results.tables:
        return ""
    rows = results["reliability"].dropna(subset="value").itertuples()
    told = [f"{row.measure} = {number(row.value)}, {interval(row.ci_low, row.ci_high)}" for row in rows]
    return f"Reliability: {'; '.join(told)}." if told else ""


def _adaptive_told(results: Results) -> str:
    if "adaptive" not in results.tables or results.compared is None:
        return ""
    a, b = results.compared
    told = [
        f"{row.descriptor}, {number(row.slope)} points per SD, {interval(row.ci_low, row.ci_high)}, "
        f"{t_test(row.dof, row.t, row.p)}"
        for row in results["adaptive"].itertuples()
        if not math.isnan(row.slope)
    ]
    if not told:
        return "There are too few clips to test whether the advantage depends on the clip."
    spread = results["eq_spread"]
    of_a = spread[spread["condition"] == a]
    varied = listed([f"{number(row.spread_db)} dB for {row.descriptor}" for row in of_a.itertuples()])
    return (
        f"The EQ of {a} differed by clip (rms spread {varied}). The change of {a} − {b} with how much a clip "
        "already sounded so (negative: the "
        f"advantage grows where the clip is further from the descriptor) was: {'; '.join(told)}."
    )
