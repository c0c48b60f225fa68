"""The clips a set is made of: ten built-in ones, played from short scores, or the recordings of a folder."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import numpy as np

from stimuli.music import audio, containers, score, soundfont, synth

BUILT_IN = "built-in"
LONGEST_NAME = 56  # a study file takes 64 characters; a number or a stem may follow
_SUFFIXES = {".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".w64"}
_SUFFIXES |= containers.SUFFIXES


@dataclass(frozen=True)
class Clip:
    """Where one clip comes from: a built-in score (``path`` is None) or a recording.

    ``stream`` chooses one of the audio streams of an MP4 file, such as a stem of MUSDB18. ``start_s`` is where the
    excerpt of a recording begins; without it, the program chooses. ``within`` names the folders that tell the file
    from others of its name.
    """

    name: str
    title: str
    path: Path | None = None
    stream: int | None = None
    start_s: float | None = None
    within: str = ""

    @property
    def source(self) -> str:
        """The source as the manifest names it: the file's own name, and no more of this machine than tells it apart."""
        return (PurePosixPath(self.within) / self.path.name).as_posix() if self.path else BUILT_IN

    def excerpt(self, sample_rate_hz: int, duration_s: float) -> audio.Excerpt:
        """The part of the source that stands for it, stereo, faded at both ends, as float32 [2, samples]."""
        if self.path:
            return audio.excerpt(self._file(self.path), sample_rate_hz, duration_s, start_s=self.start_s)
        sound = audio.resample(built_in(self.name), soundfont.SAMPLE_RATE_HZ, sample_rate_hz)
        return audio.Excerpt(sound, sample_rate_hz, 0.0)

    def read(self) -> tuple[np.ndarray, int]:
        """The whole source: float32 [channels, samples] and its sample rate in Hz."""
        return audio.read(self._file(self.path)) if self.path else (built_in(self.name), soundfont.SAMPLE_RATE_HZ)

    def blocks(self) -> Iterator[tuple[np.ndarray, int]]:
        """The whole recording block by block, float32 [samples, channels], and its sample rate in Hz; no built-in."""
        return audio.blocks(self._file(self.path)) if self.path else iter(())

    def _file(self, path: Path) -> Path | BinaryIO:
        return path if self.stream is None else containers.decode(path, self.stream, audio.Limits().max_duration_s)

    def fingerprint(self) -> str:
        """A hash of what the clip is made from, so that a changed source is noticed."""
        if self.path is None:
            return hashlib.sha256((score.SCORES / f"{self.name}.toml").read_bytes()).hexdigest()
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def built_in_clips() -> list[Clip]:
    """The ten clips that come with the project, 8 to 10 s each, in the order of the default set."""
    return [Clip(name, score.load(name).title) for name in score.names()]


@cache
def built_in(name: str) -> np.ndarray:
    """A built-in clip's audio, float32 [2, samples] at 44.1 kHz, the same samples every time."""
    if name not in score.names():
        raise ValueError(f"Unknown built-in clip {name!r} (known: {', '.join(score.names())}).")
    sound = synth.render(score.load(name)).astype(np.float32)
    sound.setflags(write=False)
    return sound


def folder_clips(folder: str | Path) -> list[Clip]:
    """The recordings of a folder and of those within it, sorted by path; whether they can be read shows later.

    Raises
    ------
    ValueError
        When the folder is not there or holds no recording.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"There is no folder {folder}; name one that holds the recordings.")
    paths = sorted(path for path in _visible(folder) if path.suffix.lower() in _SUFFIXES)
    if not paths:
        raise ValueError(f"{folder} holds no WAV, FLAC, OGG, OPUS, MP3, AIFF or M4A file; a set needs one at least.")
    return named(paths)


def other_files(folder: str | Path) -> str | None:
    """The sentence about files of a folder that are no recordings by their names; None where there are none."""
    others = Counter(path.suffix.lower() or path.name for path in _visible(Path(folder)))
    others = Counter({suffix: n for suffix, n in others.items() if suffix not in _SUFFIXES})
    if not others:
        return None
    kinds = ", ".join(f"{n} {suffix}" for suffix, n in sorted(others.items()))
    files = "1 file is not a recording" if others.total() == 1 else f"{others.total()} files are not recordings"
    return f"{files}, going by the name ({kinds})."


def starting_at(clips: list[Clip], starts_s: dict[str, float]) -> list[Clip]:
    """The clips, those named with excerpts that begin where it is said.

    Raises
    ------
    ValueError
        For a name that no clip has, or the start of a built-in clip, which is taken whole.
    """
    names = {clip.name: clip for clip in clips}
    for name in starts_s:
        if name not in names or names[name].path is None:
            known = ", ".join(clip.name for clip in clips if clip.path) or "none"
            raise ValueError(f"The excerpt of {name!r} cannot be chosen: recordings here are {known}.")
    return [replace(clip, start_s=starts_s.get(clip.name, clip.start_s)) for clip in clips]


def spread(clips: list[Clip], n_clips: int | None) -> list[Clip]:
    """So many of the clips, evenly spread over them; all if there are no more."""
    if n_clips is None or n_clips >= len(clips):
        return clips
    return [clips[number * len(clips) // n_clips] for number in range(n_clips)]


def named(paths: list[Path]) -> list[Clip]:
    """Clips for files, each named after its file; a number and a folder in the title tell those of one name apart."""
    clips, taken = [], set()
    for path, (title, within) in zip(paths, _titles(paths), strict=True):
        base = _as_name(path.stem) or "clip"
        name, number = base, 2
        while name in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name)
        clips.append(Clip(name, title, path.absolute(), within=within))
    return clips


def _titles(paths: list[Path]) -> list[tuple[str, str]]:
    """For each file the shortest of its names that no other has, and the folders that this name begins with."""
    names = [[path.stem, f"{path.parent.name}/{path.stem}", *_tails(path)] for path in paths]
    counts = Counter(name for each in names for name in set(each))
    chosen = [next((name for name in each if counts[name] == 1), each[-1]) for each in names]
    return [(title, title.rpartition("/")[0]) for title in chosen]


def _tails(path: Path) -> list[str]:
    """`a.wav`, `folder/a.wav`, `above/folder/a.wav` and so on."""
    parts = path.absolute().parts
    return ["/".join(parts[-n:]) for n in range(1, len(parts))]


def _as_name(stem: str) -> str:
    """Letters, their marks and digits of any script, as a study file's names have them; `_` for what lies between."""
    lower = unicodedata.normalize("NFC", stem).lower()
    kept = "".join(letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in lower)
    return "_".join(kept.split())[:LONGEST_NAME].strip("_")


def _visible(folder: Path) -> Iterator[Path]:
    """The files of a folder, links that lead nowhere included: whoever reads those says so."""
    for path in folder.rglob("*"):
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not is_hidden and (path.is_file() or path.is_symlink()) and not path.is_dir():
            yield path
