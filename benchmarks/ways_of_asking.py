"""Power of each way of asking for the same listener time, on simulated listeners.

`python -m benchmarks.ways_of_asking` prints the tables of docs/asking.md.

A sound has a place on the descriptor's scale: its condition's, and what listener and clip make of it. Judging it adds
noise: of hearing, new at every presentation, and of the scale, which a listener's use of numbers adds to a rating that
stands alone. On one page the scale's noise is shared by all sounds and falls out of their differences; a choice has
none, but says only which is more. Trials take each sound once and 4 s an answer, as `semantic-eq study check` counts.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.statistics.abx import correct_by_difference
from analysis.statistics.bradley_terry import Comparisons, fit
from analysis.statistics.power import wilson

LISTENERS, CLIPS, MINUTES = 15, 10, 20
SOUND_S, ANSWER_S = 10.0, 4.0
PLACES = np.array([-0.6, 0.0, 0.1, 0.0])  # original, semantic, flow, static; the difference is added to semantic
A, B = 1, 3  # the two conditions of the question
SD_LISTENER, SD_CLIP = 0.6 / np.sqrt(2), 0.4 / np.sqrt(2)  # of one condition: a difference has 0.6 and 0.4
SD_NOISE = 1.5 / np.sqrt(2)  # of one rating: a pair of ratings has 1.5
SD_OFFSET = 0.7
EFFECTS = (0.0, 0.25, 0.5, 0.75, 1.0)
SCALE_NOISE = (0.25, 0.5)  # share of the noise variance that is the scale's
Found = tuple[bool, bool]  # for these clips, for new music


@dataclass(frozen=True)
class World:
    """What is true in one simulated study: places [listener, clip, condition], and the noises' SDs."""

    places: np.ndarray
    hearing: float
    scale: float

    @classmethod
    def drawn(cls, rng: np.random.Generator, effect: float, scale_share: float) -> World:
        """Draw listeners and clips."""
        places = PLACES + effect * (np.arange(4) == A)
        places = places + rng.normal(0, SD_LISTENER, (LISTENERS, 1, 4)) + rng.normal(0, SD_CLIP, (1, CLIPS, 4))
        return cls(places, SD_NOISE * np.sqrt(1 - scale_share), SD_NOISE * np.sqrt(scale_share))

    def heard(self, rng: np.random.Generator, clips: np.ndarray, conditions: list[int]) -> np.ndarray:
        """Places of some conditions of some clips as they are heard, [listener, presentation, condition]."""
        places = self.places[:, clips][:, :, conditions]
        return places + rng.normal(0, self.hearing, places.shape)


def presentations(seconds: float) -> np.ndarray:
    """Clips of as many trials as fit into the time, every clip about as often."""
    return np.arange(int(60 * MINUTES / seconds)) % CLIPS


def ratings(world: World, rng: np.random.Generator, conditions: list[int]) -> Found:
    """Rate every sound alone from 1 to 7."""
    clips = presentations((SOUND_S + ANSWER_S) * len(conditions))
    rated = 4 + world.heard(rng, clips, conditions) + rng.normal(0, SD_OFFSET, (LISTENERS, 1, 1))
    rated = np.clip(np.rint(rated + rng.normal(0, world.scale, rated.shape)), 1, 7)
    return _of_differences(rated[:, :, conditions.index(A)] - rated[:, :, conditions.index(B)], clips)


def several(world: World, rng: np.random.Generator, conditions: list[int]) -> Found:
    """Rate all conditions of a clip on one page, on a continuous scale."""
    clips = presentations((SOUND_S + ANSWER_S) * len(conditions))
    rated = world.heard(rng, clips, conditions)
    return _of_differences(rated[:, :, conditions.index(A)] - rated[:, :, conditions.index(B)], clips)


def pairs(world: World, rng: np.random.Generator, conditions: list[int]) -> Found:
    """Choose the one of two that is more so, without ties, over all pairs of the conditions."""
    every = [(i, j) for i in range(len(conditions)) for j in range(i + 1, len(conditions))]
    n = int(60 * MINUTES / (2 * SOUND_S + ANSWER_S))
    cells = (np.arange(n) + rng.integers(0, CLIPS * len(every), (LISTENERS, 1))) % (CLIPS * len(every))
    clip, pair = cells % CLIPS, (cells // CLIPS + cells) % len(every)
    first, second = np.array(every)[pair].transpose(2, 0, 1)
    who = np.arange(LISTENERS)[:, None]
    places = world.places[:, :, conditions]
    difference = places[who, clip, first] - places[who, clip, second]
    chosen = difference + rng.normal(0, world.hearing * np.sqrt(2), difference.shape) > 0
    counts = np.zeros((LISTENERS, CLIPS, len(every), 3))
    np.add.at(counts, (who, clip, pair, np.where(chosen, 0, 2)), 1)
    a, b = conditions.index(A), conditions.index(B)
    return _of_choices(counts, np.array(every), len(conditions), a, b)


def abx(world: World, rng: np.random.Generator) -> Found:
    """Tell X, which is A or B, apart from the other: another question, whether there is any difference."""
    n = int(60 * MINUTES / (3 * SOUND_S + ANSWER_S))
    clips = np.arange(n) % CLIPS
    dprime = np.abs(world.places[:, clips, A] - world.places[:, clips, B]) / world.hearing
    correct = rng.random(dprime.shape) < correct_by_difference(dprime)
    p = stats.binom.sf(correct.sum() - 1, correct.size, 0.5)
    return bool(p < 0.05), False


def _of_differences(differences: np.ndarray, clips: np.ndarray) -> Found:
    """Test mean differences [listener, presentation] over listeners (t), and over listeners and clips (quasi-F)."""
    grid = np.stack([differences[:, clips == c].mean(axis=1) for c in range(CLIPS)], axis=1)
    centred = grid - grid.mean()
    return _tested(grid.mean(), centred / grid.size)


def _of_choices(counts: np.ndarray, every: np.ndarray, n_conditions: int, a: int, b: int) -> Found:
    """Test a - b on the Bradley-Terry scale by its scores, clustered by listener, and by listener and clip."""
    by_listener = counts.sum(axis=1)
    names = tuple(map(str, range(n_conditions)))
    comparisons = Comparisons(names, every[:, 0], every[:, 1], by_listener, ordered=False)
    fits = fit(comparisons)
    worth, covariance = fits.log_worth[0], fits.covariance[0]
    share = 1 / (1 + np.exp(worth[every[:, 1]] - worth[every[:, 0]]))
    residual = counts[..., 0] - counts.sum(axis=3) * share
    direction = np.eye(n_conditions)[every[:, 0]] - np.eye(n_conditions)[every[:, 1]]
    weights = covariance[a] - covariance[b]
    return _tested(worth[a] - worth[b], residual @ (direction @ weights))


def _tested(estimate: float, parts: np.ndarray) -> Found:
    """Test an estimate by what each listener and clip contribute to it, [listener, clip], summing to zero."""
    n, k = parts.shape
    of_listeners = n / (n - 1) * (parts.sum(axis=1) ** 2).sum()
    of_clips = k / (k - 1) * (parts.sum(axis=0) ** 2).sum()
    residual = parts - parts.mean(axis=0) - parts.mean(axis=1, keepdims=True) + parts.mean()
    of_answers = (residual**2).sum() * n * k / ((n - 1) * (k - 1))
    variance = max(of_listeners + of_clips - of_answers, of_listeners, of_clips)
    dof = variance**2 / (of_listeners**2 / (n - 1) + of_clips**2 / (k - 1) + of_answers**2 / ((n - 1) * (k - 1)))
    t = abs(estimate) / np.sqrt(of_listeners)
    t_music = abs(estimate) / np.sqrt(variance)
    return bool(t > stats.t.ppf(0.975, n - 1)), bool(t_music > stats.t.ppf(0.975, min(max(dof, 1), n - 1)))


WAYS: dict[str, Callable[[World, np.random.Generator], Found]] = {
    "single ratings, four conditions": lambda world, rng: ratings(world, rng, [0, 1, 2, 3]),
    "one page of four": lambda world, rng: several(world, rng, [0, 1, 2, 3]),
    "pairs, all six": lambda world, rng: pairs(world, rng, [0, 1, 2, 3]),
    "single ratings, two conditions": lambda world, rng: ratings(world, rng, [A, B]),
    "one page of two": lambda world, rng: several(world, rng, [A, B]),
    "pairs, the one of the question": lambda world, rng: pairs(world, rng, [A, B]),
    "ABX of the two": abx,
}


def simulated(way: str, effect: float, scale_share: float, studies: int) -> np.ndarray:
    """Whether each of many studies finds the difference; bool [study, 2]: for these clips, for new music."""
    found = []
    for seed in range(studies):
        rng = np.random.default_rng([seed, int(100 * effect), int(100 * scale_share)])
        found.append(WAYS[way](World.drawn(rng, effect, scale_share), rng))
    return np.array(found)


def run(studies: int, scale_share: float) -> dict[str, np.ndarray]:
    """Simulate every way at every effect; by way, power [effect, 2, (estimate, low, high)]."""
    powers = {}
    for way in WAYS:
        of_effects = [simulated(way, effect, scale_share, studies).T for effect in EFFECTS]
        powers[way] = np.array([[(rows.mean(), *wilson(rows)) for rows in both] for both in of_effects])
    return powers


def table(powers: dict[str, np.ndarray]) -> str:
    """Power for new music, and in brackets for these clips, as Markdown."""
    lines = ["| true difference, points | " + " | ".join(f"{effect:g}" for effect in EFFECTS) + " |"]
    lines.append("| --- |" + " ---: |" * len(EFFECTS))
    for way, power in powers.items():
        both = [(f"{music[0]:.2f} ({clips[0]:.2f})" if way != "ABX of the two" else f"({clips[0]:.2f})")
                for clips, music in power]  # fmt: skip
        lines.append(f"| {way} | " + " | ".join(both) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=400)
    arguments = parser.parse_args()
    for share in SCALE_NOISE:
        powers = run(arguments.studies, share)
        print(
            f"\n{share:.0%} of the noise variance is the scale's, {arguments.studies} studies:\n\n{table(powers)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
