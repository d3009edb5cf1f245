"""Runs the migrations over the connection that `storage.migrate` hands in."""

from __future__ import annotations

from alembic import context

from twelvefold.storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite can roll schema changes back, once the driver leaves BEGIN to us (see storage.engine).
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
