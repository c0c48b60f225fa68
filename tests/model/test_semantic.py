"""The shipped semantic equaliser on made-up sounds: the contract, the right direction, and bad input."""

import copy

import numpy as np
import pytest
import torch

from model import EQParams, SemanticEQ
from model.eq import GRID_HZ
from model.semantic import bend
from tests.model.synthetic import pink_noise

DARKER = EQParams.from_safe((6, 250, 0, 300, 0.7, 0, 1000, 0.7, 0, 3000, 0.7, -8, 3000))
BRIGHTER = EQParams.from_safe((-6, 250, 0, 300, 0.7, 0, 1000, 0.7, 0, 3000, 0.7, 8, 3000))


@pytest.fixture(scope="module")
def eq():
    return SemanticEQ.load()


def tilt_db(params: EQParams) -> float:
    """Return how much more a setting lifts 2.5-10 kHz than 60-400 Hz."""
    curve = params.response(GRID_HZ, 44_100)
    treble, bass = (GRID_HZ > 2500) & (GRID_HZ < 10_000), (GRID_HZ > 60) & (GRID_HZ < 400)
    return curve[treble].mean() - curve[bass].mean()


def test_it_knows_the_words_of_the_study(eq):
    assert {"warm", "bright", "airy"} <= set(eq.descriptors) and 8 <= len(eq.descriptors) <= 12
    assert len(eq.model_hash) == 64


@pytest.mark.parametrize("seed", range(3))
def test_it_is_adaptive_the_right_way_and_never_the_wrong_way(eq, seed):
    noise = pink_noise(3, seed=seed)
    clips = [DARKER.apply(noise, 44_100), noise, BRIGHTER.apply(noise, 44_100)]
    bright = [tilt_db(eq.propose(clip, 44_100, "bright")) for clip in clips]
    warm = [tilt_db(eq.propose(clip, 44_100, "warm")) for clip in clips]
    assert bright[0] > bright[1] > bright[2] > 0
    assert 0 > warm[0] > warm[1] > warm[2]


def test_describe_hears_the_pre_equaliser(eq):
    noise = pink_noise(3)
    dark, bright = (eq.describe(params.apply(noise, 44_100), 44_100) for params in (DARKER, BRIGHTER))
    assert list(dark) == eq.descriptors
    assert bright["bright"] > dark["bright"] and bright["warm"] < dark["warm"]


@pytest.mark.parametrize("word", ["warm", "bright", "airy", "warm:0.5,bright:0.3"])
def test_intensity_runs_from_untouched_to_full(eq, word):
    noise = pink_noise(2)
    np.testing.assert_array_equal(eq.propose(noise, 44_100, word, intensity=0).apply(noise, 44_100), noise)
    curves = [eq.propose(noise, 44_100, word, intensity=a).response(GRID_HZ, 44_100) for a in np.linspace(0, 1, 11)]
    doses = np.array(curves) @ curves[-1]
    assert (np.diff(doses) > 0).all()


@pytest.mark.parametrize("gain", [1e-3, 30.0])
def test_level_channels_and_sample_rate_hardly_matter(eq, gain):
    noise = pink_noise(3, channels=1)
    curve = eq.propose(noise, 44_100, "bright").response(GRID_HZ, 44_100)
    same = eq.propose(np.repeat(gain * noise, 6, axis=0), 44_100, "bright").response(GRID_HZ, 44_100)
    np.testing.assert_allclose(same, curve, atol=0.05)
    high_rate = np.fft.irfft(np.pad(np.fft.rfft(noise), ((0, 0), (0, noise.shape[1] // 2))), 2 * noise.shape[1] - 2)
    assert np.abs(eq.propose(high_rate, 88_200, "bright").response(GRID_HZ, 44_100) - curve).max() < 2


@pytest.mark.parametrize("sample_rate", [8000, 22_050, 48_000, 192_000])
def test_any_sample_rate_gives_a_usable_eq(eq, sample_rate):
    noise = pink_noise(1, sample_rate=sample_rate)
    assert tilt_db(eq.propose(noise, sample_rate, "bright")) > 0 > tilt_db(eq.propose(noise, sample_rate, "warm"))


def test_clipped_audio_and_an_hour_of_it(eq):
    noise = pink_noise(3)
    assert tilt_db(eq.propose(np.clip(20 * noise, -1, 1), 44_100, "bright")) > 0
    hour = np.broadcast_to(noise[:1, None, :44_100], (1, 3600, 44_100)).reshape(1, -1)
    assert tilt_db(eq.propose(hour, 44_100, "warm")) < 0


@pytest.mark.parametrize(
    ("audio", "message"),
    [
        (np.zeros((2, 44_100), dtype=np.float32), "silent"),
        (np.ones((2, 1), dtype=np.float32), "0.2 s or more"),
        (np.full((2, 44_100), np.nan, dtype=np.float32), "NaN"),
        (np.ones((2, 44_100), dtype=np.int16), "int16"),
        (np.ones((44_100, 2), dtype=np.float32), "last axis"),
    ],
)
def test_bad_audio_is_refused_in_a_sentence(eq, audio, message):
    with pytest.raises(ValueError, match=message):
        eq.propose(audio, 44_100, "warm")
    with pytest.raises(ValueError, match=message):
        eq.describe(audio, 44_100)


@pytest.mark.parametrize(
    ("descriptor", "intensity", "origin", "message"),
    [
        ("loud", 1, "flat", "Unknown descriptor 'loud'"),
        ("warm:2", 1, "flat", "weight of 'warm' is '2'"),
        ("warm:0,5", 1, "flat", r"a number in a word's place: write weights with a point \(warm:0\.5\)"),
        ("warm", 1.1, "flat", "intensity is 1.1"),
        ("warm", np.nan, "flat", "intensity is nan"),
        ("warm", 1, "target", "origin is 'target'"),
    ],
)
def test_a_bad_request_is_refused_in_a_sentence(eq, descriptor, intensity, origin, message):
    with pytest.raises(ValueError, match=message):
        eq.propose(pink_noise(1), 44_100, descriptor, intensity, origin)


def test_the_gain_law_rises_everywhere_between_floor_and_ceiling():
    missing = torch.linspace(-4, 6, 200, dtype=torch.float64)
    doses = bend(missing, 0.2, 3.0)
    assert (doses.diff() > 0).all() and 0.2 < doses[0] < 0.25 and 2.95 < doses[-1] < 3.0
    linear = (missing > 0.5) & (missing < 2.5)
    np.testing.assert_allclose(doses[linear], missing[linear], atol=0.05)


def test_every_descriptor_has_a_law_that_never_turns_back(eq):
    noise = pink_noise(2)
    for word in eq.descriptors:
        with torch.no_grad():
            target = eq.network.autoencoder.curve(eq.network.targets[eq.descriptors.index(word)][None])[0].numpy()
        assert eq.propose(noise, 44_100, word).response(GRID_HZ, 44_100) @ target > 0


@pytest.mark.parametrize("clip", [DARKER, EQParams.flat(), BRIGHTER])
def test_every_word_is_audible_on_every_clip_and_within_what_people_do(eq, clip):
    noise = clip.apply(pink_noise(2), 44_100)
    for index, word in enumerate(eq.descriptors):
        curve = eq.propose(noise, 44_100, word).response(GRID_HZ, 44_100)
        assert np.ptp(curve) >= 1.0, word
        assert float(eq.network.floors[index]) <= eq.dose(noise, 44_100, word) <= float(eq.network.ceilings[index])


def test_intensity_is_monotone_to_a_thousandth(eq):
    noise = pink_noise(2)
    for word in ("warm", "bright"):
        curves = np.array([p.response(GRID_HZ, 44_100) for p in eq.path(noise, 44_100, word, np.linspace(0, 1, 101))])
        doses = curves @ curves[-1] / (curves[-1] @ curves[-1])
        assert np.diff(doses).min() > -0.001, word


SECOND = np.arange(44_100) / 44_100
LITTLE = {
    "sine": 0.5 * np.sin(2 * np.pi * 440 * SECOND),
    "DC": np.full(44_100, 0.3),
    "DC and dither of 16 bits": 0.3 + np.random.default_rng(0).integers(-2, 3, 44_100) / 2**15,
    "silence and dither of 16 bits": np.random.default_rng(0).integers(-2, 3, 44_100) / 2**15,
    "near silence": 1.2e-5 * pink_noise(1, channels=1)[0] / np.abs(pink_noise(1, channels=1)).max(),
}


@pytest.mark.parametrize("name", LITTLE)
def test_of_a_sound_with_little_to_judge_little_is_changed(eq, name):
    audio = LITTLE[name].astype(np.float32)
    assert eq.certainty(audio, 44_100) < 0.1
    for word in eq.descriptors:
        assert np.ptp(eq.propose(audio, 44_100, word).response(GRID_HZ, 44_100)) < 3


@pytest.mark.parametrize(("peak", "certainty"), [(0.9e-4, 0.779), (1e-4, 1.0), (1.1e-4, 1.0)])
def test_a_sound_is_taken_in_full_from_minus_80_dbfs_on(eq, peak, certainty):
    noise = pink_noise(1)
    noise -= noise.mean(axis=1, keepdims=True)
    assert eq.certainty(peak * noise / np.abs(noise).max(), 44_100) == pytest.approx(certainty, abs=0.009)


def test_the_likely_eq_is_nearer_to_the_applied_one_than_none(eq):
    noise = pink_noise(3)
    before = eq.applied_eq(noise, 44_100)
    for params in (DARKER, BRIGHTER):
        wanted = params.response(GRID_HZ, 44_100)
        wanted = wanted - wanted.mean()
        change = eq.applied_eq(params.apply(noise, 44_100), 44_100) - before
        assert np.sqrt(np.mean((change - wanted) ** 2)) < np.sqrt(np.mean(wanted**2))


def test_weights_are_checked_against_the_hash_in_their_name(eq, tmp_path):
    path = eq.save(tmp_path)
    assert SemanticEQ.load(path).model_hash[:12] in path.name
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="damaged"):
        SemanticEQ.load(path)


def test_the_flat_code_kept_for_speed_is_forgotten_when_training_goes_on(eq):
    coder = copy.deepcopy(eq.network.autoencoder)
    torch.testing.assert_close(coder.z_flat(), coder.encode(coder.flat))
    coder.train()
    with torch.no_grad():
        coder.straight.weight.add_(0.1)
    torch.testing.assert_close(coder.z_flat(), coder.encode(coder.flat))
