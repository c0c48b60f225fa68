"""A participant's whole way: what the definition promises holds for every participant."""

import json
import random
import tomllib
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study.design import checks, definition
from study.design.plan import Assignment, Plan
from study.design.stimuli import StimulusSet
from tests.study.sets import CONDITIONS, DESCRIPTORS


def shipped(**tables):
    """The shipped study file without its last block, some of its tables replaced, or (None) left out."""
    table = tomllib.loads(definition.SHIPPED.read_text(encoding="utf-8")) | {"blocks": None} | tables
    return definition.parse({key: value for key, value in table.items() if value is not None})


@pytest.fixture(scope="module")
def stimuli(noises):
    return StimulusSet.load(noises)


def assigned(plan, seed):
    rng = random.Random(seed)
    rows = rng.randrange(plan.n_block_rows), rng.randrange(plan.n_condition_rows)
    return Assignment(*rows, tuple(rng.sample(plan.clips, plan.n_clips)))


designs = st.fixed_dictionaries(
    {
        "attention": st.integers(0, 8),
        "audible": st.integers(0, 4),
        "anchors": st.integers(0, 2),
        "repeats": st.integers(0, 8),
        "not_before": st.integers(0, 5),
    }
)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["blocked", "mixed"]), st.sampled_from([None, 5]), designs, st.integers(0, 2**32))
def test_each_block_keeps_its_promises(stimuli, kind, subset, extra, seed):
    design = {"order": kind, "clips_per_participant": subset}
    plan = Plan(shipped(design=design, checks=extra), stimuli)
    assignment = assigned(plan, seed)
    blocks = plan.trials(assignment, random.Random(seed))
    for block in blocks:
        assert checks.no_clip_twice(block) and checks.longest_run(block) <= 2
        for place, trial in enumerate(block):
            if trial.kind == "repeat":
                assert place - block.index(trial.of) >= plan.definition.checks.repeat_distance
    trials = [trial for block in blocks for trial in block]
    assert all(trial.kind == "rating" for trial in trials[: extra["not_before"]])
    kinds = Counter(trial.kind for trial in trials)
    wanted = {"attention": extra["attention"], "audible_check": extra["audible"], "anchor": extra["anchors"]}
    assert all(kinds[name] == n for name, n in (wanted | {"repeat": extra["repeats"]}).items())
    rated = Counter((t.stimulus.clip, t.stimulus.condition, t.descriptor) for t in trials if t.kind == "rating")
    assert rated == Counter((c, k, d) for c in assignment.clips for k in CONDITIONS for d in DESCRIPTORS)


def test_orders_are_the_participants_own_and_come_back_with_their_seed(stimuli):
    plan = Plan(shipped(), stimuli)
    assignment = Assignment(0, 0, plan.clips)
    orders = [[s["stimulus"] for s in plan.steps(assignment, random.Random(f"1/{n}"))] for n in (*range(8), 0)]
    assert orders[0] == orders[-1]
    assert len({tuple(own) for own in orders}) == 8


def test_checks_are_spread_over_the_blocks_and_the_block(stimuli):
    plan = Plan(shipped(), stimuli)
    for seed in range(20):
        places = []
        for block in plan.trials(assigned(plan, seed), random.Random(seed)):
            own = [place for place, trial in enumerate(block) if trial.kind != "rating"]
            assert len(own) in (4, 5) and all(b - a > 1 for a, b in pairwise(own))
            places += [place / len(block) for place in own]
        assert min(places) < 0.3 and max(places) > 0.7


def test_attention_checks_ask_for_every_answer_in_turn(stimuli):
    plan = Plan(shipped(), stimuli)
    asked = Counter(
        trial.expected
        for seed in range(40)
        for block in plan.trials(assigned(plan, seed), random.Random(seed))
        for trial in block
        if trial.kind == "attention"
    )
    assert set(asked) == set(range(1, 8)) and max(asked.values()) < 3 * min(asked.values())


@pytest.mark.parametrize(
    "part", ["consent", "questionnaire", "headphones", "level", "instructions", "practice", "breaks", "comments"]
)
def test_every_step_can_be_switched_off(stimuli, part):
    kinds = [step["kind"] for step in Plan(shipped(**{part: None}), stimuli).sample]
    assert part.removesuffix("s") not in kinds and part not in kinds
    everything = {step["kind"] for step in Plan(shipped(), stimuli).sample}
    assert everything - set(kinds) == {"break" if part == "breaks" else part}


def test_time_left_falls_to_nothing_and_agrees_with_the_clips(stimuli):
    steps = Plan(shipped(breaks=None), stimuli).sample
    left = [step["seconds_left"] for step in steps]
    assert left == sorted(left, reverse=True) and left[-1] == 0
    trials = [a["seconds_left"] - b["seconds_left"] for a, b in pairwise(steps) if a["kind"] == "trial"]
    assert trials == pytest.approx([0.05 + 4] * 134)


def test_long_blocks_get_breaks_and_the_next_word_is_reported_only_where_it_changes(stimuli):
    steps = Plan(shipped(breaks={"every_trials": 20}), stimuli).sample
    pauses = [step for step in steps if step["kind"] == "break"]
    assert len(pauses) == 2 + 3 * 2 - sum(44 - 40 < 10 for _ in range(3))
    assert sum(step["descriptor"] is not None for step in pauses) == 2


def test_practice_goes_through_the_words_and_the_conditions(stimuli):
    steps = Plan(shipped(practice={"trials": 4}), stimuli).sample
    practice = [step for step in steps if step["kind"] == "practice"]
    assert {step["condition"] for step in practice} == set(CONDITIONS)
    assert {step["descriptor"] for step in practice} == set(DESCRIPTORS)


def test_a_set_that_lacks_something_is_named(stimuli):
    with pytest.raises(ValueError, match=r"lacks 30 of 150 stimuli, the first: clip0 / dull / warm"):
        Plan(shipped(conditions=[*CONDITIONS, "dull"]), stimuli)
    without = json.dumps(
        {
            **stimuli.content,
            "stimuli": [row for row in stimuli.content["stimuli"] if row["kind"] not in ("audible_check", "anchor")],
        }
    )
    for kind, name in (("audible", "audible_check"), ("anchors", "anchor")):
        with pytest.raises(ValueError, match=f"lacks sounds of kind {name}"):
            Plan(shipped(checks={"attention": 0, kind: 1}), StimulusSet(None, without))
    with pytest.raises(ValueError, match=r"ask for fewer in \[checks\]"):
        Plan(shipped(clips=["clip0", "clip1", "clip2"], checks={"attention": 60}), stimuli)


@pytest.mark.parametrize(
    ("trials", "conditions"),
    [
        (1, ["static"]),
        (2, ["static", "original"]),
        (3, ["static", "semantic", "original"]),
        (4, ["static", "flow", "semantic", "original"]),
        (10, ["static"] * 2 + ["flow"] * 3 + ["semantic"] * 3 + ["original"] * 2),
    ],
)
def test_practice_spans_the_conditions_from_the_last_to_the_first(stimuli, trials, conditions):
    steps = Plan(shipped(practice={"trials": trials}), stimuli).sample
    assert [step["condition"] for step in steps if step["kind"] == "practice"] == conditions
