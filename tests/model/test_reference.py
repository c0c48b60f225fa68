"""The equaliser by reference: the shipped weights, a tiny real training, and what is refused."""

import csv

import numpy as np
import pytest
import soundfile as sf
import torch

from model import EQParams, ReferenceEQ, SemanticEQ, checkpoint, safe_db
from model.encoder import N_MELS, OCTAVES, mel_centres_hz
from model.eq import GRID_HZ
from model.reference import SEGMENTS, centred, listen, wander
from model.training.reference import Amount, train_reference
from tests.model.synthetic import pink_noise, write_safe

EQ = EQParams.from_safe((5, 200, -4, 500, 1, 0, 1000, 0.7, 3, 3000, 1, -6, 6000))
TINY = Amount(pairs=6, validation_pairs=4, curve_steps=20, audio_steps=2, check_every=10)


@pytest.fixture(scope="module")
def eq():
    return ReferenceEQ.load()


def shape(params: EQParams) -> np.ndarray:
    curve = params.response(GRID_HZ, 44_100)
    return curve - curve.mean()


@pytest.mark.parametrize(("gain", "rate", "channels"), [(1.0, 44_100, 2), (1e-3, 48_000, 1)])
def test_what_was_done_to_a_sound_is_undone(eq, gain, rate, channels):
    reference = gain * pink_noise(6, channels, rate, seed=1)
    proposed = eq.propose(EQ.apply(pink_noise(6), 44_100), 44_100, reference, rate)
    assert np.std(shape(proposed) + shape(EQ)) < 0.5 * np.std(shape(EQ))


def test_by_reference_to_itself_a_sound_is_hardly_changed(eq):
    noise = pink_noise(6)
    assert np.abs(shape(eq.propose(noise, 44_100, noise, 44_100))).max() < 1.0
    own = listen(noise, 44_100)
    with torch.no_grad():
        assert eq.network(own, own, eq.semantic.network).abs().max() < 1e-5


def test_less_of_a_difference_is_an_eq_where_the_music_wanders_and_unheard_bands_follow_their_neighbours(eq):
    curve = torch.as_tensor(EQ.response(mel_centres_hz(), 44_100)).float()[None]
    curve, every = centred(curve, OCTAVES[None]), torch.ones(1, N_MELS)
    heard = (torch.arange(N_MELS) < 60).float()[None]

    def missed(common, wander_db):
        likely, _, _ = eq.network.likely(curve * common, common, torch.full((1, N_MELS), wander_db))
        return float(centred(likely - curve, OCTAVES[None]).std() / curve.std())

    steady, wandering, cut = missed(every, 0.1), missed(every, 10.0), missed(heard, 0.1)
    assert steady < 0.25 and wandering > 1.5 * steady
    assert steady < cut < 0.8


def test_a_jagged_difference_is_odder_than_an_eqs_unless_the_music_wanders(eq):
    smooth = torch.as_tensor(EQ.response(mel_centres_hz(), 44_100)).float()[None]
    jagged = smooth.std() * torch.tensor([1.0, -1.0]).repeat(N_MELS // 2)[None]
    every = torch.ones(1, N_MELS)

    def oddness(apart, wander_db):
        return float(eq.network.likely(apart, every, torch.full((1, N_MELS), wander_db))[2])

    assert oddness(jagged, 0.1) > 2 * oddness(smooth, 0.1)
    assert oddness(jagged, 10.0) < oddness(jagged, 0.1) / 2
    assert 0 < oddness(0 * smooth, 0.1) <= 1e-3


def plucks(seconds: int, seed: int) -> np.ndarray:
    """Return notes of 19 partials, four a second, that die away [2, samples]."""
    rng, t = np.random.default_rng(seed), np.arange(44_100) / 44_100
    partials, sound = np.arange(1, 20)[:, None], np.zeros(seconds * 44_100)
    for start in range(0, len(sound) - len(t), len(t) // 4):
        pitch_hz = 110 * 2 ** (rng.integers(0, 36) / 12)
        note = (np.sin(2 * np.pi * pitch_hz * partials * t) / partials).sum(axis=0)
        sound[start : start + len(t)] += note * np.exp(-6 * t)
    return np.tile(sound / np.abs(sound).max(), (2, 1)).astype(np.float32)


def test_it_knows_another_recording_from_the_other_half_of_the_same(eq):
    noise, notes = ([listen(make(3, seed=seed), 44_100) for seed in (0, 1)] for make in (pink_noise, plucks))
    equalised = listen(EQ.apply(pink_noise(3), 44_100), 44_100)
    pairs = [noise, (equalised, noise[1]), notes, (noise[0], notes[0]), (notes[1], equalised)]
    with torch.no_grad():
        log_odds = [float(eq.network.judged(*pair, eq.semantic.network)[1]) for pair in pairs]
    assert max(log_odds[:3]) < -3 and min(log_odds[3:]) > 0


def test_intensity_scales_the_gains(eq):
    noise, reference = pink_noise(1), EQ.apply(pink_noise(1, seed=1), 44_100)
    full, half, none = (eq.propose(noise, 44_100, reference, 44_100, value) for value in (1, 0.5, 0))
    np.testing.assert_allclose(half.gains_db, full.gains_db / 2)
    np.testing.assert_array_equal(none.apply(noise, 44_100), noise)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reference": np.zeros((2, 44_100), np.float32)}, "reference cannot be used: The audio is silent"),
        ({"audio": np.zeros((2, 44_100), np.float32)}, "^The audio is silent"),
        ({"reference": np.full((2, 44_100), 0.5)}, "reference cannot be used: The audio holds nothing but DC"),
        ({"audio": 5e-5 * np.sin(np.arange(44_100) ** 1.5)}, "^The audio holds nothing but DC or the noise of dither"),
        ({"intensity": -0.1}, "intensity is -0.1"),
        ({"audio": np.sin(np.arange(44_100) / 10).astype(np.float32)}, "bands in common, fewer than 8"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_sentence(eq, change, message):
    noise = pink_noise(1)
    request = {"audio": noise, "sample_rate": 44_100, "reference": noise, "reference_rate": 44_100} | change
    with pytest.raises(ValueError, match=message):
        eq.propose(**request)


def test_weights_of_another_semantic_equaliser_are_refused(eq, tmp_path):
    about = {**eq.about, "semantic": "0" * 64}
    path = checkpoint.write(tmp_path, "reference", eq.network.state_dict(), about)
    with pytest.raises(ValueError, match="beside the semantic weights 000000000000"):
        ReferenceEQ.load(path)


def test_an_eq_changes_the_spectrum_and_nothing_else_that_is_heard():
    noise = pink_noise(3)
    before, after = listen(noise, 44_100), listen(EQ.apply(noise, 44_100), 44_100)
    assert (after.spectrum - before.spectrum).abs().max() > 3
    assert (after.wander - before.wander).abs().max() < 0.1
    assert (after.texture - before.texture).abs().max() < 0.1


@pytest.mark.parametrize("frames", [1, SEGMENTS - 1, SEGMENTS, 100])
def test_what_does_not_change_does_not_wander(frames):
    steady = torch.linspace(-60, 0, 80)[:, None].expand(-1, frames)
    assert wander(steady).max() < 1e-4
    if frames > 1:
        assert wander(steady + torch.eye(80)[:, :1] * 20 * torch.linspace(0, 1, frames))[0] > 1


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    (folder / "music").mkdir()
    for seed in range(24):
        sf.write(folder / "music" / f"{seed}.wav", pink_noise(9, channels=1, sample_rate=16_000, seed=seed).T, 16_000)
    settings = safe_db.read(write_safe(folder / "safe.csv", {"warm": 12, "bright": 12}))
    return settings, [folder / "music"]


@pytest.mark.slow
def test_a_killed_run_ends_as_an_uninterrupted_one(material, tmp_path):
    class KilledError(Exception):
        pass

    def kill(stage, step, total, values):
        if stage == "curves" and step == 15:
            raise KilledError

    semantic, (settings, music) = SemanticEQ.load(), material
    trained, path = train_reference(semantic, settings, music, tmp_path / "whole", TINY)
    with (tmp_path / "whole" / "log.csv").open() as file:
        assert {row["loss"] for row in csv.DictReader(file)} == {"same", "other", "audio", "validation"}
    with pytest.raises(KilledError):
        train_reference(semantic, settings, music, tmp_path / "killed", TINY, kill)
    again, _ = train_reference(semantic, settings, music, tmp_path / "killed", TINY)
    assert again.model_hash == trained.model_hash == ReferenceEQ.load(path).model_hash
    noise = pink_noise(2)
    assert np.isfinite(trained.propose(noise, 44_100, EQ.apply(noise, 44_100), 44_100).to_safe()).all()


def test_folders_without_a_recording_of_two_halves_are_refused(material, tmp_path):
    (tmp_path / "short").mkdir()
    for seed in range(24):
        sf.write(tmp_path / "short" / f"{seed}.wav", pink_noise(1, channels=1, sample_rate=16_000).T, 16_000)
    with pytest.raises(ValueError, match="must last 8 s or more"):
        train_reference(SemanticEQ.load(), material[0], [tmp_path / "short"], tmp_path / "out", TINY)
