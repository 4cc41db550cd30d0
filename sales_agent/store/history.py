"""The calls that were: found again by their room, listed, read through."""

from collections.abc import AsyncGenerator

from sqlalchemy import select

from sales_agent.store.calls import StoredCall
from sales_agent.store.database import Database
from sales_agent.store.schema import CallRow

SUFFIX = "#"  # parts the name of a room from the number of a later call in it
AT_ONCE = 100  # rows; a transcript is some kilobytes
LOOKED_BACK = 20  # calls of a customer; what was said longer ago is old


class History:
    """Reads what calls.py has written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_room(self, room: str) -> tuple[StoredCall | None, str]:
        """The latest call in a room, None before the first; and the id for a new one."""
        first = select(CallRow.__table__).where(CallRow.id == room)
        later = select(CallRow.id, CallRow.started).where(
            CallRow.id.startswith(f"{room}{SUFFIX}", autoescape=True)
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(first)).one_or_none()
            if row is None:
                return None, room
            # SQLite compares without regard to capitals.
            rows = [r for r in await connection.execute(later) if r.id.startswith(room + SUFFIX)]
            if rows:
                newest = max(rows, key=lambda r: (r.started, len(r.id), r.id)).id
                query = select(CallRow.__table__).where(CallRow.id == newest)
                row = (await connection.execute(query)).one()
        return StoredCall(**row._mapping), f"{room}{SUFFIX}{len(rows) + 2}"

    async def last_of(self, customer_id: str, *, before: str) -> StoredCall | None:
        """A customer's latest call in which they said whether to be remembered, beside the call `before`."""
        query = (
            select(CallRow.__table__)
            .where(CallRow.customer_id == customer_id, CallRow.id != before)
            .order_by(CallRow.started.desc())
            .limit(LOOKED_BACK)
        )
        async with self._database.reading() as connection:
            calls = [StoredCall(**row._mapping) for row in await connection.execute(query)]
        return next((c for c in calls if c.state.get("remember_consent") is not None), None)

    async def not_written_up(self) -> list[str]:
        """The ids of calls that have no write-up; some of them may be going on."""
        query = select(CallRow.id).where(CallRow.version == 0).order_by(CallRow.started)
        async with self._database.reading() as connection:
            return list(await connection.scalars(query))

    async def newest_first(self, limit: int | None = None) -> AsyncGenerator[StoredCall, None]:
        """Calls by when they began, with everything that is kept of them."""
        order = (CallRow.started.desc(), CallRow.id)
        async with self._database.reading() as connection:
            ids = list(await connection.scalars(select(CallRow.id).order_by(*order).limit(limit)))
            for start in range(0, len(ids), AT_ONCE):
                some = CallRow.id.in_(ids[start : start + AT_ONCE])
                query = select(CallRow.__table__).where(some).order_by(*order)
                for row in await connection.execute(query):
                    yield StoredCall(**row._mapping)
