"""Orders of trials: properties that hold for any design, any participant and any pattern of drop-outs."""

import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study.design import order

conditions = st.integers(2, 7)
seeds = st.integers(0, 2**32)


@pytest.mark.parametrize("n", range(2, 9))
def test_williams_rows_hold_each_treatment_at_each_place_and_after_each_other_equally_often(n):
    rows = order.williams(n)
    assert len(rows) == order.n_rows(n) == (n if n % 2 == 0 else 2 * n)
    assert all(sorted(row) == list(range(n)) for row in rows)
    places = Counter((place, treatment) for row in rows for place, treatment in enumerate(row))
    successions = Counter(pair for row in rows for pair in pairwise(row))
    assert len(places) == n * n and len(set(places.values())) == 1
    assert len(successions) == n * (n - 1) and len(set(successions.values())) == 1


@settings(max_examples=60, deadline=None)
@given(conditions, st.integers(1, 12), seeds)
def test_condition_sequences_are_balanced_to_first_order_over_their_rows(n, n_rounds, seed):
    rows = [order.condition_sequence(n, n_rounds, row, seed) for row in range(order.n_rows(n))]
    for row in rows:
        assert all(sorted(row[i : i + n]) == list(range(n)) for i in range(0, len(row), n))
        assert all(a != b for a, b in pairwise(row))
    places = Counter((place, condition) for row in rows for place, condition in enumerate(row))
    assert len(set(places.values())) == 1
    joints = n_rounds - 1
    if joints % (n - 1) == 0:
        successions = Counter(pair for row in rows for pair in pairwise(row))
        assert len(successions) == n * (n - 1) and len(set(successions.values())) == 1


@settings(max_examples=60, deadline=None)
@given(st.integers(3, 12), conditions, st.sampled_from([1, 3]), seeds)
def test_clips_are_dealt_once_under_each_condition_and_never_twice_in_a_row(n_clips, n_conditions, n_words, seed):
    items = [(f"clip{clip}", f"word{word}") for word in range(n_words) for clip in range(n_clips)]
    sequence = order.condition_sequence(n_conditions, len(items), 0, seed)
    dealt = order.deal_clips(sequence, [items] * n_conditions, random.Random(seed))
    assert Counter(zip(sequence, dealt, strict=True)) == Counter(
        (c, item) for c in range(n_conditions) for item in items
    )
    assert all(a[0] != b[0] for a, b in pairwise(dealt))


def test_one_clip_cannot_be_kept_apart_and_the_message_says_so():
    with pytest.raises(ValueError, match="1 clips are too few"):
        order.deal_clips([0, 1], [[("clip0", "warm")]] * 2, random.Random(0))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), conditions, st.lists(st.booleans(), max_size=60))
def test_rows_stay_balanced_over_those_who_complete_whoever_drops_out(n_block_rows, n_conditions, stays):
    n_rows = order.n_rows(n_conditions)
    completed = []
    for stay in stays:
        row = order.choose_rows(completed, n_block_rows, n_rows)
        completed += [row] if stay else []
        for used, n in ((Counter(b for b, _ in completed), n_block_rows), (Counter(c for _, c in completed), n_rows)):
            counts = [used[i] for i in range(n)]
            assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize(("n_block_rows", "n_condition_rows"), [(6, 4), (4, 4), (2, 6), (1, 10)])
def test_after_a_full_cycle_every_pair_of_rows_was_used_once(n_block_rows, n_condition_rows):
    used = []
    for _ in range(n_block_rows * n_condition_rows):
        used.append(order.choose_rows(used, n_block_rows, n_condition_rows))
    assert set(Counter(used).values()) == {1} and len(used) == len(set(used))


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 15), st.data(), seeds)
def test_subsets_use_each_clip_equally_often(n_clips, data, seed):
    n = data.draw(st.integers(1, n_clips))
    clips, used, rng = [f"clip{i}" for i in range(n_clips)], [], random.Random(seed)
    for _ in range(n_clips):
        chosen = order.choose_clips(clips, n, used, rng)
        assert len(set(chosen)) == n
        used.append(chosen)
    counts = Counter(clip for own in used for clip in own)
    assert set(counts.values()) == {n}
