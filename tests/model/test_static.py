"""The fixed curves: fitted to mean responses, scaled by intensity, checked when loaded."""

import numpy as np
import pytest

from model import StaticEQ
from model.eq import GRID_HZ, response_db
from model.fitting import fit_curve
from model.safe_db import read
from model.static import fit_static
from tests.model.synthetic import pink_noise, settings, write_safe

AUDIO = pink_noise(0.2)


@pytest.fixture(scope="module")
def shipped() -> StaticEQ:
    return StaticEQ.load()


def test_a_curve_the_equaliser_can_make_is_found():
    target = response_db(settings("warm", 1), GRID_HZ, 44_100)[0]
    fitted = fit_curve(target, 3, np.random.default_rng(0))
    assert np.abs(response_db(fitted[None], GRID_HZ, 44_100)[0] - target).max() < 0.3


def test_the_target_is_the_mean_of_responses_and_the_fit_is_near(tmp_path):
    data = read(write_safe(tmp_path / "safe.csv", {"warm": 8, "bright": 8}))
    eq = fit_static(data, starts=2)
    by_hand = response_db(data.of("bright").parameters, GRID_HZ, 44_100).mean(axis=0)
    np.testing.assert_allclose(eq.target_db("bright"), by_hand)
    proposed = eq.propose(AUDIO, 44_100, "bright").response(GRID_HZ, 44_100)
    assert np.sqrt(np.mean((proposed - by_hand) ** 2)) == pytest.approx(eq.fit_rms_db()["bright"])
    assert eq.fit_rms_db()["bright"] < 0.3


def test_curves_survive_being_saved(tmp_path, shipped):
    again = StaticEQ.load(shipped.save(tmp_path))
    for name in shipped.descriptors:
        assert again.propose(AUDIO, 44_100, name) == shipped.propose(AUDIO, 44_100, name)
        np.testing.assert_array_equal(again.target_db(name), shipped.target_db(name))


def test_shipped_curves_fit_their_descriptors_and_know_the_studys_words(shipped):
    assert {"warm", "bright", "airy"} <= set(shipped.descriptors)
    assert max(shipped.fit_rms_db().values()) < 0.25
    warm, bright = (shipped.propose(AUDIO, 44_100, name).response([100, 8000], 44_100) for name in ("warm", "bright"))
    assert warm[0] > 1 and warm[1] < -1 and bright[0] < -1 and bright[1] > 1


def test_intensity_scales_the_gains_and_zero_leaves_the_clip_untouched(shipped):
    full, half = (shipped.propose(AUDIO, 44_100, "warm", intensity=value) for value in (1.0, 0.5))
    np.testing.assert_allclose(half.gains_db, full.gains_db / 2)
    untouched = shipped.propose(AUDIO, 44_100, "warm", intensity=0.0)
    np.testing.assert_array_equal(untouched.apply(AUDIO, 44_100), AUDIO)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"descriptor": "purple"}, "Unknown descriptor 'purple'"),
        ({"intensity": 70}, "intensity is 70, outside 0 to 1"),
        ({"intensity": float("nan")}, "intensity is nan"),
        ({"audio": np.full((2, 100), np.nan)}, "NaN"),
        ({"audio": np.zeros((2, 0))}, "at least one sample"),
        ({"sample_rate": 44.1}, "in kHz"),
    ],
)
def test_a_request_that_cannot_be_met_is_reported_in_one_sentence(shipped, change, words):
    request = {"audio": AUDIO, "sample_rate": 44_100, "descriptor": "warm", "intensity": 1.0} | change
    with pytest.raises(ValueError, match=words):
        shipped.propose(**request)


def test_one_changed_byte_of_the_weights_is_noticed(tmp_path, shipped):
    path = shipped.save(tmp_path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="damaged"):
        StaticEQ.load(path)
