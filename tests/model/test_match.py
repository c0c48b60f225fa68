"""The match EQ: what was done to a sound is undone by reference to how it was, whatever level, rate and length."""

import numpy as np
import pytest

from model import EQParams, MatchEQ
from model.encoder import N_MELS
from model.eq import GRID_HZ
from model.match import difference
from tests.model.synthetic import pink_noise

EQ = EQParams.from_safe((5, 200, -4, 500, 1, 0, 1000, 0.7, 3, 3000, 1, -6, 6000))


def shape(params: EQParams) -> np.ndarray:
    curve = params.response(GRID_HZ, 44_100)
    return curve - curve.mean()


@pytest.mark.parametrize(("gain", "rate", "channels"), [(1.0, 44_100, 2), (1e-3, 44_100, 1), (30.0, 96_000, 6)])
def test_it_makes_a_sound_what_its_reference_is(gain, rate, channels):
    noise = pink_noise(4)
    reference = gain * pink_noise(3, channels, rate, seed=1)
    proposed = MatchEQ().propose(EQ.apply(noise, 44_100), 44_100, reference, rate)
    assert np.sqrt(np.mean((shape(proposed) + shape(EQ)) ** 2)) < 0.6


def test_a_sound_is_left_as_it_is_by_reference_to_itself():
    noise = pink_noise(2)
    assert np.abs(MatchEQ().propose(noise, 44_100, noise, 44_100).gains_db).max() < 0.01


def test_intensity_scales_the_gains():
    noise, reference = pink_noise(1), EQ.apply(pink_noise(1, seed=1), 44_100)
    full, half, none = (MatchEQ().propose(noise, 44_100, reference, 44_100, value) for value in (1, 0.5, 0))
    np.testing.assert_allclose(half.gains_db, full.gains_db / 2)
    np.testing.assert_array_equal(none.apply(noise, 44_100), noise)


def test_what_a_reference_does_not_hold_is_left_alone():
    # Nothing above 11 kHz: without the treble left out, the high shelf would fall to its limit.
    proposed = MatchEQ().propose(pink_noise(2), 44_100, pink_noise(2, sample_rate=22_050, seed=1), 22_050)
    assert shape(proposed)[GRID_HZ < 9000].std() < 0.5


@pytest.mark.parametrize(("common", "refused"), [(7, True), (8, False)])
def test_sounds_need_eight_bands_in_common(common, refused):
    own, reference = np.zeros(N_MELS), np.full(N_MELS, np.nan)
    reference[:common] = 3.0
    if not refused:
        np.testing.assert_allclose(difference(own, reference)[0], 0, atol=1e-12)
        return
    with pytest.raises(ValueError, match="7 of 80 bands in common, fewer than 8"):
        difference(own, reference)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reference": np.zeros((2, 44_100), np.float32)}, "reference cannot be used: The audio is silent"),
        ({"audio": np.zeros((2, 44_100), np.float32)}, "^The audio is silent"),
        ({"reference": np.full((2, 44_100), 0.5)}, "reference cannot be used: The audio holds nothing but DC"),
        ({"audio": 5e-5 * np.sin(np.arange(44_100) ** 1.5)}, "^The audio holds nothing but DC or the noise of dither"),
        ({"reference_rate": 44.1}, "reference cannot be used: The sample rate is 44.1"),
        ({"intensity": 1.1}, "intensity is 1.1"),
    ],
)
def test_what_cannot_be_matched_is_refused_in_a_sentence(change, message):
    noise = pink_noise(1)
    request = {"audio": noise, "sample_rate": 44_100, "reference": noise, "reference_rate": 44_100} | change
    with pytest.raises(ValueError, match=message):
        MatchEQ().propose(**request)
