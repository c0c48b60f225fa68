import dataclasses

import numpy as np
import pytest

from analysis.statistics.distinguishing import HeldOut, held_out

LABELS = np.tile(["a", "b", "c", "d"], 60)
GROUPS = np.repeat([f"g{n}" for n in range(12)], 20)


def test_what_tells_the_classes_is_found_in_groups_that_were_not_seen():
    rng = np.random.default_rng(0)
    telling = (LABELS == "a") * 4.0 + rng.standard_normal(LABELS.size)
    found = held_out(np.column_stack([telling, rng.standard_normal((LABELS.size, 5))]), LABELS, GROUPS)
    assert found.chance == 0.25 and found.low > 0.3 and found.recall["a"] > 0.8 and not found.is_chance


def test_noise_is_chance_and_the_interval_covers_it_as_often_as_it_says():
    rng = np.random.default_rng(1)
    runs = [held_out(rng.standard_normal((LABELS.size, 4)), LABELS, GROUPS) for _ in range(60)]
    covered = sum(run.low <= run.chance <= run.high for run in runs)
    assert 51 <= covered <= 60 and np.mean([run.accuracy for run in runs]) == pytest.approx(0.25, abs=0.02)


def test_what_tells_the_groups_only_does_not_help():
    features = np.column_stack([np.unique(GROUPS, return_inverse=True)[1], np.ones(LABELS.size)]).astype(float)
    assert held_out(features, LABELS, GROUPS).is_chance


@pytest.mark.parametrize(("low", "is_chance"), [(0.249, True), (0.25, True), (0.251, False)])
def test_above_chance_is_where_the_interval_lies_above_it(low, is_chance):
    found = HeldOut(0.3, 0.2, 0.4, 0.25, {})
    assert dataclasses.replace(found, low=low).is_chance == is_chance


def test_too_few_groups_are_refused():
    with pytest.raises(ValueError, match="2 groups and 2 classes"):
        held_out(np.zeros((4, 1)), np.array(["a", "b"] * 2), np.array(["x", "x", "y", "y"]))


def test_classes_that_differ_wholly_are_all_told():
    labels, groups = np.tile(["a", "b", "c"], 40), np.repeat([f"g{n}" for n in range(6)], 20)
    features = np.column_stack([labels == name for name in ("a", "b", "c")]).astype(float)
    assert held_out(features, labels, groups).recall == {"a": 1.0, "b": 1.0, "c": 1.0}


@pytest.mark.parametrize("usual", ["a", "b", "c"])
def test_without_anything_to_tell_by_the_usual_class_is_guessed(usual):
    labels = np.where(np.arange(120) % 4 == 0, np.tile(["a", "b", "c"], 40), usual)
    recall = held_out(np.ones((120, 1)), labels, np.repeat([f"g{n}" for n in range(6)], 20)).recall
    assert recall == {name: float(name == usual) for name in "abc"}
