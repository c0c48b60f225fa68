"""A stimulus set is what its manifest says, or the study does not start; a file that changes is noticed when met."""

import os
import shutil

import pytest

from study.design.stimuli import StimulusSet
from study.sessions.running import RunningStudy


@pytest.fixture
def folder(tmp_path, noises):
    return shutil.copytree(noises, tmp_path / "set")


def sounds_of(folder):
    return sorted((folder / "audio").iterdir())


def damage(path):
    """One bit is another; size and time stay."""
    state, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_a_damaged_set_stops_the_start_and_its_files_are_named(tmp_path, folder):
    flipped, short, gone = sounds_of(folder)[:3]
    damage(flipped)
    short.write_bytes(short.read_bytes()[:-1])
    gone.unlink()
    with pytest.raises(ValueError, match=r"is damaged: of its \d+ files, 3 are not as the manifest says") as raised:
        RunningStudy.open(f"sqlite:///{tmp_path}/study.sqlite", None, folder)
    said = str(raised.value)
    assert f"{flipped.name} (damaged)" in said and f"{short.name} (damaged)" in said and "\n" not in said
    assert f"{gone.name} (missing)" in said and sounds_of(folder)[5].name not in said


def test_a_study_that_runs_is_not_started_again_on_a_damaged_set(tmp_path, folder):
    RunningStudy.open(f"sqlite:///{tmp_path}/study.sqlite", None, folder).close()
    damage(sounds_of(folder)[7])
    with pytest.raises(ValueError, match="1 are not as the manifest says"):
        RunningStudy.open(f"sqlite:///{tmp_path}/study.sqlite", None, folder)


@pytest.mark.parametrize(("n_gone", "said"), [(19, None), (20, None), (21, " and 1 more;")])
def test_twenty_names_are_enough(folder, n_gone, said):
    for path in sounds_of(folder)[:n_gone]:
        path.unlink()
    with pytest.raises(ValueError, match="is damaged") as raised:
        StimulusSet.load(folder).files.check()
    assert str(raised.value).count("(missing)") == min(n_gone, 20)
    assert (" more;" in str(raised.value)) is (said is not None) and (said or "") in str(raised.value)


def test_a_file_that_goes_and_comes_back_or_is_replaced_is_noticed(folder):
    files = StimulusSet.load(folder).files
    files.check()
    path = sounds_of(folder)[0]
    content, time = path.read_bytes(), path.stat().st_mtime_ns
    path.unlink()
    assert files.faulty() == [path.stem] and not files.intact(path.stem)
    path.write_bytes(content[:-1] + b"?")
    os.utime(path, ns=(time + 1, time + 1))
    assert files.faulty() == [path.stem]
    path.write_bytes(content)
    assert files.faulty() == [] and files.intact(path.stem)


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ('{"name": "App", "icons": []}', "is no stimulus set's manifest: it holds 'name', 'icons', and a set's has"),
        ("[1]", "it holds a list, and"),
        ("{}", "it holds nothing, and"),
        ('{"stimuli": []}', r"is damaged \(it has no stimuli\)"),
        ("{", "is damaged"),
    ],
)
def test_a_manifest_of_another_kind_is_told_from_a_damaged_one(tmp_path, text, reported):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ValueError, match=reported) as raised:
        StimulusSet.load(tmp_path)
    assert str(raised.value).endswith(".") and "\n" not in str(raised.value)
