import io
import struct

import av
import numpy as np
import pytest
import soundfile as sf

from app import equalising
from stimuli.music import audio

RATE_HZ = 44100


def tone(seconds, level=0.1, rate_hz=RATE_HZ, frequency_hz=440.0):
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return (level * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)


FORMATS = {"a.wav": "PCM_24", "a.flac": None, "a.ogg": "VORBIS", "a.mp3": None, "a.opus": "OPUS"}


@pytest.mark.parametrize(("name", "subtype"), FORMATS.items())
def test_the_five_formats_are_read(tmp_path, name, subtype):
    rate_hz = 48000 if name.endswith("opus") else RATE_HZ
    sound = tone(1, rate_hz=rate_hz)
    format_name = "OGG" if name.endswith(("ogg", "opus")) else None
    sf.write(tmp_path / name, np.stack([sound, -sound], axis=1), rate_hz, subtype=subtype, format=format_name)
    found, found_hz = audio.read(tmp_path / name)
    assert found.dtype == np.float32 and found.shape[0] == 2 and found_hz == rate_hz
    assert np.sqrt((found[0] ** 2).mean()) == pytest.approx(0.1 / np.sqrt(2), rel=0.05)


@pytest.mark.parametrize(
    ("name", "codec", "stored"), [("a.m4a", "aac", "fltp"), ("b.m4a", "alac", "s16p"), ("c.wv", "wavpack", "s16p")]
)
def test_what_libsndfile_does_not_know_is_read_too(tmp_path, name, codec, stored):
    sound = np.stack([tone(3), tone(3)])
    encode(tmp_path / name, codec, stored, sound)
    found, rate_hz = audio.read(tmp_path / name)
    assert found.dtype == np.float32 and found.shape[0] == 2 and rate_hz == RATE_HZ
    assert found.shape[1] == pytest.approx(3 * RATE_HZ, abs=4096)
    assert np.sqrt((found**2).mean(axis=1)) == pytest.approx(0.1 / np.sqrt(2), rel=0.05)
    assert audio.excerpt(tmp_path / name, RATE_HZ, 2).audio.shape == (2, 2 * RATE_HZ)
    assert np.array_equal(equalising.read(tmp_path / name)[0], found)
    with pytest.raises(ValueError, match=rf"^{name} is longer than the 0\.0333333 minutes allowed\.$"):
        audio.read(tmp_path / name, audio.Limits(max_duration_s=2))


def encode(path, codec, stored, sound):
    samples = sound if stored == "fltp" else (sound * 32767).astype(np.int16)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE_HZ, layout="stereo", format=stored)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format=stored, layout="stereo")
        frame.sample_rate = RATE_HZ
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def test_a_link_that_leads_nowhere_is_said_to(tmp_path):
    (tmp_path / "a.wav").symlink_to("elsewhere.wav")
    with pytest.raises(ValueError, match=r"^a\.wav is a link to elsewhere\.wav, which is not there\.$"):
        audio.read(tmp_path / "a.wav")


def test_a_truncated_or_lying_wav_gives_what_is_there_or_a_sentence(tmp_path):
    sf.write(tmp_path / "a.wav", tone(3), RATE_HZ)
    data = bytearray((tmp_path / "a.wav").read_bytes())
    struct.pack_into("<I", data, data.index(b"data") + 4, 0xFFFFFFF0)
    (tmp_path / "lies.wav").write_bytes(data)
    assert audio.read(tmp_path / "lies.wav")[0].shape == (1, 3 * RATE_HZ)
    (tmp_path / "cut.wav").write_bytes(data[:40])
    with pytest.raises(ValueError, match=r"cut\.wav"):
        audio.read(tmp_path / "cut.wav")


def test_a_cut_flac_is_refused_in_one_sentence(tmp_path):
    rng = np.random.default_rng(0)
    sf.write(tmp_path / "a.flac", rng.uniform(-0.5, 0.5, 5 * RATE_HZ), RATE_HZ)
    data = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "cut.flac").write_bytes(data[:60])
    with pytest.raises(ValueError, match=r"^cut\.flac [^\n]+\.$"):
        audio.read(tmp_path / "cut.flac")


@pytest.mark.parametrize("content", [b"", b"not audio at all", b"RIFF" + bytes(5000), bytes(100_000), b"<html>" * 99])
@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".raw", ".flac", ".m4a", ".wma"])
def test_what_is_no_audio_gets_one_sentence(tmp_path, content, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"^a\{suffix} [^\n]+\.$"):
        audio.read(path)


def test_a_file_that_inflates_is_given_up_at_the_limit(tmp_path):
    # Ten minutes of silence take 18 kB as FLAC; the header's length is wiped, as a stream's is.
    sf.write(tmp_path / "bomb.flac", np.zeros(600 * 8000, np.int16), 8000)
    data = bytearray((tmp_path / "bomb.flac").read_bytes())
    limits = audio.Limits(max_duration_s=60)
    with pytest.raises(ValueError, match="longer than the 1 minutes"):
        audio.read(io.BytesIO(data), limits)
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    with pytest.raises(ValueError, match="longer than the 1 minutes"):
        audio.read(io.BytesIO(data), limits)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (audio.Limits(max_bytes=100), "more than"),
        (audio.Limits(max_duration_s=1), "longer than"),
        (audio.Limits(rate_hz=(8000, 22050)), "sample rate of 44100 Hz"),
        (audio.Limits(max_channels=0), "channels"),
    ],
)
def test_limits_are_reported_before_decoding(tmp_path, limits, message):
    sf.write(tmp_path / "a.wav", tone(2), RATE_HZ)
    with pytest.raises(ValueError, match=message):
        audio.read(tmp_path / "a.wav", limits)


def test_samples_that_are_not_numbers_are_refused(tmp_path):
    sf.write(tmp_path / "a.wav", np.array([0.1, np.nan, 0.2]), RATE_HZ, subtype="FLOAT")
    with pytest.raises(ValueError, match="not numbers"):
        audio.read(tmp_path / "a.wav")


def test_the_excerpt_lies_in_the_energetic_part_and_is_the_same_every_time(tmp_path):
    rng = np.random.default_rng(1)
    level = np.concatenate([np.linspace(0.001, 0.02, 20), np.full(30, 0.1), np.linspace(0.02, 0, 20)])
    sound = rng.standard_normal(70 * 8000) * np.repeat(level, 8000)
    sf.write(tmp_path / "song.wav", sound, 8000, subtype="FLOAT")
    first = audio.excerpt(tmp_path / "song.wav", RATE_HZ, 10)
    assert 19.5 <= first.start_s <= 40.5
    assert first.audio.shape == (2, 10 * RATE_HZ)
    assert np.array_equal(first.audio, audio.excerpt(tmp_path / "song.wav", RATE_HZ, 10).audio)


def test_the_excerpt_sounds_like_the_whole(tmp_path):
    low, high = tone(40, 0.1, 16000, 200.0), tone(12, 0.1, 16000, 5000.0)
    sf.write(tmp_path / "song.wav", np.concatenate([low[: 14 * 16000], high, low]), 16000)
    part = audio.excerpt(tmp_path / "song.wav", RATE_HZ, 8)
    spectrum = np.abs(np.fft.rfft(part.audio[0])) ** 2
    high_share = spectrum[8 * 1000 :].sum() / spectrum.sum()
    assert high_share == pytest.approx(12 / 66, abs=0.1)


def test_a_short_recording_is_taken_whole_and_too_short_or_silent_ones_are_refused(tmp_path):
    sf.write(tmp_path / "a.wav", tone(4), RATE_HZ)
    whole = audio.excerpt(tmp_path / "a.wav", RATE_HZ, 10)
    assert (whole.start_s, whole.duration_s) == (0.0, 4.0)
    assert np.abs(whole.audio[:, [0, -1]]).max() < 1e-4
    sf.write(tmp_path / "b.wav", tone(1), RATE_HZ)
    with pytest.raises(ValueError, match="at least 2 s"):
        audio.excerpt(tmp_path / "b.wav", RATE_HZ, 10)
    sf.write(tmp_path / "c.wav", np.zeros(5 * RATE_HZ), RATE_HZ)
    with pytest.raises(ValueError, match="silent"):
        audio.excerpt(tmp_path / "c.wav", RATE_HZ, 10)
    sf.write(tmp_path / "d.wav", np.stack([tone(4), -tone(4)], axis=1), RATE_HZ)
    with pytest.raises(ValueError, match=r"d\.wav is out of phase: its channels cancel each other"):
        audio.excerpt(tmp_path / "d.wav", RATE_HZ, 10)


def test_resampling_keeps_level_and_frequency():
    sound = np.stack([tone(2, 0.5, 48000, 1000.0)] * 2)
    found = audio.resample(sound, 48000, RATE_HZ)
    expected = tone(2, 0.5, RATE_HZ, 1000.0)
    assert np.abs(found[0] - expected)[1000:-1000].max() < 1e-3


@pytest.mark.parametrize(
    ("rise_db", "below_db", "moves"),
    [(4, 0.59, True), (4, 0.61, False), (6, 0.89, True), (6, 0.91, False), (9, 0.89, True), (9, 0.91, False)],
)
def test_an_onset_is_worth_three_tenths_of_its_rise_up_to_six_decibels(rise_db, below_db, moves):
    """Against a part that is too quiet by as much, counted twice: the two kinds of decibels that a choice weighs."""
    level_db = np.zeros(60)
    level_db[50:] = -below_db
    level_db[49] = -below_db - rise_db
    features = np.repeat(10 ** (level_db[:, None] / 10), 10, axis=1)
    start = audio._choose(features, 60 * 250, 1000, 1.0, "a song")
    assert start == (50 * 250 if moves else 0)
