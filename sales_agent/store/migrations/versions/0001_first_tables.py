"""The first tables. Never changed once it is out: a later change is a step of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "products",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("price", sa.Integer, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("attributes", sa.JSON, nullable=False),
        sa.Column("description", sa.String, nullable=False),
    )
    op.create_table(
        "stock",
        sa.Column("product_id", sa.String, sa.ForeignKey("products.id"), primary_key=True),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("restock_on", sa.Date),
    )
    op.create_table(
        "discounts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("minimum_quantity", sa.Integer),
        sa.Column("minimum_total", sa.Integer),
        sa.Column("basis_points", sa.Integer),
        sa.Column("counts", sa.String, nullable=False),
        sa.Column("applies_to", sa.String, nullable=False),
        sa.Column("buyer", sa.String, nullable=False),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("fee", sa.Integer, nullable=False),
        sa.Column("free_from", sa.Integer),
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("postcode", sa.String, nullable=False),
        sa.Column("consent", sa.Boolean, nullable=False),
    )
    op.create_table(
        "orders",
        sa.Column("number", sa.String, primary_key=True),
        sa.Column("key", sa.String, nullable=False, index=True),
        sa.Column(
            "customer_id", sa.String, sa.ForeignKey("customers.id"), nullable=False, index=True
        ),
        sa.Column("ordered_on", sa.Date, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("delivery_on", sa.Date),
    )
    op.create_table(
        "order_items",
        sa.Column("order_number", sa.String, sa.ForeignKey("orders.number"), primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True),
        sa.Column("product_id", sa.String, nullable=False),
        sa.Column("product_name", sa.String, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
    )
    op.create_table(
        "slots",
        sa.Column("start", MOMENT, primary_key=True),
        sa.Column("taken_by", sa.String, unique=True),
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("rows", sa.JSON, nullable=False),
    )
    op.create_table(
        "calls",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("started", MOMENT, nullable=False),
        sa.Column("ended", MOMENT),
        sa.Column("state", sa.JSON, nullable=False),
        sa.Column("transcript", sa.JSON, nullable=False),
        sa.Column("writeup", sa.JSON),
    )
    op.create_table(
        "leads",
        sa.Column("call_id", sa.String, primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("need", sa.String, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_try", MOMENT, nullable=False),
        sa.Column("delivered", MOMENT),
    )
    op.create_index("ix_outbox_due", "outbox", ["delivered", "next_try"])
