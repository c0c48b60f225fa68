"""What betrays a rendered file is found, with its name; what an EQ does is not."""

import numpy as np
import pytest
import soundfile as sf

from model import EQParams
from stimuli.rendering.external import External, check_aligned
from stimuli.rendering.likeness import (
    FADE_TOLERANCE_DB,
    check_only_equalised,
    deviating_s,
    side_likeness,
    width_change_db,
)

RATE_HZ = 44100
SETTINGS = [
    [4, 200, -6, 500, 1, 3, 2000, 2, 0, 4000, 1, 8, 6000],
    [-12, 120, 9, 300, 0.5, -9, 3000, 4, 6, 9000, 1, -12, 8000],
]


@pytest.fixture(scope="module")
def excerpt():
    """Coloured noise with a middle and sides, with fades of 20 and 300 ms as excerpts have."""
    middle, side = np.random.default_rng(4).standard_normal((2, 3 * RATE_HZ)) * 0.1
    sound = np.stack([middle + 0.5 * side, middle - 0.5 * side])
    sound[:, :882] *= np.linspace(0, 1, 882)
    sound[:, -13230:] *= np.linspace(1, 0, 13230)
    return EQParams.from_safe([6, 150, 0, 500, 1, 0, 2000, 2, 0, 4000, 1, -9, 5000]).apply(sound, RATE_HZ)


def equalised(excerpt, setting=0):
    return EQParams.from_safe(SETTINGS[setting]).apply(excerpt, RATE_HZ)


def widened(sound, gain_db):
    middle, side = sound.mean(axis=0), (sound[0] - sound[1]) / 2 * 10 ** (gain_db / 20)
    return np.stack([middle + side, middle - side])


def faded(sound, seconds, at_end):
    curve = np.ones(sound.shape[1])
    curve[: round(seconds * RATE_HZ)] = np.linspace(0, 1, round(seconds * RATE_HZ))
    return sound * (curve[::-1] if at_end else curve)


def check(sound, excerpt):
    check_aligned(sound, excerpt, RATE_HZ, "song_warm.wav", "song")
    check_only_equalised(sound, excerpt, RATE_HZ, "song_warm.wav", "song")


@pytest.mark.parametrize("setting", [0, 1])
@pytest.mark.parametrize("gain", [1.0, 0.02])
def test_an_eq_and_a_gain_pass(excerpt, setting, gain):
    check(equalised(excerpt, setting) * gain, excerpt)
    check(np.round(equalised(excerpt, setting) * gain * 32768) / 32768, excerpt)


def test_an_eq_of_a_clip_that_is_the_same_on_both_sides_passes(excerpt):
    mono = np.repeat(excerpt[:1], 2, axis=0)
    dither = np.random.default_rng(0).standard_normal(mono.shape) / 32768
    check(equalised(mono) + dither, mono)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda y: np.repeat(y.mean(axis=0, keepdims=True), 2, axis=0), "less difference between left and right.*mono"),
        (lambda y: -y, "has inverted polarity"),
        (lambda y: y * [[-1], [1]], "its left channel inverted"),
        (lambda y: y * [[1], [-1]], "its right channel inverted"),
        (lambda y: y[::-1], "left and right swapped"),
        (lambda y: widened(widened(y, -20)[::-1], 20), "left and right swapped"),
        (lambda y: widened(y, 9), r"9\.0 dB more difference.*widen"),
        (lambda y: faded(y, 0.1, at_end=False), "begins with another fade"),
        (lambda y: faded(y, 0.1, at_end=True), "ends with another fade"),
    ],
)
def test_what_is_no_eq_is_found_and_named(excerpt, change, message):
    with pytest.raises(ValueError, match=rf"^song_warm\.wav .*{message}.*"):
        check(change(equalised(excerpt)), excerpt)


def test_a_fade_left_out_is_found(excerpt):
    whole = excerpt.copy()
    whole[:, -13230:] /= np.maximum(np.linspace(1, 0, 13230), 1e-3)
    with pytest.raises(ValueError, match="ends with another fade"):
        check(equalised(whole), excerpt)


def test_swapped_sides_of_a_nearly_mono_clip_are_found(excerpt):
    narrow = widened(excerpt, -30)
    with pytest.raises(ValueError, match="swapped"):
        check(equalised(narrow)[::-1], narrow)


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize(("gain_db", "passes"), [(5.8, True), (6.0, True), (6.2, False)])
def test_the_width_may_change_by_six_decibels(excerpt, direction, gain_db, passes):
    sound = widened(equalised(excerpt), direction * gain_db)
    assert width_change_db(sound, equalised(excerpt)) == pytest.approx(direction * gain_db)
    if passes:
        check(sound, excerpt)
        return
    with pytest.raises(ValueError, match=r"6\.2 dB"):
        check(sound, excerpt)


@pytest.mark.parametrize(
    ("deviation_db", "seconds"),
    [
        ([FADE_TOLERANCE_DB - 0.1, 0, 0], 0.0),
        ([FADE_TOLERANCE_DB, 0, 0], 0.0),
        ([FADE_TOLERANCE_DB + 0.1, 0, 9], 0.01),
        ([-9, -9, 0], 0.02),
        ([np.nan, -9, 9, -2, 0], 0.03),
        ([9, 9, 9], 0.03),
    ],
)
def test_a_fade_lasts_as_long_as_the_level_differs(deviation_db, seconds):
    assert deviating_s(np.array(deviation_db, float)) == seconds


@pytest.mark.parametrize(("fade_s", "passes"), [(0.015, True), (0.05, False)])
def test_a_fade_may_differ_for_some_twenty_milliseconds(excerpt, fade_s, passes):
    sound = faded(equalised(excerpt), fade_s, at_end=False)
    if passes:
        check(sound, excerpt)
        return
    with pytest.raises(ValueError, match="begins with another fade"):
        check(sound, excerpt)


def test_a_mono_file_is_refused_where_the_clip_is_stereo(tmp_path, excerpt):
    sf.write(tmp_path / "song_warm.wav", equalised(excerpt).mean(axis=0), RATE_HZ, subtype="FLOAT")
    with pytest.raises(ValueError, match="was it rendered in mono"):
        External(tmp_path).render(excerpt, RATE_HZ, "song", "warm")


def test_likeness_of_the_sides_is_a_correlation(excerpt):
    swapped, mono = excerpt[::-1], np.repeat(excerpt[:1], 2, axis=0)
    assert side_likeness(0.5 * excerpt, excerpt) == pytest.approx(1)
    assert side_likeness(swapped, excerpt) == pytest.approx(-1)
    assert side_likeness(mono, excerpt) == 0 and side_likeness(excerpt, mono) == 0
