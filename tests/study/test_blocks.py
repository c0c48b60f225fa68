"""Blocks of the study file: what they leave out, what they ask, and how their answers come out."""

import random
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.participant import endpoints
from study.design.definition import Definition
from study.design.describe import describe
from study.design.plan import Assignment, Plan
from study.design.stimuli import StimulusSet
from study.records import export
from study.records.verification import verify
from study.refusals import Refusal
from study.sessions.hearing import needed_s
from study.sessions.running import RunningStudy
from tests.study.answering import walk
from tests.study.test_plan import shipped

QUALITY = {"name": "quality", "type": "continuous", "labels": {"0": "bad", "100": "excellent"}}
WARMTH = {"type": "scale", "low": -3, "high": 3}
REMARK = {"name": "remark", "type": "text", "text": "Anything odd?"}
KIND = {"name": "kind", "type": "choice", "text": "Which?", "options": {"band": "A band", "one": "One voice"}}
BARE = {"consent": None, "questionnaire": None, "headphones": None, "level": None, "comments": None, "breaks": None}
SMALL = BARE | {"clips": ["clip0", "clip1", "clip2"], "design": {"min_listened_fraction": 0}, "practice": None}


def single(**keys):
    return {"paradigm": "single"} | keys


def rows_of(tmp_path, noises, study: Definition):
    """What one participant who answers everything leaves in `responses.csv`."""
    running = RunningStudy.open(f"sqlite:///{tmp_path}/study.sqlite", study, noises)
    app = FastAPI()
    app.include_router(endpoints.router(running))
    client = TestClient(app)
    steps = walk(client, client.post("/api/study/session", json={}).raise_for_status().json()["step"])
    assert steps[-1]["outcome"] == "completed"
    export.write(running.engine, tmp_path / "out")
    verify(tmp_path / "out")
    table = export.ratings(running.engine)
    running.close()
    return steps, table


def test_a_file_without_blocks_is_one_block_of_single_ratings(noises):
    study = shipped(blocks=None)
    assert shipped(blocks=[single()]).effective_blocks == study.effective_blocks
    (block,) = study.effective_blocks
    assert (block.paradigm, block.order, block.checks, block.min_listened_fraction) == (
        "single",
        "blocked",
        study.checks,
        1.0,
    )
    stimuli = StimulusSet.load(noises)
    plans = [Plan(file, stimuli) for file in (study, shipped(blocks=[single()]))]
    made = [plan.steps(Assignment(2, 1, plan.clips), random.Random(7)) for plan in plans]
    assert made[0] == made[1]


def test_several_questions_about_a_sound_are_several_rows(tmp_path, noises):
    block = single(questions=[WARMTH, QUALITY, REMARK, KIND], descriptors=["warm"], checks={"attention": 1})
    steps, table = rows_of(tmp_path, noises, shipped(**SMALL, blocks=[block]))
    trials = [step for step in steps if step["kind"] == "trial"]
    assert len(trials) == 3 * 4 + 1
    attention = next(step for step in trials if step["notice"])
    assert [question["name"] for question in attention["questions"]] == ["descriptor"]
    rated = table[table.kind == "rating"]
    assert len(rated) == 12 * 4 and not table.duplicated(["trial", "question"]).any()
    assert set(rated[rated.question == "descriptor"].rating) <= set(range(-3, 4))
    assert set(rated[rated.question == "quality"].rating) <= set(range(101))
    by_question = rated.groupby("question")
    assert by_question.rating.count().to_dict() == {"descriptor": 12, "quality": 12, "remark": 0, "kind": 0}
    assert by_question.answer.count().to_dict() == {"descriptor": 0, "quality": 0, "remark": 12, "kind": 12}
    assert set(table.paradigm) == {"single"}


def test_each_block_has_its_own_words_conditions_clips_instructions_and_practice(tmp_path, noises):
    own = {"descriptors": ["airy"], "conditions": ["flow", "static"], "clips": ["clip0", "clip2", "clip3"]}
    second = single(**own, instructions="Now **airy**.", practice=2, checks={"attention": 0})
    first = single(descriptors=["warm"], clips=["clip0", "clip1", "clip2"], checks={"attention": 0})
    steps, table = rows_of(tmp_path, noises, shipped(**SMALL | {"clips": None, "blocks": [first, second]}))
    assert [step["kind"] for step in steps] == [
        "instructions",
        *["trial"] * 12,
        "instructions",
        *["practice"] * 2,
        *["trial"] * 6,
        "finished",
    ]
    assert "<strong>airy</strong>" in steps[13]["html"]
    assert [step["progress"]["trials"] for step in steps] == [18] * len(steps)
    rated = table[table.kind == "rating"].groupby("block")
    assert rated.descriptor.unique().map(list).to_dict() == {1: ["warm"], 2: ["airy"]}
    assert rated.condition.nunique().to_dict() == {1: 4, 2: 2}
    assert set(rated.get_group(2)["clip"]) == {"clip0", "clip2", "clip3"}


def test_check_tells_each_block(noises):
    blocks = [single(), single(descriptors=["warm"], conditions=["flow", "static"], checks={"attention": 0})]
    facts, *_ = describe(shipped(blocks=blocks), StimulusSet.load(noises))
    trials = "\n".join(facts["Trials"])
    assert "block 1, single: 120 trials of 10 clips x 4 conditions x 3 descriptors, with 6 attention checks" in trials
    assert "block 2, single: 20 trials of 10 clips x 2 conditions x 1 descriptor, with no checks" in trials
    page = {"paradigm": "multistimulus", "descriptors_per_clip": "one"}
    reported = "\n".join(describe(shipped(blocks=[page]), StimulusSet.load(noises)).facts["Trials"])
    assert "block 1, multistimulus: 10 trials of 10 clips x 4 conditions x 1 of 3 descriptors, with" in reported
    assert "asks: descriptor (scale)" in trials and "154 trials per participant" in trials


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (single(paradigm="duel"), "duel"),
        (single(descriptors=["loud"]), "block 1 names loud, which is not among the study's descriptors"),
        (single(reference="dull"), "the reference dull is not one of the study's conditions"),
        (single(conditions=["flow", "dull"]), "block 1 names dull, which is not among the study's conditions"),
        (single(questions=[QUALITY, QUALITY]), "quality is named twice"),
        (single(questions=[WARMTH | {"low": -5, "high": 6}]), "a scale from -5 to 6 has 12 points, not 2 to 11"),
        (single(questions=[WARMTH | {"low": 1, "high": 1}]), "a scale from 1 to 1 has 1 points, not 2 to 11"),
        (single(questions=[WARMTH | {"labels": {"4": "much"}}]), "the label of '4' is not on the scale from -3 to 3"),
        (single(questions=[{"name": "punch", "type": "continuous"}]), "question punch has no text"),
        (single(questions=[KIND], checks={"attention": 1}), "attention checks ask for a number, but question kind"),
    ],
)
def test_a_mistake_in_a_block_is_reported(block, said):
    with pytest.raises(ValueError, match=said):
        shipped(blocks=[block])


@pytest.mark.parametrize(("low", "high"), [(1, 2), (1, 11), (-5, 5), (0, 10)])
def test_scales_have_two_to_eleven_points(low, high):
    (block,) = shipped(blocks=[single(questions=[{"type": "scale", "low": low, "high": high}])]).effective_blocks
    assert len(block.first.marks) == high - low + 1


@pytest.mark.parametrize(
    ("question", "fits", "not_fitting"),
    [
        (WARMTH, [-3, 0, 3], [-4, 4, 1.0, "1", True]),
        (QUALITY, [0, 100], [-1, 101, 50.5]),
        (KIND, ["band"], ["choir", 1, ["band"]]),
        (REMARK | {"max_length": 3}, ["abc"], ["abcd", 7]),
    ],
)
def test_only_an_answer_to_the_question_is_taken(question, fits, not_fitting):
    (block,) = shipped(blocks=[single(questions=[question], checks={"attention": 0})]).effective_blocks
    assert [block.first.check(value) for value in fits] == fits
    for value in not_fitting:
        with pytest.raises(Refusal, match="invalid"):
            block.first.check(value)


def test_a_reference_may_be_heard_beside_the_sound_and_need_not_be(tmp_path, noises):
    block = single(reference="original", descriptors=["warm"], checks={"attention": 0, "audible": 1}, practice=1)
    study = shipped(**SMALL | {"design": {"min_listened_fraction": 1.0}}, blocks=[block])
    steps, table = rows_of(tmp_path, noises, study)
    trials = [step for step in steps if step["kind"] in ("trial", "practice")]
    assert [len(step["sounds"]) for step in trials if step["has_reference"]] == [2] * 13
    assert [len(step["sounds"]) for step in trials if not step["has_reference"]] == [1]  # the beeps
    assert len(table) == 14 and table.trial.is_unique and set(table.question) == {"descriptor"}
    plan = Plan(study, StimulusSet.load(noises))
    shown = next(step for step in plan.sample if step["trial_kind"] == "rating")
    needed = needed_s(plan, SimpleNamespace(**shown))
    assert needed[0] > 0 and needed[1:] == [0.0]
    assert plan.stimuli.by_id[shown["detail"]["reference"]].condition == "original"


@pytest.mark.parametrize("question", [{"name": "quality"}, {"name": "punch", "text": "How punchy?"}])
def test_a_rating_that_no_model_knows_is_asked_of_the_shipped_stimuli(noises, question):
    plan = Plan(
        shipped(
            **SMALL,
            blocks=[single(descriptors=["warm"], questions=[question | {"type": "scale"}], checks={"attention": 0})],
        ),
        StimulusSet.load(noises),
    )
    rated = [step for step in plan.sample if step["trial_kind"] == "rating"]
    assert len(rated) == 12 and {step["descriptor"] for step in rated} == {"warm"}
    assert plan.blocks[0].first.name == question["name"]
