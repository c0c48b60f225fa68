"""The paper's methods and results sections, made from what was run on these data."""

import math
import platform
from importlib.metadata import version

import pandas as pd

from analysis.data.cells import cells
from analysis.data.ratings import Ratings
from analysis.data.screening import Screening
from analysis.numbers import counted, degrees, f_test, interval, listed, number, p_value, share, t_test
from analysis.statistics.results import Results
from analysis.writing import medians
from analysis.writing.answer import answer
from analysis.writing.kept import kept_methods, kept_told

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
    ratings = everyone.ratings
    low, high = ratings.scale
    clips, conditions, descriptors = (ratings.levels(name) for name in ("clip", "condition", "descriptor"))
    kinds = ratings.extra["kind"].value_counts() if "kind" in ratings.extra else pd.Series(dtype=int)
    checks = [f"{counted(int(kinds[k]), 'response')} to {name}" for k, name in _EXTRA.items() if kinds.get(k, 0)]
    paragraphs = [
        "## Participants",
        f"The study had {counted(len(screening.measured), 'participant')}. "
        f"{_exclusions_told(screening, ratings.point)}",
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


def _exclusions_told(screening: Screening, point: float) -> str:
    limits = {rule: float(getattr(screening.rules, rule)) for rule in RULES_TOLD if rule in screening.measured}
    if "repeat_mean_difference" in limits:
        limits["repeat_mean_difference"] *= point
    applied = listed([RULES_TOLD[rule].format(limit=limit) for rule, limit in limits.items()])
    n = len(screening.broke())
    if not applied and screening.stated:
        return (
            "The rules for leaving out participants that were written down before the study do not apply to these data."
        )
    people = {0: "Nobody was", 1: "One participant was"}.get(n, f"In all, {counted(n, 'participant')} were")
    if screening.stated:
        return (
            f"Participants were to be left out by rules written down before the study: {applied}. {people} left out."
            + (" The main tests were run with and without exclusions." if screening.splits() else "")
        )
    if n == 0:
        return "No rules for leaving out participants were stated, and all were analysed."
    if not screening.splits():
        return (
            "No rules for leaving out participants were stated, and all were analysed; every one of them would have "
            "broken "
            f"one of these limits: {applied}."
        )
    return (
        "No rules for leaving out participants were stated, and all were analysed. The main tests were run again "
        "without "
        f"the {n} who broke one of these limits: {applied}."
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
    """Say which analyses were run on these data, and no others."""
    told = [_main_told(results), _means_told(results), medians.methods_told(results), _beside_told(results)]
    told += [kept_methods(results), _appendix_told(results)]
    return " ".join(part for part in told if part)


def _main_told(results: Results) -> str:
    if results.main is None:
        return ""
    terms = results.main.fit.reml.terms
    people, clips = ([t for t in terms if t.side == side] for side in ("participant", "clip"))
    slopes = any(len(term.names) > 1 for term in terms)
    of_whom = listed([*(["participants"] if people else []), *(["clips"] if clips else [])])
    within = ", each also within descriptor," if any(":" in term.group for term in terms) else ""
    fixed = "condition, descriptor and their interaction" if len(results.cells.descriptors) > 1 else "condition"
    a, b = results.compared or ("", "")
    coding = f" Conditions were coded by orthogonal contrasts, the first {a} minus {b}." if slopes else ""
    scope = "new listeners and new music" if clips else "new listeners"
    return (
        f"The question for {scope} was answered by a linear mixed model of single ratings (REML) with fixed effects of "
        f"{fixed} and crossed random intercepts{' and slopes of condition' if slopes else ''} of {of_whom}{within} "
        f"tested "
        f"with Satterthwaite's degrees of freedom.{coding} {_reduction_told(results)}"
    )


def _reduction_told(results: Results) -> str:
    left_out = results.main.left_out
    if not left_out:
        return "The maximal model that the design allows was kept."
    return (
        "The maximal model was reduced by a rule fixed in the software (correlations go if it is singular with them, "
        f"then every variance estimated as zero); left out were: {'; '.join(left_out)}."
    )


def _means_told(results: Results) -> str:
    cells, told = results.cells, []
    several_clips = results.ratings.main["clip"].nunique() > 1
    averaged = "Ratings were averaged over clips" if several_clips else "Ratings were taken"
    scope = "these clips" if several_clips else "this clip"
    told.append(
        f"For {scope}, {averaged[0].lower()}{averaged[1:]} to one mean per participant, descriptor and condition."
    )
    if len(results["anova"]):
        corrected = ""
        if (results["anova"]["ddof1"] > 1).any():
            corrected = ", degrees of freedom corrected after Greenhouse and Geisser"
        out = "" if cells.complete().all() else "; participants without a cell were left out of it"
        told.append(
            f"They were tested by a repeated-measures ANOVA{corrected}, with generalised eta squared (Olejnik & "
            f"Algina, "
            f"2003){out}."
        )
    if len(results["posthoc"]) and results["posthoc"]["p_unc"].notna().any():
        n_pairs = len(cells.conditions) * (len(cells.conditions) - 1) // 2
        holm = ", p adjusted after Holm (1979) over the pairs of one descriptor," if n_pairs > 1 else ""
        told.append(
            f"{'All pairs of conditions' if n_pairs > 1 else 'The two conditions'} were compared within each "
            f"descriptor by "
            f"paired t-tests{holm} with d_z, d_av (Lakens, 2013) and Hedges' g, and by Wilcoxon's signed-rank tests."
        )
    if results["friedman"]["p"].notna().any():
        told.append("Friedman's test was run within each descriptor.")
    return " ".join(
        [*told, "Tests are two-sided at 5%; confidence intervals of means in figures are within-subject (Morey, 2008)."]
    )


def _beside_told(results: Results) -> str:
    """Say which tests stand beside those of the compared conditions."""
    if results.compared is None or results["primary"]["p"].isna().all():
        return ""
    a, b = results.compared
    margin = results.margin
    within = "" if margin is None else (
        f" was tested for equivalence within {number(margin)} points, the smallest effect of interest, by two "
        "one-sided tests at 5%;"
    )  # fmt: skip
    return (
        f"The difference of {a} and {b}{within} has JZS Bayes factors (Rouder et al., 2009; r = .707), and on "
        "participants' means a permutation test of signs and 20% trimmed means (Yuen, 1974) stand beside the t-test."
    )


def _appendix_told(results: Results) -> str:
    if results.ordinal is None:
        return ""
    first = f" of the first {results.ordinal.n_participants} participants" if _is_part(results) else ""
    groups = listed([f"{group}s" for group in results.ordinal.variances["group"]])
    return (
        f"As a check on treating ratings as numbers, those{first} were also analysed by a cumulative logit model "
        f"with random "
        f"intercepts of {groups}."
    )


def _is_part(results: Results) -> bool:
    return results.ordinal.n_participants < len(results.main.design.counts) if results.main else False


def _software() -> str:
    names = ("numpy", "scipy", "pandas")
    return (
        f"Computed with Python {platform.python_version()} "
        f"({', '.join(f'{name} {version(name)}' for name in names)}) and semantic-eq; its "
        "tests compare these statistics with R's afex, lme4, ordinal, effectsize and psych."
    )


def results_section(results: Results) -> str:
    """Write the results section in APA form."""
    parts = ["# Results", " ".join([*kept_told(results), *answer(results)])]
    parts += [_main_tests_told(results), anova_told(results), _posthoc_told(results), _checks_told(results)]
    parts += [medians.results_told(results), _reliability_told(results), _adaptive_told(results)]
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


def _main_tests_told(results: Results) -> str:
    if results.main is None or "main_model_tests" not in results.tables or results["main_model_tests"].empty:
        return " ".join(convergence(results))
    tests = [
        f"{row.effect.replace(':', ' × ')}, {f_test(row.df1, row.df2, row.F, row.p)}"
        for row in results["main_model_tests"].itertuples()
    ]
    variances = results["main_model_variance"]
    sds = [
        f"{row.group}{f' ({row.term})' if row.term not in ('', 'Intercept') else ''} {number(row.sd)}"
        for row in variances[variances["variance"] > 0].itertuples()
    ]
    return (
        f"In the main model the tests were {'; '.join(tests)}. The SDs of its random effects were: {listed(sds)}. "
        f"{' '.join(convergence(results, reduction=False))}"
    )


def convergence(results: Results, reduction: bool = True) -> list[str]:
    """Say whether the main model and the ordinal model were fitted and converged, and what was left out of the
    first."""
    sentences = []
    if results.main is None:
        sentences.append("The main mixed model could not be fitted: there are too few data for it.")
    elif not results.main.fit.converged:
        sentences.append("The main model did not converge and should not be reported.")
    else:
        sentences.append("The main model converged." + (f" {_reduction_told(results)}" if reduction else ""))
    if results.ordinal is not None:
        state = "converged" if results.ordinal.converged else "did not converge and should not be reported"
        people = counted(results.ordinal.n_participants, "participant")
        sentences.append(f"The cumulative logit model {state} ({people}).")
    return sentences


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
    a = results.compared[0]
    if "adaptivity" not in results.tables:
        return "There are too few clips to test whether the advantage depends on the clip."
    spread = results["eq_spread"]
    of_a = spread[spread["condition"] == a]
    varied = listed([f"{number(row.spread_db)} dB for {row.descriptor}" for row in of_a.itertuples()])
    opening = f"The EQ of {a} differed by clip (rms spread {varied}). " if varied else ""
    return f"{opening}{adaptivity_told(results)}"


def adaptivity_told(results: Results) -> str:
    """Say whether the advantage depends on how much a clip already sounds so, and where it ends."""
    a, b = results.compared
    row = results["adaptivity"].iloc[0]
    test = f"{interval(row['ci_low'], row['ci_high'])}, {t_test(row['df'], row['t'], row['p'])}"
    if not row["p"] < 0.05:
        return (
            f"That {a} minus {b} depends on how much a clip already sounds like the descriptor is not shown: it "
            f"changed by {number(row['slope'])} points per unit of that score ({test})."
        )
    grows = "shrank" if row["slope"] < 0 else "grew"
    side = "below" if row["slope"] < 0 else "above"
    curve = results["adaptivity_curve"]["baseline_score"]
    end = f"{number(row['ends_at'])} ({interval(row['ends_low'], row['ends_high'])})"
    where = (
        f"{a} was rated above {b} where it is {side} {end}"
        if curve.min() <= row["ends_at"] <= curve.max()
        else f"it is zero at {end}, beyond the scores of these clips"
    )
    return (
        f"{a} minus {b} {grows} with how much a clip already sounds like the descriptor, by "
        f"{number(abs(row['slope']))} points per unit of that score ({test}); {where}."
    )
