"""Times at which the sales team calls back, each given away once."""

from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from sales_agent.store.database import Database
from sales_agent.store.schema import SlotRow


class Calendar:
    """One free time is one conversation; a call has one at most."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def free(self, now: datetime, limit: int = 5) -> list[datetime]:
        """The next free times after `now`, in UTC, the earliest first."""
        async with self._database.reading() as connection:
            found = await connection.scalars(
                select(SlotRow.start)
                .where(SlotRow.taken_by.is_(None), SlotRow.start > now)
                .order_by(SlotRow.start)
                .limit(limit)
            )
            return [*found]

    async def book(self, call_id: str, slot: datetime) -> bool:
        """Give the time to the call, in place of one that it has. False: it is taken, or there is none.

        Booking the same again is True again, so that a try can be repeated when its answer got lost.
        """
        async with self._database.writing() as connection:
            try:
                async with connection.begin_nested() as attempt:
                    mine = SlotRow.taken_by == call_id
                    if await connection.scalar(select(SlotRow.start).where(mine)) == slot:
                        return True
                    await connection.execute(update(SlotRow).where(mine).values(taken_by=None))
                    # The condition is checked where the row is locked: of two, the second finds it taken.
                    taken = await connection.execute(
                        update(SlotRow)
                        .where(SlotRow.start == slot, SlotRow.taken_by.is_(None))
                        .values(taken_by=call_id)
                    )
                    if taken.rowcount != 1:
                        await attempt.rollback()  # the call keeps what it had
                        return False
            except IntegrityError:  # the same call books another time at this moment
                return False
        return True

    async def booked(self, call_id: str) -> datetime | None:
        """What the call has booked, in UTC."""
        async with self._database.reading() as connection:
            found = await connection.scalar(
                select(SlotRow.start).where(SlotRow.taken_by == call_id)
            )
            return None if found is None else found.astimezone(UTC)
