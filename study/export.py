"""The study's data as files of the owner's: tidy tables, their data dictionary, and one bundle for a repository.

Personal identifiers (the id parameters of a recruiting site) are left out unless they are asked for.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, Row, and_, func, select

from study import clock, private
from study.clock import iso
from study.columns import Column
from study.database import reading
from study.dictionary import RESPONSES, SESSIONS, as_markdown, response_columns, session_columns
from study.frozen import definition_of
from study.kinds import KINDS, TRIALS
from study.models import Event, Response, Session, Step, Study
from study.spreadsheets import escaped
from study.steps import step_id

_OF_RESPONSE = tuple(
    name for name in RESPONSES if name in Response.__table__.c and name not in ("position", "language")
)
_OF_SESSION = ("public_id", "number", "state", "simulated", "language", "headphones_passed")
_OF_STEP = ("trial_number", "block", "descriptor", "clip", "condition", "stimulus", "expected", "repeat_of")


def ratings(engine: Engine, simulated: bool | None = None, study_id: int | None = None) -> pd.DataFrame:
    """One row per rated presentation (rating trials, checks, repeats, practice), session by session.

    Parameters
    ----------
    simulated : bool or None
        Only simulated participants, only real ones, or (None) both.
    study_id : int or None
        Which study of this database; None is the one begun last.

    Returns
    -------
    DataFrame
        The columns of `study.dictionary.RESPONSES`.
    """
    of_session = [getattr(Session, name) for name in _OF_SESSION]
    of_step = [getattr(Step, name) for name in ("position", "trial_kind", *_OF_STEP)]
    of_response = [
        *(getattr(Response, name) for name in _OF_RESPONSE),
        Response.language.label("response_language"),
        Response.flags,
        Response.answer,
    ]
    query = (
        select(Session.id, *of_session, *of_step, *of_response)
        .join(Step, Step.session_id == Session.id)
        .join(Response, and_(Response.session_id == Step.session_id, Response.position == Step.position))
        .where(Step.kind.in_(TRIALS))
        .order_by(Session.id, Step.position)
    )
    with reading(engine) as connection:
        query = query.where(Session.study_id == study_row(connection, study_id).id)
        if simulated is not None:
            query = query.where(Session.simulated == simulated)
        rows = connection.execute(query).mappings().all()
    numbers = {(row["id"], row["trial_number"]): step_id(row["public_id"], row["position"]) for row in rows}
    columns = response_columns()
    return _frame([_response(row, numbers, columns) for row in rows], columns)


def _response(
    row: Mapping[str, Any], numbers: dict[tuple[int, int], str], columns: Mapping[str, Column]
) -> dict[str, Any]:
    own = {name: row["answer"].get(name) for name in columns if name not in RESPONSES}
    return (
        own
        | {name: row[name] for name in RESPONSES if name in row}
        | {
            "session": row["public_id"],
            "participant": participant(row["number"]),
            "trial": step_id(row["public_id"], row["position"]),
            "kind": row["trial_kind"],
            "repeat_of": numbers.get((row["id"], row["repeat_of"])) if row["repeat_of"] else None,
            "answered_at": iso(row["answered_at"]),
            "language": row["response_language"] or row["language"],
            "flagged": " ".join(row["flags"] or []) or None,
            "session_state": row["state"],
        }
    )


def sessions(
    engine: Engine, simulated: bool | None = None, study_id: int | None = None, *, identifiers: bool = False
) -> pd.DataFrame:
    """One row per session: how far it came, its place in the design, its questionnaire and comments.

    ``identifiers`` adds the id parameters that the participants came with: personal data.
    """
    with reading(engine) as connection:
        study = study_row(connection, study_id)
        query = select(Session.__table__).where(Session.study_id == study.id).order_by(Session.id)
        if simulated is not None:
            query = query.where(Session.simulated == simulated)
        found = connection.execute(query).all()
        answered = _counts(connection, Response)
        refused = _counts(connection, Event, Event.kind == "second_answer")
        texts = _free_answers(connection, study.id)
    definition = definition_of(study)
    columns = session_columns(definition)
    if identifiers:
        columns |= {name: Column("string", "") for name in definition.recruitment.id_parameters}
    rows = [_session(row, answered, refused, texts.get(row.id, {})) for row in found]
    return _frame(rows, columns)


def _counts(connection: Connection, table: type, *where: Any) -> dict[int, int]:
    query = select(table.session_id, func.count()).where(*where).group_by(table.session_id)
    return dict(tuple(row) for row in connection.execute(query))


def _free_answers(connection: Connection, study_id: int) -> dict[int, dict[str, Any]]:
    """What the answers to steps around the trials add to a session's row, by column."""
    query = (
        select(Step.session_id, Step.kind, Response.answer)
        .join(Response, and_(Response.session_id == Step.session_id, Response.position == Step.position))
        .join(Session, Session.id == Step.session_id)
        .where(Session.study_id == study_id, Step.kind.not_in(TRIALS))
        .order_by(Step.session_id, Step.position)
    )
    found: dict[int, dict[str, Any]] = {}
    for session_id, kind, answer in connection.execute(query):
        found.setdefault(session_id, {}).update(KINDS[kind].session_cells(answer))
    return found


def _session(row: Row, answered: dict, refused: dict, texts: dict[str, Any]) -> dict[str, Any]:
    copied = {name: getattr(row, name) for name in SESSIONS if hasattr(row, name)}
    times = {name: iso(copied[name]) for name in ("started_at", "finished_at", "consented_at")}
    took_s = None if row.finished_at is None else clock.elapsed_s(row.started_at, row.finished_at)
    minutes = None if took_s is None else round(took_s / 60, 2)
    return (
        (row.parameters or {})
        | copied
        | times
        | texts
        | {
            "session": row.public_id,
            "participant": participant(row.number),
            "minutes": minutes,
            "trials": row.n_trials,
            "clips": " ".join(row.clips),
            "steps_answered": answered.get(row.id, 0),
            "second_answers": refused.get(row.id, 0),
        }
    )


def write(
    engine: Engine,
    folder: str | Path,
    simulated: bool | None = None,
    study_id: int | None = None,
    *,
    identifiers: bool = False,
) -> dict[str, int]:
    """Write responses and sessions as CSV and Parquet, the dictionary, the study file, the manifest and `bundle.zip`.

    Returns
    -------
    dict
        Rows per table.
    """
    folder = Path(folder)
    private.make_folder(folder)
    tables = {
        "responses": ratings(engine, simulated, study_id),
        "sessions": sessions(engine, simulated, study_id, identifiers=identifiers),
    }
    for name, table in tables.items():
        with private.open_private(folder / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
            safe(table).to_csv(file, index=False, lineterminator="\n")
        with private.open_private(folder / f"{name}.parquet", "wb") as file:
            table.to_parquet(file, index=False)
    with reading(engine) as connection:
        study = study_row(connection, study_id)
    texts = {
        "dictionary.md": as_markdown(definition_of(study)),
        "study.json": study.definition + "\n",
        "manifest.json": study.manifest,
        "versions.json": json.dumps(_about(study), indent=1, sort_keys=True) + "\n",
    }
    for name, text in texts.items():
        with private.open_private(folder / name, "w", encoding="utf-8") as file:
            file.write(text)
    _bundle(folder, [*texts, *(f"{name}.{suffix}" for name in tables for suffix in ("csv", "parquet"))])
    return {name: len(table) for name, table in tables.items()}


def _about(study: Row) -> dict[str, Any]:
    """What made these data: versions when the study was begun, and the hashes it is held to."""
    return study.versions | {
        "study": study.id,
        "begun_at": iso(study.begun_at),
        "definition_sha256": study.definition_sha256,
        "manifest_sha256": study.manifest_sha256,
    }


def _bundle(folder: Path, names: list[str]) -> None:
    part = folder / "bundle.zip.part"
    with private.open_private(part, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.write(folder / name, name)
    part.replace(folder / "bundle.zip")


def safe(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose texts no spreadsheet takes for a formula; see `study.spreadsheets`."""
    texts = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
    return table.assign(**{name: table[name].map(_safe, na_action="ignore") for name in texts})


def _safe(value: Any) -> Any:
    return escaped(value) if isinstance(value, str) else value


def study_row(connection: Connection, study_id: int | None = None) -> Row:
    """The row of a study; ValueError when the database has none."""
    query = select(Study).order_by(Study.id.desc()).limit(1)
    if study_id is not None:
        query = select(Study).where(Study.id == study_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        which = "no study" if study_id is None else f"no study {study_id}"
        raise ValueError(
            f"This database holds {which}: start one with `semantic-eq serve` or `semantic-eq study begin`."
        )
    return row


def participant(number: int) -> str:
    """A participant's name in the tables."""
    return f"P{number:04d}"


def _frame(rows: list[dict[str, Any]], columns: Mapping[str, Column]) -> pd.DataFrame:
    types = {name: column.dtype for name, column in columns.items()}
    return pd.DataFrame(rows, columns=list(columns)).astype(types)
