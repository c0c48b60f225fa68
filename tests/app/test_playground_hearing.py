"""Loudness from block powers, checked against pyloudnorm measuring the equalised samples themselves."""

import numpy as np
import pyloudnorm
import pytest

from app.playground import hearing
from model import EQParams

RATE = 44_100
SETTINGS = {
    "flat": EQParams.flat(),
    "bright": EQParams.from_safe([-4, 120, 3, 500, 1.2, 5, 3000, 0.7, -6, 6000, 4, 9, 9000]),
    "warm": EQParams.from_safe([8, 200, -5, 400, 6.0, -3, 2500, 0.5, 2, 5000, 1, -10, 7000]),
}


def music_like() -> np.ndarray:
    rng = np.random.default_rng(7)
    spectrum = np.fft.rfft(rng.normal(size=(2, 10 * RATE))) / np.sqrt(np.arange(1, 5 * RATE + 2))
    audio = np.fft.irfft(spectrum) * (0.2 + np.abs(np.sin(np.linspace(0, 20, 10 * RATE))))
    audio[:, : 3 * RATE] *= 0.01  # a quiet beginning, which the relative gate leaves out
    return (0.3 * audio / np.abs(audio).max()).astype(np.float32)


def gated_lufs(powers: np.ndarray) -> float:
    """BS.1770-4, equations 5 to 7, as the page computes them."""
    z = powers.sum(axis=1)
    loud = -0.691 + 10 * np.log10(z)
    gate = -0.691 + 10 * np.log10(z[loud > -70].mean()) - 10
    return -0.691 + 10 * np.log10(z[(loud > -70) & (loud > gate)].mean())


@pytest.mark.parametrize("name", SETTINGS)
def test_loudness_after_an_eq_follows_from_the_powers(name):
    audio, setting = music_like(), SETTINGS[name]
    gain = 10 ** (setting.response(hearing.centres_hz(), RATE) / 10)
    predicted = gated_lufs(hearing.block_powers(audio, RATE) * gain)
    measured = pyloudnorm.Meter(RATE).integrated_loudness(setting.apply(audio, RATE).T.astype(float))
    assert predicted == pytest.approx(measured, abs=0.1)


def test_spectrum_of_white_noise_rises_three_decibels_per_octave():
    audio = np.random.default_rng(3).normal(0, 0.1, (2, 10 * RATE)).astype(np.float32)
    spectrum, centres = hearing.spectrum_db(audio, RATE), hearing.centres_hz()
    inside = (centres > 200) & (centres < 15_000)  # equal power per Hz, bands of equal ratio
    slope = np.polyfit(np.log2(centres[inside]), spectrum[inside], 1)[0]
    assert slope == pytest.approx(10 * np.log10(2), abs=0.1)


def test_a_spectrum_is_of_whole_blocks_of_400_ms():
    audio = np.random.default_rng(4).normal(0, 0.1, (1, 22_050)).astype(np.float32)
    changed = audio.copy()
    changed[:, 17_640:] = 0
    assert np.array_equal(hearing.spectrum_db(changed, RATE), hearing.spectrum_db(audio, RATE))
    changed[:, 17_639] = 1
    assert not np.array_equal(hearing.spectrum_db(changed, RATE), hearing.spectrum_db(audio, RATE))
