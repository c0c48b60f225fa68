"""SAFE-DB's equaliser settings, read and cleaned (Stables et al., ISMIR 2014).

The published file has no header and 25 columns: 1 entry number, 2 descriptor as typed, 3 the address (or a code for it)
that a setting came from, 6-18 the 13 parameters; the others are not used. Rows with one address count as one person's;
a row without one as a person of its own. The rules of cleaning, in order:

1. Case, spaces, digits and punctuation do not count; inflected forms (`SPELLINGS`) count as their base word.
2. A label counts for the one descriptor it names. One that names none (test, default, guitar) is dropped, one that
   names two ("warm bright") or denies its word ("less bright", "mud-free") as well.
3. A `SYNONYMS` word joins its descriptor only if the two mean curves, in dB, correlate at 0.5 or more.
4. A setting that changes nothing, and one that its descriptor already has to the last digit, is dropped.
5. Peaking filters are sorted by frequency.
6. A descriptor with fewer than 5 settings is dropped.

What is held out from training is held out by person: nobody's settings are on both sides. A rare descriptor keeps all
its settings for training, since a handful of settings can teach or test, not both.
"""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from model.eq import GAINS, GRID_HZ, HIGH, LOW, response_db, sort_peaks

N_COLUMNS = 25
FIRST_PARAMETER = 5
MINIMUM_SETTINGS = 5
SYNONYM_CORRELATION = 0.5
# People whose code's SHA-256 leaves this remainder are held out; it was chosen since 10 people of "warm" and 8 of
# "bright" are among them, the most of the five remainders.
HELD_OUT_EVERY, HELD_OUT_REMAINDER = 5, 0
RARE = 20
SPELLINGS = {
    "warm": r"warm(er|th|s|ing)?|warn|warth|wawrm",
    "bright": r"bright(er|ness|en|ens)?|brite|brght|birght",
    "airy": r"air(y|ier)?",
    "clear": r"clear(er)?|clarity",
    "crisp": r"crisp(y|ier|er)?",
    "thin": r"thin(ner)?",
    "tinny": r"tinny|tiny",
    "harsh": r"harsh(er)?",
    "dark": r"dark(er)?",
    "boomy": r"boom(y|ier)?",
}
SYNONYMS = {"bright": r"brilliant", "dark": r"dull|muffled|muffle", "airy": r"breathy", "harsh": r"shrill"}
_DENIAL = r"(?:less|no|not|non|remove|removes|reduce|without|un)"


@dataclass(frozen=True)
class Settings:
    """Cleaned settings: ``entries`` int [n], ``descriptors`` and ``persons`` str [n], ``parameters`` float [n, 13].

    Without ``persons`` every setting is a person's of its own.
    """

    entries: np.ndarray
    descriptors: np.ndarray
    parameters: np.ndarray
    persons: np.ndarray = field(default_factory=lambda: np.array([]))

    def __post_init__(self) -> None:
        if len(self.persons) != len(self.entries):
            object.__setattr__(self, "persons", np.array([f"entry {entry}" for entry in self.entries]))

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def names(self) -> list[str]:
        """The descriptors, in the order of `SPELLINGS`."""
        present = set(self.descriptors)
        return [name for name in SPELLINGS if name in present]

    def where(self, mask: np.ndarray) -> Settings:
        """Return the settings for which ``mask`` [n] is true."""
        return Settings(self.entries[mask], self.descriptors[mask], self.parameters[mask], self.persons[mask])

    def of(self, descriptor: str) -> Settings:
        """Return the settings of one descriptor."""
        return self.where(self.descriptors == descriptor)

    def split(self, remainder: int = HELD_OUT_REMAINDER) -> tuple[Settings, Settings]:
        """Return (for training, held out): no person is on both sides (see the module).

        Parameters
        ----------
        remainder : int
            0 to 4: which fifth of the people is held out.
        """
        fifth = {person: _fifth(person) for person in np.unique(self.persons)}
        counts = {name: int(np.sum(self.descriptors == name)) for name in self.names}
        is_common = np.array([counts[name] >= RARE for name in self.descriptors])
        held_out = is_common & np.array([fifth[person] == remainder for person in self.persons])
        return self.where(~held_out), self.where(held_out)

    def person_weights(self) -> np.ndarray:
        """Return how much each setting [n] counts where people count: a person of n settings of a word as sqrt(n)."""
        keys = np.char.add(np.char.add(self.descriptors.astype(str), " "), self.persons.astype(str))
        _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        return 1 / np.sqrt(counts[inverse])

    def mean_response_db(
        self, frequencies_hz: np.ndarray = GRID_HZ, sample_rate: float = 44_100
    ) -> dict[str, np.ndarray]:
        """Return per descriptor the mean of its settings' responses in dB [frequencies]."""
        return {
            name: response_db(self.of(name).parameters, frequencies_hz, sample_rate).mean(axis=0) for name in self.names
        }


def read(path: str | Path) -> Settings:
    """Read SAFE-DB's published equaliser file and clean it by the module's rules.

    Raises
    ------
    OSError
        If there is no file at ``path``.
    ValueError
        For a row that cannot be read (naming line and column), or if no descriptor has 5 settings.
    """
    rows = [
        (entry, *found, values, person)
        for entry, label, values, person in _read_rows(Path(path))
        if (found := _name(label))
    ]
    keep = np.zeros(0, dtype=bool)
    if rows:
        entries, names, kinds, parameters, persons = (np.array(column) for column in zip(*rows, strict=True))
        keep = _changing(parameters) & _first_of_each(names, parameters)
        keep &= _agreeing(names, kinds, parameters, keep)
        counts = {name: int(np.sum(names[keep] == name)) for name in SPELLINGS}
        keep &= np.array([counts[name] >= MINIMUM_SETTINGS for name in names])
    if not keep.any():
        raise ValueError(
            f"{path} has no descriptor with at least {MINIMUM_SETTINGS} settings among {', '.join(SPELLINGS)}: "
            "is it SAFE-DB's equaliser file?"
        )
    return Settings(entries[keep], names[keep], sort_peaks(parameters[keep]), persons[keep])


def _read_rows(path: Path) -> list[tuple[int, str, list[float], str]]:
    if path.is_dir():
        raise ValueError(f"{path} is a folder: give SAFE-DB's equaliser file itself (SAFEEqualiserUserData.csv).")
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.reader(file)
        return [_parse(row, reader.line_num, path) for row in reader if any(cell.strip() for cell in row)]


def _parse(row: list[str], line: int, path: Path) -> tuple[int, str, list[float], str]:
    if len(row) != N_COLUMNS:
        raise ValueError(f"{path}, line {line} has {len(row)} columns, expected {N_COLUMNS}: is it SAFE-DB's file?")
    entry = _number(row, 0, line, path)
    if entry != int(entry):
        raise ValueError(f"{path}, line {line}, column 1: the entry number is {row[0]!r}, expected a whole number.")
    parameters = [_number(row, FIRST_PARAMETER + index, line, path) for index in range(13)]
    for index, (value, low, high) in enumerate(zip(parameters, LOW, HIGH, strict=True)):
        # The plug-in stores single precision and lets a few dials pass their printed end a little.
        if not low - 0.1 * abs(low) <= value <= 1.1 * high:
            raise ValueError(
                f"{path}, line {line}, column {FIRST_PARAMETER + index + 1}: {value:g} is outside the plug-in's range "
                f"of {low:g} to {high:g}: are the columns in SAFE-DB's order?"
            )
    person = row[2].strip() or f"entry {int(entry)}"
    return int(entry), row[1], list(np.clip(parameters, LOW, HIGH)), person


def _fifth(person: str) -> int:
    return int(hashlib.sha256(person.encode()).hexdigest(), 16) % HELD_OUT_EVERY


def _number(row: list[str], column: int, line: int, path: Path) -> float:
    try:
        value = float(row[column])
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise ValueError(
            f"{path}, line {line}, column {column + 1}: {row[column]!r} is not a number; "
            "SAFE-DB's file has no header and a dot as its decimal sign."
        )
    return value


def _name(label: str) -> tuple[str, str] | None:
    """Return (descriptor, "spelling" or "synonym") for a label that names exactly one descriptor."""
    words = re.sub(r"[^a-z-]+", " ", label.lower())
    found = set()
    for kind, table in (("spelling", SPELLINGS), ("synonym", SYNONYMS)):
        for name, pattern in table.items():
            if re.search(rf"\b(?:{pattern})\b", words):
                found.add((name, kind))
            if re.search(rf"\b{_DENIAL}[ -]+(?:{pattern})\b|\b(?:{pattern})[ -]+(?:free|less)\b", words):
                return None
    if len({name for name, _ in found}) != 1:
        return None
    return min(found)


def _changing(parameters: np.ndarray) -> np.ndarray:
    return np.abs(parameters[:, GAINS]).max(axis=1) > 0.05


def _first_of_each(names: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    seen, first = set(), []
    for name, row in zip(names, parameters, strict=True):
        key = (name, *row)
        first.append(key not in seen)
        seen.add(key)
    return np.array(first)


def _agreeing(names: np.ndarray, kinds: np.ndarray, parameters: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Return false for the synonyms whose mean curve does not resemble their descriptor's."""
    curves = response_db(parameters, GRID_HZ, 44_100)
    agreeing = np.ones(len(names), dtype=bool)
    for name in set(names[kinds == "synonym"]):
        synonym, spelled = ((names == name) & (kinds == kind) for kind in ("synonym", "spelling"))
        alike = (spelled & keep).any() and (synonym & keep).any()
        if alike:
            pair = curves[synonym & keep].mean(axis=0), curves[spelled & keep].mean(axis=0)
            alike = np.corrcoef(*pair)[0, 1] >= SYNONYM_CORRELATION
        agreeing[synonym] = alike
    return agreeing
