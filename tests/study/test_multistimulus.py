"""Pages of several sounds: balanced, masked, checked, and each sound's answers in a row of its own."""

import json
import random
from collections import Counter
from itertools import pairwise

import pytest

from study.design.listeners import Listener, Model
from study.design.plan import Assignment, Plan
from study.design.stimuli import StimulusSet
from study.kinds import KINDS
from study.refusals import Refusal
from tests.study.sets import CONDITIONS, DESCRIPTORS, write_set
from tests.study.test_blocks import SMALL, rows_of, single
from tests.study.test_plan import shipped

LAST = {"paradigm": "multistimulus", "descriptors_per_clip": "one", "min_listened_fraction": 0}
MUSHRA = {"paradigm": "multistimulus", "preset": "bs1534", "descriptors": ["warm"], "min_listened_fraction": 0}


@pytest.fixture(scope="module")
def stimuli(noises):
    return StimulusSet.load(noises)


@pytest.fixture(scope="module")
def anchored(tmp_path_factory):
    """A set with the two low-pass anchors of each clip."""
    folder = write_set(tmp_path_factory.mktemp("anchored"), n_clips=3, descriptors=("warm",))
    manifest = json.loads((folder / "manifest.json").read_text())
    sounds = iter([row for row in manifest["stimuli"] if row["kind"] in ("headphones", "huggins")])
    for row, (clip, hz) in zip(sounds, [(c, hz) for c in range(3) for hz in (3500, 7000)], strict=False):
        row |= {"kind": "anchor", "clip": f"clip{clip}", "condition": f"low_pass_{hz}", "descriptor": "warm"}
        row["expected"] = None
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def pages_of(plan, block_row, condition_row):
    (pages,) = plan.trials(Assignment(block_row, condition_row, plan.clips), random.Random(block_row))
    return pages


def test_each_condition_stands_at_each_place_and_each_clip_has_each_word_equally_often(stimuli):
    plan = Plan(shipped(blocks=[LAST]), stimuli)
    assert (plan.n_block_rows, plan.n_condition_rows) == (3, 4)
    places, words = Counter(), Counter()
    for block_row in range(3):
        for condition_row in range(4):
            pages = pages_of(plan, block_row, condition_row)
            assert sorted(page.stimulus.clip for page in pages) == sorted(plan.clips)
            for page in pages:
                assert {s.clip for s in page.sounds} == {page.stimulus.clip}
                assert {s.descriptor for s in page.sounds} == {page.descriptor}
                assert sorted(s.condition for s in page.sounds) == sorted(CONDITIONS)
                places.update((page.stimulus.clip, s.condition, n) for n, s in enumerate(page.sounds))
                words[page.stimulus.clip, page.descriptor] += 1
    assert len(places) == 10 * 4 * 4 and set(places.values()) == {3}
    assert len(words) == 10 * 3 and set(words.values()) == {4}


def test_the_shipped_study_ends_with_ten_pages_and_begins_as_before(stimuli):
    from study.design import definition

    plan = Plan(definition.load(), stimuli)
    assert (plan.n_block_rows, plan.n_condition_rows, plan.n_parts) == (6, 4, 4)
    kinds = [step["trial_kind"] for step in plan.sample if KINDS[step["kind"]].is_trial]
    assert kinds[-11:] == ["practice", *["rating"] * 10] and kinds.count("rating") == 120 + 10
    before = Plan(shipped(), stimuli)
    now, then = (p.trials(Assignment(3, 2, p.clips), random.Random(5)) for p in (plan, before))
    assert [[trial.stimulus for trial in part] for part in now[:3]] == [[t.stimulus for t in part] for part in then]


@pytest.mark.parametrize("per_clip", ["all", "one"])
def test_no_clip_comes_twice_in_a_row(stimuli, per_clip):
    plan = Plan(shipped(blocks=[LAST | {"descriptors_per_clip": per_clip}]), stimuli)
    for seed in range(5):
        clips = [page.stimulus.clip for page in pages_of(plan, seed, 0)]
        assert len(clips) == 10 * (3 if per_clip == "all" else 1) and all(a != b for a, b in pairwise(clips))


def test_blocked_pages_come_word_by_word(stimuli):
    plan = Plan(shipped(blocks=[LAST | {"descriptors_per_clip": "all", "order": "blocked"}]), stimuli)
    parts = plan.trials(Assignment(4, 0, plan.clips), random.Random(1))
    assert [{page.descriptor for page in part} for part in parts] != [{word} for word in DESCRIPTORS]
    assert sorted(page.descriptor for part in parts for page in part[:1]) == sorted(DESCRIPTORS)


def test_each_sound_has_a_row_with_its_own_condition_telemetry_and_repeat(tmp_path, noises):
    checks = {"attention": 1, "repeats": 1, "not_before": 1, "repeat_distance": 2}
    block = LAST | {"descriptors": ["warm"], "checks": checks, "practice": 1}
    steps, table = rows_of(
        tmp_path, noises, shipped(**SMALL | {"clips": [f"clip{n}" for n in range(6)]}, blocks=[block])
    )
    pages = [step for step in steps if step["kind"] == "multistimulus"]
    assert [page["is_practice"] for page in pages] == [True, *[False] * 8]
    assert all(len(page["sounds"]) == len(set(page["sounds"])) == 4 for page in pages)
    reported = json.dumps([{key: value for key, value in page.items() if key != "sounds"} for page in pages])
    assert not any(condition in reported for condition in CONDITIONS)
    rated = table[table.kind == "rating"]
    assert len(rated) == 6 * 4 and set(rated.question) == {"quality"} and set(rated.paradigm) == {"multistimulus"}
    assert rated.groupby("clip").condition.nunique().tolist() == [4] * 6
    assert table.trial.is_unique and (table.trial.str.count("-") == 2).all()
    repeats = table[table.kind == "repeat"].merge(table, left_on="repeat_of", right_on="trial", suffixes=("", "_first"))
    assert len(repeats) == 4 and (repeats.stimulus == repeats.stimulus_first).all()
    assert (repeats.trial.str[-1] != repeats.trial_first.str[-1]).all()
    attention = table[table.kind == "attention"]
    assert len(attention) == 4 and attention.expected.nunique() == 1 and attention.expected.iloc[0] in range(10, 91, 20)


def test_mushra_has_the_reference_openly_and_hidden_and_both_anchors(tmp_path, anchored):
    study = shipped(**SMALL, blocks=[MUSHRA], descriptors=[{"name": "warm", "label": "warm", "definition": "."}])
    steps, table = rows_of(tmp_path, anchored, study)
    page = next(step for step in steps if step["kind"] == "multistimulus")
    assert page["has_reference"] and page["loop"] and len(page["sounds"]) == 1 + 4 + 2
    (question,) = page["questions"]
    assert question["labels"] == {"10": "bad", "30": "poor", "50": "fair", "70": "good", "90": "excellent"}
    rated = table[table.kind == "rating"]
    assert sorted(rated.condition.unique()) == sorted([*CONDITIONS, "low_pass_3500", "low_pass_7000"])
    assert len(rated) == 3 * 6 and not rated.trial.str.endswith("-0").any()


@pytest.mark.parametrize(("conditions", "is_refused"), [(10, False), (11, True)])
def test_at_most_twelve_signals_stand_on_a_page(conditions, is_refused):
    table = {"conditions": [f"c{n}" for n in range(conditions)], "blocks": [MUSHRA]}
    if not is_refused:
        assert len(shipped(**table).effective_blocks) == 1
        return
    with pytest.raises(ValueError, match=r"a multistimulus page would have 13 signals; more than 12"):
        shipped(**table)


def test_what_a_mushra_block_needs_is_named(stimuli):
    with pytest.raises(ValueError, match=r"lacks the anchor clip0 / low_pass_3500 / warm \(build the set with --anch"):
        Plan(shipped(blocks=[MUSHRA]), stimuli)
    with pytest.raises(ValueError, match=r"the reference dull is not one of the conditions"):
        shipped(blocks=[MUSHRA | {"reference": "dull"}])


@pytest.mark.parametrize(
    "answers",
    [None, {}, [{"quality": 1}] * 3, [{"quality": 1}] * 5, [{"quality": 101}] * 4, [{}] * 4, [{"warm": 1}] * 4],
)
def test_only_one_answer_for_each_sound_is_taken(stimuli, answers):
    plan = Plan(shipped(blocks=[LAST]), stimuli)
    step = next(step for step in plan.sample if step["kind"] == "multistimulus")
    row = type("Row", (), step)
    with pytest.raises(Refusal):
        KINDS["multistimulus"].check({"answers": answers}, row, plan.definition)
    taken = [{"quality": n} for n in (0, 50, 100, 7)]
    assert KINDS["multistimulus"].check({"answers": taken}, row, plan.definition) == {"answers": taken}


def test_simulated_listeners_hear_the_quality_that_they_were_given(stimuli):
    question = {"name": "quality", "type": "continuous", "low": 0, "high": 100}
    step = {"kind": "multistimulus", "questions": [question], "notice": None, "has_reference": False}
    still = {"noise_sd": 0.0, "bias_sd": 0.0, "clip_sd": 0.0, "lapse": 0.0, "inattentive": 0.0}
    listener = Listener(Model({"semantic": 2.0, "quality:static": -1.5}, **still), 1)
    heard = [stimulus for stimulus in stimuli.of_kind("stimulus") if stimulus.clip == "clip0"][::3]
    given = listener.answer(step, heard)["answers"]
    assert {s.condition: own["quality"] for s, own in zip(heard, given, strict=True)} == {
        "original": 50, "semantic": 50, "flow": 50, "static": 25,
    }  # fmt: skip


def test_two_blocks_share_one_session(tmp_path, noises):
    first = single(descriptors=["warm"], checks={"attention": 0})
    steps, table = rows_of(tmp_path, noises, shipped(**SMALL, blocks=[first, LAST]))
    assert [step["kind"] for step in steps].count("multistimulus") == 3
    assert table.groupby("block").paradigm.unique().map(list).to_dict() == {1: ["single"], 2: ["multistimulus"]}
    assert len(table) == 12 + 12 and list(table.question.unique()) == ["descriptor", "quality"]
