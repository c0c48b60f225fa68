"""The study's data as files of the owner's: tidy tables, their data dictionary, the receipts, and one bundle of all.

Personal identifiers (the id parameters of a recruiting site) are left out unless they are asked for.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, func, select

from study.clock import iso
from study.design.frozen import definition_of
from study.records import tables
from study.records.dictionary import as_markdown, tables_of
from study.records.tables import Record
from study.storage import private, receipts
from study.storage.database import reading
from study.storage.models import AnyRow, Event, Session, Step
from study.storage.studies import study_row

RECORDS = "receipts.jsonl"
SEAL = "seal.json"
BUNDLE = "bundle.zip"


def ratings(engine: Engine, simulated: bool | None = None, study_id: int | None = None) -> pd.DataFrame:
    """One row per answer about a sound (rating trials, checks, repeats, practice), session by session.

    Parameters
    ----------
    simulated : bool or None
        Only simulated participants, only real ones, or (None) both.
    study_id : int or None
        Which study of this database; None is the latest.

    Returns
    -------
    DataFrame
        The columns of `study.dictionary.RESPONSES`.
    """
    with reading(engine) as connection:
        study = study_row(connection, study_id)
        return tables.responses(records_of(connection, study, simulated), definition_of(study))


def sessions(
    engine: Engine, simulated: bool | None = None, study_id: int | None = None, *, identifiers: bool = False
) -> pd.DataFrame:
    """One row per session: how far it came, its place in the design, its questionnaire and comments.

    ``identifiers`` adds the id parameters that the participants came with: personal data.
    """
    with reading(engine) as connection:
        study = study_row(connection, study_id)
        records = records_of(connection, study, simulated)
        personal = _identifiers(connection, study) if identifiers else None
    return tables.sessions(records, definition_of(study), personal)


def of_kinds(engine: Engine, simulated: bool | None = None, study_id: int | None = None) -> dict[str, pd.DataFrame]:
    """The tables that kinds of step have of their own, by name, such as `comments`."""
    with reading(engine) as connection:
        study = study_row(connection, study_id)
        return tables.of_kinds(records_of(connection, study, simulated))


def records_of(connection: Connection, study: AnyRow, simulated: bool | None) -> list[Record]:
    """The sessions of a study with their answers, in the order of starting."""
    of_study = Session.study_id == study.id
    query = select(Session.__table__).where(of_study).order_by(Session.id)
    answers = receipts.answers().join(Session, Session.id == Step.session_id).where(of_study)
    if simulated is not None:
        query, answers = (q.where(Session.simulated == simulated) for q in (query, answers))
    refused = select(Event.session_id, func.count()).where(Event.kind == "second_answer").group_by(Event.session_id)
    refusals = {row.session_id: row[1] for row in connection.execute(refused)}
    found = {row["id"]: _record(connection, row, refusals) for row in connection.execute(query).mappings().all()}
    for row in connection.execute(answers).mappings():
        answer = {
            "step": receipts.kept(row, receipts.OF_STEP),
            "response": receipts.kept(row, receipts.OF_RESPONSE),
            "receipt": row["receipt_sha256"],
        }
        found[row["session_id"]]["answers"].append(answer)
    return list(found.values())


def _record(connection: Connection, row: Any, refusals: Mapping[int | None, int]) -> Record:
    names = (*receipts.OPENING, *receipts.CLOSING, "language")
    own = {
        "second_answers": refusals.get(row["id"], 0),
        "receipt": row["receipt_sha256"] or receipts.so_far(connection, row["id"]),
    }
    return {"session": receipts.kept(row, names) | own, "answers": []}


def _identifiers(connection: Connection, study: AnyRow) -> dict[str, dict[str, str]]:
    query = select(Session.public_id, Session.parameters).where(Session.study_id == study.id)
    return {public_id: parameters or {} for public_id, parameters in connection.execute(query)}


def write(
    engine: Engine,
    folder: str | Path,
    simulated: bool | None = None,
    study_id: int | None = None,
    *,
    identifiers: bool = False,
) -> dict[str, int | str]:
    """Write the tables as CSV and Parquet, the dictionary, the study file, the manifest, receipts and `bundle.zip`.

    Whole or not at all: a disk that fills up leaves the folder as it was.

    Returns
    -------
    dict
        Rows per table, and ``seal``, the SHA-256 of `seal.json`.
    """
    with reading(engine) as connection:
        study = study_row(connection, study_id)
        records = records_of(connection, study, simulated)
        personal = _identifiers(connection, study) if identifiers else None
        counts = counts_of(connection, study, records)
    definition = definition_of(study)
    made = {
        "responses": tables.responses(records, definition),
        "sessions": tables.sessions(records, definition, personal),
    }
    made |= tables.of_kinds(records)
    with private.whole_folder(Path(folder)) as aside:
        names = _write_tables(aside, study, records, made)
        seal = _json(_seal(study, counts, records, {name: sha256(aside / name) for name in names}))
        _write(aside / SEAL, seal)
        _bundle(aside, [*names, SEAL])
    (Path(folder) / f"{BUNDLE}.part").unlink(missing_ok=True)  # of an earlier version's export that broke off
    return {name: len(table) for name, table in made.items()} | {"seal": sha256(Path(folder) / SEAL)}


def _write_tables(folder: Path, study: AnyRow, records: list[Record], made: Mapping[str, pd.DataFrame]) -> list[str]:
    """Write all that the seal is made over; their names."""
    texts = {
        "dictionary.md": as_markdown(tables_of(definition_of(study))),
        "study.json": study.definition + "\n",
        "manifest.json": study.manifest,
        "versions.json": _json(_about(study)),
        RECORDS: "".join(json.dumps(record) + "\n" for record in records),
    }
    texts |= {f"{name}.csv": tables.as_csv(table) for name, table in made.items()}
    for name, text in texts.items():
        _write(folder / name, text)
    for name, table in made.items():
        with private.open_private(folder / f"{name}.parquet", "wb") as file:
            table.to_parquet(file, index=False)
    return [*texts, *(f"{name}.parquet" for name in made)]


def counts_of(connection: Connection, study: AnyRow, records: list[Record]) -> dict[str, int]:
    """What became of all sessions that were started; what nobody withdrew is here or was left out on request."""
    stored = select(func.count()).where(Session.study_id == study.id)
    withdrawn = select(func.count()).where(Event.study_id == study.id, Event.kind == "withdrawn")
    return {
        "started": study.sessions_started,
        "withdrawn": connection.execute(withdrawn).scalar_one(),
        "left_out": connection.execute(stored).scalar_one() - len(records),
        "exported": len(records),
    }


def _seal(study: AnyRow, counts: dict[str, int], records: list[Record], files: dict[str, str]) -> dict[str, Any]:
    """What `study.verification` holds an exported folder to."""
    receipts_of = {record["session"]["public_id"]: record["session"]["receipt"] for record in records}
    return {
        "study": study.id,
        "semantic-eq": version("semantic-eq"),
        "sessions": counts,
        "files": files,
        "receipts": receipts_of,
    }


def _about(study: AnyRow) -> dict[str, Any]:
    """What made these data: versions when the study was created, and the hashes it is held to."""
    return study.versions | {
        "study": study.id,
        "begun_at": iso(study.begun_at),
        "definition_sha256": study.definition_sha256,
        "manifest_sha256": study.manifest_sha256,
    }


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def _write(path: Path, text: str) -> None:
    with private.open_private(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _bundle(folder: Path, names: list[str]) -> None:
    with (
        private.open_private(folder / BUNDLE, "wb") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in names:
            archive.write(folder / name, name)
