"""What was rendered and proposed when somebody last looked is still rendered and proposed: see `tests.golden`."""

import json

import numpy as np
import pytest

from stimuli.music import score, synth
from tests import golden

KEPT = json.loads(golden.FILE.read_text(encoding="utf-8"))
RENEW = "; if the change is intended, run `make golden` and look at the difference"


def agree(found: dict, kept: dict) -> None:
    assert found.keys() == kept.keys(), f"other cases{RENEW}"
    differences = {name: float(np.abs(np.subtract(found[name], kept[name])).max()) for name in kept}
    far = {name: db for name, db in differences.items() if db > golden.TOLERANCE_DB}
    assert not far, f"differ by so many dB{RENEW}"


def test_shipped_weights_are_those_of_the_golden_outputs():
    assert golden.weights() == KEPT["weights"], RENEW


def test_built_in_clips_sound_as_they_did():
    agree(golden.built_in_clips(), KEPT["clips"])


@pytest.mark.parametrize("part", ["proposals", "baselines", "by_reference", "judgements"])
def test_equalisers_are_proposed_and_clips_judged_as_they_were(part):
    agree(getattr(golden, part)(), KEPT[part])


def test_stimuli_are_rendered_as_they_were(small_set):
    agree(golden.stimuli(small_set), KEPT["stimuli"])


@pytest.mark.parametrize(("beyond", "is_noticed"), [(-0.001, False), (0.001, True)])
def test_a_difference_is_noticed_beyond_the_tolerance(beyond, is_noticed):
    moved = {name: [v + golden.TOLERANCE_DB + beyond for v in values] for name, values in KEPT["clips"].items()}
    if is_noticed:
        with pytest.raises(AssertionError, match="make golden"):
            agree(moved, KEPT["clips"])
    else:
        agree(moved, KEPT["clips"])


def test_another_velocity_of_one_part_is_noticed(monkeypatch):
    monkeypatch.setitem(score._STRESS, "!", 40)
    sound = synth.render(score.load("piano"))
    with pytest.raises(AssertionError, match="make golden"):
        agree({"piano": golden.octave_levels_db(sound, golden.SAMPLE_RATE_HZ)}, {"piano": KEPT["clips"]["piano"]})
