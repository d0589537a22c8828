"""Alembic's entry point: runs migrations on the given connection, inside the caller's transaction."""

from alembic import context

from scriptune.storage.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
context.run_migrations()
