"""The outbox: what has to reach another system, kept with what it tells until it has arrived.

An entry is added in the transaction that stores what it is about: neither is there without the other.
It may be sent twice, when a process ends between sending and noting it; its key tells the receiver.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from sales_agent.store.database import Database
from sales_agent.store.schema import Json, OutboxRow

CLAIM = timedelta(minutes=2)  # how long a process has for a delivery, before another one tries


@dataclass(frozen=True)
class Delivery:
    """One try: `attempts` counts it already."""

    key: str
    payload: Json
    attempts: int


async def add(connection: AsyncConnection, payloads: Mapping[str, Json], now: datetime) -> None:
    """Put payloads in by their idempotency keys; one that is there already stays as it is."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    for key, payload in payloads.items():
        new = {"key": key, "payload": payload, "attempts": 0, "next_try": now}
        await connection.execute(
            dialect.insert(OutboxRow).values(**new).on_conflict_do_nothing(index_elements=["key"])
        )


class Outbox:
    """Gives each entry to one process at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, now: datetime, limit: int = 10) -> list[Delivery]:
        """Claim what is to be sent now, the oldest first; nobody else gets it for the time of CLAIM."""
        chosen = (
            select(OutboxRow.key)
            .where(OutboxRow.delivered.is_(None), OutboxRow.next_try <= now)
            .order_by(OutboxRow.next_try, OutboxRow.key)
            .limit(limit)
            .with_for_update(skip_locked=True)  # SQLite needs none: it has one writer at a time
        )
        async with self._database.writing() as connection:
            keys = (await connection.scalars(chosen)).all()
            rows = await connection.execute(
                update(OutboxRow)
                .where(OutboxRow.key.in_(keys))
                .values(next_try=now + CLAIM, attempts=OutboxRow.attempts + 1)
                .returning(OutboxRow.key, OutboxRow.payload, OutboxRow.attempts)
            )
            claimed = {row.key: Delivery(row.key, row.payload, row.attempts) for row in rows}
        return [claimed[key] for key in keys]

    async def delivered(self, key: str, now: datetime) -> None:
        """It has arrived: nobody tries again."""
        await self._change(key, delivered=now)

    async def failed(self, key: str, next_try: datetime) -> None:
        """It has not: try again from then on."""
        await self._change(key, next_try=next_try)

    async def _change(self, key: str, **values: datetime) -> None:
        async with self._database.writing() as connection:
            await connection.execute(
                update(OutboxRow)
                .where(OutboxRow.key == key, OutboxRow.delivered.is_(None))
                .values(**values)
            )
