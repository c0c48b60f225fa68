"""The equaliser against scipy, dasp-pytorch and physical limits."""

import dasp_pytorch.functional
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import sosfreqz

from model.eq import FLAT, GAINS, GRID_HZ, HIGH, LOW, EQParams, denormalise, normalise, sort_peaks
from tests.model.synthetic import pink_noise

SETTING = (6, 100, -5, 300, 2, 4, 1200, 0.5, -3, 5000, 4, 7, 9000)
units = st.lists(st.floats(0, 1), min_size=13, max_size=13)


def from_unit(values) -> EQParams:
    return EQParams.from_safe(denormalise(2 * np.array(values) - 1))


@settings(max_examples=25, deadline=None)
@given(units)
def test_response_is_what_scipy_computes_from_the_sections(values):
    params = from_unit(values)
    _, response = sosfreqz(params.sos(44_100), worN=GRID_HZ, fs=44_100)
    np.testing.assert_allclose(params.response(GRID_HZ, 44_100), 20 * np.log10(np.abs(response)), atol=1e-6)


@settings(max_examples=10, deadline=None)
@given(units)
def test_dasp_agrees_within_a_tenth_of_a_db(values):
    params = from_unit(values)
    v = params.values
    six_bands = (*v[:2], 0.71, *v[2:11], 0.0, 1000.0, 0.71, *v[11:], 0.71)
    impulse = torch.zeros(1, 1, 2**16, dtype=torch.float64)
    impulse[..., 0] = 1
    controls = (torch.tensor([value], dtype=torch.float64) for value in six_bands)
    output = dasp_pytorch.functional.parametric_eq(impulse, 44_100, *controls)
    response = 20 * np.log10(np.abs(np.fft.rfft(output[0, 0].numpy())))
    frequencies = np.fft.rfftfreq(2**16, 1 / 44_100)
    heard = (frequencies >= 40) & (frequencies <= 16_000)
    assert np.abs(response - params.response(frequencies, 44_100))[heard].max() < 0.1


@pytest.mark.parametrize("sample_rate", [8000, 44_100, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_apply_has_the_response(sample_rate, channels):
    params = EQParams.from_safe(SETTING)
    impulse = np.zeros((channels, 2**16), dtype=np.float32)
    impulse[:, 0] = 1
    output = params.apply(impulse, sample_rate)
    assert output.dtype == np.float32 and output.shape == impulse.shape
    frequencies = np.fft.rfftfreq(2**16, 1 / sample_rate)[20:-20:50]
    response = 20 * np.log10(np.abs(np.fft.rfft(output[-1]))[20:-20:50])
    np.testing.assert_allclose(response, params.response(frequencies, sample_rate), atol=0.02)


def test_flat_leaves_the_samples_untouched():
    audio = pink_noise(0.1)
    np.testing.assert_array_equal(EQParams.flat().apply(audio, 44_100), audio)
    np.testing.assert_array_equal(EQParams.from_safe(SETTING).scaled(0).apply(audio, 44_100), audio)


def test_silence_stays_silence_and_one_sample_is_enough():
    params = EQParams.from_safe(SETTING)
    assert not params.apply(np.zeros((2, 1000), dtype=np.float32), 44_100).any()
    assert params.apply(np.ones(1, dtype=np.float32), 44_100).shape == (1,)


@pytest.mark.parametrize(
    ("audio", "sample_rate", "message"),
    [
        (np.array([0.1, np.nan], dtype=np.float32), 44_100, "NaN"),
        (np.array([np.inf, -np.inf]), 44_100, "NaN or infinite"),
        (np.zeros((2, 0), dtype=np.float32), 44_100, "at least one sample"),
        (np.zeros((2, 10), dtype=np.int16), 44_100, "int16"),
        (np.zeros((1000, 2)), 44_100, "last axis"),
        (np.zeros((2, 10)), 44.1, "kHz"),
    ],
)
def test_apply_says_what_is_wrong_with_the_audio(audio, sample_rate, message):
    with pytest.raises(ValueError, match=message):
        EQParams.from_safe(SETTING).apply(audio, sample_rate)


@pytest.mark.parametrize(("index", "value"), [(0, 12.5), (4, 0.05), (1, -3), (11, np.nan)])
def test_a_value_out_of_range_is_named(index, value):
    values = list(SETTING)
    values[index] = value
    with pytest.raises(ValueError, match=rf"Parameter {index + 1} of 13"):
        EQParams.from_safe(values)


def test_twelve_numbers_are_refused():
    with pytest.raises(ValueError, match="13 numbers, got 12"):
        EQParams.from_safe(SETTING[:12])


@settings(max_examples=50, deadline=None)
@given(units)
def test_round_trips(values):
    params = from_unit(values)
    assert EQParams.from_safe(params.to_safe()) == params
    np.testing.assert_allclose(normalise(np.array(params.values)), 2 * np.array(values) - 1, atol=1e-9)
    peaks = sort_peaks(np.array([params.values]))
    assert (np.diff(peaks[0, [3, 6, 9]]) >= 0).all()
    np.testing.assert_allclose(
        EQParams.from_safe(peaks[0]).response(GRID_HZ, 44_100), params.response(GRID_HZ, 44_100), atol=1e-9
    )


def test_ranges_hold_the_flat_setting():
    assert (LOW[GAINS] == -12).all() and (HIGH[GAINS] == 12).all()
    assert ((FLAT >= LOW) & (FLAT <= HIGH)).all()
