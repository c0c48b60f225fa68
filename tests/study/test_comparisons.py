"""Paired comparisons and ABX in a study: what a participant is given, which answers are taken, and what comes out."""

import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from analysis.data import pairs as tidy_pairs
from app.participant import endpoints
from study.design.describe import describe
from study.design.listeners import Listener, Model, share_correct
from study.design.plan import Assignment, Plan
from study.design.stimuli import StimulusSet
from study.kinds import KINDS
from study.records import export
from study.records.verification import verify
from study.sessions.running import RunningStudy
from tests.study.answering import send, walk
from tests.study.test_blocks import SMALL
from tests.study.test_plan import shipped


def study(block, **more):
    return shipped(**SMALL | more, blocks=[block])


def plan_of(noises, block, **more):
    return Plan(study(block, **more), StimulusSet.load(noises))


def compared(plan, row=0, seed=0):
    """Conditions of A and B of each trial of one participant, by part."""
    parts = plan.trials(Assignment(0, row, plan.clips, "secret"), random.Random(seed))
    return [[(t.stimulus.clip, *(s.condition for s in t.sounds)) for t in part] for part in parts]


PAIR, ABX = {"paradigm": "pair"}, {"paradigm": "abx", "trials": 4}


def test_all_pairs_of_each_clip_and_word_never_the_same_conditions_twice_in_a_row(noises):
    parts = compared(plan_of(noises, PAIR))
    assert [len(part) for part in parts] == [3 * 6] * 3
    for part in parts:
        assert len({(clip, frozenset((a, b))) for clip, a, b in part}) == 18
        assert all({*one[1:]} != {*other[1:]} and one[0] != other[0] for one, other in pairwise(part))


def test_a_budget_is_balanced_over_participants(noises):
    plan = plan_of(noises, PAIR | {"comparisons": 6, "descriptors": ["warm"]})
    assert plan.n_condition_rows == 6
    heard = Counter(cell for row in range(6) for part in compared(plan, row) for cell in part)
    assert len(heard) == 3 * 6 * 2 and set(heard.values()) == {1}


def test_a_reference_is_played_openly_and_named_pairs_are_all_there_is(noises):
    block = PAIR | {"pairs": [["flow", "semantic"]], "reference": "original", "descriptors": ["warm"]}
    ((*trials,),) = compared(plan_of(noises, block))
    assert {reference for _, _, _, reference in trials} == {"original"}
    assert {frozenset(pair) for _, *pair, _ in trials} == {frozenset(("flow", "semantic"))}


def test_in_abx_x_is_one_of_the_two(noises):
    plan = plan_of(noises, ABX | {"pairs": [["original", "flow"]], "descriptors": ["warm"]})
    ((*trials,),) = compared(plan)
    assert len(trials) == 4 and plan.n_condition_rows == 4
    assert Counter(x == a for _, a, _, x in trials) == {True: 2, False: 2}
    assert Counter(a for _, a, _, _ in trials) == {"original": 2, "flow": 2}


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (PAIR | {"pairs": [["flow", "dull"]]}, "dull, which is not among the conditions"),
        (PAIR | {"reference": "dull"}, "reference dull is not among the conditions"),
        (PAIR | {"questions": [{"type": "scale"}]}, "pair has a question of its own"),
        (ABX | {"pairs": [["flow", "flow"]]}, "flow and flow is one condition twice"),
        (ABX | {"trials": 0}, "greater than or equal to 1, found '0'"),
        (ABX | {"checks": {"attention": 1}}, "abx has no attention checks"),
    ],
)
def test_a_mistake_in_a_block_of_comparisons_is_reported(block, said):
    with pytest.raises(ValueError, match=said):
        study(block)


@pytest.fixture
def serve(tmp_path, noises):
    """Starts a study of one block; gives it and a browser with its first step."""
    opened = []

    def start(block, **more):
        running = RunningStudy.open(f"sqlite:///{tmp_path}/study.sqlite", study(block, **more), noises)
        opened.append(running)
        app = FastAPI()
        app.include_router(endpoints.router(running))
        client = TestClient(app)
        return running, client, client.post("/api/study/session", json={}).raise_for_status().json()["step"]

    yield start
    for running in opened:
        running.close()


def table_of(running, tmp_path, name):
    """A table of the export, which is proved by its receipts."""
    export.write(running.engine, tmp_path / "out")
    verify(tmp_path / "out")
    assert f"## {name}\n" in (tmp_path / "out" / "dictionary.md").read_text(encoding="utf-8")
    return pd.read_csv(tmp_path / "out" / f"{name}.csv")


def begin_trials(client, step):
    """Go on to the first step with a sound."""
    while step["kind"] == "instructions":
        step = send(client, step, {}).json()["step"]
    return step


def test_comparisons_come_out_as_a_table_that_the_analysis_reads(serve, tmp_path):
    block = PAIR | {"no_difference": True, "strength": True, "descriptors": ["warm"], "practice": 2}
    running, client, step = serve(block | {"checks": {"attention": 2, "repeats": 1, "repeat_distance": 2}})
    shown = walk(client, begin_trials(client, step))
    trials = [step for step in shown if step["kind"] == "pair"]
    assert len(trials) == 2 + 18 + 2 + 1 and shown[-1]["outcome"] == "completed"
    assert trials[0]["question"] == "Which sounds more warm, A or B?" and len(trials[0]["sounds"]) == 2
    notices = [step["notice"] for step in trials if step["notice"]]
    assert len(notices) == 2 and all(notice.startswith("Please choose ") for notice in notices)
    table = table_of(running, tmp_path, "pairs")
    assert Counter(table.kind) == {"practice": 2, "rating": 18, "attention": 2, "repeat": 1}
    assert (table.choice == table["first"]).all() and set(table.strength) == {1}
    assert (table.expected.notna() == (table.kind == "attention")).all()
    assert all(a != b and first in (a, b) for a, b, first in zip(table.a, table.b, table["first"], strict=True))
    own = tidy_pairs.from_table(table)
    assert len(own.main) == 18 and own.ordered and set(own.main.chosen) == {0}
    assert export.ratings(running.engine).empty


def test_abx_comes_out_right_or_wrong_and_only_practice_tells(serve, tmp_path):
    running, client, step = serve(ABX | {"pairs": [["original", "flow"]], "descriptors": ["warm"], "practice": 2})
    shown = walk(client, begin_trials(client, step))
    trials = [step for step in shown if step["kind"] == "abx"]
    assert ["right" in step for step in trials] == [True] * 2 + [False] * 4
    assert all(len(step["sounds"]) == 3 for step in trials) and "first" not in trials[-1]
    table = table_of(running, tmp_path, "abx")
    counted = table[table.kind == "rating"]
    assert len(counted) == 4 and counted.correct.sum() == 2 and (counted.a == "original").all()
    assert ((counted.choice == counted.x) == counted.correct).all() and (counted.choice == counted["first"]).all()


@pytest.mark.parametrize("answer", [{}, {"choice": "c"}, {"choice": "same"}, {"choice": 1}, {"choice": ["a"]}])
@pytest.mark.parametrize("block", [PAIR, ABX])
def test_only_a_side_is_taken(serve, block, answer):
    _, client, step = serve(block)
    assert send(client, begin_trials(client, step), answer).json()["error"] == "invalid"


@pytest.mark.parametrize(("strength", "is_taken"), [(None, False), (0, False), (1, True), (3, True), (4, False)])
def test_strength_is_one_to_three(serve, strength, is_taken):
    _, client, step = serve(PAIR | {"strength": True, "descriptors": ["warm"]})
    reply = send(client, begin_trials(client, step), {"choice": "b", "strength": strength}).json()
    assert reply.get("saved", False) is is_taken


def test_check_tells_pairs_and_abx(noises):
    facts = describe(study(PAIR | {"comparisons": 6}), StimulusSet.load(noises)).facts
    assert "block 1, pair: 18 trials of 3 clips x 4 conditions x 3 descriptors" in "\n".join(facts["Trials"])
    assert "pairs and sides in 6 orders" in "\n".join(facts["Balance"])
    facts = describe(study(ABX), StimulusSet.load(noises)).facts
    assert "block 1, abx: 72 trials" in "\n".join(facts["Trials"])


def heard(stimuli, *conditions):
    return [next(s for s in stimuli.rows if s.condition == name) for name in conditions]


def test_simulated_listeners_have_the_worths_that_were_stated(noises):
    model = Model({"flow": 1.0}, lapse=0, inattentive=0, same=-0.5)
    listener, stimuli = Listener(model, 1), StimulusSet.load(noises)
    step = {"no_difference": True, "strengths": 3, "notice": None, "kind": "pair"}
    sounds = heard(stimuli, "flow", "original")
    given = Counter(KINDS["pair"].simulate(listener, step, sounds)["choice"] for _ in range(20000))
    odds = {"a": 1.6487, "b": 0.6065, "same": 0.6065}  # exp(1/2), exp(-1/2), exp(-1/2)
    for side, weight in odds.items():
        assert given[side] / 20000 == pytest.approx(weight / sum(odds.values()), abs=0.012)
    asked = step | {"notice": "Please choose B for this one, whatever you hear."}
    assert KINDS["pair"].simulate(listener, asked, sounds) == {"choice": "b", "strength": 1}


@pytest.mark.parametrize("d_prime", [0.0, 0.5, 1.0, 2.0, 4.0])
def test_the_share_correct_is_that_of_who_hears_all_three_through_noise(d_prime):
    rng = np.random.default_rng(1)
    a, b, x = rng.normal(size=(3, 400_000)) + np.array([[d_prime], [0.0], [d_prime]])
    said_a = (a > b) == (x > d_prime / 2)  # X is on that side of the middle where A seems to be
    assert share_correct(d_prime) == pytest.approx(said_a.mean(), abs=0.004)


def test_simulated_listeners_tell_apart_as_well_as_was_stated(noises):
    listener, stimuli = (
        Listener(Model({"flow": 1.0}, lapse=0, inattentive=0, sensitivity=2.0), 1),
        StimulusSet.load(noises),
    )
    a, b = heard(stimuli, "flow", "original")
    for x in (a, b):
        right = sum(listener.match(a, b, x) == ("a" if x is a else "b") for _ in range(10000)) / 10000
        assert right == pytest.approx(share_correct(2.0), abs=0.015)
    assert sum(listener.match(b, b, b) == "a" for _ in range(4000)) / 4000 == pytest.approx(0.5, abs=0.03)
