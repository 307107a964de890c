"""Runs migrations on the connection that bot.storage.upgrade hands over, inside its transaction."""

from alembic import context

from bot.storage.partial import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
