"""What a player cannot have measured is missing, and flagged; what it can have is kept to the bound."""

import pytest

from study.design.telemetry import NAMES, measured

POSSIBLE = {"rt_ms": 900, "rt_start_ms": 11_000, "first_play_ms": 40, "start_gap_ms": 90, "heard_s": 10.0, "plays": 1}
POSSIBLE |= {"rating_changes": 0, "focus_losses": 0, "underruns": 0}
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
