"""Who is calling, and what they ordered: told only to whoever knows an order's number and its address.

This counts no wrong tries: the call does, as it alone knows who keeps guessing.
"""

import hmac
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sales_agent.store.database import Database
from sales_agent.store.schema import CustomerRow, OrderItemRow, OrderRow
from sales_agent.store.spoken import email_key, order_key, postcode_key

LONGEST = 200  # characters of what was said; nobody says more, and a longer text is no number
SAME_KEY = 20  # orders whose numbers differ in letters only, that are looked at


@dataclass(frozen=True)
class Customer:
    """Somebody who has shown who they are, here by `identify` or elsewhere."""

    id: str
    name: str
    email: str = field(repr=False)
    consent: bool
    """Whether they may be written to about other things than their orders."""


@dataclass(frozen=True)
class Item:
    product_id: str
    product_name: str
    quantity: int


@dataclass(frozen=True)
class Order:
    number: str
    ordered_on: date
    status: str
    delivery_on: date | None
    items: tuple[Item, ...]


class Customers:
    """Reads customers and their orders; each question names the customer it is about."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def identify(self, order_number: str, email_or_postcode: str) -> Customer | None:
        """The customer of an order, by its number and the email address or postcode that it is for.

        None where either is wrong, whichever it is: nobody learns which orders there are.
        """
        said = email_or_postcode[:LONGEST]
        email, postcode = email_key(said), postcode_key(said)
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(CustomerRow.__table__)
                .join(OrderRow, OrderRow.customer_id == CustomerRow.id)
                .where(OrderRow.key == order_key(order_number[:LONGEST]))
                .order_by(OrderRow.number)
                .limit(SAME_KEY)
            )
        found = None
        for row in rows:
            # Both are compared, and in constant time, so that the time tells nothing either.
            knows_email = _same(email, email_key(row.email))
            knows_postcode = _same(postcode, postcode_key(row.postcode))
            if (knows_email or knows_postcode) and found is None:
                found = Customer(row.id, row.name, row.email, row.consent)
        return found

    async def by_id(self, customer_id: str) -> Customer | None:
        """The customer with an id; only for an id that a caller cannot choose."""
        query = select(CustomerRow.__table__).where(CustomerRow.id == customer_id[:LONGEST])
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else Customer(row.id, row.name, row.email, row.consent)

    async def purchase_history(self, customer: Customer, limit: int = 10) -> list[Order]:
        """Their last orders, the newest first."""
        newest = select(OrderRow.__table__).order_by(
            OrderRow.ordered_on.desc(), OrderRow.number.desc()
        )
        async with self._database.reading() as connection:
            return await _orders(
                connection, newest.where(OrderRow.customer_id == customer.id).limit(limit)
            )

    async def order_status(self, customer: Customer, order_number: str) -> Order | None:
        """One order of theirs; None for those of others as for those that nobody has."""
        said = order_number[:LONGEST]
        theirs = select(OrderRow.__table__).where(
            OrderRow.customer_id == customer.id, OrderRow.key == order_key(said)
        )
        async with self._database.reading() as connection:
            orders = await _orders(connection, theirs.order_by(OrderRow.number).limit(SAME_KEY))
        exact = [order for order in orders if order.number.casefold() == said.strip().casefold()]
        return next(iter(exact or orders), None)


def _same(said: str, known: str) -> bool:
    """Never for what nobody knows: an empty address is no secret."""
    return hmac.compare_digest(said.encode(), known.encode()) and bool(known)


async def _orders(connection: AsyncConnection, chosen: Select[tuple[object, ...]]) -> list[Order]:
    rows = (await connection.execute(chosen)).all()
    items: dict[str, list[Item]] = defaultdict(list)
    found = await connection.execute(
        select(OrderItemRow.__table__)
        .where(OrderItemRow.order_number.in_([row.number for row in rows]))
        .order_by(OrderItemRow.order_number, OrderItemRow.line)
    )
    for item in found:
        items[item.order_number].append(Item(item.product_id, item.product_name, item.quantity))
    return [
        Order(row.number, row.ordered_on, row.status, row.delivery_on, tuple(items[row.number]))
        for row in rows
    ]
