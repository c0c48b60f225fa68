"""The order of trials: Williams squares over participants, random clips within them.

A block of K clips under C conditions is K rounds; in a round each condition comes once, in the order of one row of
a Williams design, in which every condition follows every other equally often. Which row a round uses moves on from
round to round by fixed steps, chosen so that the pairs at the joints are balanced too and no joint repeats a
condition. A participant's *condition row* turns the whole sequence; over one participant per row, each condition
stands at each place, and follows each other one, equally often. Clips are dealt at random, the participant's own,
so that no clip comes twice in a row.

Williams, E. J. (1949). Experimental designs balanced for the estimation of residual effects of treatments.
Australian Journal of Scientific Research A, 2, 149-168.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

ATTEMPTS = 200


def williams(n: int) -> list[list[int]]:
    """Rows of a Williams design for ``n`` treatments: n rows for even n, 2 n for odd n.

    Examples
    --------
    >>> williams(4)
    [[0, 1, 3, 2], [1, 2, 0, 3], [2, 3, 1, 0], [3, 0, 2, 1]]
    """
    base = _base(n)
    square = [[(treatment + row) % n for treatment in base] for row in range(n)]
    return square if n % 2 == 0 else square + [row[::-1] for row in square]


def _base(n: int) -> list[int]:
    return [0] + [place // 2 + 1 if place % 2 == 0 else n - (place + 1) // 2 for place in range(n - 1)]


def n_rows(n: int) -> int:
    """How many rows a Williams design for ``n`` treatments has."""
    return 1 if n == 1 else n if n % 2 == 0 else 2 * n


def condition_sequence(n_conditions: int, n_rounds: int, row: int, seed: object) -> list[int]:
    """Conditions of a block's trials, as indices, for one condition row; ``seed`` fixes the steps that all rows share.

    Returns
    -------
    list of int
        ``n_rounds * n_conditions`` indices, each condition once in each round, none twice in a row.
    """
    if n_conditions == 1:
        return [0] * n_rounds
    base = _base(n_conditions)
    turn, mirrored = row % n_conditions, row >= n_conditions
    sequence, shift = [], 0
    for step in [0, *_steps(base, n_rounds - 1, random.Random(f"{seed}"))]:
        shift += -step if mirrored else step
        order = base[::-1] if mirrored else base
        sequence += [(treatment + turn + shift) % n_conditions for treatment in order]
    return sequence


def _steps(base: Sequence[int], n_steps: int, rng: random.Random) -> list[int]:
    """Turns between rounds, such that first of the next minus last of this runs evenly through 1 .. n - 1."""
    n = len(base)
    steps: list[int] = []
    while len(steps) < n_steps:
        steps += [(base[-1] - base[0] + difference) % n for difference in rng.sample(range(1, n), n - 1)]
    return steps[:n_steps]


def deal_clips(
    conditions: Sequence[int], items: Sequence[Sequence[tuple[str, str]]], rng: random.Random
) -> list[tuple[str, str]]:
    """Give each trial one of its condition's items so that no clip comes twice in a row.

    Parameters
    ----------
    conditions : sequence of int
        The condition of each trial.
    items : sequence of sequences of (clip, descriptor)
        ``items[c]``: what is to be presented under condition ``c``, as many as ``c`` occurs in ``conditions``.

    Raises
    ------
    ValueError
        When there are too few clips for that (fewer than three may be).
    """
    places = [[place for place, condition in enumerate(conditions) if condition == c] for c in range(len(items))]
    for _ in range(ATTEMPTS):
        dealt: list[tuple[str, str]] = [("", "")] * len(conditions)
        for c, own_places in enumerate(places):
            for place, item in zip(own_places, rng.sample(list(items[c]), len(own_places)), strict=True):
                dealt[place] = item
        if _separate(dealt, conditions, places, rng):
            return dealt
    raise ValueError(
        f"{len({clip for own in items for clip, _ in own})} clips are too few for an order in which no clip comes "
        "twice in a row: use three or more."
    )


def _separate(dealt: list[Any], conditions: Sequence[int], places: list[list[int]], rng: random.Random) -> bool:
    """Exchange items within their condition until no clip comes twice in a row."""

    def clashes(place: int) -> int:
        clip = dealt[place][0]
        return (place > 0 and dealt[place - 1][0] == clip) + (place + 1 < len(dealt) and dealt[place + 1][0] == clip)

    for _ in range(4 * len(dealt)):
        wrong = [place for place in range(len(dealt)) if clashes(place)]
        if not wrong:
            return True
        place = rng.choice(wrong)
        others = places[conditions[place]]
        for other in rng.sample(others, len(others)):
            before = clashes(place) + clashes(other)
            dealt[place], dealt[other] = dealt[other], dealt[place]
            if clashes(place) + clashes(other) < before:
                break
            dealt[place], dealt[other] = dealt[other], dealt[place]
    return False


def choose_rows(used: Sequence[tuple[int, int]], n_block_rows: int, n_condition_rows: int) -> tuple[int, int]:
    """The (block row, condition row) to use next, so that each row, and then each pair of rows, is used equally often.

    Parameters
    ----------
    used : sequence of (int, int)
        Rows of the participants that count: those who completed, and those who are on their way.
    """
    blocks = [sum(block == row for block, _ in used) for row in range(n_block_rows)]
    conditions = [sum(condition == row for _, condition in used) for row in range(n_condition_rows)]
    pairs = [
        (blocks[b], conditions[c], sum(pair == (b, c) for pair in used), (b + c) % n_condition_rows, b, c)
        for b in range(n_block_rows)
        for c in range(n_condition_rows)
    ]
    *_, block, condition = min(pairs, key=lambda pair: (pair[0] + pair[1], *pair[2:]))
    return block, condition


def choose_clips(clips: Sequence[str], n: int, used: Sequence[Sequence[str]], rng: random.Random) -> list[str]:
    """The ``n`` clips for the next participant: each clip equally often over participants, then each pair of clips."""
    counts = {clip: sum(clip in own for own in used) for clip in clips}
    chosen: list[str] = []
    while len(chosen) < n:
        left = rng.sample([clip for clip in clips if clip not in chosen], len(clips) - len(chosen))
        together = {clip: sum(clip in own and len(set(chosen) & set(own)) for own in used) for clip in left}
        chosen.append(min(left, key=lambda clip: (counts[clip], together[clip])))
    return [clip for clip in clips if clip in chosen]
