"""The order of blocks: the study file's, or counterbalanced over participants, crossed with the orders within them."""

import random
from collections import Counter
from itertools import pairwise

import pytest

from study.design import order
from study.design.describe import describe
from study.design.plan import Assignment, Plan
from study.design.stimuli import StimulusSet
from study.records import export
from study.sessions.running import RunningStudy
from tests.study.test_blocks import SMALL, single
from tests.study.test_export import take_part
from tests.study.test_plan import shipped

PAIRS = {"paradigm": "pair", "descriptors": ["warm"], "conditions": ["original", "semantic"], "practice": 1}
PAGES = {"paradigm": "multistimulus", "descriptors": ["warm"], "min_listened_fraction": 0}
THREE = [single(checks={"attention": 0}), PAIRS, PAGES]
COUNTERBALANCED = {"design": {"min_listened_fraction": 0, "block_order": "counterbalanced"}}


@pytest.fixture(scope="module")
def stimuli(noises):
    return StimulusSet.load(noises)


def assigned(plan, n):
    """The rows of the first ``n`` participants, who all complete."""
    used = []
    for _ in range(n):
        used.append(order.choose_rows(used, plan.n_block_rows, plan.n_condition_rows))
    return [Assignment(*rows, plan.clips) for rows in used]


def ways(plan, n):
    """For each participant the blocks in their order, and the words of the first block in theirs."""
    found = []
    for assignment in assigned(plan, n):
        steps = [step for step in plan.steps(assignment, random.Random(1)) if step["trial_kind"] == "rating"]
        blocks = tuple(dict.fromkeys(step["detail"].get("block", 0) for step in steps))
        words = dict.fromkeys(step["descriptor"] for step in steps if step["detail"].get("block", 0) == 0)
        found.append((blocks, tuple(words)))
    return found


def test_blocks_stand_at_each_place_and_after_each_other_equally_often_with_each_order_of_words(stimuli):
    plan = Plan(shipped(**SMALL | COUNTERBALANCED | {"blocks": THREE}), stimuli)
    assert plan.n_block_rows == 6 * 6
    found = ways(plan, 36)
    for six in (found[:6], found):  # balanced from the first six on
        places = Counter((place, block) for blocks, _ in six for place, block in enumerate(blocks))
        after = Counter(pair for blocks, _ in six for pair in pairwise(blocks))
        assert len(places) == 9 and len(after) == 6
        assert len(set(places.values())) == len(set(after.values())) == 1
    assert len(Counter(found)) == 36  # each order of blocks with each order of words, once


def test_without_it_all_go_through_the_blocks_as_the_file_has_them(stimuli):
    plan = Plan(shipped(**SMALL | {"blocks": THREE}), stimuli)
    assert plan.n_block_rows == 6
    assert {blocks for blocks, _ in ways(plan, 6)} == {(0, 1, 2)}


def test_practice_is_that_of_whatever_block_comes_first(stimuli):
    study = shipped(**SMALL | COUNTERBALANCED | {"blocks": [*THREE[:2]], "practice": {"trials": 1}})
    plan = Plan(study, stimuli)
    for row in range(2):
        steps = plan.steps(Assignment(row, 0, plan.clips), random.Random(1))
        practice = [step for step in steps if step["trial_kind"] == "practice"]
        assert practice[0]["detail"].get("block", 0) == study.block_order(row)[0]


def test_check_says_how_many_orders_there_are(stimuli):
    said = [
        "\n".join(describe(shipped(**SMALL | tables | {"blocks": THREE}), stimuli).facts["Balance"])
        for tables in ({}, COUNTERBALANCED)
    ]
    assert "blocks in" not in said[0] and "balanced after each 24 participants" in said[0]
    assert "3 blocks in 6 orders (Williams)" in said[1] and "balanced after each 144 participants" in said[1]


def test_the_export_says_in_which_order_each_participant_had_the_blocks(tmp_path, noises):
    two = [single(descriptors=["warm"], checks={"attention": 0}), PAGES]
    study = shipped(**SMALL | COUNTERBALANCED | {"blocks": two, "conditions": ["original", "semantic"]})
    running = RunningStudy.open(f"sqlite:///{tmp_path}/study.sqlite", study, noises)
    for _ in range(2):
        take_part(running)
    sessions = export.sessions(running.engine).set_index("participant")
    responses = export.ratings(running.engine).sort_values("position", kind="stable")
    running.close()
    assert list(sessions["block_order"]) == ["1 2", "2 1"]
    numbers = {"single": "1", "multistimulus": "2"}
    for participant, own in responses.groupby("participant", observed=True):
        assert " ".join(numbers[name] for name in own["paradigm"].unique()) == sessions.loc[participant, "block_order"]
