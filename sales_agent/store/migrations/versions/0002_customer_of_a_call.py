"""Calls know their customer, so that the next one can build on the last."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("customer_id", sa.String))
    op.create_index("ix_calls_customer", "calls", ["customer_id", "started"])
