import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from typer.testing import CliRunner

from app.cli import cli
from stimuli.manifest import Manifest
from stimuli.music import audio, containers
from stimuli.music.sources import fma_clips, musdb_clips

RATE_HZ = 22050


@pytest.fixture(scope="module")
def fma(tmp_path_factory):
    """A collection in FMA's layout: six tracks of Rock, two of Hip-Hop, one without a genre."""
    root = tmp_path_factory.mktemp("fma")
    genres = {2: "Rock", 5: "Rock", 10: "Rock", 140: "Rock", 141: "Rock", 1482: "Rock"}
    genres |= {1001: "Hip-Hop", 1002: "Hip-Hop", 3000: ""}
    rng = np.random.default_rng(0)
    for track in genres:
        path = root / "fma_small" / f"{track:06}"[:3] / f"{track:06}.mp3"
        path.parent.mkdir(parents=True, exist_ok=True)
        sf.write(path, rng.standard_normal(3 * RATE_HZ) * 0.1, RATE_HZ)
    (root / "fma_metadata").mkdir()
    with (root / "fma_metadata" / "tracks.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerows([["", "set", "track"], ["", "subset", "genre_top"], ["track_id", "", ""]])
        rows.writerows([[track, "small", genre] for track, genre in genres.items()])
    return root / "fma_small"


def test_genres_take_turns(fma):
    clips = fma_clips(fma, 5)
    assert [clip.title.split(",")[0] for clip in clips] == ["Hip-Hop", "Rock", "Hip-Hop", "Rock", "Rock"]
    assert clips == fma_clips(fma, 5) and clips != fma_clips(fma, 5, seed=1)
    assert clips[0].name.startswith("hip_hop_00")
    assert clips[0].excerpt(44100, 2.5).audio.shape == (2, round(2.5 * 44100))


def test_subset_and_genres_are_chosen_from_the_command_line(fma, tmp_path):
    chosen = ["--fma", str(fma), "--subset", "small", "--genres", "Hip-Hop", "--max-clips", "1", "--seconds", "2"]
    fast = ["--conditions", "original", "--descriptors", "warm", "--workers", "1", "--out", str(tmp_path / "set")]
    reported = CliRunner().invoke(cli, ["stimuli", "build", *chosen, *fast])
    assert reported.exit_code == 0, reported.output
    (clip,) = Manifest.load(tmp_path / "set").clips
    assert clip.title.startswith("Hip-Hop, FMA 100")
    with pytest.raises(ValueError, match=r"'Polka' is not in tracks\.csv, which has Hip-Hop, Rock"):
        fma_clips(fma, 1, genres=["Polka"])


@pytest.fixture
def stem_file():
    return Path(importlib.util.find_spec("stempeg").origin).parent / "data" / "The Easton Ellises - Falcon 69.stem.mp4"


def test_mixes_and_stems_of_musdb_are_read(stem_file):
    (mix,) = musdb_clips(stem_file.parent, 1)
    (drums,) = musdb_clips(stem_file.parent, 1, stem="drums")
    assert drums.name == f"{mix.name}_drums" and drums.title.endswith("drums")
    whole = [audio.read(containers.decode(stem_file, stream, 1800))[0] for stream in range(5)]
    n_samples = min(part.shape[1] for part in whole)
    mixture, *stems = (part[:, :n_samples] for part in whole)
    assert np.corrcoef(mixture[0], sum(stems)[0])[0, 1] > 0.95
    assert drums.excerpt(44100, 2).audio.shape == (2, 88200)


def test_musdb_hq_has_a_wav_file_per_part(tmp_path):
    for part in ("mixture", "drums", "bass", "other", "vocals"):
        (tmp_path / "test" / "A - B").mkdir(parents=True, exist_ok=True)
        sf.write(tmp_path / "test" / "A - B" / f"{part}.wav", np.zeros(100), RATE_HZ)
    (tmp_path / "test" / "M.E.R.C. - Knock").mkdir()
    sf.write(tmp_path / "test" / "M.E.R.C. - Knock" / "drums.wav", np.zeros(100), RATE_HZ)
    skipped = []
    (clip,) = musdb_clips(tmp_path, 3, stem="vocals", on_skipped=skipped.append)
    assert (clip.name, clip.title, clip.source) == ("a_b_vocals", "A - B, vocals", "A - B/vocals.wav")
    assert skipped == ["M.E.R.C. - Knock has no vocals.wav."]
    drums = musdb_clips(tmp_path, 3, stem="drums")
    assert [(each.name, each.title) for each in drums] == [
        ("a_b_drums", "A - B, drums"),
        ("m_e_r_c_knock_drums", "M.E.R.C. - Knock, drums"),
    ]


def test_a_stream_that_is_not_there_is_named(stem_file, tmp_path):
    with pytest.raises(ValueError, match="no audio stream 9"):
        containers.decode(stem_file, 8, 1800)
    (tmp_path / "song.stem.mp4").write_bytes(b"nonsense" * 100)
    with pytest.raises(ValueError, match=r"song\.stem\.mp4 cannot be read"):
        containers.decode(tmp_path / "song.stem.mp4", 0, 1800)
    with pytest.raises(ValueError, match="Unknown stem 'piano'"):
        musdb_clips(stem_file.parent, 1, stem="piano")
    with pytest.raises(ValueError, match=r"no \.stem\.mp4"):
        musdb_clips(_empty(tmp_path), 1)


def _empty(folder):
    (folder / "empty").mkdir()
    return folder / "empty"
