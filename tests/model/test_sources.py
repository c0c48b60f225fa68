"""Sources of training audio: excerpts by seed, ratios, augmentation, and files that cannot be read."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import welch

from model.training.bank import loudest
from model.training.sources import (
    Augmented,
    Folder,
    Mixture,
    PinkNoise,
    default_pink_ratio,
    is_held_out,
    training_mixture,
    training_mixtures,
)

RATE, SECONDS = 44_100, 1.0


def tone(frequency_hz: float, seconds: float = 3.0, rate: int = RATE, channels: int = 2) -> np.ndarray:
    wave = 0.3 * np.sin(2 * np.pi * frequency_hz * np.arange(int(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, axis=1)


def peak_hz(audio: np.ndarray, rate: int = RATE) -> float:
    return np.fft.rfftfreq(audio.shape[1], 1 / rate)[np.abs(np.fft.rfft(audio[0])).argmax()]


@pytest.fixture
def music(tmp_path):
    """Five formats, each with a tone of its own: WAV 48 kHz, FLAC mono, OGG, OPUS, MP3."""
    folder = tmp_path / "music"
    (folder / "deeper").mkdir(parents=True)
    soundfile.write(folder / "a.wav", tone(400, rate=48_000), 48_000)
    soundfile.write(folder / "b.flac", tone(500, channels=1), RATE)
    soundfile.write(folder / "c.ogg", tone(600), RATE)
    soundfile.write(folder / "deeper" / "d.opus", tone(700, rate=48_000), 48_000, format="OGG", subtype="OPUS")
    soundfile.write(folder / "E.MP3", tone(800), RATE, format="MP3")
    return folder


def draws(source, n=40, seed=0):
    return [source.excerpt(np.random.default_rng([seed, index])) for index in range(n)]


def test_a_folder_gives_every_format_resampled_to_two_channels(music):
    excerpts = draws(Folder(music, RATE, SECONDS))
    assert {(audio.shape, audio.dtype) for audio in excerpts} == {((2, RATE), np.dtype("float32"))}
    assert {round(peak_hz(audio), -1) for audio in excerpts} == {400, 500, 600, 700, 800}


def test_the_seed_and_the_number_alone_decide_an_excerpt(music):
    def mixture():
        return Mixture([Folder(music, RATE, 0.1), PinkNoise(RATE, 0.1)], [0.5, 0.5])

    whole = [excerpt for excerpt, _ in zip(mixture().excerpts(seed=3), range(8), strict=False)]
    resumed = mixture().excerpts(seed=3, start=5)
    for excerpt in whole[5:]:
        np.testing.assert_array_equal(next(resumed), excerpt)
    assert not np.array_equal(next(mixture().excerpts(seed=4)), whole[0])


def test_bad_files_are_skipped_counted_and_named(music):
    (music / "broken.mp3").write_bytes(b"\x00" * 5000)
    (music / "empty.wav").write_bytes(b"")
    whole = (music / "c.ogg").read_bytes()
    (music / "cut.ogg").write_bytes(whole[:300])
    soundfile.write(music / "short.wav", tone(300, seconds=0.2), RATE)
    soundfile.write(music / "nan.wav", np.full((RATE * 2, 2), np.nan), RATE, subtype="FLOAT")
    source = Folder(music, RATE, SECONDS)
    assert len(draws(source, 60)) == 60
    assert {path.rsplit("/", 1)[1] for path in source.skipped} == {
        "broken.mp3", "empty.wav", "cut.ogg", "short.wav", "nan.wav"
    }  # fmt: skip
    assert "0.20 s" in source.skipped[str(music / "short.wav")]


def test_known_bad_files_do_not_change_later_excerpts(music):
    (music / "broken.flac").write_bytes(b"fLaC and nothing more")
    fresh, used = Folder(music, RATE, 0.2), Folder(music, RATE, 0.2)
    draws(used, 20, seed=9)
    np.testing.assert_array_equal(draws(fresh, 10), draws(used, 10))


def test_a_folder_without_one_usable_file_is_an_error(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(ValueError, match=r"1 could not be read, the first .*a\.wav"):
        Folder(tmp_path, RATE, SECONDS).excerpt(np.random.default_rng(0))
    soundfile.write(tmp_path / "a.wav", np.zeros((RATE * 2, 2)), RATE)
    with pytest.raises(ValueError, match="they are silent"):
        Folder(tmp_path, RATE, SECONDS).excerpt(np.random.default_rng(0))


def test_short_files_are_repeated_to_length(tmp_path):
    soundfile.write(tmp_path / "loop.wav", tone(441, seconds=1.0), RATE)
    audio = Folder(tmp_path, RATE, 2.5).excerpt(np.random.default_rng(0))
    assert audio.shape == (2, int(2.5 * RATE))
    np.testing.assert_allclose(audio[:, :RATE], audio[:, RATE : 2 * RATE], atol=1e-6)


def test_pink_noise_falls_by_three_db_an_octave():
    audio = np.concatenate(draws(PinkNoise(RATE, 5.0), 4), axis=1)
    frequencies, power = welch(audio[0], RATE, nperseg=8192)
    heard = (frequencies > 50) & (frequencies < 16_000)
    slope = np.polyfit(np.log2(frequencies[heard]), 10 * np.log10(power[heard]), 1)[0]
    assert slope == pytest.approx(-3.01, abs=0.1)
    assert np.sqrt(np.mean(audio**2)) == pytest.approx(0.1, rel=1e-3)


def test_ratios_are_kept(music):
    mixture = Mixture([Folder(music, RATE, 0.05), PinkNoise(RATE, 0.05)], [0.25, 0.75])
    # A mono or equal-channelled excerpt is a tone, the noise has two different channels.
    noise = [not np.array_equal(*audio) for audio in draws(mixture, 400)]
    assert np.mean(noise) == pytest.approx(0.75, abs=0.06)


def test_augmentation_draws_levels_and_calls_the_equaliser():
    seen = []

    def invert(audio, sample_rate, rng):
        seen.append(sample_rate)
        return -audio

    plain = PinkNoise(RATE, 0.1)
    louder = draws(Augmented(plain, (-6, 6), invert, eq_probability=0.3), 200)
    gains = [np.sqrt(np.mean(audio**2)) / 0.1 for audio in louder]
    assert 0.5 <= min(gains) < 0.55 and 1.8 < max(gains) <= 2.0
    assert len(seen) / 200 == pytest.approx(0.3, abs=0.1) and set(seen) == {RATE}
    inverted = [np.vdot(a, b) < 0 for a, b in zip(louder, draws(plain, 200), strict=True)]
    assert sum(inverted) == len(seen)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pink_ratio": 1.5}, "pink ratio is 1.5, outside 0 to 1"),
        ({"pink_ratio": float("nan")}, "pink ratio is nan"),
        ({"pink_ratio": 0.7, "fma_ratio": 0.6}, "add up to 1.3, more than 1"),
        ({"pink_ratio": 0.7}, "give a folder of music for the rest"),
        ({"pink_ratio": 0.5, "fma_ratio": 0.5}, "no folder of FMA was given"),
        ({"pink_ratio": 1.0, "fma": "fma_small"}, "A folder of FMA was given, but the FMA ratio is 0"),
        ({"pink_ratio": 1.0, "musdb": "musdb18"}, "A folder of MUSDB18 was given, but the MUSDB18 ratio is 0"),
        ({"musdb_ratio": 1, "musdb": "nowhere"}, "nowhere is not there: give the folder of MUSDB18's"),
        ({"music": ["pyproject.toml"]}, "pyproject.toml is a file: give the folder of music"),
        ({"music": ["docs"]}, "docs holds 0 WAV"),
        ({"pink_ratio": 1, "sample_rate": 44.1}, "in kHz"),
        ({"pink_ratio": 1, "duration_s": 4000}, "in milliseconds"),
    ],
)
def test_a_wrong_ratio_or_path_is_reported_in_one_sentence(options, words, request, monkeypatch):
    monkeypatch.chdir(request.config.rootpath)
    with pytest.raises(ValueError, match=words):
        training_mixture(**({"sample_rate": RATE, "duration_s": SECONDS} | options))


def test_music_takes_what_the_ratios_leave(music):
    mixture = training_mixture(RATE, 0.1, pink_ratio=0.4, music=[music, music])
    assert [type(source).__name__ for source in mixture.sources] == ["Folder", "Folder", "PinkNoise"]
    np.testing.assert_allclose(mixture.ratios, [0.3, 0.3, 0.4])


def test_only_kept_files_take_part(music):
    source = Folder(music, RATE, SECONDS, keep=lambda path: path.suffix == ".ogg")
    assert len(source) == 1
    assert peak_hz(draws(source, 1)[0]) == pytest.approx(600, abs=2)


@pytest.mark.parametrize(("has_music", "fma", "share"), [(True, 0.3, 0.1), (False, 0.3, 0.7), (False, 0.0, 1.0)])
def test_noise_takes_a_tenth_beside_music_and_else_what_is_left(has_music, fma, share):
    ratios = {"fma_ratio": fma, "musdb_ratio": 0.0}
    assert default_pink_ratio(has_music, ratios) == pytest.approx(share)


def test_training_validation_and_evaluation_share_no_recording(tmp_path):
    for number in range(40):
        soundfile.write(tmp_path / f"{number}.wav", np.full((8000, 1), 0.1), 8000)
    ratios = {"pink_ratio": 0.2, "fma_ratio": 0.0, "musdb_ratio": 0.0}
    training, validation, untouched = training_mixtures([tmp_path], ratios, {})
    files = [set(mixture.sources[0].items) for mixture in (training, validation, untouched)]
    assert files[0] == files[2] and not files[0] & files[1]
    assert not any(is_held_out(file) for file in files[0] | files[1]) and len(files[0] | files[1]) < 40
    assert len(training.sources) == 2 and len(untouched.sources) == 1


def test_noise_alone_is_its_own_validation():
    training, validation, untouched = training_mixtures([], {"pink_ratio": 1.0, "fma_ratio": 0, "musdb_ratio": 0}, {})
    assert training is validation is untouched


def test_augmentation_names_what_its_source_left_out(music):
    (music / "broken.wav").write_bytes(b"no sound")
    source = Augmented(Folder(music, RATE, 0.05))
    draws(source, 40)
    assert [Path(name).name for name in source.skipped] == ["broken.wav"]


def test_the_loudest_part_may_be_the_last():
    audio = np.zeros(100_000, np.float32)
    audio[-32_768:] = 0.5
    assert np.array_equal(loudest(audio), np.full(32_768, 0.5, np.float32))
    assert loudest(audio[-100:]).shape == (32_768,)
