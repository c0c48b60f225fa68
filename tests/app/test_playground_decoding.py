"""Hostile and damaged uploads: each is refused in a sentence, within bounds, and nothing of its bytes is served."""

import io
import struct

import numpy as np
import pytest
import soundfile

from app.playground.decoding import decode, most_energetic, read_bounded

RATE = 44_100


def written(path, audio, rate=RATE, **kind):
    soundfile.write(path, audio, rate, **({"format": "WAV"} | kind))
    return path


def noise(seconds, channels=2, rate=RATE):
    return np.random.default_rng(1).normal(0, 0.1, (int(seconds * rate), channels)).clip(-1, 1)


def wav_header(stated_bytes: int, data: bytes, rate: int = RATE, channels: int = 2) -> bytes:
    form = struct.pack("<IHHIIHH", 16, 1, channels, rate, 0, 2 * channels, 16)
    form = b"RIFF" + bytes([255] * 4) + b"WAVEfmt " + form
    return form + struct.pack("<4sI", b"data", stated_bytes) + data


@pytest.mark.parametrize(
    "kind", [{"format": "WAV"}, {"format": "FLAC"}, {"format": "OGG"}, {"format": "MP3"}, {"format": "AIFF"}], ids=str
)
def test_ten_loudest_seconds_of_any_common_format(tmp_path, kind):
    audio = noise(25) * np.repeat([0.1, 1.0, 0.1], [10 * RATE, 11 * RATE, 4 * RATE])[:, None]
    reported = decode(written(tmp_path / "upload", audio, **kind), tmp_path / "clip.flac")
    excerpt, rate = soundfile.read(tmp_path / "clip.flac")
    assert 10 <= reported["start_s"] <= 11 and reported["source_s"] == pytest.approx(25, abs=0.1)
    assert (rate, excerpt.shape) == (44_100, (441_000, 2))
    assert np.std(excerpt) == pytest.approx(0.1, rel=0.08)  # lossy codecs drop the highest octave


def test_mono_at_another_rate_becomes_stereo_at_ours(tmp_path):
    decode(written(tmp_path / "upload", noise(3, 1, 22_050), 22_050), tmp_path / "clip.flac")
    excerpt, rate = soundfile.read(tmp_path / "clip.flac")
    assert rate == 44_100 and np.array_equal(excerpt[:, 0], excerpt[:, 1])


def test_flac_that_inflates_is_stopped_at_the_limit(tmp_path):
    path = tmp_path / "upload"
    with soundfile.SoundFile(path, "w", 48_000, 2, format="FLAC") as file:
        for _ in range(600 // 50 + 1):
            file.write(np.zeros((50 * 48_000, 2), np.int16))
    assert path.stat().st_size < 200_000  # 115 MB of samples
    with pytest.raises(ValueError, match=r"longer than 10\.0 minutes"):
        decode(path, tmp_path / "clip.flac")


@pytest.mark.parametrize("stated", [0, 2**31, 2**32 - 1])
def test_wav_header_that_lies_about_its_length(tmp_path, stated):
    samples = (noise(2) * 32_000).astype("<i2").tobytes()
    (tmp_path / "upload").write_bytes(wav_header(stated, samples))
    try:
        reported = decode(tmp_path / "upload", tmp_path / "clip.flac")
        assert reported["source_s"] == pytest.approx(2, abs=0.01)
    except ValueError as error:
        assert stated == 0 and "a clip needs 1 s" in str(error)


@pytest.mark.parametrize("rate, channels", [(1, 2), (4_000_000_000, 2), (RATE, 200)])
def test_absurd_rates_and_channels(tmp_path, rate, channels):
    (tmp_path / "upload").write_bytes(wav_header(8_000, bytes(8_000), rate, channels))
    with pytest.raises(ValueError):
        decode(tmp_path / "upload", tmp_path / "clip.flac")
    assert not (tmp_path / "clip.flac").exists()


@pytest.mark.parametrize(
    ("frames", "rate", "channels", "said"),
    [
        *((8_000, 8_000, 1, None), (8_000, 7_999, 1, "8,000 to 192,000 Hz")),
        *((192_000, 192_000, 1, None), (192_001, 192_001, 1, "8,000 to 192,000 Hz")),
        *((8_000, 8_000, 8, None), (8_000, 8_000, 9, "8 at most")),
        *((7_999, 8_000, 1, "needs 1 s"), (8_001, 8_000, 1, None)),
        *((600 * 8_000, 8_000, 1, None), (600 * 8_000 + 1, 8_000, 1, "longer than 10.0 minutes")),
    ],
)
def test_rate_channels_and_length_below_at_and_above_their_limits(tmp_path, frames, rate, channels, said):
    file = written(tmp_path / "upload", np.zeros((frames, channels)), rate, subtype="PCM_U8")
    if said is None:
        assert read_bounded(file)[0].shape == (frames, channels)
        return
    with pytest.raises(ValueError, match=said):
        read_bounded(file)


@pytest.mark.parametrize(("rms", "is_silent"), [(0.99e-4, True), (1.01e-4, False)])
def test_a_clip_below_minus_80_db_is_silent(tmp_path, rms, is_silent):
    audio = np.full((2 * RATE, 2), rms) * np.resize([1, -1], 2 * RATE)[:, None]
    file = written(tmp_path / "upload", audio, subtype="FLOAT")
    if not is_silent:
        assert decode(file, tmp_path / "clip.flac")["duration_s"] == 2
        return
    with pytest.raises(ValueError, match="silent"):
        decode(file, tmp_path / "clip.flac")


@pytest.mark.parametrize(("start_s", "taken_s"), [(-1, 0), (14.9, 14.9), (15.1, 15)])
def test_the_excerpt_stays_within_the_file(tmp_path, start_s, taken_s):
    file = written(tmp_path / "upload", noise(25, 1, 8_000), 8_000)
    assert decode(file, tmp_path / "clip.flac", start_s)["start_s"] == taken_s


def test_polyglot_loses_all_but_its_samples(tmp_path):
    file = io.BytesIO()
    soundfile.write(file, noise(2), RATE, format="WAV")
    (tmp_path / "upload").write_bytes(file.getvalue() + b"<script>alert(1)</script>PK\x03\x04")
    decode(tmp_path / "upload", tmp_path / "clip.flac")
    assert b"script" not in (tmp_path / "clip.flac").read_bytes()


@pytest.mark.parametrize("content", [b"", b"hello", bytes(100_000), b"RIFF", b"fLaC" + bytes(50), b"OggS" + bytes(500)])
def test_no_audio_file_is_reported(tmp_path, content):
    (tmp_path / "upload").write_bytes(content)
    with pytest.raises(ValueError, match="not an audio file that can be read"):
        decode(tmp_path / "upload", tmp_path / "clip.flac")


@pytest.mark.parametrize("audio, reported", [(np.zeros((3 * RATE, 2)), "silent"), (noise(0.5), "needs 1 s")])
def test_silent_or_short_clips_are_reported(tmp_path, audio, reported):
    with pytest.raises(ValueError, match=reported):
        decode(written(tmp_path / "upload", audio), tmp_path / "clip.flac")


def test_samples_that_are_no_numbers(tmp_path):
    audio = noise(2)
    audio[1000] = np.nan
    with pytest.raises(ValueError, match="damaged"):
        decode(written(tmp_path / "upload", audio, subtype="FLOAT"), tmp_path / "clip.flac")


def test_first_of_equally_loud_parts_is_taken():
    assert most_energetic(np.ones((30 * 100, 1), np.float32), 100, 10) == 0
