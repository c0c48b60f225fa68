"""Ridge regression from the long-term spectrum to the EQ already there, on sounds made from noise."""

import numpy as np
import pytest
import torch

from model import FlowEQ, StaticEQ
from model.encoder import features, mel_centres_hz
from model.eq import GRID_HZ, EQParams
from model.ridge import DOSE_RANGE, RidgeEQ, dose, fit_ridge, long_term_spectrum
from model.safe_db import read
from model.static import fit_static
from model.training.baselines import STEPS, train_baselines
from model.training.sources import PinkNoise
from tests.model.synthetic import pink_noise, write_safe

RATE = 44_100


def tilted(seed: int, seconds: float = 1.0) -> np.ndarray:
    """Return noise of a timbre of its own: a few broad bumps, as instruments have."""
    rng = np.random.default_rng(seed)
    values = [(rng.normal(0, 3), hz) for hz in (120, 400, 1500, 4000, 9000)]
    (a, b, c, d, e) = values
    params = EQParams.from_safe([*a, *b, 1.0, *c, 1.0, *d, 1.0, *e])
    return params.apply(pink_noise(seconds, seed=seed), RATE)


@pytest.fixture(scope="module")
def eq(tmp_path_factory) -> RidgeEQ:
    data = read(write_safe(tmp_path_factory.mktemp("ridge") / "safe.csv", {"warm": 20, "bright": 20}))
    clips = torch.stack([torch.from_numpy(tilted(seed)) for seed in range(24)])
    return fit_ridge(data, fit_static(data, starts=1), features(clips, RATE)[0].numpy())


def doses(eq: RidgeEQ, descriptor: str, audio: np.ndarray, steps) -> np.ndarray:
    fixed, target = eq.static.propose(audio, RATE, descriptor), eq.static.target_db(descriptor)
    heard = [fixed.scaled(k).apply(audio, RATE) for k in steps]
    return np.array([dose(eq.propose(clip, RATE, descriptor).response(GRID_HZ, RATE), target) for clip in heard])


@pytest.mark.parametrize("descriptor", ["warm", "bright"])
def test_the_more_a_clip_is_so_already_the_smaller_the_dose(eq, descriptor):
    given = np.array([doses(eq, descriptor, tilted(seed), (-1, 0, 1)) for seed in range(100, 106)])
    assert (np.diff(given, axis=1) <= 1e-9).all()
    assert np.polyfit((-1, 0, 1), given.mean(axis=0), 1)[0] < -0.3
    assert given.min() > 0


def test_the_dose_stays_within_its_range(eq):
    fixed = eq.static.propose(tilted(7), RATE, "bright")
    low, high = (fixed.scaled(k).apply(tilted(7), RATE) for k in (3, -3))
    assert eq.propose(low, RATE, "bright") == fixed.scaled(DOSE_RANGE[0])
    assert eq.propose(high, RATE, "bright") == fixed.scaled(DOSE_RANGE[1])
    assert eq.propose(low, RATE, "bright", intensity=0).gains_db.tolist() == [0] * 5


def test_an_eq_adds_its_response_to_the_spectrum_that_ridge_reads(eq):
    audio, params = tilted(3, seconds=4), eq.static.propose(tilted(3), RATE, "warm")
    before, after = (long_term_spectrum(sound, RATE, eq.usual_db) for sound in (audio, params.apply(audio, RATE)))
    expected = params.response(mel_centres_hz(), RATE)
    assert np.abs(after - before - expected + expected.mean()).max() < 0.5


def test_level_and_channels_do_not_matter(eq):
    audio = tilted(5)
    whole = eq.describe(audio, RATE)
    for same in (0.01 * audio, np.concatenate([audio, audio]), np.pad(audio, ((0, 0), (0, RATE)))):
        assert eq.describe(same, RATE) == pytest.approx(whole, abs=0.1)


def test_a_low_sample_rate_is_taken_as_usual_above_its_limit(eq):
    spectrum = long_term_spectrum(pink_noise(1.0, sample_rate=8000), 8000, eq.usual_db)
    np.testing.assert_array_equal(spectrum[mel_centres_hz() > 4000], eq.usual_db[mel_centres_hz() > 4000])
    assert np.isfinite(eq.propose(pink_noise(1.0, sample_rate=8000), 8000, "warm").values).all()


def test_weights_survive_being_saved(eq, tmp_path):
    again = RidgeEQ.load(eq.save(tmp_path))
    assert again.describe(tilted(1), RATE) == eq.describe(tilted(1), RATE)
    assert again.propose(tilted(1), RATE, "warm") == eq.propose(tilted(1), RATE, "warm")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"audio": np.zeros((2, RATE))}, "silent"),
        ({"audio": np.ones((2, 1))}, r"0\.2 s or more"),
        ({"audio": np.full((2, RATE), np.inf)}, "NaN or infinite"),
        ({"descriptor": "loud"}, "Unknown descriptor 'loud'"),
        ({"intensity": 2}, "outside 0 to 1"),
    ],
)
def test_a_request_that_cannot_be_met_is_reported(eq, change, words):
    request = {"audio": tilted(0), "sample_rate": RATE, "descriptor": "warm"} | change
    with pytest.raises(ValueError, match=words):
        eq.propose(**request)


def test_too_few_clips_are_reported(eq):
    with pytest.raises(ValueError, match="got 2 clips, fewer than 5"):
        fit_ridge(None, eq.static, np.zeros((2, 80)))


@pytest.mark.slow
def test_baselines_are_trained_and_written_together(tmp_path):
    data = read(write_safe(tmp_path / "safe.csv", {"warm": 8, "bright": 8}))
    reported = []
    paths = train_baselines(data, tmp_path, epochs=1, on_step=reported.append, music=PinkNoise(RATE, 0.3), n_clips=12)
    assert len(reported) == STEPS
    assert RidgeEQ.load(paths["ridge"]).about["clips"] == 12
    assert StaticEQ.load(paths["static"]).descriptors == FlowEQ.load(paths["flow"]).descriptors == ["warm", "bright"]
