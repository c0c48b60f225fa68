"""Designs of paired comparisons and of ABX: properties that hold for any conditions, clips, budget and participant."""

import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from study.design import abx, pairs
from study.design.apart import apart

seeds = st.integers(0, 2**32)
ONCE_UNEVEN = pairs.PairDesign(
    tuple(pairs.every_pair(["k1", "k2", "k3", "k0", "k4", "k5"])), ("clip0",), None, 210566143
)
# All pairs of five and six conditions, of which one participant compares four and five.
CIRCLES = {
    "abcde": "ab cd ae bc ad be ac ce bd de",
    "abcdef": "ce df bf ac ad be cf bd ef ae cd de ab af bc",
}


def names(word, n):
    return tuple(f"{word}{i}" for i in range(n))


@st.composite
def designs(draw):
    """Any number of conditions, clips and comparisons that fit each other."""
    n_conditions, n_clips = draw(st.integers(2, 6)), draw(st.integers(1, 6))
    asked = tuple(pairs.every_pair(draw(st.permutations(names("k", n_conditions)))))
    n = draw(st.none() | st.integers(n_conditions - 1, len(asked) * n_clips))
    return pairs.PairDesign(asked, names("clip", n_clips), n, draw(seeds))


def spread(counts, over):
    """By how much the counts of all of `over` differ."""
    found = [counts[each] for each in over]
    return max(found) - min(found)


@settings(max_examples=80, deadline=None)
@given(designs(), st.integers(0, 500))
@example(ONCE_UNEVEN, 0)
def test_a_participant_hears_pairs_clips_and_sides_equally_often(design, row):
    own = design.comparisons(row)
    conditions = sorted({name for pair in design.pairs for name in pair})
    assert len({(each.clip, each.pair) for each in own}) == len(own) == design.n_trials
    assert spread(Counter(each.pair for each in own), map(frozenset, design.pairs)) <= 1
    assert spread(Counter(each.clip for each in own), design.clips) <= 2
    first, second = Counter(each.first for each in own), Counter(each.second for each in own)
    assert all(abs(first[name] - second[name]) <= 1 for name in conditions)
    ways = Counter((each.first, each.second) for each in own)
    assert all(abs(ways[a, b] - ways[b, a]) <= 1 for a, b in design.pairs)


def test_a_study_that_goes_on_in_another_version_has_the_same_circle():
    for conditions, circle in CIRCLES.items():
        found = pairs.well_spread(tuple(pairs.every_pair(conditions)), len(conditions) - 1)
        assert " ".join(first + second for first, second in found) == circle
    design = pairs.PairDesign(tuple(pairs.every_pair("abcde")), ("x", "y", "z"), 6, 7)
    own = [(each.clip, each.first + each.second) for each in design.comparisons(3)]
    assert own == [("x", "ac"), ("z", "db"), ("y", "ce"), ("x", "ed"), ("z", "ba"), ("y", "dc")]


@settings(max_examples=40, deadline=None)
@given(designs())
def test_over_its_rows_every_cell_is_heard_equally_often_either_way_round(design):
    heard = Counter(each for row in range(design.n_rows) for each in design.comparisons(row))
    cells = [(clip, *way) for clip in design.clips for a, b in design.pairs for way in ((a, b), (b, a))]
    assert set(heard) == {pairs.Comparison(*cell) for cell in cells} and len(set(heard.values())) == 1


@settings(max_examples=60, deadline=None)
@given(designs(), st.integers(0, 500))
def test_what_a_participant_compares_ties_all_conditions_together(design, row):
    own = [(each.first, each.second) for each in design.comparisons(row)]
    assert {name for pair in own for name in pair} == {name for pair in design.pairs for name in pair}
    assert not pairs.unconnected(own)


@pytest.mark.parametrize("n_conditions", [3, 4, 5, 6])
def test_whatever_the_budget_each_condition_is_heard_about_equally_often(n_conditions):
    asked = tuple(pairs.every_pair(names("k", n_conditions)))
    for n in range(n_conditions - 1, len(asked) + 1):
        circle = pairs.well_spread(asked, n)
        assert sorted(circle) == sorted(asked)
        for start in range(len(asked)):
            stretch = (circle * 2)[start : start + n]
            heard = Counter(name for pair in stretch for name in pair)
            assert spread(heard, names("k", n_conditions)) <= 2 and not pairs.unconnected(stretch)


def test_a_budget_is_held_to_what_ties_the_conditions_and_to_what_there_is():
    four = tuple(pairs.every_pair("abcd"))
    for n in (3, 12):
        assert len(pairs.PairDesign(four, ("x", "y"), n).comparisons(0)) == n
    for n in (2, 13):
        with pytest.raises(ValueError, match=f"{n} comparisons of 2 clips and 6 pairs are asked for; 3 are needed"):
            pairs.PairDesign(four, ("x", "y"), n)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ([("a", "a")], "the pair a and a is one condition twice"),
        ([("a", "e")], "the pair a and e has e, which is not among the conditions"),
        ([("a", "b"), ("b", "a")], "the pair b and a is named twice"),
        ([("a", "b"), ("c", "d")], "no pair ties c, d to the other conditions"),
    ],
)
def test_pairs_that_make_no_scale_are_refused(named, message):
    with pytest.raises(ValueError, match=message):
        pairs.check(named, "abcd")


def test_a_chain_and_a_star_of_named_pairs_are_taken():
    pairs.check([("a", "b"), ("c", "b"), ("c", "d")], "abcd")
    pairs.check([("a", "b"), ("a", "c")], "abcd")


@settings(max_examples=60, deadline=None)
@given(designs(), seeds)
def test_no_pair_comes_twice_in_a_row_where_there_are_two(design, seed):
    own = design.comparisons(0)
    ordered = apart(own, (lambda each: each.pair, lambda each: each.clip), random.Random(seed))
    assert Counter(ordered) == Counter(own)
    clashes = [a for a, b in pairwise(ordered) if a.pair == b.pair]
    assert len(clashes) == max(2 * max(Counter(each.pair for each in own).values()) - len(own) - 1, 0)
    if len(design.pairs) >= 3 and len(design.clips) >= 3 and design.n is None:
        assert all(a.clip != b.clip for a, b in pairwise(ordered))


@given(st.lists(st.sampled_from("abcd"), max_size=14), seeds)
def test_neighbours_differ_wherever_any_order_has_that(letters, seed):
    ordered = apart(letters, (lambda letter: letter,), random.Random(seed))
    assert sorted(ordered) == sorted(letters)
    most = max(Counter(letters).values(), default=0)
    if most <= (len(letters) + 1) // 2:
        assert all(a != b for a, b in pairwise(ordered))


@settings(max_examples=80, deadline=None)
@given(st.integers(2, 5), st.integers(1, 6), st.integers(1, 17), st.integers(0, 50), seeds)
def test_abx_is_balanced_in_a_and_x_within_a_participant(n_conditions, n_clips, n, row, seed):
    asked, clips = pairs.every_pair(names("k", n_conditions)), names("clip", n_clips)
    own = abx.discriminations(asked, clips, n, row, random.Random(seed))
    assert Counter(each.pair for each in own) == {frozenset(pair): n for pair in asked}
    assert spread(Counter(each.clip for each in own), clips) <= 1
    by_pair = [[each for each in own if each.pair == frozenset(pair)] for pair in asked]
    for some in [own, *by_pair]:
        assert abs(2 * sum(each.x_is_b for each in some) - len(some)) <= 1
    for pair, some in zip(asked, by_pair, strict=True):
        assert abs(2 * sum((each.a, each.b) == pair for each in some) - n) <= 1


@given(st.integers(1, 9), seeds)
def test_over_four_participants_each_abx_trial_has_every_way_once(n, seed):
    asked = pairs.every_pair("abc")
    rows = [abx.discriminations(asked, ("x", "y"), n, row, random.Random(seed)) for row in range(abx.N_ROWS)]
    for same_trial in zip(*rows, strict=True):
        assert len({(each.a, each.x_is_b) for each in same_trial}) == 4
        assert {each.x for each in same_trial} == same_trial[0].pair
