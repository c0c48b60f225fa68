"""Orders in which neighbours differ: no pair of conditions, or no clip, twice in a row."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise
from typing import TypeVar

Item = TypeVar("Item")
Key = Callable[[Item], Hashable]

ATTEMPTS = 30


def apart(items: Sequence[Item], keys: Sequence[Key[Item]], rng: random.Random) -> list[Item]:
    """The items in a random order in which neighbours differ in every key, as far as that can be.

    Parameters
    ----------
    keys : sequence of functions
        The first comes before the others: neighbours differ in it wherever any order has that, which is where no
        value of it belongs to more than half of the items (rounded up).
    """
    orders = (_one_order(items, keys, rng) for _ in range(ATTEMPTS))
    best: list[Item] = []
    fewest: int | None = None
    for order in orders:
        clashes = sum(key(one) == key(other) for one, other in pairwise(order) for key in keys)
        if fewest is None or clashes < fewest:
            best, fewest = order, clashes
        if not fewest:
            break
    return best


def _one_order(items: Sequence[Item], keys: Sequence[Key[Item]], rng: random.Random) -> list[Item]:
    """Draw item by item among those that fit best."""
    left = rng.sample(list(items), len(items))
    order: list[Item] = []
    counts = [Counter(map(key, left)) for key in keys]
    while left:
        urgent = [_urgent(count, len(left)) for count in counts]
        chosen = min(left, key=lambda item: _misfit(item, order[-1:], keys, urgent))
        left.remove(chosen)
        order.append(chosen)
        for key, count in zip(keys, counts, strict=True):
            count[key(chosen)] -= 1
    return order


def _misfit(item: Item, before: list[Item], keys: Sequence[Key[Item]], urgent: list[Hashable | None]) -> list[bool]:
    """What speaks against an item as the next one, the worst first."""
    faults = []
    for key, needed in zip(keys, urgent, strict=True):
        faults += [any(key(one) == key(item) for one in before), needed is not None and key(item) != needed]
    return faults


def _urgent(counts: Counter[Hashable], n_left: int) -> Hashable | None:
    """The value that must come now, since it is on more than half of what is left."""
    return next((value for value, count in counts.items() if 2 * count > n_left), None)
