import csv
import io
import json

import pytest

from stimuli.manifest import PARAMETER_NAMES, ClipInfo, Manifest, Stimulus, opaque_id


def example() -> Manifest:
    row = Stimulus(
        opaque_id(3, "piano"), "stimulus", "piano", "flow", "warm", tuple(range(13)), -23.0, -6.5, "ab" * 32, 9.6,
        baseline_score=0.25, model_hash="c0ffee", excerpt=(0.0, 9.6),
    )  # fmt: skip
    check = Stimulus(opaque_id(3, "h"), "headphones", None, None, None, None, None, -12.0, "cd" * 32, 3.9, expected=2)
    return Manifest("set", 44100, -23.0, "c0ffee", 3, (ClipInfo("piano", "Piano", "built-in", 0, 9.6),), (row, check))


def test_a_manifest_survives_the_way_to_disk_and_back(tmp_path):
    saved = example().save(tmp_path)
    assert Manifest.load(tmp_path) == saved == example()
    assert Manifest.load(tmp_path).audio_path(saved.stimuli[0].id) == tmp_path / "audio" / f"{saved.stimuli[0].id}.flac"


def test_a_set_made_by_an_earlier_version_is_read_with_one_line_of_notice(tmp_path):
    example().save(tmp_path)
    path = tmp_path / "manifest.json"
    path.write_text(path.read_text().replace("baseline_score", "already_so"))
    with pytest.warns(FutureWarning, match=r"already_so is now baseline_score\.$") as notices:
        assert Manifest.load(tmp_path) == example()
    assert len(notices) == 1


def test_the_csv_has_a_column_for_each_parameter(tmp_path):
    example().save(tmp_path)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "manifest.csv").read_text())))
    assert [float(rows[0][name]) for name in PARAMETER_NAMES] == list(range(13))
    assert (rows[0]["condition"], rows[0]["lufs"], rows[0]["excerpt_end_s"]) == ("flow", "-23.0", "9.6")
    assert (rows[1]["expected"], rows[1]["condition"]) == ("2", "")


def test_what_is_not_a_set_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"no manifest\.json"):
        Manifest.load(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ValueError, match="damaged"):
        Manifest.load(tmp_path)
    (tmp_path / "manifest.json").write_text('{"format": 99}')
    with pytest.raises(ValueError, match="another version"):
        Manifest.load(tmp_path)
    for text, held in {'{"name": "App", "icons": []}': "'name', 'icons'", "[1]": "a list", "{}": "nothing"}.items():
        (tmp_path / "manifest.json").write_text(text)
        with pytest.raises(ValueError, match=f"is no stimulus set's manifest: it holds {held}, and"):
            Manifest.load(tmp_path)


@pytest.mark.parametrize("change", [{"kind": "song"}, {"id": "../../etc/passwd"}, {"colour": "red"}])
def test_a_tampered_row_is_refused(tmp_path, change):
    example().save(tmp_path)
    table = json.loads((tmp_path / "manifest.json").read_text())
    table["stimuli"][0] |= change
    (tmp_path / "manifest.json").write_text(json.dumps(table))
    with pytest.raises(ValueError, match="build the set again"):
        Manifest.load(tmp_path)


def test_only_ids_of_the_set_have_a_file(tmp_path):
    with pytest.raises(ValueError, match="no stimulus"):
        example().save(tmp_path).audio_path("../manifest")
