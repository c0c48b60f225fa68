import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy.signal import welch

from stimuli.music import clips, score, soundfont
from study.design.parts import Name


def octave_levels_db(audio):
    frequency_hz, power = welch(audio.mean(axis=0), 44100, nperseg=8192)
    edges_hz = 44.2 * 2.0 ** np.arange(9)
    bands = [power[(frequency_hz >= low) & (frequency_hz < 2 * low)].sum() for low in edges_hz[:-1]]
    return 10 * np.log10(np.array(bands) / power.sum() + 1e-12)


@pytest.fixture(scope="module")
def sounds():
    return {clip.name: clips.built_in(clip.name) for clip in clips.built_in_clips()}


def test_there_are_ten_clips_of_eight_to_ten_seconds_in_stereo(sounds):
    assert len(sounds) == 10
    for sound in sounds.values():
        assert sound.shape[0] == 2
        assert 8 <= sound.shape[1] / 44100 <= 10
        assert np.abs(sound[:, -1]).max() < 1e-4
        assert not np.array_equal(sound[0], sound[1])


def test_every_second_of_a_clip_sounds(sounds):
    for name, sound in sounds.items():
        seconds = sound[:, : 44100 * 8].reshape(2, 8, 44100)
        level_db = 10 * np.log10((seconds**2).mean(axis=(0, 2)))
        assert level_db.min() > level_db.max() - 15, name


def test_no_two_clips_have_the_same_timbre(sounds):
    levels = {name: octave_levels_db(sound) for name, sound in sounds.items()}
    names = list(levels)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            assert np.abs(levels[one] - levels[other]).mean() > 2, (one, other)


def test_a_clip_is_played_the_same_every_time(sounds):
    clips.built_in.cache_clear()
    assert np.array_equal(clips.built_in("bass"), sounds["bass"])


@pytest.mark.parametrize(("program", "key", "frequency_hz"), [(0, 69, 440.0), (25, 57, 220.0), (40, 60, 261.63)])
def test_instruments_are_in_tune(program, key, frequency_hz):
    zones = soundfont.general_midi().zones(0, program, key, 100)
    sound = sum(soundfont.play(zone, key, 1.5)[:, :60000] for zone in zones).mean(axis=0)[6000:]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(sound.size), 1 << 20))
    near = np.arange(int(frequency_hz * 0.9 * 2**20 / 44100), int(frequency_hz * 1.1 * 2**20 / 44100))
    found_hz = near[spectrum[near].argmax()] * 44100 / 2**20
    assert abs(1200 * np.log2(found_hz / frequency_hz)) < 10  # cents


def test_the_notation_says_when_how_long_and_how_loud():
    events = score._events("C4! - E4+G4? . | % | Bb3 - - -", "a test")
    assert [(e.pitches, e.start_bars, e.length_bars, e.stress) for e in events] == [
        ([60], 0.0, 0.5, 16),
        ([64, 67], 0.5, 0.25, -22),
        ([60], 1.0, 0.5, 16),
        ([64, 67], 1.5, 0.25, -22),
        ([58], 2.0, 1.0, 0),
    ]


@pytest.mark.parametrize(("bars", "message"), [("- C4", "holds a note where none"), ("H4", "is not a note")])
def test_a_wrong_score_is_reported(bars, message):
    with pytest.raises(ValueError, match=message):
        score._events(bars, "a test")


def test_every_score_has_eight_bars_in_every_long_part():
    for name in score.names():
        ends_s = [part.notes[-1].start_s for part in score.load(name).parts]
        assert max(ends_s) < score.load(name).duration_s
        assert all(1 <= note.velocity <= 127 for part in score.load(name).parts for note in part.notes)


def test_files_of_one_name_become_two_clips(tmp_path):
    for folder in ("a", "b", "b/c", ".hidden"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "My Song!.wav").write_bytes(b"x")
    (tmp_path / "b" / "My Song!.flac").write_bytes(b"x")
    (tmp_path / "b" / "Other.flac").write_bytes(b"x")
    found = [(clip.name, clip.title, clip.source) for clip in clips.folder_clips(tmp_path)]
    assert found == [
        ("my_song", "a/My Song!", "a/My Song!.wav"),
        ("my_song_2", "My Song!.flac", "My Song!.flac"),
        ("my_song_3", "b/My Song!.wav", "b/My Song!.wav"),
        ("other", "Other", "Other.flac"),
        ("my_song_4", "c/My Song!", "c/My Song!.wav"),
    ]


def test_what_is_no_recording_by_its_name_is_counted_and_a_broken_link_is_not_passed_over(tmp_path):
    assert clips.other_files(tmp_path) is None
    for name in ("a.wav", "cover.JPG", ".hidden"):
        (tmp_path / name).write_bytes(b"x")
    assert clips.other_files(tmp_path) == "1 file is not a recording, going by the name (1 .jpg)."
    (tmp_path / "README").write_bytes(b"x")
    (tmp_path / "back.jpg").write_bytes(b"x")
    assert clips.other_files(tmp_path) == "3 files are not recordings, going by the name (2 .jpg, 1 README)."
    (tmp_path / "b.m4a").symlink_to("nowhere.m4a")
    assert [clip.name for clip in clips.folder_clips(tmp_path)] == ["a", "b"]


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("日本語", "日本語"),
        ("Cafe\u0301 del mar", "café_del_mar"),
        ("क्षि", "क्षि"),
        ("__", "clip"),
        ("a-b (live).2", "a_b_live_2"),
        ("x" * 55, "x" * 55),
        ("x" * 56, "x" * 56),
        ("x" * 57, "x" * 56),
    ],
)
def test_a_clip_has_a_name_that_a_study_file_takes(tmp_path, stem, name):
    (tmp_path / f"{stem}.wav").write_bytes(b"x")
    (clip,) = clips.folder_clips(tmp_path)
    assert clip.name == name
    assert TypeAdapter(Name).validate_python(clip.name) == name


def test_an_empty_folder_is_reported(tmp_path):
    with pytest.raises(ValueError, match="holds no WAV"):
        clips.folder_clips(tmp_path)
    with pytest.raises(ValueError, match="no folder"):
        clips.folder_clips(tmp_path / "nowhere")
