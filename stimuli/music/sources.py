"""Clips from music collections: FMA, with as many per genre as can be, and MUSDB18's mixes and stems."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from itertools import zip_longest
from pathlib import Path

from model.training.sources.base import require_folder
from model.training.sources.fma import FMA, find_tracks, read_tracks
from model.training.sources.musdb import STEMS
from stimuli.music.clips import Clip, named

CHOICES = ("mixture", *STEMS)


def fma_clips(
    folder: str | Path,
    n_clips: int,
    seed: int = 0,
    subset: str | None = None,
    genres: Collection[str] | None = None,
) -> list[Clip]:
    """Choose ``n_clips`` tracks of the Free Music Archive's dataset, the genres taking turns.

    ``folder`` holds the numbered folders of MP3 files; ``tracks.csv`` lies in or beside it, as published. Only tracks
    of a ``subset`` (small, medium, large or full) and of some ``genres`` are chosen where these are given.
    """
    folder = Path(folder)
    collection = FMA(folder, 44100, 10.0, subset=subset, genres=genres)
    genre_of = {track.track_id: track.genre for track in read_tracks(find_tracks(folder)) if track.genre}
    by_genre: dict[str, list[Path]] = {}
    for path in collection.items:
        if int(path.stem) in genre_of:
            by_genre.setdefault(genre_of[int(path.stem)], []).append(path)
    if not by_genre:
        raise ValueError(f"None of the {len(collection)} tracks in {folder} has a genre in tracks.csv.")
    chooser = random.Random(seed)
    for genre in sorted(by_genre):
        chooser.shuffle(by_genre[genre])
    turns = zip_longest(*(by_genre[genre] for genre in sorted(by_genre)))
    chosen = [path for turn in turns for path in turn if path][:n_clips]
    return [_fma_clip(path, genre_of[int(path.stem)]) for path in chosen]


def _fma_clip(path: Path, genre: str) -> Clip:
    word = "_".join("".join(letter if letter.isalnum() else " " for letter in genre.lower()).split())
    return Clip(f"{word}_{path.stem}", f"{genre}, FMA {int(path.stem)}", path)


def musdb_clips(
    folder: str | Path,
    n_clips: int,
    stem: str = "mixture",
    seed: int = 0,
    on_skipped: Callable[[str], None] | None = None,
) -> list[Clip]:
    """Choose ``n_clips`` songs of MUSDB18 (stem files) or MUSDB18-HQ (folders), as mixed or one stem of each.

    ``stem`` is ``mixture``, ``drums``, ``bass``, ``other`` or ``vocals``. ``on_skipped`` is called with a sentence on
    each song that lacks it.
    """
    if stem not in CHOICES:
        raise ValueError(f"Unknown stem {stem!r} (known: {', '.join(CHOICES)}).")
    songs = _songs(require_folder(folder, "MUSDB18's train and test"), stem, on_skipped or (lambda sentence: None))
    if not songs:
        raise ValueError(f"{folder} holds no .stem.mp4 file and no folder of stems; is it MUSDB18 or MUSDB18-HQ?")
    random.Random(seed).shuffle(songs)
    chosen = sorted(songs[:n_clips])
    clips = named([song.with_suffix("") if song.is_file() else song.with_name(f"{song.name}.stem") for song in chosen])
    return [_musdb_clip(clip, song, stem) for clip, song in zip(clips, chosen, strict=True)]


def _songs(folder: Path, stem: str, on_skipped: Callable[[str], None]) -> list[Path]:
    """The songs that have the stem, in the order of their places in the folder."""
    of_stems = {path.parent for each in CHOICES for path in folder.rglob(f"{each}.wav")}
    songs = sorted({*folder.rglob("*.stem.mp4"), *of_stems}, key=lambda song: song.relative_to(folder).as_posix())
    for song in songs:
        if song.is_dir() and not (song / f"{stem}.wav").is_file():
            on_skipped(f"{song.name} has no {stem}.wav.")
    return [song for song in songs if not song.is_dir() or (song / f"{stem}.wav").is_file()]


def _musdb_clip(clip: Clip, song: Path, stem: str) -> Clip:
    name = clip.name + ("" if stem == "mixture" else f"_{stem}")
    title = f"{clip.title}, {stem}"
    if song.is_dir():
        return Clip(name, title, song / f"{stem}.wav", within="/".join([clip.within, song.name]).strip("/"))
    return Clip(name, title, song, stream=CHOICES.index(stem), within=clip.within)
