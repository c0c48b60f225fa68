"""Laws that every setting of the equaliser obeys, whatever its 13 numbers (R. Bristow-Johnson's cookbook filters)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.eq import GRID_HZ, HIGH, LOW, EQParams, biquads, check_audio, denormalise
from tests.model.synthetic import pink_noise

params = st.lists(st.floats(-1, 1), min_size=13, max_size=13).map(
    lambda values: EQParams.from_safe(denormalise(np.array(values)))
)
rates = st.sampled_from([8000, 22_050, 44_100, 48_000, 192_000])


def negated(setting: EQParams) -> EQParams:
    values = np.array(setting.values)
    values[[0, 2, 5, 8, 11]] *= -1
    return EQParams.from_safe(values)


@settings(max_examples=60, deadline=None)
@given(params, rates)
def test_every_filter_is_stable_and_minimum_phase(setting, rate):
    for section in biquads(np.array([setting.values]), rate)[0]:
        assert np.abs(np.roots(section[3:])).max(initial=0) < 1
        assert np.abs(np.roots(section[:3])).max(initial=0) < 1


@settings(max_examples=25, deadline=None)
@given(params)
def test_opposite_gains_undo_an_eq(setting):
    audio = pink_noise(0.1)
    there_and_back = negated(setting).apply(setting.apply(audio, 44_100), 44_100)
    np.testing.assert_allclose(there_and_back, audio, atol=2e-4)
    np.testing.assert_allclose(
        negated(setting).response(GRID_HZ, 44_100), -setting.response(GRID_HZ, 44_100), atol=1e-9
    )


@settings(max_examples=25, deadline=None)
@given(params, st.floats(-2, 2))
def test_filtering_is_linear_and_knows_no_channels(setting, gain):
    first, second = pink_noise(0.05, seed=1), pink_noise(0.05, seed=2)
    mixed = setting.apply((first + gain * second).astype(np.float64), 44_100)
    apart = setting.apply(first, 44_100) + gain * setting.apply(second, 44_100)
    np.testing.assert_allclose(mixed, apart, atol=1e-4)
    np.testing.assert_array_equal(setting.apply(first[::-1].copy(), 44_100), setting.apply(first, 44_100)[::-1])


@settings(max_examples=25, deadline=None)
@given(st.floats(-12, 12), st.floats(100, 10_000), st.floats(0.1, 10), st.sampled_from([2, 5, 8]))
def test_a_peaking_filter_has_its_gain_at_its_frequency_and_none_at_the_ends(gain_db, hz, q, at):
    values = np.array(EQParams.flat().values)
    values[at : at + 3] = gain_db, hz, q
    setting = EQParams.from_safe(values)
    assert abs(setting.response(hz, 44_100) - gain_db) < 1e-6
    np.testing.assert_allclose(setting.response([0.0, 22_050.0], 44_100), 0, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.floats(-12, 12), st.floats(LOW[1], HIGH[1]), st.floats(LOW[12], HIGH[12]))
def test_a_shelf_has_its_gain_at_its_end_and_half_of_it_at_its_frequency(gain_db, low_hz, high_hz):
    low, high = np.array(EQParams.flat().values), np.array(EQParams.flat().values)
    low[:2], high[11:] = (gain_db, low_hz), (gain_db, high_hz)
    low_db = EQParams.from_safe(low).response([0.0, low_hz, 22_050.0], 44_100)
    high_db = EQParams.from_safe(high).response([0.0, high_hz, 22_050.0], 44_100)
    np.testing.assert_allclose(low_db, [gain_db, gain_db / 2, 0], atol=1e-6)
    np.testing.assert_allclose(high_db, [0, gain_db / 2, gain_db], atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(params, st.floats(0, 1), st.floats(0, 1))
def test_scaling_twice_is_scaling_by_the_product(setting, first, second):
    twice, once = setting.scaled(first).scaled(second), setting.scaled(first * second)
    np.testing.assert_allclose(twice.values, once.values, atol=1e-9)
    assert setting.scaled(1.0) == setting


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 199), st.sampled_from([np.nan, np.inf, -np.inf]), st.sampled_from([np.float32, np.float64]))
def test_one_bad_sample_anywhere_is_noticed_and_loud_ones_are_not_bad(at, value, dtype):
    audio = np.full((2, 100), 1e30, dtype=dtype)
    check_audio(audio, 44_100)
    audio[at % 2, at // 2] = value
    with pytest.raises(ValueError, match="NaN or infinite"):
        check_audio(audio, 44_100)
