"""What the systems without a network do with unusual audio: a sensible EQ or one clear sentence."""

import numpy as np
import pytest

from model import FlowEQ, RidgeEQ, StaticEQ
from model.eq import GRID_HZ
from tests.model.synthetic import pink_noise

SYSTEMS = {"static": StaticEQ, "flow": FlowEQ, "ridge": RidgeEQ}


@pytest.fixture(scope="module", params=SYSTEMS)
def eq(request):
    return SYSTEMS[request.param].load()


@pytest.mark.parametrize(
    ("audio", "sample_rate"),
    [
        (pink_noise(1.0)[0], 44_100),
        (pink_noise(1.0, channels=6), 44_100),
        (np.clip(20 * pink_noise(1.0), -1, 1), 44_100),
        (pink_noise(1.0, sample_rate=8000), 8000),
        (pink_noise(1.0, sample_rate=192_000), 192_000),
        (pink_noise(1.0).astype(np.float64), 44_100),
    ],
    ids=["mono", "6 channels", "clipped", "8 kHz", "192 kHz", "float64"],
)
def test_it_proposes_an_eq_that_can_be_applied(eq, audio, sample_rate):
    params = eq.propose(audio, sample_rate, "bright")
    assert 1 < np.abs(params.response(GRID_HZ[0.45 * sample_rate > GRID_HZ], sample_rate)).max() < 24
    output = params.apply(audio, sample_rate)
    assert output.shape == audio.shape and output.dtype == np.float32 and np.isfinite(output).all()


def test_case_and_spaces_of_a_word_do_not_matter(eq):
    audio = pink_noise(1.0)
    assert eq.propose(audio, 44_100, " Warm") == eq.propose(audio, 44_100, "warm")


def test_an_hour_is_listened_to_in_excerpts(eq):
    minute = pink_noise(60.0, channels=1, sample_rate=8000)
    assert np.isfinite(eq.propose(np.tile(minute, 60), 8000, "warm").values).all()


def test_a_fixed_curve_needs_no_sound_and_ridge_does():
    for silent in (np.zeros((2, 44_100)), np.zeros((1, 1))):
        for system in ("static", "flow"):
            assert SYSTEMS[system].load().propose(silent, 44_100, "warm").gains_db.any()
        with pytest.raises(ValueError, match=r"silent|is needed to hear its timbre"):
            RidgeEQ.load().propose(silent, 44_100, "warm")


@pytest.mark.parametrize(
    ("audio", "sentence"),
    [
        (np.array([[0.1, np.nan]]), "NaN or infinite"),
        (np.zeros((2, 0)), "at least one sample"),
        (np.zeros((44_100, 2)), "channels the last axis"),
        (np.zeros((2, 100), dtype=np.int16), "got int16: divide integers by full scale"),
        (None, r"got object: is it an array of samples\?"),
        ("take.wav", r"got <U8: is it an array of samples\?"),
    ],
)
def test_audio_that_is_none_is_refused(eq, audio, sentence):
    with pytest.raises(ValueError, match=sentence):
        eq.propose(audio, 44_100, "warm")


def test_a_blend_sums_its_words_responses(eq):
    audio = pink_noise(1.0)
    warm, bright = (eq.propose(audio, 44_100, word).response(GRID_HZ, 44_100) for word in ("warm", "bright"))
    blend = eq.propose(audio, 44_100, "Warm:0.6, bright:0.3")
    np.testing.assert_allclose(blend.response(GRID_HZ, 44_100), 0.6 * warm + 0.3 * bright, atol=0.35)
    half = eq.propose(audio, 44_100, "warm:0.6,bright:0.3", intensity=0.5)
    np.testing.assert_allclose(half.gains_db, blend.gains_db / 2)
    assert not eq.propose(audio, 44_100, "warm:0,bright:0").gains_db.any()
    with pytest.raises(ValueError, match="has 'warm' twice"):
        eq.propose(audio, 44_100, "warm:0.5,warm")
