"""`agent.py data import`: a folder of CSV files replaces the company's data, all of it or nothing."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sales_agent.store.company_files import CompanyFiles, check_folder
from sales_agent.store.csv_files import Problems
from sales_agent.store.database import Database
from sales_agent.store.schema import (
    Base,
    CustomerRow,
    DeliveryRow,
    DiscountRow,
    ImportRow,
    OrderItemRow,
    OrderRow,
    ProductRow,
    SlotRow,
    StockRow,
)

# In the order they are filled in: a row comes after what it refers to.
REPLACED: tuple[type[Base], ...] = (
    ProductRow,
    StockRow,
    DiscountRow,
    DeliveryRow,
    CustomerRow,
    OrderRow,
    OrderItemRow,
)
BATCH = 1_000  # rows sent at once
TOLD_EVERY = 10_000  # rows


async def import_folder(
    database: Database, folder: Path, on_rows: Callable[[str, int], None] | None = None
) -> dict[str, int]:
    """Replace products, stock, discounts, delivery, customers, orders and free slots; rows by file.

    Calls, leads and taken slots stay. A file that may be missing and is, empties its table: the
    folder is the whole truth. `on_rows` hears a file's name and how many of its rows are in, now and
    then. Raises StoreError with a line for each bad row, and then nothing has changed.
    """
    problems = Problems()
    check_folder(folder, problems)
    # Read once to check, before the database is touched: calls write into it meanwhile.
    for _ in CompanyFiles(folder, problems).rows():
        pass
    problems.raise_if_any()
    async with database.writing() as connection:
        await database.lock(connection)
        for table in reversed(REPLACED):
            await connection.execute(delete(table))
        await connection.execute(delete(SlotRow).where(SlotRow.taken_by.is_(None)))
        taken = set((await connection.scalars(select(SlotRow.start))).all())
        counts: Counter[str] = Counter()
        tables: tuple[type[Base], ...] = (*REPLACED, SlotRow)
        waiting: dict[type[Base], list[dict[str, Any]]] = {table: [] for table in tables}
        for file, table, values in CompanyFiles(folder, problems).rows():
            if table is not OrderRow:  # a row of that file is an item
                counts[file] += 1
                if on_rows is not None and counts[file] % TOLD_EVERY == 0:
                    on_rows(file, counts[file])
            if table is SlotRow and values["start"] in taken:
                continue
            waiting[table].append(values)
            if len(waiting[table]) >= BATCH:
                problems.raise_if_any()  # the files changed since they were checked
                await _store(connection, waiting)
        problems.raise_if_any()
        await _store(connection, waiting)
        stamp = {"at": datetime.now(UTC), "rows": dict(counts)}
        await connection.execute(insert(ImportRow).values(stamp))
    return dict(counts)


async def _store(
    connection: AsyncConnection, waiting: dict[type[Base], list[dict[str, Any]]]
) -> None:
    for table, rows in waiting.items():
        if rows:
            await connection.execute(insert(table), rows)
            rows.clear()
