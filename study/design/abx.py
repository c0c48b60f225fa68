"""ABX: which clip of which pair, which of the two conditions is A, and which of the two X is.

Both choices are balanced within a participant, over the trials of each pair and over all of them, and over every four
participants: each trial then had A and B either way round and X as either, equally often.

Clark, D. (1982). High-resolution subjective testing using a double-blind comparator. Journal of the Audio Engineering
Society, 30(5), 330-338.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from study.design.pairs import Pair

N_ROWS = 4
# (whether the pair is turned round, whether X is B): any beginning of this list is balanced to within one in both.
_WAYS = ((False, False), (True, True), (False, True), (True, False))


@dataclass(frozen=True)
class Discrimination:
    """One trial: the conditions called A and B, and whether X is B."""

    clip: str
    a: str
    b: str
    x_is_b: bool

    @property
    def x(self) -> str:
        """The condition that X is."""
        return self.b if self.x_is_b else self.a

    @property
    def pair(self) -> frozenset[str]:
        """The two conditions, whichever is A."""
        return frozenset((self.a, self.b))


def discriminations(
    pairs: Sequence[Pair], clips: Sequence[str], n: int, row: int, rng: random.Random
) -> list[Discrimination]:
    """``n`` trials of each pair for one participant, in no particular order.

    Parameters
    ----------
    row : int
        The participant's, from 0 to 3.
    rng : random.Random
        Deals the clips, each equally often to within one.
    """
    dealt = rng.sample(list(clips), len(clips))
    made = []
    for number, pair in enumerate(pairs):
        for trial in range(n):
            ways = (_WAYS[trial % 4], _WAYS[number % 4], _WAYS[row % 4])
            turned, x_is_b = (sum(way[which] for way in ways) % 2 == 1 for which in (0, 1))
            clip = dealt[(number * n + trial) % len(dealt)]
            a, b = pair[::-1] if turned else pair
            made.append(Discrimination(clip, a, b, x_is_b))
    return made
