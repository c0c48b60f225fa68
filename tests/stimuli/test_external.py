import numpy as np
import pytest
import soundfile as sf

from model import EQParams
from stimuli.build import build
from stimuli.export import export
from stimuli.music.clips import Clip
from stimuli.rendering import loudness
from stimuli.rendering.conditions import condition, split_conditions
from stimuli.rendering.external import External

RATE_HZ = 44100
EQ = EQParams.from_safe([4, 200, -6, 500, 1, 3, 2000, 2, 0, 4000, 1, 8, 6000])


@pytest.fixture(scope="module")
def excerpt():
    rng = np.random.default_rng(4)
    envelope = 0.05 + 0.05 * np.sin(np.arange(4 * RATE_HZ) / 3000)
    return (rng.standard_normal((2, 4 * RATE_HZ)) * envelope).astype(np.float32)


def at_peak(sound, peak):
    return sound / np.abs(sound).max() * peak


@pytest.mark.parametrize("name", ["song_warm.wav", "warm-Song.flac", "song/warm.wav", "warm/SONG.wav", "Song warm.wav"])
def test_a_file_is_found_by_clip_and_descriptor(tmp_path, excerpt, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    sf.write(tmp_path / name, EQ.apply(excerpt, RATE_HZ).T * 0.3, RATE_HZ)
    found, setting = External(tmp_path).render(excerpt, RATE_HZ, "song", "warm")
    assert found.shape == excerpt.shape and setting is None
    with pytest.raises(ValueError, match="no file for song and bright"):
        External(tmp_path).render(excerpt, RATE_HZ, "song", "bright")


@pytest.mark.parametrize(
    ("change", "rate_hz", "message"),
    [
        (lambda sound: sound, 48000, "48000 Hz, but the set 44100 Hz"),
        (lambda sound: sound[:, : 3 * RATE_HZ], RATE_HZ, r"lasts 3\.000 s, but the excerpt of song 4\.000 s"),
        (lambda sound: np.roll(sound, 512, axis=1), RATE_HZ, r"11\.6 ms \(512 samples\) later"),
        (lambda sound: np.roll(sound, -100, axis=1), RATE_HZ, "100 samples. earlier"),
        (lambda sound: np.random.default_rng(0).standard_normal(sound.shape) * 0.1, RATE_HZ, "does not sound like"),
        (lambda sound: sound[:, ::-1], RATE_HZ, "does not sound like"),
        (lambda sound: at_peak(sound, 0.0), RATE_HZ, "is silent: .* below -60 dBFS"),
        (lambda sound: at_peak(sound, 0.000999), RATE_HZ, "is silent"),
        (lambda sound: np.concatenate([sound, sound]), RATE_HZ, "4 channels"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path, excerpt, change, rate_hz, message):
    sf.write(tmp_path / "song_warm.wav", change(EQ.apply(excerpt, RATE_HZ)).T, rate_hz, subtype="FLOAT")
    with pytest.raises(ValueError, match=message):
        External(tmp_path).render(excerpt, RATE_HZ, "song", "warm")


@pytest.mark.parametrize("peak", [0.001, 0.0011])
def test_a_quiet_file_is_not_a_silent_one(tmp_path, excerpt, peak):
    sf.write(tmp_path / "song_warm.wav", at_peak(EQ.apply(excerpt, RATE_HZ), peak).T, RATE_HZ, subtype="FLOAT")
    assert External(tmp_path).render(excerpt, RATE_HZ, "song", "warm")[0].any()


def test_a_set_with_an_external_condition_is_matched_like_the_rest(tmp_path, excerpt):
    sf.write(tmp_path / "song.wav", excerpt.T, RATE_HZ, subtype="FLOAT")
    clips = [Clip("song", "Song", tmp_path / "song.wav")]
    first = build(tmp_path / "first", clips, ("original",), ("warm",), workers=1)
    assert export(first, tmp_path / "sources", sources_only=True, as_wav=True) == 1
    source, _ = sf.read(tmp_path / "sources" / "song.wav", dtype="float32")
    (tmp_path / "engineer").mkdir()
    sf.write(tmp_path / "engineer" / "song_warm.wav", EQ.apply(source.T, RATE_HZ).T * 0.1, RATE_HZ, subtype="FLOAT")
    made = build(tmp_path / "set", clips, ("original", f"external:{tmp_path / 'engineer'}"), ("warm",), workers=1)
    assert made.conditions == ["original", "engineer"]
    (row,) = [stimulus for stimulus in made.stimuli if stimulus.condition == "engineer"]
    sound, _ = sf.read(made.audio_path(row.id), dtype="float32")
    assert row.parameters is None and loudness.integrated_lufs(sound.T, RATE_HZ) == pytest.approx(-23, abs=0.1)


def test_a_list_of_conditions_parts_at_the_right_commas():
    text = "original,flow:dimensions=1,beta=0.01 deep=external:/a b/c,semantic:origin=audio"
    expected = ["original", "flow:dimensions=1,beta=0.01", "deep=external:/a b/c", "semantic:origin=audio"]
    assert split_conditions(text) == expected


def test_variants_are_other_models_under_other_names():
    audio = np.random.default_rng(0).standard_normal((2, RATE_HZ)).astype(np.float32) * 0.1
    settings = {
        condition(text).name: condition(text).treatment.render(audio, RATE_HZ, "", "bright")[1].to_safe()
        for text in ("flow", "slim=flow:dimensions=1,beta=0.01", "semantic", "semantic:origin=audio", "static")
    }
    assert list(settings) == ["flow", "slim", "semantic", "semantic:origin=audio", "static"]
    assert len({tuple(values) for values in settings.values()}) == 5
    fingerprints = {
        condition(text).treatment.fingerprint for text in ("flow", "flow:dimensions=1", "flow:intensity=0.5")
    }
    assert len(fingerprints) == 3
