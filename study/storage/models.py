"""The database: one row per study, session, step, response and event.

A session's steps are all written when it starts, so that its order is fixed and every later request is a look-up. A
response is written once and never changed. Times are seconds since 1970 (UTC) as floats: the same in SQLite and
PostgreSQL.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from sqlalchemy import (
    JSON,
    BigInteger,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"
"""A row as a query finds it, its columns as attributes."""
Identity = BigInteger().with_variant(Integer, "sqlite")
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Typed tables; JSON columns hold what has no column of its own."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {dict[str, Any]: JSON, list[Any]: JSON, float: Double()}  # noqa: RUF012


class Study(Base):
    """A study as it was created: frozen definition and manifest with their hashes. The last row is the running one.

    ``ordinal`` counts the studies of a database from 1, so that two servers cannot both create the first. ``secret``
    (hex) is the key of whatever this study signs, masks or derives; it never leaves the database. ``stated`` is what
    the study file itself said (JSON), ``definition`` that and the program's defaults of the time.
    """

    __tablename__ = "study"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    ordinal: Mapped[int] = mapped_column(unique=True, index=True, server_default="0")
    secret: Mapped[str] = mapped_column(String(64), server_default="")
    begun_at: Mapped[float]
    definition: Mapped[str] = mapped_column(Text)
    definition_sha256: Mapped[str] = mapped_column(String(64))
    stated: Mapped[str | None] = mapped_column(Text)
    manifest: Mapped[str] = mapped_column(Text)
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    versions: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16), default="open")
    sessions_started: Mapped[int] = mapped_column(default=0)


class Invitation(Base):
    """A code that starts one session."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    note: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[float]
    used_at: Mapped[float | None]


class Session(Base):
    """One participant's way through a study. The token is in the participant's cookie only; here is its SHA-256.

    ``resume_sha256`` is the hash of the code with which the participant may go on in another browser, ``readmit_until``
    the experimenter's word that they may without it. ``client`` holds what the browser tells of itself without
    identifying anybody, ``receipt_sha256`` the head of the hash chain over the session's responses.
    """

    __tablename__ = "session"
    __table_args__ = (
        UniqueConstraint("study_id", "external_id"),
        Index("ix_session_study_id_state", "study_id", "state"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    number: Mapped[int]
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    page: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(16), default="active")
    simulated: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(default=0)
    n_steps: Mapped[int]
    n_trials: Mapped[int]
    started_at: Mapped[float]
    step_since: Mapped[float]
    finished_at: Mapped[float | None]
    block_row: Mapped[int]
    condition_row: Mapped[int]
    clips: Mapped[list[Any]]
    level_db: Mapped[float] = mapped_column(default=0.0)
    headphones_passed: Mapped[bool | None]
    consent_version: Mapped[str | None] = mapped_column(String(64))
    consented_at: Mapped[float | None]
    completion_code: Mapped[str | None] = mapped_column(String(64))
    external_id: Mapped[str | None] = mapped_column(String(128))
    parameters: Mapped[dict[str, Any]]
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id"), unique=True)
    resume_sha256: Mapped[str | None] = mapped_column(String(64), unique=True, index=True)
    readmit_until: Mapped[float | None]
    client: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    receipt_sha256: Mapped[str | None] = mapped_column(String(64))


class Step(Base):
    """One screen of a session, in its place; ``detail`` holds what else a kind needs (sounds of a headphone check).

    ``served`` has when each of its sounds was first served, by the sound's number.
    """

    __tablename__ = "step"

    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    trial_kind: Mapped[str | None] = mapped_column(String(16))
    trial_number: Mapped[int] = mapped_column(default=0)
    block: Mapped[int | None]
    stimulus: Mapped[str | None] = mapped_column(String(64))
    clip: Mapped[str | None] = mapped_column(String(200))
    condition: Mapped[str | None] = mapped_column(String(64))
    descriptor: Mapped[str | None] = mapped_column(String(64))
    expected: Mapped[int | None]
    repeat_of: Mapped[int | None]
    seconds_left: Mapped[float] = mapped_column(default=0.0)
    detail: Mapped[dict[str, Any]]
    served: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class Response(Base):
    """The answer to a step, written once. Telemetry of other steps than trials stays in ``telemetry``.

    ``flags`` names the measures that came with impossible values and are missing therefore.
    """

    __tablename__ = "response"

    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    answered_at: Mapped[float]
    server_ms: Mapped[float | None]
    rating: Mapped[int | None]
    answer: Mapped[dict[str, Any]]
    rt_ms: Mapped[float | None]
    rt_start_ms: Mapped[float | None]
    first_play_ms: Mapped[float | None]
    start_gap_ms: Mapped[float | None]
    plays: Mapped[int | None]
    heard_s: Mapped[float | None]
    rating_changes: Mapped[int | None]
    focus_losses: Mapped[int | None]
    underruns: Mapped[int | None]
    telemetry: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    language: Mapped[str | None] = mapped_column(String(64))
    flags: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    receipt_sha256: Mapped[str | None] = mapped_column(String(64))


class AdminSession(Base):
    """A browser that is signed in as the experimenter; ``token_sha256`` tells by which admin token."""

    __tablename__ = "admin_session"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    key_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    token_sha256: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[float]
    seen_at: Mapped[float]
    expires_at: Mapped[float]
    ended_at: Mapped[float | None]


class Event(Base):
    """What happened besides: a refused second answer, a withdrawal (without the session), a change of state."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    study_id: Mapped[int | None] = mapped_column(ForeignKey("study.id"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), index=True)
    at: Mapped[float]
    kind: Mapped[str] = mapped_column(String(32))
    detail: Mapped[dict[str, Any]]
