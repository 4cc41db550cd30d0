"""Store: all of the company's data, on one database."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from sales_agent.store.calendar import Calendar
from sales_agent.store.calls import Calls
from sales_agent.store.catalogue import Catalogue
from sales_agent.store.customers import Customers
from sales_agent.store.database import Database
from sales_agent.store.outbox import Outbox
from sales_agent.store.schema import (
    Base,
    CallRow,
    CustomerRow,
    ImportRow,
    LeadRow,
    OrderRow,
    OutboxRow,
    ProductRow,
    SlotRow,
)

COUNTED: dict[str, type[Base]] = {
    "products": ProductRow,
    "customers": CustomerRow,
    "orders": OrderRow,
    "slots": SlotRow,
    "calls": CallRow,
    "leads": LeadRow,
    "outbox": OutboxRow,
}


@dataclass(frozen=True)
class Store:
    """What a call may ask of the company's data. Close it, or its threads live on."""

    database: Database
    catalogue: Catalogue
    customers: Customers
    calendar: Calendar
    calls: Calls
    outbox: Outbox

    async def counts(self) -> dict[str, int]:
        """How many rows there are, by what they are."""
        async with self.database.reading() as connection:
            return {
                what: await connection.scalar(select(func.count()).select_from(table)) or 0
                for what, table in COUNTED.items()
            }

    async def imported(self) -> datetime | None:
        """When data was loaded last; None: never."""
        async with self.database.reading() as connection:
            return await connection.scalar(select(func.max(ImportRow.at)))

    async def aclose(self) -> None:
        await self.database.close()


async def open_store(url: str) -> Store:
    """Open the database, and make or update its tables. Raises StoreError."""
    database = Database(url)
    try:
        await database.prepare()
    except BaseException:
        await database.close()
        raise
    return Store(
        database,
        Catalogue(database),
        Customers(database),
        Calendar(database),
        Calls(database),
        Outbox(database),
    )
