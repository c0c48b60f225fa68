"""The studies of a database: the latest is the running one, earlier ones keep their data."""

from __future__ import annotations

from sqlalchemy import Connection, select

from study.storage.models import AnyRow, Study


def latest_study(connection: Connection) -> AnyRow | None:
    """The row of the latest study; None where the database has none."""
    return connection.execute(select(Study).order_by(Study.ordinal.desc()).limit(1)).one_or_none()


def study_row(connection: Connection, study_id: int | None = None) -> AnyRow:
    """The row of a study, by default of the latest; ValueError when the database has none."""
    if study_id is None:
        row = latest_study(connection)
    else:
        row = connection.execute(select(Study).where(Study.id == study_id)).one_or_none()
    if row is None:
        which = "no study" if study_id is None else f"no study {study_id}"
        raise ValueError(
            f"This database holds {which}: start one with `semantic-eq serve` or `semantic-eq study create`."
        )
    return row
