"""Alembic's entry: runs on the connection that `app.store.migrate` hands in."""

from alembic import context

from app.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, compare_type=False, transaction_per_migration=False)
context.run_migrations()
