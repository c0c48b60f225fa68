"""A stimulus set on disk: `manifest.json`, the same stimuli as `manifest.csv` for people, and `audio/<id>.flac`.

The manifest is written last, so a folder without one is not a set, however many files it holds. Loudness is in LUFS
and true peaks in dBTP (ITU-R BS.1770), both measured before dither. The 13 parameters stand in the order
of a SAFE-DB row: low shelf, three peaks, high shelf.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import hmac
import io
import json
import os
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT = 1
SECRET_FILE = "secret"
"""In the set's folder, for its owner only: what dither and seal are made with."""
FORMER_NAMES = {"already_so": "baseline_score"}
"""Members of a stimulus by the names that they had in sets made by version 0.1."""
GENERATED_KINDS = ("headphones", "huggins", "audible_check", "level", "anchor", "probe")
KINDS = ("stimulus", *GENERATED_KINDS)
PARAMETER_NAMES = (
    "low_shelf_gain_db",
    "low_shelf_hz",
    *(f"peak_{band}_{what}" for band in (1, 2, 3) for what in ("gain_db", "hz", "q")),
    "high_shelf_gain_db",
    "high_shelf_hz",
)


@dataclass(frozen=True)
class ClipInfo:
    """Where a clip comes from: ``start_s`` and ``duration_s`` are the excerpt's place in its source.

    ``source_sha256`` is the hash of the source's file; sets of earlier versions have none.
    """

    clip: str
    title: str
    source: str
    start_s: float
    duration_s: float
    limited_db: float = 0.0
    source_sha256: str | None = None


@dataclass(frozen=True)
class Stimulus:
    """One audio file of a set.

    ``kind`` is ``stimulus`` (one clip under one condition for one descriptor) or one of `GENERATED_KINDS`; of these
    ``headphones``, ``huggins`` and ``audible_check`` carry the right answer in ``expected``. ``baseline_score`` is
    how much the source clip sounds like the descriptor before any EQ.
    """

    id: str
    kind: str
    clip: str | None
    condition: str | None
    descriptor: str | None
    parameters: tuple[float, ...] | None
    lufs: float | None
    dbtp: float
    sha256: str
    duration_s: float
    baseline_score: float | None = None
    expected: int | None = None
    model_hash: str | None = None
    excerpt: tuple[float, float] | None = None


@dataclass(frozen=True)
class Manifest:
    """A stimulus set's contents; ``folder`` is where it was loaded from or saved to."""

    name: str
    sample_rate_hz: int
    loudness_lufs: float
    model_hash: str | None
    seed: int
    clips: tuple[ClipInfo, ...]
    stimuli: tuple[Stimulus, ...]
    recipe: str | None = None
    folder: Path | None = field(default=None, compare=False)

    @classmethod
    def load(cls, folder: str | Path) -> Manifest:
        """Read the set in ``folder``.

        Raises
        ------
        ValueError
            When there is no manifest, or it is damaged or of another version of this program; in one sentence.
        """
        path = Path(folder) / "manifest.json"
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ValueError(
                f"No stimulus set in {folder}: it has no manifest.json; make one with `semantic-eq stimuli build`."
            ) from None
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} is damaged ({error}); build the set again.") from None
        return cls._from_table(table, path)

    @classmethod
    def _from_table(cls, table: Any, path: Path) -> Manifest:
        if not isinstance(table, dict) or not {"format", "stimuli"} & set(table):
            held = ", ".join(map(repr, list(table)[:4])) if isinstance(table, dict) else f"a {type(table).__name__}"
            raise ValueError(
                f"{path} is no stimulus set's manifest: it holds {held or 'nothing'}, and a set's has 'format' and "
                "'stimuli'; name the folder that `semantic-eq stimuli build` made."
            )
        if (found := table.get("format")) != FORMAT:
            raise ValueError(f"{path} has format {found}, not {FORMAT}, so another version wrote it; build again.")
        if former := sorted({key for row in table.get("stimuli", ()) for key in row if key in FORMER_NAMES}):
            now = ", ".join(f"{name} is now {FORMER_NAMES[name]}" for name in former)
            warnings.warn(f"{path} has columns by their former names, which still work: {now}.", FutureWarning, 3)
        try:
            return cls(
                clips=tuple(ClipInfo(**clip) for clip in table["clips"]),
                stimuli=tuple(_stimulus(row) for row in table["stimuli"]),
                folder=path.parent,
                **{key: table[key] for key in _HEADER},
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path} lacks or adds to what a set needs ({error}); build the set again.") from None

    def save(self, folder: str | Path, secret: str | None = None) -> Manifest:
        """Write `manifest.csv`, then `manifest.json`, each whole or not at all; returns the set as saved there.

        With the set's ``secret`` the manifest is sealed: who does not have it cannot change it unnoticed.
        """
        folder = Path(folder)
        write_whole(folder / "manifest.csv", self.to_csv().encode())
        write_whole(folder / "manifest.json", self.to_json(secret).encode())
        return dataclasses.replace(self, folder=folder)

    def to_json(self, secret: str | None = None) -> str:
        """The manifest as JSON text, sealed where a secret is given."""
        table: dict[str, Any] = {"format": FORMAT} | {key: getattr(self, key) for key in _HEADER}
        table["clips"] = [dataclasses.asdict(clip) for clip in self.clips]
        table["stimuli"] = [dataclasses.asdict(stimulus) for stimulus in self.stimuli]
        if secret:
            table["seal"] = _seal(table, secret)
        return json.dumps(table, indent=1, ensure_ascii=False) + "\n"

    def seal_is_broken(self) -> bool:
        """Whether `manifest.json` was changed after it was sealed.

        Without the set's secret, and in sets of versions that sealed none, nobody can tell: False.
        """
        secret = self.place / SECRET_FILE
        table = json.loads((self.place / "manifest.json").read_text(encoding="utf-8"))
        if not secret.is_file() or not (seal := table.pop("seal", None)):
            return False
        return not hmac.compare_digest(str(seal), _seal(table, secret.read_text(encoding="utf-8").strip()))

    def to_csv(self) -> str:
        """The stimuli as a table, one row each, the 13 parameters and the excerpt in columns of their own."""
        names = [f.name for f in dataclasses.fields(Stimulus) if f.name not in ("parameters", "excerpt")]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*names, "excerpt_start_s", "excerpt_end_s", *PARAMETER_NAMES])
        for row in self.stimuli:
            excerpt = row.excerpt or (None, None)
            parameters = row.parameters or (None,) * len(PARAMETER_NAMES)
            writer.writerow([*(getattr(row, name) for name in names), *excerpt, *parameters])
        return text.getvalue()

    @property
    def place(self) -> Path:
        """The folder; ValueError for a set that has none yet."""
        if self.folder is None:
            raise ValueError(f"The set {self.name} is in no folder yet; save or load it first.")
        return self.folder

    def audio_path(self, stimulus_id: str) -> Path:
        """The file of one stimulus; only ids of this set have one."""
        if stimulus_id not in self._by_id:
            raise ValueError(f"The set {self.name} has no stimulus {stimulus_id!r}.")
        return self.place / "audio" / f"{stimulus_id}.flac"

    def get(self, stimulus_id: str) -> Stimulus:
        """The stimulus with this id."""
        if stimulus_id not in self._by_id:
            raise ValueError(f"The set {self.name} has no stimulus {stimulus_id!r}.")
        return self._by_id[stimulus_id]

    def of_kind(self, kind: str) -> list[Stimulus]:
        """The stimuli of one kind, in the manifest's order."""
        if kind not in KINDS:
            raise ValueError(f"Unknown kind of stimulus {kind!r} (known: {', '.join(KINDS)}).")
        return [stimulus for stimulus in self.stimuli if stimulus.kind == kind]

    @property
    def conditions(self) -> list[str]:
        """The conditions of the set, in order of appearance."""
        return list(dict.fromkeys(s.condition for s in self.stimuli if s.kind == "stimulus" and s.condition))

    @property
    def descriptors(self) -> list[str]:
        """The descriptors of the set, in order of appearance."""
        return list(dict.fromkeys(s.descriptor for s in self.stimuli if s.kind == "stimulus" and s.descriptor))

    @property
    def _by_id(self) -> dict[str, Stimulus]:
        return {stimulus.id: stimulus for stimulus in self.stimuli}


_HEADER = ("name", "sample_rate_hz", "loudness_lufs", "model_hash", "seed", "recipe")


def _seal(table: dict[str, Any], secret: str) -> str:
    """HMAC-SHA256 of a manifest's content, whatever its layout."""
    return hmac.new(secret.encode(), json.dumps(table, sort_keys=True).encode(), "sha256").hexdigest()


def _stimulus(row: dict[str, Any]) -> Stimulus:
    row = {FORMER_NAMES.get(key, key): value for key, value in row.items()}
    for key in ("parameters", "excerpt"):
        if row.get(key) is not None:
            row[key] = tuple(row[key])
    stimulus = Stimulus(**row)
    if stimulus.kind not in KINDS or not stimulus.id.isalnum():
        raise TypeError(f"kind {stimulus.kind!r}, id {stimulus.id!r}")
    return stimulus


def opaque_id(seed: int, *what: object) -> str:
    """A name of 20 hexadecimal digits that gives nothing away, the same for the same seed and content.

    Examples
    --------
    >>> opaque_id(0, "piano", "flow", "warm") == opaque_id(0, "piano", "flow", "warm") != opaque_id(1, "piano")
    True
    """
    return hashlib.sha256(json.dumps([seed, *what]).encode()).hexdigest()[:20]


def write_whole(path: Path, data: bytes, sync: bool = True) -> None:
    """Write a file so that it is there in full or, after a crash or on a full disk, not at all.

    Without ``sync`` the power may still fail between the write and the disk, which suits files that can be made anew.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(error.errno, f"{error.strerror} while writing", str(path)) from error
