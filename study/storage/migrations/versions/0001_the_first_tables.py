"""The first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

IDENTITY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "study",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("begun_at", sa.Double(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("definition_sha256", sa.String(length=64), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sessions_started", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_study"),
    )
    op.create_table(
        "invitation",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("study_id", IDENTITY, nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.Column("used_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_invitation_study_id_study"),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint("code", name="uq_invitation_code"),
    )
    op.create_index("ix_invitation_study_id", "invitation", ["study_id"])
    op.create_table(
        "session",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("study_id", IDENTITY, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("page", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("n_steps", sa.Integer(), nullable=False),
        sa.Column("n_trials", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("step_since", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("block_row", sa.Integer(), nullable=False),
        sa.Column("condition_row", sa.Integer(), nullable=False),
        sa.Column("clips", sa.JSON(), nullable=False),
        sa.Column("level_db", sa.Double(), nullable=False),
        sa.Column("headphones_passed", sa.Boolean(), nullable=True),
        sa.Column("consent_version", sa.String(length=64), nullable=True),
        sa.Column("consented_at", sa.Double(), nullable=True),
        sa.Column("completion_code", sa.String(length=64), nullable=True),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("invitation_id", IDENTITY, nullable=True),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"], name="fk_session_invitation_id_invitation"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_session_study_id_study"),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.UniqueConstraint("invitation_id", name="uq_session_invitation_id"),
        sa.UniqueConstraint("public_id", name="uq_session_public_id"),
        sa.UniqueConstraint("study_id", "external_id", name="uq_session_study_id_external_id"),
        sa.UniqueConstraint("token_sha256", name="uq_session_token_sha256"),
    )
    op.create_index("ix_session_study_id_state", "session", ["study_id", "state"])
    op.create_table(
        "event",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("study_id", IDENTITY, nullable=True),
        sa.Column("session_id", IDENTITY, nullable=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_event_session_id_session", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_event_study_id_study"),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index("ix_event_session_id", "event", ["session_id"])
    op.create_table(
        "response",
        sa.Column("session_id", IDENTITY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.Double(), nullable=False),
        sa.Column("server_ms", sa.Double(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("rt_ms", sa.Double(), nullable=True),
        sa.Column("rt_start_ms", sa.Double(), nullable=True),
        sa.Column("first_play_ms", sa.Double(), nullable=True),
        sa.Column("start_gap_ms", sa.Double(), nullable=True),
        sa.Column("plays", sa.Integer(), nullable=True),
        sa.Column("heard_s", sa.Double(), nullable=True),
        sa.Column("rating_changes", sa.Integer(), nullable=True),
        sa.Column("focus_losses", sa.Integer(), nullable=True),
        sa.Column("underruns", sa.Integer(), nullable=True),
        sa.Column("telemetry", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name="fk_response_session_id_session", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "position", name="pk_response"),
    )
    op.create_table(
        "step",
        sa.Column("session_id", IDENTITY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("trial_kind", sa.String(length=16), nullable=True),
        sa.Column("trial_number", sa.Integer(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=True),
        sa.Column("stimulus", sa.String(length=64), nullable=True),
        sa.Column("clip", sa.String(length=200), nullable=True),
        sa.Column("condition", sa.String(length=64), nullable=True),
        sa.Column("descriptor", sa.String(length=64), nullable=True),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("repeat_of", sa.Integer(), nullable=True),
        sa.Column("seconds_left", sa.Double(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_step_session_id_session", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", "position", name="pk_step"),
    )
