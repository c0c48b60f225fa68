import numpy as np
import pytest
from scipy.signal import csd, find_peaks, welch

from stimuli.rendering import checks, loudness

RATE_HZ = 44100


def intervals(trial):
    step = round(1.5 * RATE_HZ)
    return [trial[:, start : start + RATE_HZ] for start in (0, step, 2 * step)]


def test_headphone_trials_are_the_six_orders_of_woods_et_al():
    trials = checks.headphone_trials(RATE_HZ)
    assert sorted(answer for _, answer in trials) == [1, 1, 2, 2, 3, 3]
    for trial, answer in trials:
        tones = intervals(trial)
        level_db = [20 * np.log10(np.sqrt((tone**2).mean())) for tone in tones]
        assert int(np.argmin(level_db)) + 1 == answer
        assert max(level_db) - min(level_db) == pytest.approx(6, abs=0.01)
        correlation = sorted(np.corrcoef(tone)[0, 1] for tone in tones)
        assert correlation == pytest.approx([-1, 1, 1])
        assert np.corrcoef(tones[answer - 1])[0, 1] == pytest.approx(1)


def test_over_one_loudspeaker_the_antiphase_tone_is_the_quietest():
    for trial, answer in checks.headphone_trials(RATE_HZ):
        mono = [np.sqrt((tone.mean(axis=0) ** 2).mean()) for tone in intervals(trial)]
        assert int(np.argmin(mono)) + 1 != answer


def test_the_hidden_pitch_is_between_the_ears_only():
    trials = checks.huggins_trials(RATE_HZ, 0)
    assert [answer for _, answer in trials] == [1, 2, 3, 1, 2, 3]
    for trial, answer in trials:
        for place, noise in enumerate(intervals(trial), 1):
            frequency_hz, cross = csd(noise[0], noise[1], RATE_HZ, nperseg=8192)
            in_band = np.abs(frequency_hz - 600) < 25
            outside = ((frequency_hz > 100) & (frequency_hz < 520)) | ((frequency_hz > 700) & (frequency_hz < 10000))
            assert np.abs(np.angle(cross[outside])).max() < 0.3
            phase = np.abs(np.angle(cross[in_band]))
            assert (phase.min() > np.pi - 0.3) if place == answer else (phase.max() < 0.3)


def test_each_ear_alone_hears_plain_noise():
    sounds = [noise for trial, _ in checks.huggins_trials(RATE_HZ, 0) for noise in intervals(trial)]
    for channel in (0, 1):
        power = np.mean([welch(sound[channel], RATE_HZ, nperseg=2048)[1] for sound in sounds], axis=0)
        frequency_hz = np.fft.rfftfreq(2048, 1 / RATE_HZ)
        near = (frequency_hz > 450) & (frequency_hz < 750)
        level_db = 10 * np.log10(power[near].mean() / power[(frequency_hz > 100) & (frequency_hz < 20000)].mean())
        assert abs(level_db) < 0.5


@pytest.mark.parametrize("n_beeps", checks.N_BEEPS)
@pytest.mark.parametrize("seconds", [3, 10])
def test_beeps_can_be_counted(n_beeps, seconds):
    music = (np.random.default_rng(0).standard_normal((2, seconds * RATE_HZ)) * 0.02).astype(np.float32)
    sound = checks.beeps(music, RATE_HZ, n_beeps)
    assert sound.shape == music.shape
    carrier = np.exp(-2j * np.pi * 1000 * np.arange(sound.shape[1]) / RATE_HZ)
    envelope = np.abs(np.convolve(sound.mean(axis=0) * carrier, np.ones(2000) / 2000, "same"))
    found, _ = find_peaks(envelope, height=envelope.max() / 2, distance=0.2 * RATE_HZ)
    assert len(found) == n_beeps


def test_tones_and_noises_are_at_the_sets_loudness():
    for trial, _ in [*checks.headphone_trials(RATE_HZ), *checks.huggins_trials(RATE_HZ, 3)]:
        assert loudness.integrated_lufs(trial, RATE_HZ) == pytest.approx(-23, abs=3)
        assert loudness.true_peak_dbtp(trial, RATE_HZ) < -1
