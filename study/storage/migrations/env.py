"""Runs migrations on the connection and in the transaction that `study.database.upgrade` hands over."""

from alembic import context

from study.storage.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
context.run_migrations()
