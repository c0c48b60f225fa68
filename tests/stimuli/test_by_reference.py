"""Conditions by reference: which file counts for which clip, and a set that is built with them."""

import numpy as np
import pytest
import soundfile as sf

from model import EQParams
from stimuli.build import build
from stimuli.music.clips import Clip
from stimuli.rendering.conditions import condition, split_conditions

RATE_HZ = 44100
DARK = EQParams.from_safe([0, 200, 0, 500, 1, 0, 2000, 1, 0, 4000, 1, -10, 3000])


@pytest.fixture
def music(tmp_path):
    noise = np.random.default_rng(0).standard_normal((2, 3 * RATE_HZ)).astype(np.float32) * 0.05
    sf.write(tmp_path / "song.wav", noise.T, RATE_HZ, subtype="FLOAT")
    references = tmp_path / "references"
    references.mkdir()
    other = np.random.default_rng(1).standard_normal((2, 3 * RATE_HZ)).astype(np.float32) * 0.05
    sf.write(references / "warm.wav", DARK.apply(other, RATE_HZ).T, RATE_HZ, subtype="FLOAT")
    sf.write(references / "bright.wav", DARK.scaled(-1).apply(other, RATE_HZ).T, RATE_HZ, subtype="FLOAT")
    return tmp_path


def test_the_nearest_name_is_the_reference(music):
    folder = music / "references"
    for name in ("song", "song_warm"):
        (folder / f"{name}.wav").write_bytes((folder / "warm.wav").read_bytes())
    matched = condition(f"match:{folder}").treatment
    assert matched.find("song", "warm").name == "song_warm.wav"
    assert matched.find("song", "bright").name == "song.wav"
    assert matched.find("other", "bright").name == "bright.wav"
    with pytest.raises(ValueError, match="no reference for other and airy"):
        matched.find("other", "airy")


@pytest.mark.parametrize(("kind", "tolerance_db"), [("match", 1.5), ("reference", 6.0)])
def test_a_set_is_built_by_reference_and_its_eq_is_in_the_manifest(music, kind, tolerance_db):
    clips = [Clip("song", "Song", music / "song.wav")]
    specification = f"{kind}:{music / 'references'}"
    made = build(music / "set", clips, ("original", specification), ("warm", "bright"), workers=1)
    assert made.conditions == ["original", kind]
    for row in made.stimuli:
        if row.condition == kind:
            middle, treble = EQParams.from_safe(row.parameters).response([200.0, 8000.0], RATE_HZ)
            assert treble - middle == pytest.approx(-10 if row.descriptor == "warm" else 10, abs=tolerance_db)
            assert (row.model_hash is None) == (kind == "match")


def test_an_exchanged_reference_is_noticed(music):
    place = music / "references" / "warm.wav"
    one, folder = (condition(f"match:{each}").treatment.fingerprint for each in (place, place.parent))
    condition.cache_clear()
    place.write_bytes((place.parent / "bright.wav").read_bytes())
    again = [condition(f"match:{each}").treatment.fingerprint for each in (place, place.parent)]
    assert len({one, folder, *again}) == 4


def test_a_place_that_is_not_there_is_refused_and_lists_part_before_it(music):
    with pytest.raises(ValueError, match=r"There is no file or folder .*nowhere"):
        condition(f"match:{music}/nowhere")
    assert split_conditions("original,match:/a b.wav,near=match:/c") == ["original", "match:/a b.wav", "near=match:/c"]
