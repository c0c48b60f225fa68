"""What a player cannot have measured is missing, and flagged; what it can have is kept to the bound."""

import pytest

from study.design.telemetry import NAMES, is_number, measured, others

POSSIBLE = {"rt_ms": 900, "rt_start_ms": 11_000, "first_play_ms": 40, "start_gap_ms": 90, "heard_s": 10.0, "plays": 1}
POSSIBLE |= {"rating_changes": 0, "focus_losses": 0, "underruns": 0}
COUNTS = ("plays", "rating_changes", "focus_losses", "underruns")
MOST_HEARD_S = 10.0 * 1.01 + 0.25  # two clocks, each a little off


def test_what_is_possible_is_kept_without_a_flag():
    measures, flags = measured(POSSIBLE, 10.0, 11.2)
    assert measures == POSSIBLE and flags == []
    assert measured({}) == (dict.fromkeys(NAMES), []) == measured(dict.fromkeys(NAMES))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [-1, -0.001, 1e300, float("nan"), float("inf"), "7", True, [1]])
def test_what_is_no_number_within_reason_is_flagged(name, value):
    measures, flags = measured(POSSIBLE | {name: value}, 10.0)
    assert measures[name] is None and flags[:1] == [name]


@pytest.mark.parametrize(
    ("sent", "bounds", "flagged"),
    [
        ({"heard_s": MOST_HEARD_S - 0.01}, (10.0, None), []),
        ({"heard_s": MOST_HEARD_S}, (10.0, None), []),
        ({"heard_s": MOST_HEARD_S + 0.01}, (10.0, None), ["heard_s"]),
        ({"heard_s": MOST_HEARD_S + 0.01, "plays": 2, "rt_start_ms": 30_000}, (10.0, None), []),
        ({"heard_s": 5.0, "plays": 0}, (10.0, None), ["heard_s"]),
        ({"heard_s": 12.0, "plays": 9}, (10.0, None), ["heard_s"]),  # in 11 s
        ({"heard_s": 10.0}, (None, 9.0), ["rt_start_ms", "heard_s"]),
        ({"rt_ms": 11_000 * 1.01 + 250}, (10.0, None), []),
        ({"rt_ms": 11_000 * 1.01 + 251}, (10.0, None), ["rt_ms"]),
        ({"first_play_ms": 12_000}, (10.0, None), ["first_play_ms"]),
        ({"rt_start_ms": 11_000 * 1.01 + 250}, (10.0, 11.0), []),
        ({"rt_start_ms": 11_000 * 1.01 + 251}, (10.0, 11.0), ["rt_start_ms"]),
    ],
)
def test_measures_hold_each_other_below_at_and_above_the_bound(sent, bounds, flagged):
    measures, flags = measured(POSSIBLE | sent, *bounds)
    assert flags == flagged
    assert {name for name in NAMES if measures[name] is None} == set(flagged)


@pytest.mark.parametrize("name", NAMES)
def test_each_measure_may_be_nothing_and_up_to_a_day_or_a_million(name):
    most, above = (1_000_000, 1_000_001) if name in COUNTS else (86_400_000, 86_400_000.1)
    for value in (0, 0.5, most):
        measures, flags = measured({name: value})
        assert measures[name] == (int(value) if name in COUNTS else value) and flags == []
    assert measured({name: above}) == (dict.fromkeys(NAMES), [name])


@pytest.mark.parametrize(
    ("value", "is_one"),
    [(0, True), (-1, True), (0.999e15, True), (1e15, False), (-0.999e15, True), (-1e15, False), (False, False)],
)
def test_a_number_is_within_reason(value, is_one):
    assert is_number(value) is is_one


def test_of_other_numbers_the_first_twenty_with_short_names_are_kept():
    twenty = {f"a{i}": i for i in range(20)}
    assert others(twenty) == twenty == others(twenty | {"last": 1})
    assert others({"a" * 32: 1, "a" * 33: 2, "a b": 3, "text": "x", "rt_ms": 4}) == {"a" * 32: 1}
    assert others({}) is None


def test_of_several_sounds_each_is_held_to_its_own_bound():
    heard = [{"heard_s": 4.29, "plays": 1}, {"heard_s": 6.32, "plays": 1}, "nonsense"]
    kept = others({"sounds": heard}, (4.0, 6.0, 2.0), 60.0)
    assert [own["heard_s"] for own in kept["sounds"]] == [4.29, None, None]
    slow = others({"sounds": heard[:2]}, (4.0, 6.0), 4.0)  # in which nobody hears 4.3 s
    assert [own["heard_s"] for own in slow["sounds"]] == [4.29, None]
    assert [own["heard_s"] for own in others({"sounds": heard[:2]}, (4.0, 6.0), 3.9)["sounds"]] == [None, None]
    assert others({"sounds": heard[:2]}, (4.0, 6.0, 2.0)) is None
    assert others({"sounds": heard[:1]}, (4.0,)) is None
