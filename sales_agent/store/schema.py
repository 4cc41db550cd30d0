"""The tables. A change here needs a step in migrations/versions/; a test compares the two."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, Index, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

Json = dict[str, Any]


class UtcTime(TypeDecorator[datetime]):
    """A moment. SQLite keeps no time zone: what goes in is turned to UTC, what comes out says so."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """What all tables share."""

    type_annotation_map = {datetime: UtcTime, Json: JSON, list[Json]: JSON, str: String}  # noqa: RUF012


class ProductRow(Base):
    """What is sold. Prices everywhere are whole minor units: 34900 is 349 dollars."""

    __tablename__ = "products"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    category: Mapped[str]
    price: Mapped[int]
    currency: Mapped[str]
    attributes: Mapped[Json]
    description: Mapped[str]


class StockRow(Base):
    __tablename__ = "stock"

    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), primary_key=True)
    quantity: Mapped[int]
    restock_on: Mapped[date | None]


class DiscountRow(Base):
    """From so many items, or from such a total, so much less. The highest one counts."""

    __tablename__ = "discounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    minimum_quantity: Mapped[int | None]
    minimum_total: Mapped[int | None]
    basis_points: Mapped[int | None]
    """Hundredths of a percent; none where the sales team makes an offer instead."""
    counts: Mapped[str]
    """The category whose items are counted; empty: all."""
    applies_to: Mapped[str]
    """The categories that get cheaper, separated by semicolons; empty: all."""
    buyer: Mapped[str]
    """Who gets it, such as "school"; empty: everybody."""


class DeliveryRow(Base):
    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(primary_key=True)
    fee: Mapped[int]
    free_from: Mapped[int | None]


class CustomerRow(Base):
    __tablename__ = "customers"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    postcode: Mapped[str]
    consent: Mapped[bool]


class OrderRow(Base):
    __tablename__ = "orders"

    number: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(index=True)
    """The number as it is looked up: see spoken.order_key."""
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    ordered_on: Mapped[date]
    status: Mapped[str]
    delivery_on: Mapped[date | None]


class OrderItemRow(Base):
    """A line of an order. Its product may be sold no more, so that its name is kept here."""

    __tablename__ = "order_items"

    order_number: Mapped[str] = mapped_column(ForeignKey("orders.number"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[str]
    product_name: Mapped[str]
    quantity: Mapped[int]


class SlotRow(Base):
    """A time at which somebody of the sales team calls back; one for a call."""

    __tablename__ = "slots"

    start: Mapped[datetime] = mapped_column(primary_key=True)
    taken_by: Mapped[str | None] = mapped_column(unique=True)


class ImportRow(Base):
    """When data was loaded. The newest id tells processes that what they remember is old."""

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    rows: Mapped[Json]


class CallRow(Base):
    __tablename__ = "calls"
    __table_args__ = (Index("ix_calls_customer", "customer_id", "started"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    """The name of its room."""
    version: Mapped[int]
    """Of the write-up: 0 until there is one."""
    started: Mapped[datetime]
    ended: Mapped[datetime | None]
    state: Mapped[Json]
    transcript: Mapped[list[Json]]
    writeup: Mapped[Json | None] = mapped_column(JSON(none_as_null=True))
    customer_id: Mapped[str | None]
    """Who called, where they have shown it."""


class LeadRow(Base):
    """Somebody who may be called back; one for a call."""

    __tablename__ = "leads"

    call_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    name: Mapped[str]
    email: Mapped[str]
    need: Mapped[str]
    details: Mapped[Json]


class OutboxRow(Base):
    """What has to reach another system, kept until it has."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "delivered", "next_try"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    """The idempotency key, by which the receiver knows a second try."""
    payload: Mapped[Json]
    attempts: Mapped[int]
    next_try: Mapped[datetime]
    delivered: Mapped[datetime | None]
