"""Which two conditions are compared, of which clip, and which stands first.

The cells clip x pair are gone through in one fixed order, in which every stretch holds each pair, each clip and each
condition about equally often and, where it is long enough, ties all conditions together by way of its pairs, so that
they lie on one scale. A participant's *row* names the stretch; two rows share one, with the sides exchanged. Over all
rows every cell is heard equally often, and equally often either way round.

Within a participant the sides are an Eulerian orientation of the graph of comparisons: how often a condition stands
first and how often second differ by one at most, and so do the two ways round of a pair.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations
from math import gcd

Pair = tuple[str, str]

TRIES = 600
EVEN = 2  # counts of conditions within a stretch that differ by no more are even enough


@dataclass(frozen=True)
class Comparison:
    """Two conditions of one clip; ``first`` is played first and stands on the left."""

    clip: str
    first: str
    second: str

    @property
    def pair(self) -> frozenset[str]:
        """The two conditions, whichever came first."""
        return frozenset((self.first, self.second))


def every_pair(conditions: Sequence[str]) -> list[Pair]:
    """All pairs of conditions, once each."""
    return list(combinations(conditions, 2))


def check(pairs: Sequence[Pair], conditions: Sequence[str]) -> None:
    """Refuse pairs that cannot be compared, or that do not tie all their conditions together.

    Raises
    ------
    ValueError
        Names the pair, or the conditions that are compared with no other.
    """
    seen: set[frozenset[str]] = set()
    for pair in pairs:
        named, both = " and ".join(pair), frozenset(pair)
        if len(both) < 2:
            raise ValueError(f"the pair {named} is one condition twice; name two")
        if unknown := [name for name in pair if name not in conditions]:
            raise ValueError(f"the pair {named} has {unknown[0]}, which is not among the conditions of the study")
        if both in seen:
            raise ValueError(f"the pair {named} is named twice")
        seen.add(both)
    if apart := unconnected(pairs):
        raise ValueError(
            f"no pair ties {', '.join(apart)} to the other conditions, so they have no common scale; add one"
        )


def unconnected(pairs: Sequence[Pair]) -> list[str]:
    """Conditions that no chain of pairs ties to the first one."""
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    reached = set(names[:1])
    while further := {name for pair in pairs if reached & set(pair) for name in pair} - reached:
        reached |= further
    return [name for name in names if name not in reached]


@dataclass(frozen=True)
class PairDesign:
    """The comparisons of one descriptor.

    Attributes
    ----------
    pairs : pairs of conditions that are compared.
    clips : clips of one participant.
    n : comparisons of one participant; None for all clips x pairs.
    seed : what all rows share.
    """

    pairs: tuple[Pair, ...]
    clips: tuple[str, ...]
    n: int | None = None
    seed: object = 0

    def __post_init__(self) -> None:
        n_conditions = len({name for pair in self.pairs for name in pair})
        if not n_conditions - 1 <= self.n_trials <= self.n_cells:
            raise ValueError(
                f"{self.n} comparisons of {len(self.clips)} clips and {len(self.pairs)} pairs are asked for; "
                f"{n_conditions - 1} are needed to tie {n_conditions} conditions together, and there are {self.n_cells}"
            )

    @property
    def n_cells(self) -> int:
        """Clips x pairs."""
        return len(self.clips) * len(self.pairs)

    @property
    def n_trials(self) -> int:
        """Comparisons of one participant."""
        return self.n_cells if self.n is None else self.n

    @property
    def n_rows(self) -> int:
        """After so many participants, one per row, every cell was heard equally often, either way round."""
        return 2 * self.n_cells // gcd(self.n_cells, self.n_trials)

    @cached_property
    def _cells(self) -> list[tuple[str, Pair]]:
        """Every clip x pair, diagonally: the pairs in a circle, the clips in a circle, one lap after the other."""
        pairs = well_spread(self.pairs, self.n_trials)
        clips = random.Random(f"{self.seed} clips").sample(self.clips, len(self.clips))
        n_clips, n_pairs = len(clips), len(pairs)
        lap = n_clips * n_pairs // gcd(n_clips, n_pairs)
        return [(clips[(k + k // lap) % n_clips], pairs[k % n_pairs]) for k in range(self.n_cells)]

    def comparisons(self, row: int) -> list[Comparison]:
        """What the participants of a row compare, in no particular order."""
        stretch, turned = divmod(row % self.n_rows, 2)
        start = stretch * self.n_trials
        own = [self._cells[place % self.n_cells] for place in range(start, start + self.n_trials)]
        ways = sides([pair for _, pair in own], random.Random(f"{self.seed} sides {stretch}"))
        return [Comparison(clip, *(way[::-1] if turned else way)) for (clip, _), way in zip(own, ways, strict=True)]


@cache
def well_spread(pairs: tuple[Pair, ...], n: int) -> tuple[Pair, ...]:
    """The pairs in a circle of which ``n`` neighbours are connected and hold each condition about equally often.

    Where no circle is found of which all stretches are connected, as few as possible are not.
    """
    rng = random.Random(0)
    circle = _least_recent_first(pairs)
    if n >= len(pairs):
        return tuple(circle)
    best = _unevenness(circle, n)
    for _ in range(TRIES):
        if not best[0] and best[1] <= EVEN:
            break
        one, other = rng.sample(range(len(circle)), 2)
        circle[one], circle[other] = circle[other], circle[one]
        found = _unevenness(circle, n)
        if found <= best:
            best = found
        else:
            circle[one], circle[other] = circle[other], circle[one]
    return tuple(circle)


def _least_recent_first(pairs: Sequence[Pair]) -> list[Pair]:
    """Each next pair is of the conditions that were not had for longest."""
    left = list(pairs)
    order: list[Pair] = []
    last = dict.fromkeys((name for pair in pairs for name in pair), -1)
    while left:
        chosen = min(left, key=lambda pair: (max(last[name] for name in pair), sum(last[name] for name in pair)))
        left.remove(chosen)
        last |= dict.fromkeys(chosen, len(order))
        order.append(chosen)
    return order


def _unevenness(circle: Sequence[Pair], n: int) -> tuple[int, int]:
    """How many stretches are not connected, and by how much counts of conditions within a stretch differ at most."""
    names = sorted({name for pair in circle for name in pair})
    loose, spread = 0, 0
    for start in range(len(circle)):
        stretch = [circle[(start + place) % len(circle)] for place in range(n)]
        counts = Counter(name for pair in stretch for name in pair)
        loose += len(counts) < len(names) or bool(unconnected(stretch))
        spread = max(spread, max(counts.values()) - min(counts[name] for name in names))
    return loose, spread


def sides(pairs: Sequence[Pair], rng: random.Random) -> list[Pair]:
    """Each pair as (first, second): conditions, and the two ways round of a pair, are balanced to within one."""
    ways: list[Pair] = list(pairs)
    places = defaultdict(list)
    for place, pair in enumerate(pairs):
        places[frozenset(pair)].append(place)
    single: dict[int, Pair] = {}
    for same in places.values():
        rng.shuffle(same)
        for one, other in zip(same[::2], same[1::2], strict=False):
            ways[one], ways[other] = pairs[one], pairs[one][::-1]
        if len(same) % 2:
            single[same[-1]] = pairs[same[-1]]
    for place, way in _oriented(single, rng).items():
        ways[place] = way
    return ways


def _oriented(edges: dict[int, Pair], rng: random.Random) -> dict[int, Pair]:
    """Go along the edges until all are used; the direction of going is the side.

    Ways that start where an odd number of edges is left end at another such place, so that every condition is left and
    reached equally often, but for those, by one. Only when there is no such place is a way started elsewhere.
    """
    ways: dict[int, Pair] = {}
    free: dict[str, set[int]] = defaultdict(set)
    for edge, pair in edges.items():
        for name in pair:
            free[name].add(edge)
    names = rng.sample(sorted(free), len(free))
    while len(ways) < len(edges):
        here = max(names, key=lambda name: (len(free[name]) % 2, len(free[name])))
        while free[here]:
            edge = rng.choice(sorted(free[here]))
            pair = edges[edge]
            there = pair[pair[0] == here]
            ways[edge] = (here, there)
            free[here].discard(edge)
            free[there].discard(edge)
            here = there
    return ways
