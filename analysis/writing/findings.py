"""The paper's results section in APA form, made from what was run on these data."""

import math

from analysis.numbers import counted, degrees, f_test, interval, listed, number, p_value, share, t_test
from analysis.statistics.results import Results
from analysis.writing import medians
from analysis.writing.answer import FEW, answer
from analysis.writing.claims import anova_rows, constant, friedman_rows, noun, pairs_tested
from analysis.writing.kept import kept_text
from analysis.writing.methods import reduction_text


def results_section(results: Results) -> str:
    """Write the results section."""
    parts = ["# Results", " ".join([*kept_text(results), *answer(results)])]
    parts += [_main_tests_text(results), anova_text(results), _posthoc_text(results), _friedman_text(results)]
    parts += odds_text(results)
    parts += [medians.results_text(results), _reliability_text(results), _adaptive_text(results)]
    return "\n\n".join(part for part in parts if part) + "\n"


def anova_text(results: Results) -> str:
    """Tell the ANOVA, or why there is none."""
    parts = []
    for row in anova_rows(results):
        name = row.effect.replace(":", " × ").replace("descriptor", noun(results.ratings))
        test = f_test(row.eps_gg * row.ddof1, row.eps_gg * row.ddof2, row.F, row.p_gg)
        corrected = "" if row.ddof1 == 1 else f", ε = {share(row.eps_gg)}"
        verdict = "was significant" if row.p_gg < 0.05 else "was not significant"
        parts.append(f"the effect of {name} {verdict}, {test}, η²G = {share(row.ges)}{corrected}")
    if parts:
        corrected = " (Greenhouse–Geisser corrected)" if any(row.ddof1 > 1 for row in anova_rows(results)) else ""
        return f"In the repeated-measures ANOVA{corrected}, {'; '.join(parts)}."
    if len(results.cells.conditions) < 2 and len(results.cells.descriptors) < 2:
        return ""
    return f"The analysis of variance could not be computed: {_no_anova(results)}."


def _no_anova(results: Results) -> str:
    empty = [f"{descriptor} under {condition}" for descriptor, condition in results.cells.empty()]
    if empty:
        return f"nobody rated {listed(empty)}"
    if results.cells.complete().sum() < 2:
        return "fewer than two participants have every cell"
    return "participants' means do not vary beyond what they share"


def _posthoc_text(results: Results) -> str:
    if results["posthoc"].empty:
        return ""
    pairs = pairs_tested(results)
    if pairs.empty:
        return "No pair of conditions could be tested: no two participants have a difference that varies."
    found = pairs[pairs["p_holm"] < 0.05]
    several = len(results.cells.conditions) > 2
    holm, n = (" after Holm's correction" if several else ""), counted(len(pairs), "paired comparison")
    if found.empty:
        one = "The paired comparison was not significant"
        return f"{one if len(pairs) == 1 else f'None of the {n} was significant'}{holm}."
    parts = [
        f"{row.descriptor}: {row.a} − {row.b} = {number(row.diff)}, {interval(row.ci_low, row.ci_high)}, "
        f"t({degrees(row.dof)}) = {number(row.t)}, {p_value(row.p_holm)}, d_z = {number(row.dz)}"
        for row in found.itertuples()
    ]
    verb = "was" if len(found) == 1 else "were"
    within = f"{holm} within {noun(results.ratings)}" if several else ""
    return f"{len(found)} of {n} {verb} significant{within}.\n\n- " + "\n- ".join(parts)


def _main_tests_text(results: Results) -> str:
    if results.main is None or "main_model_tests" not in results.tables or results["main_model_tests"].empty:
        return " ".join(convergence(results))
    asked = noun(results.ratings)
    tests = [
        f"{row.effect.replace(':', ' × ').replace('descriptor', asked)}, {f_test(row.df1, row.df2, row.F, row.p)}"
        for row in results["main_model_tests"].itertuples()
    ]
    variances = results["main_model_variance"]
    sds = [
        f"{row.group}{f' ({row.term})' if row.term not in ('', 'Intercept') else ''} {number(row.sd)}"
        for row in variances[variances["variance"] > 0].itertuples()
    ]
    return (
        f"In the main model the {'tests were' if len(tests) > 1 else 'test was'} {'; '.join(tests)}. "
        f"The SDs of its random effects were: {listed(sds)}. {' '.join(convergence(results, reduction=False))}"
    )


def convergence(results: Results, reduction: bool = True) -> list[str]:
    """Say whether the main model and the ordinal model were fitted and converged, and what was left out of the
    first."""
    sentences = []
    if results.main is None:
        same = constant(results) is not None
        reason = "every rating is the same" if same else "the data are too few for it, or leave nothing unexplained"
        one = len(results.cells.conditions) < 2
        sentences += [] if one else [f"The main mixed model could not be fitted: {reason}."]
    elif not results.main.fit.converged:
        sentences.append("The main model did not converge and should not be reported.")
    else:
        sentences.append("The main model converged." + (f" {reduction_text(results.main)}" if reduction else ""))
    if results.ordinal is not None:
        state = "converged" if results.ordinal.converged else "did not converge and should not be reported"
        people = counted(results.ordinal.n_participants, "participant")
        sentences.append(f"The cumulative logit model {state} ({people}).")
    return sentences


def odds_text(results: Results) -> list[str]:
    """Tell the odds of a higher rating within each descriptor, where a cumulative logit model with slopes converged on
    enough clips and participants."""
    if "ordinal_odds" not in results.tables or min(_sizes(results)) < FEW:
        return []
    rows = results["ordinal_odds"]
    odds = [
        f"{number(row.odds_ratio)} for {row.descriptor} ({interval(row.ci_low, row.ci_high)}, "
        f"{t_test(row.df, row.z, row.p)})"
        for row in rows[rows["converged"]].itertuples()
    ]
    a, b = results.pair
    opening = f"With ratings taken as ordered categories, the odds of a higher rating with {a} were, relative to {b},"
    return [f"{opening} {listed(odds)} (cumulative logit models with slopes of condition)."] if odds else []


def _sizes(results: Results) -> tuple[int, int]:
    return len(results.cells.participants), results.ratings.main["clip"].nunique()


def _friedman_text(results: Results) -> str:
    parts = [
        f"{row.descriptor}, χ²({row.dof}) = {number(row.chi2)}, {p_value(row.p)}" for row in friedman_rows(results)
    ]
    return f"Friedman's test: {'; '.join(parts)}." if parts else ""


def _reliability_text(results: Results) -> str:
    if "reliability" not in results.tables:
        return ""
    parts = []
    for row in results["reliability"].dropna(subset="value").itertuples():
        known = not (math.isnan(row.ci_low) or math.isnan(row.ci_high))
        parts.append(f"{row.measure} = {number(row.value)}" + (f", {interval(row.ci_low, row.ci_high)}" * known))
    return f"Reliability: {'; '.join(parts)}." if parts else ""


def _adaptive_text(results: Results) -> str:
    if "adaptive" not in results.tables or results.compared is None:
        return ""
    a = results.compared[0]
    if "adaptivity" not in results.tables:
        return "There are too few clips to test whether the advantage depends on the clip."
    spread = results["eq_spread"]
    of_a = spread[spread["condition"] == a]
    varied = listed([f"{number(row.spread_db)} dB for {row.descriptor}" for row in of_a.itertuples()])
    opening = f"The EQ of {a} differed by clip (rms spread {varied}). " if varied else ""
    return f"{opening}{adaptivity_text(results)}"


def adaptivity_text(results: Results) -> str:
    """Say whether the advantage depends on how much a clip already sounds so, and where it ends."""
    a, b = results.pair
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
