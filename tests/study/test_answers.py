"""What each kind of step takes as an answer, and what follows from it: just below, at and just above each bound."""

import random
from types import SimpleNamespace

import pytest

from study import clock
from study.design.plan import Plan
from study.design.sections import Descriptor
from study.design.stimuli import StimulusSet
from study.kinds import KINDS
from study.kinds.base import Moment
from study.refusals import Refusal
from tests.study.test_plan import shipped

QUESTIONS = [
    {"id": "years", "label": "Years of training?", "type": "number", "minimum": 0, "maximum": 80},
    {"id": "any", "label": "A number?", "type": "number", "required": False},
    {"id": "about", "label": "What?", "type": "text", "max_length": 5, "required": False},
    {"id": "one", "label": "Which?", "options": {"a": "A", "b": "B"}, "required": False},
    {"id": "some", "label": "Which?", "type": "choices", "options": {"a": "A", "b": "B"}, "required": False},
]
THREE = {"detail": {"screen": 0, "attempt": 1, "sounds": ["s", "t", "u"], "expected": [1, 2, 3]}}


def taken(kind, answer, step=None, **tables):
    """The answer as it is kept, or None where it is refused."""
    step = SimpleNamespace(**{"kind": kind, "trial_kind": None, "detail": {}} | (step or {}))
    try:
        return KINDS[kind].check(answer, step, shipped(**tables))
    except Refusal as refusal:
        assert refusal.code == "invalid" and refusal.detail
        return None


@pytest.mark.parametrize(
    ("level_db", "is_taken"),
    [
        *((-40.1, False), (-40, True), (-39.9, True), (-0.1, True), (0, True), (0.1, False)),
        ("-6", False),
        (True, False),
    ],
)
def test_a_level_is_within_the_sliders_range(level_db, is_taken):
    kept = taken("level", {"level_db": level_db}, level={"minimum_db": -40, "maximum_db": 0})
    assert kept == ({"level_db": level_db} if is_taken else None)


@pytest.mark.parametrize(("n", "is_taken"), [(0, True), (9, True), (10, True), (11, False)])
def test_a_comment_has_a_longest_length(n, is_taken):
    assert taken("comments", {"text": "x" * n}, comments={"max_length": 10}) == (
        {"text": "x" * n} if is_taken else None
    )


@pytest.mark.parametrize(
    ("agreed", "is_taken"), [(True, True), (False, True), (1, False), ("yes", False), (None, False)]
)
def test_a_consent_is_yes_or_no(agreed, is_taken):
    kept = taken("consent", {"agreed": agreed}, consent={"version": "2", "text": "I agree."})
    assert kept == ({"agreed": agreed, "version": "2"} if is_taken else None)


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [
        *(({"years": -0.1}, False), ({"years": 0}, True), ({"years": 80}, True), ({"years": 80.1}, False)),
        *(({"years": "5"}, False), ({"years": True}, False), ({"years": None}, False), ({}, False)),
        *(({"years": 1, "any": -1e9}, True), ({"years": 1, "any": 1e9}, True), ({"years": 1, "none": 1}, False)),
        *(({"years": 1, "about": "12345"}, True), ({"years": 1, "about": "123456"}, False)),
        *(({"years": 1, "one": "b"}, True), ({"years": 1, "one": "c"}, False), ({"years": 1, "one": ["b"]}, False)),
        *(({"years": 1, "some": ["b", "a"]}, True), ({"years": 1, "some": ["a", "a"]}, False)),
        *(({"years": 1, "some": ["a", "c"]}, False), ({"years": 1, "some": "a"}, False), ([], False)),
    ],
    ids=str,
)
def test_a_questionnaire_takes_what_each_question_asks_for(given, is_taken):
    kept = taken("questionnaire", {"answers": given}, questionnaire={"questions": QUESTIONS})
    assert kept == ({"answers": given} if is_taken else None)


def test_what_was_left_out_of_a_questionnaire_is_not_kept():
    given = {"years": 0, "about": "", "some": [], "one": None, "any": 0}
    assert taken("questionnaire", {"answers": given}, questionnaire={"questions": QUESTIONS}) == {
        "answers": {"years": 0, "any": 0}
    }


@pytest.mark.parametrize(
    ("choices", "n_right"),
    [([1, 2, 3], 3), ([1, 2, 2], 2), ([1, 1, 1], 1), ([3, 3, 1], 0)],
)
@pytest.mark.parametrize("pass_mark", [1, 2, 3])
def test_a_headphone_check_is_passed_from_its_mark_on(choices, n_right, pass_mark):
    kept = taken("headphones", {"choices": choices}, THREE, headphones=[{"trials": 3, "pass_mark": pass_mark}])
    assert kept == {"choices": choices, "correct": n_right, "passed": n_right >= pass_mark}


@pytest.mark.parametrize(
    "choices", [[0, 1, 1], [1, 1, 4], [1, 1], [1, 1, 1, 1], [1, 1, True], [1, 1, 1.0], "111", None]
)
def test_a_headphone_check_has_a_choice_of_three_for_each_trial(choices):
    assert taken("headphones", {"choices": choices}, THREE, headphones=[{"trials": 3, "pass_mark": 1}]) is None


@pytest.mark.parametrize(("trials", "pass_mark", "is_taken"), [(6, 5, True), (6, 6, True), (6, 7, False), (1, 1, True)])
def test_a_pass_mark_can_be_reached(trials, pass_mark, is_taken):
    if is_taken:
        assert shipped(headphones=[{"trials": trials, "pass_mark": pass_mark}])
        return
    with pytest.raises(ValueError, match="pass_mark is 7, more than the 6 trials"):
        shipped(headphones=[{"trials": trials, "pass_mark": pass_mark}])


@pytest.mark.parametrize(
    ("attempt", "passed", "before", "changes"),
    [
        (1, True, None, {"position": 12, "headphones_passed": True}),
        (2, True, None, {"position": 12, "headphones_passed": True}),
        (1, True, False, {"position": 12}),  # a screening that was failed stays failed
        (1, False, None, {}),
        (2, False, None, {"headphones_passed": False}),
    ],
)
def test_after_a_headphone_check_comes_what_is_left_to_do(attempt, passed, before, changes):
    definition = shipped(headphones=[{"trials": 3, "pass_mark": 3, "attempts": 2}])
    step = SimpleNamespace(detail=THREE["detail"] | {"attempt": attempt}, position=9 + attempt)
    session = SimpleNamespace(headphones_passed=before, simulated=False, n_steps=50)
    at = Moment(SimpleNamespace(definition=definition), session, step, 0.0)
    assert KINDS["headphones"].after(at, {"passed": passed}, 99.0) == changes


@pytest.mark.parametrize(("simulated", "code"), [(False, "SCREENED"), (True, None)])
def test_who_is_screened_out_gets_its_code_unless_simulated(simulated, code):
    screen = {"trials": 3, "pass_mark": 3, "attempts": 1, "on_failure": "screen_out"}
    definition = shipped(headphones=[screen], completion={"text": "Thanks.", "screened_out_code": "SCREENED"})
    session = SimpleNamespace(headphones_passed=None, simulated=simulated, n_steps=50)
    at = Moment(SimpleNamespace(definition=definition), session, SimpleNamespace(**THREE, position=9), 0.0)
    assert KINDS["headphones"].after(at, {"passed": False}, 99.0) == {
        **{"state": "screened_out", "finished_at": 99.0, "position": 49},
        **{"completion_code": code, "headphones_passed": False},
    }


@pytest.mark.parametrize(
    ("every", "index", "length", "is_break"),
    [
        *((None, 0, 40, True), (None, 20, 40, False)),
        *((20, 19, 40, False), (20, 20, 40, True), (20, 21, 40, False)),
        *((20, 20, 29, False), (20, 20, 30, True), (20, 20, 31, True)),  # not for less than half of such a stretch
        *((5, 5, 6, False), (5, 5, 7, True)),
    ],
)
def test_breaks_come_between_blocks_and_in_long_ones(every, index, length, is_break):
    part = shipped(breaks={"every_trials": every} if every else {}).breaks
    assert KINDS["break"].falls_before(part, 2, index, length) is is_break
    assert KINDS["break"].falls_before(part, 1, index, length) is (is_break and index > 0)
    assert KINDS["break"].falls_before(None, 2, index, length) is False


@pytest.mark.parametrize(
    ("elapsed_s", "left_s"), [(0, 20), (19.9, 0.1), (20, 0), (20.1, 0), (-4.9, 20), (-5.1, 0)], ids=str
)
def test_a_break_lasts_its_minimum_unless_the_clock_was_set_back(monkeypatch, elapsed_s, left_s):
    monkeypatch.setattr(clock, "now", lambda: 1000.0 + elapsed_s)
    plan = SimpleNamespace(definition=shipped(breaks={"minimum_s": 20}))
    for simulated, expected in ((False, left_s), (True, 0)):
        at = Moment(plan, SimpleNamespace(simulated=simulated), SimpleNamespace(), 1000.0)
        assert KINDS["break"].wait_s(at) == pytest.approx(expected)


@pytest.mark.parametrize(("n_sounds", "is_lacking"), [(0, True), (1, True), (2, False), (3, False)])
def test_a_headphone_check_needs_two_sounds(n_sounds, is_lacking):
    stimuli = SimpleNamespace(of_kind=lambda kind: ["sound"] * n_sounds)
    plan = SimpleNamespace(definition=shipped(headphones=[{"trials": 6}]), stimuli=stimuli)
    assert KINDS["headphones"].missing(plan) == (["6 sounds of kind headphones"] if is_lacking else [])


@pytest.mark.parametrize("trials", [1, 6, 7, 24])
def test_an_attempt_has_its_trials_whatever_the_number_of_sounds(noises, trials):
    plan = Plan(shipped(headphones=[{"trials": trials, "pass_mark": 1}]), StimulusSet.load(noises))
    steps = KINDS["headphones"].steps(plan, None, random.Random(0))
    for step in steps:
        counts = [step["detail"]["sounds"].count(name) for name in set(step["detail"]["sounds"])]
        assert sum(counts) == trials and max(counts) - min(counts) <= 1
    assert steps[0]["seconds"] == pytest.approx(trials * 4.05) and steps[1]["seconds"] == 0


@pytest.mark.parametrize(("name", "text"), [("descriptor", "How warm?"), ("quality", "How good is the sound?")])
def test_a_descriptors_own_question_is_asked_of_it_and_of_no_attribute(name, text):
    warm = Descriptor(name="warm", label="warm", definition="Full.", question="How {descriptor}?")
    question = (
        shipped(blocks=[{"paradigm": "single", "questions": [{"name": name, "type": "scale", "text": None}]}])
        .effective_blocks[0]
        .first
    )
    at = SimpleNamespace(text=lambda given: given or "", message=lambda key, **words: "How good is the sound?")
    assert question.show(at, warm)["text"] == text


@pytest.mark.parametrize("pair", [["a", "b"], ["b", "a"]])
@pytest.mark.parametrize("first", ["a", "b"])
def test_a_side_is_the_condition_that_stood_there(pair, first):
    second = "b" if first == "a" else "a"
    step = {"detail": {"pair": pair, "first": first, "x": "b"}, "expected": 2}
    for choice, name in (("a", first), ("b", second), ("same", "same")):
        (row,) = KINDS["pair"].rows(step, {"choice": choice, "strength": 3}, {})
        assert row == {
            **{"a": pair[0], "b": pair[1], "first": first, "played_first": None},
            **{"choice": name, "strength": 3, "expected": second},
        }
    for choice, name in (("a", first), ("b", second)):
        (row,) = KINDS["abx"].rows(step, {"choice": choice}, {})
        assert row["x"] == second and row["choice"] == name and row["correct"] is (choice == "b")


@pytest.mark.parametrize(
    ("first_play_ms", "played_first"),
    [((10, 20), "x"), ((20, 10), "y"), ((None, 5), "y"), ((0, None), "x"), ((None, None), None)],
)
def test_of_two_sounds_the_earlier_was_played_first(first_play_ms, played_first):
    step = {"detail": {"pair": ["x", "y"], "first": "x"}}
    measured = {"sounds": [{"first_play_ms": ms} for ms in (*first_play_ms, 0)]}  # the third is the reference
    assert KINDS["pair"].rows(step, {"choice": "a"}, measured)[0]["played_first"] == played_first


@pytest.mark.parametrize("kind", ["trial", "pair", "multistimulus"])
@pytest.mark.parametrize("trial_kind", ["anchor", "attention", "practice", "rating", "repeat"])
def test_only_an_attention_check_says_what_to_answer(kind, trial_kind):
    step = SimpleNamespace(trial_kind=trial_kind, expected=2, descriptor="warm")
    first = SimpleNamespace(mark=lambda value, at, descriptor: f"{value} ({descriptor})")
    at = SimpleNamespace(
        step=step,
        block=SimpleNamespace(first=first),
        definition=SimpleNamespace(descriptor=str),
        message=lambda key, **words: f"{key} {words}",
    )
    notice = KINDS[kind].notice(at)
    assert (notice is not None) == (trial_kind == "attention")
    assert notice is None or ("'rating': '2 (warm)'" if kind != "pair" else "'side': 'B'") in notice
