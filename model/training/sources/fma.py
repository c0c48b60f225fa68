"""FMA, the Free Music Archive's data set (Defferrard et al., ISMIR 2017), in its published layout.

Audio lies in ``fma_small/000/000002.mp3`` (track 2); ``fma_metadata/tracks.csv`` has a header of three rows: groups
(album, artist, set, track), names (subset, split, genre_top, ...) and the index's name (track_id).
"""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from model.training.sources.base import require_folder
from model.training.sources.folder import Folder, audio_files

# Each subset holds those before it; a track carries the name of the smallest it is in.
SUBSETS = ("small", "medium", "large", "full")
# Its texts of albums and artists may pass the csv module's usual limit of 131072 characters.
_LONGEST_CELL = 2**24


@dataclass(frozen=True)
class Track:
    """One row of tracks.csv: the id, the smallest subset that holds it, its top genre (may be empty)."""

    track_id: int
    subset: str
    genre: str


class FMA(Folder):
    """Excerpts of FMA's tracks, all or those of a subset and of genres.

    Parameters
    ----------
    path : path
        The folder of the numbered folders, like ``fma_small``, or the one above it.
    sample_rate : int, Hz
    duration_s : float
    subset : str, optional
        "small", "medium", "large" or "full"; needs tracks.csv.
    genres : collection of str, optional
        Names of top genres, like "Rock"; needs tracks.csv.
    tracks_csv : path, optional
        By default looked for in ``fma_metadata`` in and beside ``path``.
    """

    def __init__(
        self,
        path: str | Path,
        sample_rate: int,
        duration_s: float,
        subset: str | None = None,
        genres: Collection[str] | None = None,
        tracks_csv: str | Path | None = None,
    ):
        path = require_folder(path, "FMA's audio, like fma_small")
        wanted = None
        if subset is not None or genres is not None:
            tracks = read_tracks(find_tracks(path) if tracks_csv is None else Path(tracks_csv))
            wanted = {track.track_id for track in _choose(tracks, subset, genres)}
        found = audio_files(path)
        if not any(_is_track(file, None) for file in found):
            raise ValueError(
                f"{path} holds {len(found)} files of audio, none where FMA has its tracks "
                f"({path / '000' / '000002.mp3'} for track 2): give the folder of the numbered folders, like "
                "fma_small, or the one above it."
            )
        super().__init__(path, sample_rate, duration_s, lambda file: _is_track(file, wanted))


def read_tracks(path: Path) -> list[Track]:
    """Read FMA's tracks.csv.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If the file has no three-row header or a track's id is not a number, naming the line.
    """
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        groups, names, index = (next(reader, []) for _ in range(3))
        columns = list(zip(groups, names, strict=False))
        try:
            subset, genre = columns.index(("set", "subset")), columns.index(("track", "genre_top"))
        except ValueError:
            raise ValueError(f"{path} has no columns (set, subset) and (track, genre_top): is it FMA's?") from None
        if index[:1] != ["track_id"]:
            raise ValueError(f"{path}, line 3 starts with {index[:1]}, expected track_id: FMA's header has three rows.")
        return [_track(row, subset, genre, reader.line_num, path) for row in reader if row]


def _track(row: list[str], subset: int, genre: int, line: int, path: Path) -> Track:
    if len(row) <= max(subset, genre) or not row[0].isdecimal():
        raise ValueError(f"{path}, line {line}: the row of track {row[0]!r} cannot be read: is the file cut short?")
    return Track(int(row[0]), row[subset] or "full", row[genre])


def find_tracks(path: Path) -> Path:
    """Return where tracks.csv lies in or beside FMA's folder."""
    places = [place / "fma_metadata" / "tracks.csv" for place in (path, path.parent)]
    for place in (*places, path / "tracks.csv"):
        if place.is_file():
            return place
    raise ValueError(f"{places[0]} and {places[1]} are not there: a subset or genre needs FMA's tracks.csv.")


def _choose(tracks: list[Track], subset: str | None, genres: Collection[str] | None) -> list[Track]:
    if subset is not None and subset not in SUBSETS:
        raise ValueError(f"The FMA subset is {subset!r}, not one of {', '.join(SUBSETS)}.")
    genres = [genres] if isinstance(genres, str) else genres
    known = {track.genre for track in tracks} - {""}
    for genre in genres or ():
        if genre not in known:
            raise ValueError(f"The genre {genre!r} is not in tracks.csv, which has {', '.join(sorted(known))}.")
    held = SUBSETS[: SUBSETS.index(subset) + 1] if subset else SUBSETS
    return [track for track in tracks if track.subset in held and (genres is None or track.genre in genres)]


def _is_track(file: Path, wanted: set[int] | None) -> bool:
    numbered = file.stem.isdecimal() and len(file.stem) == 6 and file.parent.name == file.stem[:3]
    return numbered and file.suffix.lower() == ".mp3" and (wanted is None or int(file.stem) in wanted)
