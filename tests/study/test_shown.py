"""What a participant is shown: texts that follow from the study and not from the usual one."""

import pytest

from study.design.texts import messages
from study.sessions import session, starting
from study.sessions.running import RunningStudy
from tests.study.answering import answer_to
from tests.study.test_plan import shipped

SMALL = {"clips": ["clip0", "clip1", "clip2"], "headphones": None, "breaks": None, "checks": {"attention": 0}}


def shown_steps(tmp_path, noises, **tables):
    """Every step of one simulated participant, in order."""
    running = RunningStudy.open(f"sqlite:///{tmp_path}/study.sqlite", shipped(**SMALL | tables), noises)
    with running.engine.begin() as connection:
        started = starting.start(connection, running, starting.Request(simulated=True), True)
        steps, token = [started["step"]], started["token"]
        while not steps[-1]["ends"]:
            answer = (steps[-1]["id"], answer_to(steps[-1]), {})
            steps.append(session.answer(connection, running, token, None, *answer)["step"])
    running.close()
    return steps, running


def test_consent_tells_how_long_this_study_takes(tmp_path, noises):
    steps, running = shown_steps(tmp_path, noises)
    assert f"about {running.minutes} minutes" in steps[0]["text"] and running.minutes < 30


@pytest.mark.parametrize(("low", "high"), [(1, 7), (0, 9)])
def test_instructions_name_the_keys_of_this_scale(tmp_path, noises, low, high):
    steps, _ = shown_steps(tmp_path, noises, scale={"low": low, "high": high})
    assert next(s for s in steps if s["kind"] == "instructions")["scale"] == {"low": low, "high": high}


def test_a_beep_counting_task_asks_for_beeps_and_for_no_degree(tmp_path, noises):
    steps, _ = shown_steps(tmp_path, noises, checks={"attention": 0, "audible": 2})
    asked = [
        s for s in steps if s["kind"] == "trial" and s["questions"][0]["text"] == messages("en")["audible_question"]
    ]
    assert len(asked) == 2
    for step in asked:
        assert step["notice"] and step["definition"] == ""
        assert step["questions"][0]["labels"] == {} and len(step["questions"]) == 1


@pytest.mark.parametrize(("practice", "says"), [({"trials": 2}, 1), (None, 0)])
def test_the_first_trial_after_practice_says_that_it_counts(tmp_path, noises, practice, says):
    steps, _ = shown_steps(tmp_path, noises, practice=practice)
    trials = [s for s in steps if s["is_trial"]]
    assert [s["counts_from_here"] for s in trials].count(True) == says
    assert trials[0]["counts_from_here"] is bool(says)


@pytest.mark.parametrize("trials", [2, 3, 4, 7])
def test_practice_plays_both_ends_of_the_conditions(noises, trials):
    from study.design.plan import Plan
    from study.design.stimuli import StimulusSet

    plan = Plan(shipped(practice={"trials": trials}), StimulusSet.load(noises))
    heard = [step["condition"] for step in plan.sample if step["kind"] == "practice"]
    assert (heard[0], heard[-1]) == (plan.definition.conditions[-1], plan.definition.conditions[0])
