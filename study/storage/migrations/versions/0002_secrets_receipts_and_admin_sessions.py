"""Secrets, receipts and admin sessions"""

import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

IDENTITY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


# SQLite cannot drop a table that others point to, so these tables are altered in place: no batch, unique indexes.
COLUMNS: dict[str, list[sa.Column[Any]]] = {
    "study": [
        sa.Column("ordinal", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("secret", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("stated", sa.Text(), nullable=True),
    ],
    "session": [
        sa.Column("resume_sha256", sa.String(length=64), nullable=True),
        sa.Column("readmit_until", sa.Double(), nullable=True),
        sa.Column("client", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("receipt_sha256", sa.String(length=64), nullable=True),
    ],
    "step": [sa.Column("served", sa.JSON(none_as_null=True), nullable=True)],
    "response": [
        sa.Column("language", sa.String(length=64), nullable=True),
        sa.Column("flags", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("receipt_sha256", sa.String(length=64), nullable=True),
    ],
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for column in columns:
            op.add_column(table, column)
    with op.batch_alter_table("response") as response:  # nothing points to this one
        response.alter_column("server_ms", existing_type=sa.Double(), nullable=True)
    _fill_studies()
    op.create_index("ix_study_ordinal", "study", ["ordinal"], unique=True)
    op.create_index("ix_session_resume_sha256", "session", ["resume_sha256"], unique=True)
    op.create_table(
        "admin_session",
        sa.Column("id", IDENTITY, nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_admin_session"),
        sa.UniqueConstraint("key_sha256", name="uq_admin_session_key_sha256"),
    )


def _fill_studies() -> None:
    """Studies of the first version have neither: they are counted in their order, each with a secret of its own."""
    study = sa.table("study", sa.column("id"), sa.column("ordinal"), sa.column("secret"))
    connection = op.get_bind()
    for ordinal, (identity,) in enumerate(connection.execute(sa.select(study.c.id).order_by(study.c.id)).all(), 1):
        values = {"ordinal": ordinal, "secret": secrets.token_hex(32)}
        connection.execute(sa.update(study).where(study.c.id == identity).values(values))
