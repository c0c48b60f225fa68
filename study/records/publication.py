"""The study's tables as they may be published: no names, no times of day, no words of a participant's own.

Participants are numbered anew, in an order that only the study's secret gives: in that of their starting, a recruiting
site, which knows when each of its people came, could find them again. Who did not consent is not there at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import Connection, Engine, select

from study import clock
from study.design.columns import FREE_TEXT, Column
from study.design.definition import Definition
from study.design.frozen import definition_of
from study.records import export, tables
from study.records.dictionary import tables_of
from study.records.tables import Record
from study.storage.database import reading
from study.storage.identity import publication_key
from study.storage.models import AnyRow, Invitation, Session
from study.storage.studies import study_row

SHORTEST = 6
HINT = " (simulated ones are taken with --simulated)"
SECRET_KEYS = {"completion": ("code", "screened_out_code", "redirect")}
"""Keys of a study file that are worth money as long as the study is open."""


class Publication(NamedTuple):
    """What may be published of a study.

    Attributes
    ----------
    study : its row in the database; not to be published itself.
    definition : the study file.
    columns : of each table, by the table's name; empty tables are not there.
    tables : the same, with their rows.
    analysed : the same with the times of finishing, which the analysis needs: not to be published.
    left_out : columns that are not published, by the reason.
    counts : sessions ``started``, ``withdrawn``, ``published``.
    months : first and last month in which somebody took part, as ``2026-11``.
    identifying : ids, codes and receipts of the participants, which nothing that is published may hold.
    """

    study: AnyRow
    definition: Definition
    columns: dict[str, dict[str, Column]]
    tables: dict[str, pd.DataFrame]
    analysed: dict[str, pd.DataFrame]
    left_out: dict[str, list[str]]
    counts: dict[str, int]
    months: tuple[str, str]
    identifying: frozenset[str]


def read(
    engine: Engine,
    study_id: int | None = None,
    simulated: bool = False,
    *,
    free_text: bool = False,
    without: Collection[str] = (),
) -> Publication:
    """Read what may be published of a study, the latest without ``study_id``.

    Parameters
    ----------
    simulated : bool
        The simulated participants in place of the real ones.
    free_text : bool
        With what participants wrote in their own words, which somebody has read.
    without : collection of str
        Columns to leave out besides.

    Raises
    ------
    ValueError
        When nobody is there whose data may be published, or a column of ``without`` is in no table.
    """
    with reading(engine) as connection:
        study = study_row(connection, study_id)
        definition = definition_of(study)
        records = export.records_of(connection, study, simulated)
        counts = export.counts_of(connection, study, records)
        identifying = _identifying(connection, study)
    consenting = [record for record in records if definition.consent is None or "consented_at" in record["session"]]
    if not consenting:
        who = "simulated participants" if simulated else "real participants who agreed to take part"
        raise ValueError(f"Study {study.id} has no {who}, so there is nothing to publish{'' if simulated else HINT}.")
    named = renumbered(consenting, study.secret)
    made = {"responses": tables.responses(named, definition), "sessions": tables.sessions(named, definition)}
    made = {name: _by_session(table) for name, table in (made | tables.of_kinds(named)).items()}
    columns, left_out = _published(definition, made, free_text, without)
    published = {name: made[name][list(own)] for name, own in columns.items()}
    if "responses" in published and not free_text:
        published["responses"] = _without_own_words(published["responses"], definition)
    finished = {"sessions": published["sessions"].assign(finished_at=made["sessions"]["finished_at"])}
    started = [record["session"]["started_at"] for record in named]
    known = {"started": counts["started"], "withdrawn": counts["withdrawn"], "published": len(named)}
    months = clock.day(min(started))[:7], clock.day(max(started))[:7]
    return Publication(
        study, definition, columns, published, made | published | finished, left_out, known, months, identifying
    )


def renumbered(records: Iterable[Record], secret: str) -> list[Record]:
    """The records under names of the publication, in its order."""
    ordered = sorted(records, key=lambda record: publication_key(secret, record["session"]["public_id"]))
    return [
        record | {"session": record["session"] | {"public_id": listener(number), "number": number}}
        for number, record in enumerate(ordered, start=1)
    ]


def listener(number: int) -> str:
    """A participant's name in a publication; that in the database (P0007) is another one's."""
    return f"L{number:04d}"


def study_file(publication: Publication) -> dict[str, Any]:
    """The study file as it may be published: without what a recruiter pays for."""
    content = publication.definition.model_dump(mode="json")
    for table, keys in SECRET_KEYS.items():
        content[table] = {key: value for key, value in content[table].items() if key not in keys}
    return content


def alone(publication: Publication) -> tuple[int, list[str]]:
    """How many participants are the only ones with their answers to the questionnaire, and the columns of these."""
    sessions = publication.tables["sessions"]
    columns = publication.columns["sessions"]
    asked = [name for name in columns if name.startswith("question_") and columns[name].private != FREE_TEXT]
    answered = sessions[asked].dropna(how="all")
    sizes = answered.fillna("").groupby(asked)[asked[0]].transform("size") if len(answered) else pd.Series(dtype=int)
    return int((sizes == 1).sum()), asked


def _identifying(connection: Connection, study: AnyRow) -> frozenset[str]:
    """All that leads from a row to the person behind it; what has fewer characters than six may be anything."""
    names = ("public_id", "external_id", "receipt_sha256", "completion_code", "resume_sha256", "token_sha256")
    query = select(*(getattr(Session, name) for name in names), Session.parameters).where(Session.study_id == study.id)
    found: set[str] = {study.secret}
    for *cells, parameters in connection.execute(query):
        found |= {str(cell) for cell in (*cells, *(parameters or {}).values()) if cell}
    found |= set(connection.execute(select(Invitation.code).where(Invitation.study_id == study.id)).scalars())
    return frozenset(each for each in found if len(each) >= SHORTEST)


def _by_session(table: pd.DataFrame) -> pd.DataFrame:
    """A table in which the session's new name is the participant's."""
    return table.assign(participant=table["session"])


def _published(
    definition: Definition, made: Mapping[str, pd.DataFrame], free_text: bool, without: Collection[str]
) -> tuple[dict[str, dict[str, Column]], dict[str, list[str]]]:
    """The columns of each table that has rows, and those that are left out, by the reason."""
    known = {name: columns for name, columns in tables_of(definition).items() if len(made[name])}
    names = {column for columns in known.values() for column in columns}
    if unknown := sorted(set(without) - names):
        raise ValueError(f"Unknown column {unknown[0]!r} to leave out (known: {', '.join(sorted(names))}).")
    if "participant" in without:
        raise ValueError("The column participant cannot be left out: it tells which answers are of one person.")
    left_out: dict[str, list[str]] = {}
    kept: dict[str, dict[str, Column]] = {name: {} for name in known}
    for table, columns in known.items():
        for name, column in columns.items():
            reason = "" if free_text and column.private == FREE_TEXT else column.private
            reason = reason or ("left out by hand" if name in without else "")
            if not reason:
                kept[table][name] = column
            elif name not in left_out.setdefault(reason, []):
                left_out[reason].append(name)
    return kept, left_out


def _without_own_words(responses: pd.DataFrame, definition: Definition) -> pd.DataFrame:
    """The responses without the answers to questions for a text."""
    asked = [question for block in definition.effective_blocks for question in block.questions]
    texts = {question.name for question in asked if question.type == "text"}
    if not texts & set(responses["question"]) or "answer" not in responses:
        return responses
    return responses.assign(answer=responses["answer"].mask(responses["question"].isin(texts)))
