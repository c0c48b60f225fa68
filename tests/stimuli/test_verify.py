import dataclasses
import hashlib
import json
import shutil

import numpy as np
import pytest
import soundfile as sf

from stimuli.checking.verify import verify


@pytest.fixture
def copy(small_set, tmp_path):
    """A few of the small set's files under a manifest of their own, to be damaged."""
    few = dataclasses.replace(small_set, stimuli=small_set.stimuli[:5])
    (tmp_path / "audio").mkdir()
    for stimulus in few.stimuli:
        shutil.copy(small_set.audio_path(stimulus.id), tmp_path / "audio")
    return few.save(tmp_path)


def forge(manifest, stimulus, data):
    """Put other audio in a stimulus' place, under a manifest that believes it."""
    manifest.audio_path(stimulus.id).write_bytes(data)
    changed = dataclasses.replace(stimulus, sha256=hashlib.sha256(data).hexdigest())
    rows = tuple(changed if row.id == stimulus.id else row for row in manifest.stimuli)
    dataclasses.replace(manifest, stimuli=rows).save(manifest.folder)


def test_a_fresh_set_is_whole(small_set):
    assert verify(small_set.folder) == []


def test_missing_changed_and_foreign_files_are_named(copy):
    gone, changed = copy.stimuli[0], copy.stimuli[1]
    copy.audio_path(gone.id).unlink()
    data = bytearray(copy.audio_path(changed.id).read_bytes())
    data[-1] ^= 1
    copy.audio_path(changed.id).write_bytes(data)
    (copy.folder / "audio" / "other.flac").write_bytes(b"")
    found = verify(copy.folder)
    assert len(found) == 3
    assert f"{gone.id}.flac" in found[0] and "missing" in found[0] and gone.clip in found[0]
    assert f"{changed.id}.flac" in found[1] and "SHA-256" in found[1]
    assert "other.flac is not in the manifest" in found[2]


def test_a_stimulus_that_is_too_loud_is_named(copy):
    stimulus = copy.stimuli[2]
    sound, rate_hz = sf.read(copy.audio_path(stimulus.id))
    louder = copy.folder / "louder.flac"
    sf.write(louder, sound * 10 ** (0.3 / 20), rate_hz, subtype="PCM_16")
    forge(copy, stimulus, louder.read_bytes())
    (first, second) = verify(copy.folder)
    assert "is not loudness-matched: -22.70 LUFS" in first
    assert "different sizes" in second


def test_a_stimulus_of_another_length_is_named(copy):
    stimulus = copy.stimuli[3]
    sound, rate_hz = sf.read(copy.audio_path(stimulus.id))
    sf.write(copy.folder / "short.flac", sound[:-4410], rate_hz, subtype="PCM_16")
    forge(copy, stimulus, (copy.folder / "short.flac").read_bytes())
    assert "lasts" in verify(copy.folder)[0]


def test_what_the_manifest_calls_audio_but_is_none_is_named(copy):
    forge(copy, copy.stimuli[0], np.zeros(100, np.uint8).tobytes())
    assert "cannot be played" in verify(copy.folder)[0]


def test_an_edited_manifest_is_found_even_where_its_hashes_fit_the_files(copy):
    (copy.folder / "secret").write_text("s" * 64 + "\n")
    assert verify(copy.folder) == []  # of a version that sealed no manifest
    copy.save(copy.folder, "s" * 64)
    assert verify(copy.folder) == []
    edited = dataclasses.replace(copy.stimuli[1], condition="static")
    table = json.loads((copy.folder / "manifest.json").read_text())
    table["stimuli"][1] = json.loads(json.dumps(dataclasses.asdict(edited)))
    (copy.folder / "manifest.json").write_text(json.dumps(table))
    (fault,) = verify(copy.folder)
    assert fault.startswith("manifest.json has changed since the set was built")
    (copy.folder / "secret").unlink()  # on another machine nobody can tell
    assert verify(copy.folder) == []
