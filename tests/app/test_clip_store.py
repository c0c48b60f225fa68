"""How many clips the playground keeps, how long, and under which names it finds them."""

import os
from types import SimpleNamespace

import pytest

from app.playground import store
from app.playground.store import ClipStore, UnknownClip

NOW = 1_800_000_000.0


@pytest.fixture
def clips(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "time", SimpleNamespace(time=lambda: NOW))
    return ClipStore(tmp_path / "clips")


def put(clips, age_s=0.0):
    """A clip of this age; a new one makes room first."""
    token, path = clips.new()
    path.write_bytes(b"fLaC")
    os.utime(path, (NOW - age_s, NOW - age_s))
    return token


@pytest.mark.parametrize(("age_s", "is_kept"), [(0, True), (3599, True), (3600, False), (3601, False)])
def test_a_clip_is_kept_for_an_hour(clips, age_s, is_kept):
    token = put(clips, age_s)
    clips.new()
    assert clips.has(token) is is_kept
    if is_kept:
        assert clips.path(token).parent == clips.folder
    else:
        with pytest.raises(UnknownClip, match="no longer here"):
            clips.path(token)


@pytest.mark.parametrize(("n", "oldest_is_kept"), [(199, True), (200, False)])
def test_with_a_new_one_there_are_two_hundred_at_most(clips, n, oldest_is_kept):
    for number in range(n):
        path = clips.folder / f"{number}.flac"
        path.write_bytes(b"")
        os.utime(path, (NOW - 1000 + number, NOW - 1000 + number))
    put(clips)
    assert clips.has("0") is oldest_is_kept and clips.has("1")
    assert len(list(clips.folder.iterdir())) == 200


@pytest.mark.parametrize("token", ["", "a" * 21, "a" * 23, "../" + "a" * 19, "é" * 22, "a" * 21 + "/", "a" * 21 + "."])
def test_what_is_no_token_is_no_path(clips, token):
    with pytest.raises(UnknownClip, match="There is no such clip"):
        clips.path(token)


def test_nobody_else_of_the_machine_looks_into_the_folder(clips):
    assert clips.folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_its_own_is_deleted_and_another_stays(clips):
    own = ClipStore()
    put(own)
    for each in (own, clips):
        each.close()
    assert not own.folder.exists() and clips.folder.exists()
