"""When an answer could have been given by somebody who heard the sound: below, at and above each bound."""

from types import SimpleNamespace

import pytest

from study import clock
from study.refusals import Refusal
from study.sessions.hearing import check, missing_s, needed_s
from tests.study.test_plan import shipped

UP_S = 1000.0  # when the step came up


@pytest.mark.parametrize(
    ("served_at", "answered_at", "lacks_s"),
    [
        (UP_S - 30, UP_S + 9.0, 1.0),  # fetched ahead: from the step's coming up
        (UP_S - 30, UP_S + 9.999, 0.001),
        (UP_S - 30, UP_S + 10.0, 0.0),
        (UP_S - 30, UP_S + 11.0, 0.0),
        (UP_S + 4, UP_S + 13.0, 1.0),  # on a slow line: from its serving
        (UP_S + 4, UP_S + 14.0, 0.0),
        (UP_S, UP_S, 10.0),
    ],
)
def test_the_later_of_serving_and_coming_up_counts(served_at, answered_at, lacks_s):
    assert missing_s([10.0], {"0": served_at}, UP_S, answered_at) == pytest.approx(lacks_s)


def test_a_sound_that_was_never_served_lacks_all_of_itself_however_late_the_answer():
    assert missing_s([10.0], {}, UP_S, UP_S + 5000) == 10.0


def test_several_sounds_are_heard_one_after_the_other():
    ahead = dict.fromkeys("012", UP_S - 1)
    assert missing_s([2.0, 2.0, 2.0], ahead, UP_S, UP_S + 5.9) == pytest.approx(0.1)
    assert missing_s([2.0, 2.0, 2.0], ahead, UP_S, UP_S + 6.0) == 0
    last_late = ahead | {"2": UP_S + 9}
    assert missing_s([2.0, 2.0, 2.0], last_late, UP_S, UP_S + 10) == pytest.approx(1.0)
    assert missing_s([2.0, 2.0, 2.0], last_late, UP_S, UP_S + 11) == 0


def test_a_clock_set_back_by_an_hour_holds_nobody_up():
    assert missing_s([10.0], {"0": UP_S}, UP_S, UP_S - 3600) == 0
    assert missing_s([10.0], {"0": UP_S + 3600}, UP_S, UP_S + 10) == 0  # served before it, come up after it


@pytest.mark.parametrize(("at", "seconds"), [(0.1, 0.1), (0.0, 0.0), (-4.9, 0.0), (-5.0, 0.0), (-5.1, None)])
def test_replicas_may_differ_by_some_seconds_and_more_is_a_clock_set_back(at, seconds):
    assert clock.elapsed_s(UP_S, UP_S + at) == pytest.approx(seconds)


def step(kind, **members):
    return SimpleNamespace(**{"kind": kind, "stimulus": None, "detail": {}} | members)


@pytest.mark.parametrize(
    ("shown", "share", "needed"),
    [
        (step("trial", stimulus="a"), 1.0, [4.0]),
        (step("practice", stimulus="a"), 0.5, [2.0]),
        (step("trial", stimulus="a"), 0.0, []),
        (step("headphones", detail={"sounds": ["a", "b"]}), 0.0, [4.0, 6.0]),
        (step("level", stimulus="a"), 1.0, [0.0]),
        (step("consent"), 1.0, []),
    ],
)
def test_what_must_be_heard_of_each_kind_of_step(shown, share, needed):
    sounds = {name: SimpleNamespace(duration_s=seconds) for name, seconds in (("a", 4.0), ("b", 6.0))}
    definition = shipped(design={"min_listened_fraction": share})
    plan = SimpleNamespace(stimuli=SimpleNamespace(by_id=sounds), definition=definition)
    assert needed_s(plan, shown) == pytest.approx([0.95 * seconds for seconds in needed])


@pytest.mark.parametrize(
    ("served", "answered_at", "retry_after_s"),
    [
        ({"0": UP_S}, UP_S + 2.8, 1.01),
        ({"0": UP_S}, UP_S + 3.794, 0.02),  # as much again as rounding may take away
        ({"0": UP_S}, UP_S + 3.801, None),
        ({}, UP_S + 3.8, 3.81),
        ({}, UP_S + 5000, 3.81),
    ],
)
@pytest.mark.parametrize(("simulated", "resume_sha256"), [(False, "a"), (True, "a"), (False, None)])
def test_an_answer_before_its_sound_could_be_heard_is_refused_until_then(
    served, answered_at, retry_after_s, simulated, resume_sha256
):
    plan = SimpleNamespace(stimuli=SimpleNamespace(by_id={"a": SimpleNamespace(duration_s=4.0)}), definition=shipped())
    whose = {"simulated": simulated, "resume_sha256": resume_sha256, "language": "en", "step_since": UP_S}
    session = step("trial", stimulus="a", **whose)
    if retry_after_s is None or simulated or resume_sha256 is None:
        check(plan, session, served, answered_at)
        return
    with pytest.raises(Refusal) as refused:
        check(plan, session, served, answered_at)
    assert refused.value.more == {"retry_after_s": retry_after_s, "unserved": [] if served else [0]}
