"""Every call: its state while it runs, its transcript, and what is made of it. Durable when a function returns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Update, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from sales_agent.store.database import Database
from sales_agent.store.outbox import add
from sales_agent.store.schema import Base, CallRow, Json, LeadRow

# Who comes back into the room within it goes on with their call.
RETURN_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class StoredCall:
    """What is kept of one call. `version` counts its write-ups; 0 before the first."""

    id: str
    version: int
    started: datetime
    ended: datetime | None
    state: Json
    transcript: list[Json]
    writeup: Json | None
    customer_id: str | None


def may_go_on(call: StoredCall) -> bool:
    """Whether the call is going on, or its caller may still come back to it."""
    return datetime.now(UTC) - last_moment(call) < RETURN_WITHIN


def last_moment(call: StoredCall) -> datetime:
    """When it ended; where a process died over it, when it was heard of last."""
    said = [datetime.fromisoformat(line["at"]) for line in call.transcript[-1:]]
    return call.ended or max([call.started, *said])


@dataclass(frozen=True, kw_only=True)
class Lead:
    """Somebody to call back, and what they agreed to."""

    call_id: str
    name: str
    email: str = ""
    need: str = ""
    details: Mapping[str, Any]
    """Whatever else is known, as JSON: company, quantity, budget, timeline."""


class Calls:
    """Writes go to the disk before they return: a process may end in the next moment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save_state(
        self,
        call_id: str,
        state: Mapping[str, Any],
        *,
        now: datetime,
        transcript: Sequence[Mapping[str, Any]] | None = None,
        customer_id: str | None = None,
        ended: bool = False,
    ) -> None:
        """Keep the state of a call; the first time it begins with it.

        `transcript` and `customer_id` replace those that are kept; None leaves them.
        """
        changed: dict[str, Any] = {"state": dict(state)}
        # A caller who comes back into the room goes on with the call.
        changed["ended"] = now if ended else None
        if transcript is not None:
            changed["transcript"] = [dict(line) for line in transcript]
        if customer_id is not None:
            changed["customer_id"] = customer_id
        new = {"id": call_id, "version": 0, "started": now, "transcript": []} | changed
        async with self._database.writing() as connection:
            await _upsert(connection, CallRow, "id", new, changed)

    async def load_state(self, call_id: str) -> StoredCall | None:
        """What is kept of a call; None where it is unknown."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(select(CallRow.__table__).where(CallRow.id == call_id))
            ).one_or_none()
        return None if row is None else StoredCall(**row._mapping)

    async def save_writeup(
        self,
        call_id: str,
        writeup: Mapping[str, Any],
        version: int,
        *,
        now: datetime,
        outbox: Mapping[str, Json] | None = None,
    ) -> bool:
        """Keep what was made of a call, and what of it has to reach others, or neither.

        `version` is one above the one it was made from: False where another process was first, or
        where the call is unknown. `outbox` holds payloads by their idempotency keys.
        """
        async with self._database.writing() as connection:
            changed = await connection.execute(_writeup(call_id, writeup, version))
            if changed.rowcount != 1:
                return False
            await add(connection, outbox or {}, now)
        return True

    async def save_lead(
        self, lead: Lead, *, now: datetime, outbox: Mapping[str, Json] | None = None
    ) -> None:
        """Keep a lead, in place of an earlier one of the same call, and what has to reach others."""
        values = {
            "at": now,
            "name": lead.name.replace("\0", ""),  # PostgreSQL refuses this one character
            "email": lead.email.replace("\0", ""),
            "need": lead.need.replace("\0", ""),
            "details": dict(lead.details),
        }
        async with self._database.writing() as connection:
            await _upsert(
                connection, LeadRow, "call_id", {"call_id": lead.call_id} | values, values
            )
            await add(connection, outbox or {}, now)

    async def load_lead(self, call_id: str) -> Lead | None:
        """The lead of a call; None where it has none."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(
                    select(LeadRow.__table__).where(LeadRow.call_id == call_id)
                )
            ).one_or_none()
        if row is None:
            return None
        return Lead(
            call_id=row.call_id,
            name=row.name,
            email=row.email,
            need=row.need,
            details=row.details,
        )


def _writeup(call_id: str, writeup: Mapping[str, Any], version: int) -> Update:
    return (
        update(CallRow)
        .where(CallRow.id == call_id, CallRow.version == version - 1)
        .values(writeup=dict(writeup), version=version)
    )


async def _upsert(
    connection: AsyncConnection,
    table: type[Base],
    key: str,
    new: Mapping[str, Any],
    changed: Mapping[str, Any],
) -> None:
    """Insert `new`, or change the row that has its key."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    await connection.execute(
        dialect.insert(table)
        .values(**new)
        .on_conflict_do_update(index_elements=[key], set_=dict(changed))
    )
