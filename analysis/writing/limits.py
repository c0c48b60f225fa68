"""What the study cannot say, made from these data: who and what it holds for, what was not measured, what shrinks
differences."""

import math

import numpy as np

from analysis.data.screening import Screening
from analysis.numbers import counted, number
from analysis.statistics.results import Results
from analysis.writing.answer import FEW
from analysis.writing.claims import noun

NEAR_THE_END = 0.05  # share of ratings at the ends of the scale that is worth a sentence


def limits(results: Results, screening: Screening) -> str:
    """Write the limits section."""
    parts = [
        *(_simulated(results)),
        *_scope(results),
        *_unmeasured(results, screening),
        *_attenuated(results),
    ]
    return "\n\n".join(["# Limits", *parts]) + "\n"


def _simulated(results: Results) -> list[str]:
    return ["The participants were simulated."] * results.ratings.simulated


def _scope(results: Results) -> list[str]:
    """Say for whom and for which music the results hold."""
    people, clips = len(results.cells.participants), results.ratings.main["clip"].nunique()
    parts = []
    if clips == 1:
        parts.append("One clip was rated: nothing is known of other music.")
    elif clips < FEW:
        parts.append(f"With {clips} clips, how much they differ is hardly known, and so is what holds for other music.")
    elif not results.of_new_music and results.compared:
        parts.append("No model says what holds for other music: these results are of the study's own clips.")
    if people < FEW:
        parts.append(f"With {counted(people, 'participant')}, what holds for other listeners is hardly known.")
    out = int((~results.cells.complete()).sum())
    if out and len(results["anova"]):
        verb = "has" if out == 1 else "have"
        parts.append(f"{counted(out, 'participant')} {verb} no rating of some cell and took no part in the ANOVA.")
    uneven = _uneven(results)
    if uneven:
        parts.append(
            f"{counted(uneven, 'participant')} did not rate the same clips in every condition, so that differences "
            "between clips enter the tests on participants' means"
            f"{', while the main model allows for them' if results.of_new_music else ''}."
        )
    return parts


def _uneven(results: Results) -> int:
    """Count the participants who rated a clip in some of their conditions of a descriptor, but not in all of them."""
    rated = results.ratings.main.dropna(subset="rating")
    by_cell = rated.drop_duplicates(["participant", "descriptor", "clip", "condition"]).groupby(
        ["participant", "descriptor"], observed=True
    )
    lacking = by_cell.size() < by_cell["clip"].nunique() * by_cell["condition"].nunique()
    return int(lacking[lacking].index.get_level_values("participant").nunique())


def _unmeasured(results: Results, screening: Screening) -> list[str]:
    parts = []
    kinds = set(results.ratings.extra["kind"]) if "kind" in results.ratings.extra else set()
    if "repeat" not in kinds:
        parts.append("No trial was repeated, so how far listeners agree with themselves is not known.")
    if "attention" not in kinds:
        parts.append("There were no attention checks, so how many ratings were given without listening is not known.")
    if not screening.stated:
        parts.append("No rules for leaving out participants were stated before the analysis.")
    if len(results.cells.descriptors) > 1 and results.compared and results["posthoc"]["p_holm"].notna().any():
        parts.append(f"The p-values of different {noun(results.ratings)}s are not adjusted for each other.")
    return parts


def _attenuated(results: Results) -> list[str]:
    """Name what makes differences look smaller than they are, with its size in these data."""
    values = results.ratings.main["rating"].dropna().to_numpy()
    low, high = results.ratings.scale
    parts = []
    steps = np.unique(values)
    whole = len(steps) > 1 and bool((steps % 1 == 0).all())
    at_ends = float(np.mean((values == low) | (values == high)))
    if whole:
        parts.append(
            f"Ratings are whole numbers: rounding adds an error with an SD of {number(1 / math.sqrt(12))} points to "
            "each, which widens intervals and makes standardised effects smaller."
        )
    if at_ends > NEAR_THE_END:
        parts.append(
            f"{at_ends:.0%} of the ratings lie at an end of the scale, where what exceeds it cannot be rated, so that "
            "differences between conditions may be underestimated."
        )
    lapses = _lapses(results)
    if lapses:
        parts.append(
            f"{lapses:.0%} of the attention checks were answered wrongly; if as many ratings were given without "
            f"listening, a difference between listeners' means is {1 - lapses:.2f} times what it would be without "
            "such lapses."
        )
    return [" ".join(parts)] if parts else []


def _lapses(results: Results) -> float:
    """Give the share of attention checks that were answered wrongly; 0 without any."""
    extra = results.ratings.extra
    if "kind" not in extra or "expected" not in extra:
        return 0.0
    checks = extra[(extra["kind"] == "attention") & extra["expected"].notna()]
    return float((checks["rating"] != checks["expected"]).mean()) if len(checks) else 0.0
