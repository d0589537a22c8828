"""Run by Alembic, on the connection that it is given; its transaction is the caller's."""

from alembic import context

from scriptune.storage.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
context.run_migrations()
