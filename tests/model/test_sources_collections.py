"""FMA and MUSDB18 in their published layouts; one real stem file comes with the package stempeg."""

import importlib.util
import shutil
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from model.training.sources import FMA, MUSDB
from model.training.sources.fma import read_tracks
from model.training.sources.musdb import read_stems, stem_gains
from tests.model.test_sources import RATE, draws, peak_hz, tone

TRACKS = {2: ("small", "Hip-Hop", 300), 5: ("small", "Rock", 400), 1010: ("medium", "Rock", 500), 20_003: ("", "", 600)}


@pytest.fixture
def fma(tmp_path):
    """Four tracks of FMA in its layout, with columns, a quoted line break and a file that is no track."""
    rows = [
        ",album,album,set,set,track,track",
        ",comments,information,split,subset,genre_top,title",
        "track_id,,,,,,",
        *(
            f'{number},0,"two\nlines{"!" * 140_000}",training,{subset},{genre},T'
            for number, (subset, genre, _) in TRACKS.items()
        ),
    ]
    (tmp_path / "fma_metadata").mkdir()
    (tmp_path / "fma_metadata" / "tracks.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    for number, (_, _, frequency_hz) in TRACKS.items():
        folder = tmp_path / "fma_full" / f"{number:06d}"[:3]
        folder.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / f"{number:06d}.mp3", tone(frequency_hz), RATE, format="MP3")
    soundfile.write(tmp_path / "fma_full" / "jingle.mp3", tone(900), RATE, format="MP3")
    return tmp_path


@pytest.mark.parametrize(
    ("choice", "heard"),
    [
        ({}, {300, 400, 500, 600}),
        ({"subset": "small"}, {300, 400}),
        ({"subset": "medium"}, {300, 400, 500}),
        ({"genres": ["Rock"]}, {400, 500}),
        ({"subset": "small", "genres": "Rock"}, {400}),
    ],
)
def test_fma_is_chosen_by_subset_and_genre(fma, choice, heard):
    excerpts = draws(FMA(fma / "fma_full", RATE, 1.0, **choice), 30)
    assert {round(peak_hz(audio), -2) for audio in excerpts} == heard


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"subset": "tiny"}, "'tiny', not one of small, medium, large, full"),
        ({"genres": ["Polka"]}, "'Polka' is not in tracks.csv, which has Hip-Hop, Rock"),
    ],
)
def test_an_unknown_subset_or_genre_is_reported(fma, choice, words):
    with pytest.raises(ValueError, match=words):
        FMA(fma, RATE, 1.0, **choice)


def test_a_folder_without_fmas_layout_says_what_was_looked_for(fma):
    soundfile.write(fma / "fma_metadata" / "000002.mp3", tone(300), RATE, format="MP3")
    with pytest.raises(ValueError, match=r"holds 1 files of audio, none where FMA has its tracks .*000002.mp3"):
        FMA(fma / "fma_metadata", RATE, 1.0)


def test_a_table_that_is_not_fmas_is_reported(fma):
    table = fma / "fma_metadata" / "tracks.csv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join(lines[:2] + lines[3:]))
    with pytest.raises(ValueError, match=r"line 3 starts with .*three rows"):
        read_tracks(table)
    table.write_text("id,genre\n1,Rock\n")
    with pytest.raises(ValueError, match="is it FMA's"):
        read_tracks(table)
    table.unlink()
    with pytest.raises(ValueError, match=r"needs FMA's tracks\.csv"):
        FMA(fma, RATE, 1.0, subset="small")


@pytest.fixture(scope="module")
def stem_file() -> Path:
    """The real song that stempeg ships: six seconds, five streams."""
    package = importlib.util.find_spec("stempeg").submodule_search_locations[0]
    return next(Path(package).rglob("*.stem.mp4"))


def decode_whole(file: Path, stream: int) -> np.ndarray:
    with av.open(str(file)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=stream)], axis=1)


def test_the_stems_of_a_real_song_add_up_to_its_mixture(stem_file):
    stems, rate = read_stems(stem_file, 2.0, 2.0)
    assert stems.shape == (4, 2 * RATE, 2) and rate == RATE
    mixture = decode_whole(stem_file, 0)[:, 2 * RATE : 4 * RATE]
    rest = stems.sum(axis=0).T - mixture
    # The streams are coded one by one, so that their sum is near the mixture's but not the same.
    assert np.sqrt(np.mean(rest**2)) < 0.1 * np.sqrt(np.mean(mixture**2))


@pytest.mark.parametrize("start_s", [0.0, 1.3, 4.0])
def test_seeking_gives_the_samples_of_the_whole_file(stem_file, start_s):
    stems, _ = read_stems(stem_file, start_s, 1.0)
    first = round(start_s * RATE)
    for index in range(4):
        np.testing.assert_allclose(
            stems[index].T, decode_whole(stem_file, index + 1)[:, first : first + RATE], atol=1e-4
        )


def write_one_stream(file: Path) -> None:
    with av.open(str(file), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=RATE)
        for _ in range(9):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), dtype=np.float32), "fltp", "mono")
            frame.sample_rate = RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def test_musdb_remixes_and_skips_a_damaged_song(stem_file, tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "test").mkdir()
    shutil.copy(stem_file, tmp_path / "train")
    content = stem_file.read_bytes()
    (tmp_path / "train" / "damaged.stem.mp4").write_bytes(content[: len(content) // 3])
    write_one_stream(tmp_path / "train" / "plain.stem.mp4")
    shutil.copy(stem_file, tmp_path / "test" / "other.stem.mp4")
    source = MUSDB(tmp_path, 22_050, 1.0, split="train")
    excerpts = draws(source, 12)
    assert {audio.shape for audio in excerpts} == {(2, 22_050)}
    reasons = {Path(path).name: reason for path, reason in source.skipped.items()}
    assert set(reasons) == {"damaged.stem.mp4", "plain.stem.mp4"}
    assert "1 audio streams" in reasons["plain.stem.mp4"]
    assert len(MUSDB(tmp_path, 22_050, 1.0)) == 4


def test_musdb_hq_reads_the_folders_of_wav_stems(tmp_path):
    song = tmp_path / "train" / "Somebody - Something"
    song.mkdir(parents=True)
    for index, stem in enumerate(("drums", "bass", "other", "vocals")):
        soundfile.write(song / f"{stem}.wav", tone(200 * (index + 1)), RATE)
    soundfile.write(song / "mixture.wav", sum(tone(200 * (index + 1)) for index in range(4)) / 4, RATE)
    whole = MUSDB(tmp_path, RATE, 1.0, remix=False).excerpt(np.random.default_rng(0))
    spectrum = np.abs(np.fft.rfft(whole[0])) / RATE * 2
    np.testing.assert_allclose(spectrum[[200, 400, 600, 800]], 0.3, atol=0.01)
    spectra = (np.abs(np.fft.rfft(audio[0])) for audio in draws(MUSDB(tmp_path, RATE, 1.0), 5))
    levels = {tuple(np.round(spectrum[[200, 400, 600, 800]])) for spectrum in spectra}
    assert len(levels) == 5


def test_stems_are_mixed_across_songs_too(tmp_path):
    for song in range(2):
        folder = tmp_path / "train" / str(song)
        folder.mkdir(parents=True)
        for index, stem in enumerate(("drums", "bass", "other", "vocals")):
            soundfile.write(folder / f"{stem}.wav", tone(200 * (index + 1) + 2000 * song), RATE)
    powers = [np.abs(np.fft.rfft(audio[0])) ** 2 for audio in draws(MUSDB(tmp_path, RATE, 1.0), 20)]
    of_both = [min(power[:1000].max(), power[2000:3000].max()) > 1e4 for power in powers]
    assert 1 <= sum(of_both) <= 12, of_both


def test_at_least_one_stem_always_plays():
    gains = np.array([stem_gains(np.random.default_rng(seed)) for seed in range(500)])
    assert (gains.max(axis=1) > 0).all() and (gains == 0).any()
    assert gains.max() <= 10 ** (3 / 20)


def test_a_folder_that_is_not_musdb_is_reported(tmp_path):
    with pytest.raises(ValueError, match="is it MUSDB18 or MUSDB18-HQ"):
        MUSDB(tmp_path, RATE, 1.0)
    with pytest.raises(ValueError, match="split is 'dev'"):
        MUSDB(tmp_path, RATE, 1.0, split="dev")


def test_columns_are_found_though_a_row_of_names_ends_early(fma):
    table = fma / "fma_metadata" / "tracks.csv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join([lines[0] + ",track", *lines[1:]]) + "\n")
    assert [track.genre for track in read_tracks(table)][:2] == ["Hip-Hop", "Rock"]
