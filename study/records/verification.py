"""Whether an exported folder still says what was stored: nothing lost, altered, added or moved, from its files alone.

Four things must agree: each session's records and its receipt, the sessions and the seal's counts, the cells of the CSV
files and the records that they were made from, and every file and its hash in the seal. Whoever changes all of them can
be found by the seal's own hash, which `export` prints, and by the receipts that participants saw.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from study.design import definition
from study.design.questions import DESCRIPTOR
from study.records import tables
from study.records.export import BUNDLE, RECORDS, SEAL, sha256
from study.records.tables import Record
from study.storage import receipts


def verify(folder: str | Path, seal_sha256: str | None = None) -> dict[str, Any]:
    """Check a folder that `study.export.write` wrote.

    Parameters
    ----------
    seal_sha256 : str, optional
        The seal's hash as it was printed or published when the folder was written.

    Returns
    -------
    dict
        The seal's counts of ``sessions`` (``started``, ``withdrawn``, ``left_out``, ``exported``), ``responses``, the
        number of answers in all, and ``seal``, its SHA-256.

    Raises
    ------
    ValueError
        One sentence: the first thing that is not as it was exported, and how many others there are.
    """
    folder = Path(folder)
    seal, records = _read(folder)
    found_sha256 = sha256(folder / SEAL)
    if seal_sha256 is not None and found_sha256 != seal_sha256.strip().lower():
        raise ValueError(f"{SEAL} has the SHA-256 {found_sha256}, not {seal_sha256}: it is another seal, or altered.")
    try:
        for check in (_chains, _counts, _tables, _files):
            _raise_first(list(check(folder, seal, records)))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{RECORDS} or {SEAL} is not as export writes it: {type(error).__name__} {error}.") from None
    answers = sum(len(record["answers"]) for record in records)
    return {"sessions": seal["sessions"], "responses": answers, "seal": found_sha256}


def _raise_first(faults: list[str]) -> None:
    if len(faults) == 1:
        raise ValueError(f"{faults[0]}.")
    if faults:
        raise ValueError(f"{faults[0]} (and {len(faults) - 1} more such faults).")


def _read(folder: Path) -> tuple[dict[str, Any], list[Record]]:
    for name in (SEAL, RECORDS):
        if not (folder / name).is_file():
            raise ValueError(f"{folder} has no {name}: name a folder that `semantic-eq export` of this version wrote.")
    place = SEAL
    try:
        seal = json.loads((folder / place).read_text(encoding="utf-8"))
        place = RECORDS
        records = [json.loads(line) for line in (folder / place).read_text(encoding="utf-8").splitlines()]
    except ValueError as error:
        raise ValueError(f"{place} was altered: it is not JSON ({error}).") from None
    return seal, records


def _chains(folder: Path, seal: dict[str, Any], records: list[Record]) -> Iterator[str]:
    """Each session's receipt is made from its records."""
    for record in records:
        session, receipt = record["session"], receipts.opened(record["session"])
        name = f"session {session['public_id']}"
        for answer in record["answers"]:
            receipt = receipts.extended(receipt, answer["step"], answer["response"])
            if answer["receipt"] not in (None, receipt):
                at = f"step {answer['step']['position']} of {name}"
                yield f"{RECORDS}: {at} does not follow from those before it: one was altered, lost, added or moved"
                break
        else:
            if receipts.closed(receipt, session) != session["receipt"]:
                yield f"{RECORDS}: {name} does not have the receipt of its answers: one was altered, lost or added"


def _counts(folder: Path, seal: dict[str, Any], records: list[Record]) -> Iterator[str]:
    """The sessions are those of the seal, and all that were started are accounted for."""
    sealed, counts = seal["receipts"], seal["sessions"]
    found = {record["session"]["public_id"]: record["session"]["receipt"] for record in records}
    yield from (f"{RECORDS}: session {name} is lost, which {SEAL} has" for name in sealed if name not in found)
    yield from (f"{RECORDS}: session {name} was added, {SEAL} lacks it" for name in found if name not in sealed)
    yield from (
        f"{RECORDS}: session {name} has another receipt than in {SEAL}"
        for name in found
        if name in sealed and sealed[name] != found[name]
    )
    accounted = counts["exported"] + counts["withdrawn"] + counts["left_out"]
    if accounted != counts["started"] or counts["exported"] != len(found):
        yield (
            f"{SEAL}: {counts['started']} sessions were started, {counts['withdrawn']} withdrew, {counts['left_out']} "
            f"were left out, and {len(found)} are here: rows of the database were deleted or added by hand"
        )


def _tables(folder: Path, seal: dict[str, Any], records: list[Record]) -> Iterator[str]:
    """The cells of the CSV files are those that the records make."""
    study = definition.load(folder / "study.json")
    made = {"responses": tables.responses(records, study), "sessions": tables.sessions(records, study)}
    for name, table in (made | tables.of_kinds(records)).items():
        if f"{name}.csv" in seal["files"]:
            yield from _cells(folder / f"{name}.csv", table)


def _cells(path: Path, table: pd.DataFrame) -> Iterator[str]:
    """What differs between a file and the table that belongs there; columns that only one has are the seal's matter."""
    if not path.is_file():
        yield f"{path.name} is lost"
        return
    try:
        found = _rows(path.read_text(encoding="utf-8"))
    except (csv.Error, UnicodeDecodeError) as error:
        yield f"{path.name} was altered: it is not a CSV file in UTF-8 ({error})"
        return
    key = "session" if path.stem == "sessions" else "trial"
    wanted = {_name(row, key): row for row in _rows(tables.as_csv(table))}
    names = [_name(row, key) for row in found]
    yield from (f"{path.name}: the row of {key} {name} is lost" for name in wanted.keys() - set(names))
    seen: set[str | None] = set()
    for number, (name, row) in enumerate(zip(names, found, strict=True), start=1):
        if name not in wanted or name in seen:
            yield f"{path.name}: row {number} ({key} {name}) was added"
            continue
        seen.add(name)
        yield from (
            f"{path.name}: {column} of {key} {name} is {row[column]!r}, stored was {stored!r}"
            for column, stored in wanted[name].items()
            if row.get(column, stored) != stored
        )
    moved = (n for n, (is_, was) in enumerate(zip(names, wanted, strict=False)) if is_ != was)
    if len(names) == len(wanted) and seen == wanted.keys() and (first := next(moved, None)) is not None:
        belongs = list(wanted)[first]
        yield f"{path.name}: rows were moved: {key} {names[first]} stands in row {first + 1}, where {belongs} was"


def _name(row: dict[str, str], key: str) -> str | None:
    """What tells a row from the others of its file; several questions may be answered about one sound."""
    name, question = row.get(key), row.get("question", DESCRIPTOR)
    return name if name is None or question == DESCRIPTOR else f"{name} {question}"


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _files(folder: Path, seal: dict[str, Any], records: list[Record]) -> Iterator[str]:
    """Each file, also in the bundle, is the one that was exported."""
    for name, expected in seal["files"].items():
        if not (folder / name).is_file():
            yield f"{name} is lost"
        elif sha256(folder / name) != expected:
            yield f"{name} was altered since it was exported"
    if (folder / BUNDLE).is_file():
        yield from _bundled(folder, [*seal["files"], SEAL])


def _bundled(folder: Path, names: list[str]) -> Iterator[str]:
    try:
        with zipfile.ZipFile(folder / BUNDLE) as archive:
            same = {name: archive.read(name) == (folder / name).read_bytes() for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, KeyError) as error:
        yield f"{BUNDLE} was altered since it was exported: {error}"
        return
    if sorted(same) != sorted(names) or not all(same.values()):
        yield f"{BUNDLE} does not hold the files beside it"
