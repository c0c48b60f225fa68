"""Simulated listeners do what their model says."""

import statistics

import pytest

from study.design.listeners import Listener, Model
from study.design.stimuli import Stimulus

QUIET = {"noise_sd": 0.0, "bias_sd": 0.0, "clip_sd": 0.0, "lapse": 0.0, "inattentive": 0.0}
WARMTH = {"name": "descriptor", "type": "scale", "low": 1, "high": 7}
TRIAL = {"kind": "trial", "questions": [WARMTH], "notice": None, "duration_s": 9.0}


def sound(condition=None, kind="stimulus", expected=None):
    return Stimulus("id", kind, "clip", condition, "warm", expected, "sha", 9.0)


def rate(model, heard, n=400, **trial):
    return [Listener(model, seed).answer(TRIAL | trial, [heard])["rating"] for seed in range(n)]


def test_without_noise_a_rating_is_the_middle_and_the_effect():
    model = Model({"semantic": 2.0, "bright:semantic": -3.0, "flow": 9.0}, **QUIET)
    assert [rate(model, sound(c), 1) for c in ("original", "semantic", "flow")] == [[4], [6], [7]]


def test_mean_and_spread_over_listeners_are_the_models():
    model = Model({"semantic": 0.5}, **QUIET | {"bias_sd": 0.6, "noise_sd": 0.8})
    ratings = rate(model, sound("semantic"), 4000)
    assert statistics.mean(ratings) == pytest.approx(4.5, abs=0.06)
    # Rounding to whole points adds the variance 1/12 (Sheppard's correction).
    assert statistics.variance(ratings) == pytest.approx(0.6**2 + 0.8**2 + 1 / 12, rel=0.1)


def test_instructions_and_audible_numbers_are_followed_unless_somebody_does_not_attend():
    asked = {"notice": "Please answer 2 for this one."}
    assert set(rate(Model(**QUIET), sound("flow"), **asked)) == {2}
    assert set(rate(Model(**QUIET), sound(kind="audible_check", expected=5), notice="Beeps")) == {5}
    careless = rate(Model(**QUIET | {"inattentive": 1.0}), sound("flow"), **asked)
    assert set(careless) == set(range(1, 8)) and careless.count(2) < 100


def test_the_same_seed_is_the_same_listener_and_drop_outs_leave_somewhere():
    model = Model(dropout=0.5)
    assert rate(model, sound("flow")) == rate(model, sound("flow"))
    leaving = [
        next((done for done in range(100) if Listener(model, seed).leaves({"done": done, "total": 100})), None)
        for seed in range(300)
    ]
    gone = [done for done in leaving if done is not None]
    assert 110 < len(gone) < 190 and min(gone) < 20 and max(gone) > 80


@pytest.mark.parametrize(("name", "value"), [("lapse", 1.5), ("dropout", -0.1), ("noise_sd", -1.0)])
def test_a_model_that_cannot_be_is_reported(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        Model(**{name: value})
