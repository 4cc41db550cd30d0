"""What Alembic runs: the steps in versions/, on the connection that `Database.prepare` hands over."""

from alembic import context

from sales_agent.store.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table only by making it anew
)
context.run_migrations()
