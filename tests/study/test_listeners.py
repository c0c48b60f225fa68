"""Simulated listeners do what their model says."""

import statistics

import pytest

from study.design.listeners import Listener, Model, share_correct
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


SHARES, SPREADS = ("lapse", "inattentive", "dropout"), ("noise_sd", "bias_sd", "clip_sd", "sensitivity")


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name in SHARES for value in (-0.001, 1.001)] + [(name, -0.001) for name in SPREADS],
)
def test_a_model_that_cannot_be_is_reported(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        Model(**{name: value})
    Model(**{name: 0.0})
    Model(**{name: 1.0})


def test_a_model_that_nobody_states():
    numbers = {"noise_sd": 1.0, "bias_sd": 0.6, "clip_sd": 0.4, "lapse": 0.02, "inattentive": 0.05, "dropout": 0.0}
    effects = {"semantic": 0.9, "static": 0.6, "flow": 0.4, "personal": 1.2}
    assert Model() == Model(effects, **numbers, sensitivity=2.0, same=-1.0, position=0.0)


@pytest.mark.parametrize(
    ("low", "high", "points", "rating"),
    [
        *((1, 7, 2.0, 6), (1, 7, 9.0, 7), (1, 7, -9.0, 1), (1, 5, 1.5, 4), (-5, 5, -1.0, -2)),
        *((0, 100, 1.0, 67), (0, 100, 2.9, 98), (0, 100, 3.1, 100), (0, 100, -3.0, 0), (0, 100, -3.1, 0)),
    ],
)
def test_points_are_those_of_a_scale_of_seven_and_stay_on_the_questions_own(low, high, points, rating):
    questions = [WARMTH | {"low": low, "high": high}]
    assert rate(Model({"flow": points}, **QUIET), sound("flow"), 1, questions=questions) == [rating]


# R: pnorm(d / sqrt(2)) * pnorm(d / 2) + pnorm(-d / sqrt(2)) * pnorm(-d / 2)
@pytest.mark.parametrize(("d_prime", "share"), [(0.0, 0.5), (1.0, 0.59967), (2.0, 0.78765), (3.0, 0.91851)])
def test_the_share_of_right_answers_in_abx(d_prime, share):
    assert share_correct(d_prime) == pytest.approx(share, abs=5e-5)


@pytest.mark.parametrize(("sensitivity", "least", "most"), [(0.0, 0.4, 0.6), (1.0, 0.7, 0.86), (9.0, 1.0, 1.0)])
@pytest.mark.parametrize("x", ["flow", "static"])
def test_x_is_matched_as_often_as_its_difference_allows(sensitivity, least, most, x):
    model = Model({"flow": 2.0, "static": 0.0}, **QUIET, sensitivity=sensitivity)
    sounds = sound("flow"), sound("static"), sound(x)
    right = [Listener(model, seed).match(*sounds) == ("a" if x == "flow" else "b") for seed in range(400)]
    assert least <= statistics.mean(right) <= most


@pytest.mark.parametrize(
    ("effect", "position", "same", "of_a", "of_same"),
    [
        *((0.0, 0.0, -99.0, 0.5, 0.0), (1.0, 0.0, -99.0, 0.731, 0.0), (-1.0, 1.0, -99.0, 0.5, 0.0)),
        (0.0, 0.0, 0.0, 0.333, 0.333),
    ],
)
def test_a_pair_is_compared_by_the_difference_of_its_worths(effect, position, same, of_a, of_same):
    model = Model({"flow": effect}, **QUIET, position=position, same=same)
    step = {"no_difference": True, "strengths": 3, "notice": None}
    answers = [Listener(model, seed).compare(step, sound("flow"), sound("original")) for seed in range(2000)]
    sides = [side for side, _ in answers]
    assert sides.count("a") / 2000 == pytest.approx(of_a, abs=0.04)
    assert sides.count("same") / 2000 == pytest.approx(of_same, abs=0.04)
    assert {strength for _, strength in answers} <= {1, 2, 3}


def test_an_interval_is_chosen_right_unless_somebody_does_not_attend():
    tone = sound(kind="headphones", expected=3)
    assert {Listener(Model(**QUIET), seed).choose(tone, 3) for seed in range(20)} == {3}
    careless = [Listener(Model(**QUIET | {"inattentive": 1.0}), seed).choose(tone, 3) for seed in range(300)]
    assert set(careless) == {1, 2, 3} and 60 < careless.count(3) < 140
