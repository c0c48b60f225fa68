"""What is said of a recording before a set is built of it."""

import numpy as np
import pytest
import soundfile as sf

from stimuli.checking import inspection
from stimuli.music.clips import Clip, named, starting_at

RATE_HZ = 44_100
RNG = np.random.default_rng(0)
NOISE = 0.1 * RNG.standard_normal((2, 12 * RATE_HZ)).astype(np.float32).clip(-5, 5)


def looked_at(tmp_path, sound, duration_s=10.0, rate_hz=RATE_HZ):
    path = tmp_path / "song.wav"
    sf.write(path, sound.T, rate_hz, subtype="FLOAT")
    [clip] = named([path])
    return inspection.inspect(clip, duration_s)


def test_a_good_recording_is_measured_and_nothing_is_odd(tmp_path):
    found = looked_at(tmp_path, NOISE)
    assert (found.length_s, found.sample_rate_hz, found.channels, found.duration_s) == (12.0, RATE_HZ, 2, 10.0)
    assert found.warnings == () and found.refused is None
    assert len(found.peaks) == inspection.N_PEAKS and max(found.peaks) == pytest.approx(np.abs(NOISE).max(), abs=1e-3)
    assert -20 < found.lufs < -10


@pytest.mark.parametrize(("n_runs", "n_samples", "said"), [(9, 3, False), (10, 3, True), (11, 3, True), (20, 2, False)])
def test_clipping_is_said_from_ten_runs_of_three_samples_on(tmp_path, n_runs, n_samples, said):
    sound = NOISE.copy()
    for number in range(n_runs):
        sound[0, 1000 * number : 1000 * number + n_samples] = 1.0
    assert ("clipped" in str(looked_at(tmp_path, sound).warnings)) == said


@pytest.mark.parametrize(("difference_db", "said"), [(19.9, False), (20.0, True), (20.1, True)])
def test_a_side_that_is_twenty_decibels_quieter_is_said(tmp_path, difference_db, said):
    sound = np.stack([NOISE[0], NOISE[0] * np.float32(10 ** (-difference_db / 20))])
    assert ("right side" in str(looked_at(tmp_path, sound).warnings)) == said


@pytest.mark.parametrize(("highest_hz", "said"), [(9_800, True), (9_970, True), (10_200, False)])
def test_a_band_that_ends_below_ten_kilohertz_is_said(tmp_path, highest_hz, said):
    spectrum = np.fft.rfft(NOISE)
    spectrum[:, np.fft.rfftfreq(NOISE.shape[1], 1 / RATE_HZ) > highest_hz - 60] = 0
    found = looked_at(tmp_path, np.fft.irfft(spectrum).astype(np.float32))
    assert ("nothing above" in str(found.warnings)) == said


@pytest.mark.parametrize(("length_s", "said"), [(9.9, True), (10.0, False), (10.1, False)])
def test_a_recording_shorter_than_the_excerpt_is_said(tmp_path, length_s, said):
    found = looked_at(tmp_path, NOISE[:, : round(length_s * RATE_HZ)])
    assert ("taken whole" in str(found.warnings)) == said


def test_what_cannot_be_read_is_refused_with_its_reason(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"no audio")
    assert "cannot be read" in str(inspection.inspect(Clip("a", "a", tmp_path / "a.wav"), 10.0).refused)


def test_the_same_sound_under_another_name_and_format_is_said(tmp_path):
    samples = (NOISE.T * 32767).astype(np.int16)
    sf.write(tmp_path / "one.wav", samples, RATE_HZ)
    sf.write(tmp_path / "two.flac", samples, RATE_HZ)
    found = list(inspection.inspect_each(named([tmp_path / "one.wav", tmp_path / "two.flac"]), 10.0))
    assert [each.warnings for each in found] == [(), ("It holds the same sound as one.",)]


@pytest.mark.parametrize(("start_s", "fits"), [(-0.1, False), (0.0, True), (1.5, True), (2.0, True), (2.1, False)])
def test_an_excerpt_begins_where_it_is_wanted_as_long_as_it_fits(tmp_path, start_s, fits):
    sf.write(tmp_path / "song.wav", NOISE.T, RATE_HZ, subtype="FLOAT")
    [clip] = starting_at(named([tmp_path / "song.wav"]), {"song": start_s})
    if not fits:
        with pytest.raises(ValueError, match=r"0 to 2\.00 s leave it whole"):
            clip.excerpt(RATE_HZ, 10.0)
        return
    excerpt = clip.excerpt(RATE_HZ, 10.0)
    first = round(start_s * RATE_HZ)
    assert excerpt.start_s == start_s
    assert np.array_equal(excerpt.audio[:, 2000:4000], NOISE[:, first + 2000 : first + 4000])


@pytest.mark.parametrize("name", ["nobody", "piano"])
def test_a_start_of_no_recording_is_refused(tmp_path, name):
    clips = [*named([tmp_path / "song.wav"]), Clip("piano", "Piano")]
    with pytest.raises(ValueError, match="recordings here are song"):
        starting_at(clips, {name: 1.0})
