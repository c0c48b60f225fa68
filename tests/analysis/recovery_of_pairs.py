"""Simulated paired comparisons of known worths: how often intervals cover them and tests find what is not there.

`python -m tests.analysis.recovery_of_pairs [studies]` prints the table of docs/validation.md.
"""

import sys

import numpy as np
import pandas as pd

from analysis.data.pairs import from_table
from analysis.statistics import preferences

CONDITIONS = ("original", "semantic", "flow", "static")
WORTHS = np.array([-0.7, 0.6, 0.2, -0.1])
POSITION, SAME = 0.3, -0.8
LISTENERS, CLIPS, MANY = 12, 6, 40_000
SD_LISTENER = 0.5
SD_CLIP = (0.0, 0.5)  # the two columns: clips alike, clips differ in what is preferred on them


def study(seed, worths=WORTHS, listeners=LISTENERS, clips=CLIPS, sd_clip=0.0, sd_listener=SD_LISTENER):
    """Simulate every listener's comparison of all six pairs of every clip, sides at random."""
    rng = np.random.default_rng(seed)
    k = len(CONDITIONS)
    own = worths + rng.normal(0, sd_listener, (listeners, 1, k)) + rng.normal(0, sd_clip, (1, clips, k))
    i, j = np.triu_indices(k, 1)
    p, c, n = (x.ravel() for x in np.indices((listeners, clips, len(i))))
    turned = rng.random(p.size) < 0.5
    first, second = np.where(turned, j[n], i[n]), np.where(turned, i[n], j[n])
    half = (own[p, c, first] - own[p, c, second] + POSITION) / 2
    odds = np.exp(np.stack([half, np.full_like(half, SAME), -half], axis=1))
    outcome = (rng.random(p.size)[:, None] > np.cumsum(odds / odds.sum(axis=1, keepdims=True), axis=1)).sum(axis=1)
    names = np.array([*CONDITIONS, "same"])
    choice = names[np.choose(outcome, [first, np.full_like(first, k), second])]
    labels = {"participant": p, "descriptor": "warm", "clip": c, "a": names[i[n]], "b": names[j[n]]}
    return from_table(pd.DataFrame(labels | {"first": names[first], "choice": choice}))


def truth(sd_clip):
    """Worths of the population: fitted to very many listeners, one clip each, since a mixture of scales is flatter."""
    own = study(99, listeners=MANY // 10, clips=1, sd_clip=0, sd_listener=np.hypot(SD_LISTENER, sd_clip))
    return preferences.fit(preferences.count(own, "warm", "participant")).log_worth[0]


def coverage(studies, sd_clip):
    """Count how often intervals of semantic - static hold the true difference; bool [study, interval]."""
    true = truth(sd_clip)
    rows = []
    for seed in range(studies):
        found = preferences.scale(study(seed, sd_clip=sd_clip), "warm", draws=300)
        weights = found.difference(1, 3)
        limits = {"these clips": found.of_listeners(weights).ci, "new music": found.of_new_music(weights).ci}
        rows.append({name: low <= true[1] - true[3] <= high for name, (low, high) in limits.items()})
    return pd.DataFrame(rows)


def false_positives(studies, sd_clip):
    """Count significant results at 5 % without any difference; bool [study, test]."""
    rows = []
    for seed in range(studies):
        pairs = study(10_000 + seed, np.zeros(4), sd_clip=sd_clip)
        scales = {"warm": preferences.scale(pairs, "warm", draws=300)}
        tests = preferences.pair_tests(scales)
        rows.append(
            {
                "these clips: all conditions together": preferences.tests(pairs, scales)["p"][0] < 0.05,
                "these clips: any pair, Holm": tests["p_holm"].min() < 0.05,
                "new music: one pair": tests["p_new_music"][0] < 0.05,
                "new music: any pair, Holm": tests["p_new_music_holm"].min() < 0.05,
            }
        )
    return pd.DataFrame(rows)


def main(studies):
    """Print the table as Markdown."""
    print(f"| {studies} studies | clips alike | clips differ (SD {SD_CLIP[1]}) |\n| --- | ---: | ---: |")
    for title, run in {
        "covers semantic - static": coverage,
        "significant without a difference": false_positives,
    }.items():
        columns = [run(studies, sd).mean() for sd in SD_CLIP]
        for name in columns[0].index:
            print(f"| {title}: {name} | {columns[0][name]:.1%} | {columns[1][name]:.1%} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
