"""Simulated studies with known effects: how often intervals cover the truth and tests cry wolf.

`python -m tests.analysis.recovery [studies]` prints the table of docs/validation.md.
"""

import sys

import numpy as np
import pandas as pd

from analysis.data.cells import cells
from analysis.data.ratings import Ratings, from_table
from analysis.statistics import mixed
from analysis.statistics.anova import anova
from analysis.statistics.contrasts import mixed_contrasts
from analysis.statistics.design import design
from analysis.statistics.posthoc import friedman, posthoc
from analysis.statistics.results import primary

CONDITIONS = ("original", "semantic", "static")
DESCRIPTORS = ("warm", "bright")
TRUE_DIFFERENCE = 0.4
SDS = {"participant": 0.7, "participant by condition": 0.3, "clip": 0.5, "residual": 1.0}


def study(seed: int, difference: float, whole: bool, participants: int = 12, clips: int = 8) -> Ratings:
    """Simulate one study; `semantic` exceeds the others by the difference; whole ratings from 1 to 7, or unrounded
    ones."""
    rng = np.random.default_rng(seed)
    p, d, c, k = (x.ravel() for x in np.indices((participants, len(DESCRIPTORS), clips, len(CONDITIONS))))
    own = rng.normal(0, SDS["participant by condition"], (participants, len(CONDITIONS)))
    rating = 4 + difference * (k == 1) + rng.normal(0, SDS["participant"], participants)[p] + own[p, k]
    rating += rng.normal(0, SDS["clip"], clips)[c] + rng.normal(0, SDS["residual"], p.size)
    labels = {"descriptor": np.array(DESCRIPTORS)[d], "clip": c, "condition": np.array(CONDITIONS)[k]}
    table = pd.DataFrame({"participant": p, **labels, "rating": np.clip(np.rint(rating), 1, 7) if whole else rating})
    return from_table(table, (1, 7) if whole else (-20, 20))


def coverage(studies: int) -> pd.DataFrame:
    """Count how often 95 % intervals of semantic - static hold the true difference, on unrounded ratings; bool
    [study, interval]."""
    rows = []
    for seed in range(studies):
        one = study(seed, TRUE_DIFFERENCE, whole=False)
        grid, layout = cells(one), design(one)
        models = {"intercepts": mixed.fit(layout), "slopes": mixed.fit(layout, slopes=True)}
        contrasts = mixed_contrasts(models, layout, one, "semantic", "static")
        intervals = {"t-test, all descriptors": primary(grid, "semantic", "static").iloc[0]}
        pairs = posthoc(grid)
        intervals["t-test, one descriptor"] = pairs[(pairs["a"] == "semantic") & (pairs["b"] == "static")].iloc[0]
        for name in models:
            intervals[f"mixed model, {name}"] = contrasts[contrasts["model"] == name].iloc[-1]
        rows.append({name: row["ci_low"] <= TRUE_DIFFERENCE <= row["ci_high"] for name, row in intervals.items()})
    return pd.DataFrame(rows)


def false_positives(studies: int) -> pd.DataFrame:
    """Count significant results at 5 % without any effect, on whole ratings; bool [study, test]."""
    rows = []
    for seed in range(studies):
        one = study(10_000 + seed, 0.0, whole=True)
        grid = cells(one)
        tests, pairs = anova(grid).set_index("effect"), posthoc(grid)
        first = pairs[pairs["descriptor"] == DESCRIPTORS[0]]
        rows.append(
            {
                "ANOVA, condition (Greenhouse-Geisser)": tests.loc["condition", "p_gg"] < 0.05,
                "ANOVA, condition (Huynh-Feldt)": tests.loc["condition", "p_hf"] < 0.05,
                "ANOVA, condition x descriptor (Greenhouse-Geisser)": tests.loc["condition:descriptor", "p_gg"] < 0.05,
                "t-test, semantic - static over descriptors": primary(grid, "semantic", "static")["p"][0] < 0.05,
                "any of one descriptor's pairs, Holm": (first["p_holm"] < 0.05).any(),
                "Wilcoxon, one pair": first["p_wilcoxon"].iloc[0] < 0.05,
                "Friedman, one descriptor": friedman(grid)["p"][0] < 0.05,
                "Mauchly, condition": tests.loc["condition", "p_W"] < 0.05,
            }
        )
    return pd.DataFrame(rows)


def main(studies: int) -> None:
    """Print both tables as Markdown."""
    for title, table in (("covers", coverage(studies)), ("significant", false_positives(studies))):
        print(f"| | {title} in {studies} studies |\n| --- | ---: |")
        for name, share in table.mean().items():
            print(f"| {name} | {100 * share:.1f} % |", flush=True)
        print()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
