"""The database: SQLite in a file, or PostgreSQL. Brings the tables up to date, and runs transactions.

Every failure of it leaves here as StoreError.
"""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg
from filelock import AsyncFileLock, Timeout
from sqlalchemy import URL, Connection, event, inspect, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from sales_agent.config import MendableError

HEAD = "0002"  # the newest step in migrations/versions; known here, a start need not load Alembic
MIGRATIONS = Path(__file__).parent / "migrations"

BUSY_TIMEOUT = (
    15_000  # ms that SQLite waits for another's write; a large import holds it for seconds
)
CONNECT_TIMEOUT = 10.0  # s; a caller waits no longer for a database that does not answer
LOCK_TIMEOUT = 60.0  # s that a start waits for another one that migrates
ADVISORY_LOCK = (
    0x5A1E5A6E  # ours among the locks of a PostgreSQL database; the number means nothing
)
# A process has one call, which asks for little at once; hosters count connections.
POOL_SIZE, MAX_OVERFLOW = 2, 3
# What libpq knows and asyncpg does not: it would send them to the server, which refuses them.
NOT_FOR_ASYNCPG = {"channel_binding", "pgbouncer"}

# UnicodeError: SQLite's driver lets it through, for text that no database can hold.
_FAILURES = (
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,
    UnicodeError,
)


class StoreError(MendableError):
    """The store cannot be read or written; the message has one line for each thing to mend."""


class RefusedError(StoreError):
    """Asked for what there is not, such as an unknown product; the message says what to ask instead."""


class Database:
    """Transactions on one database. Each process has its own; close it, or its threads live on."""

    def __init__(self, url: str) -> None:
        """`url` as Settings.database_url has checked it. Connects to nothing yet."""
        self.file: Path | None = None
        if url.startswith("sqlite:"):
            self.file = Path(url.removeprefix("sqlite:///")).expanduser().absolute()
            self.where = str(self.file)
            self._engine = _sqlite(self.file)
        else:
            parts = urlsplit(url)
            self.where = f"{parts.path.strip('/')} at {parts.hostname}"  # without the password
            self._engine = _postgresql(url)
        self._writer = self._engine.execution_options(writes=True)

    async def prepare(self) -> None:
        """Make the tables, or bring them up to date; of processes that start at once, one does it."""
        if await self._version() == HEAD:
            return
        if self.file is None:
            async with self.writing() as connection:
                await self.lock(connection)
                await connection.run_sync(_migrate, self.where)
            return
        self.check_folder()
        try:
            async with AsyncFileLock(f"{self.file}.lock", timeout=LOCK_TIMEOUT):
                await asyncio.to_thread(_write_ahead, self.file)
                async with self.writing() as connection:
                    await connection.run_sync(_migrate, self.where)
        except Timeout as error:
            raise StoreError(
                f"{self.file}.lock is held by another process: wait for it, or end it"
            ) from error
        except (sqlite3.Error, OSError) as error:
            raise self._told(error) from error

    def check_folder(self) -> None:
        """Raise StoreError where SQLite's file has no folder to be in."""
        if self.file is not None and not self.file.parent.is_dir():
            raise StoreError(
                f"There is no folder {self.file.parent}: create it, or change DATABASE_URL"
            )

    async def lock(self, connection: AsyncConnection) -> None:
        """Keep other processes that ask for this lock waiting until the transaction ends."""
        if connection.dialect.name == "postgresql":
            # Of the transaction, not of the session: it also holds behind a connection pooler.
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One view of the data. Raises StoreError."""
        async with self._transaction(self._engine) as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """All or nothing, and on the disk before it returns. Raises StoreError."""
        async with self._transaction(self._writer) as connection:
            yield connection

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        try:
            async with engine.begin() as connection:
                yield connection
        except _FAILURES as error:
            raise self._told(error) from error

    def _told(self, error: Exception) -> StoreError:
        reason = error.orig if isinstance(error, DBAPIError) else error
        told = (str(reason).strip().splitlines() or [type(reason).__name__])[0]
        told = re.sub(r"^<class '[^']*'>: ", "", told)
        # What follows is the value itself, which may be a caller's name, and errors are logged.
        told = re.sub(r"(query argument \$\d+).*", r"\1 is refused", told)
        return StoreError(f"The database {self.where} cannot be used: {told}")

    async def _version(self) -> str | None:
        if self.file is not None and not self.file.exists():
            return None
        async with self.reading() as connection:
            if not await connection.run_sync(
                lambda sync: inspect(sync).has_table("alembic_version")
            ):
                return None
            found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
            return None if found is None else str(found)


def _sqlite(file: Path) -> AsyncEngine:
    engine = create_async_engine(URL.create("sqlite+aiosqlite", database=str(file)))

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions begin where we say, not at the first write
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA synchronous = FULL")  # less can lose the last seconds with the power
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: Connection) -> None:
        # A transaction that reads first and then writes is refused at once when another wrote meanwhile.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(file: Path) -> None:
    """Let readers go on while one process writes; the file remembers it."""
    connection = sqlite3.connect(file, timeout=BUSY_TIMEOUT / 1000)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def _postgresql(url: str) -> AsyncEngine:
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key not in NOT_FOR_ASYNCPG]
    dsn = urlunsplit(parts._replace(query=urlencode(query)))

    async def connect() -> Any:
        return await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT)

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,  # asyncpg reads sslmode and its like from the URL as libpq does
        pool_size=POOL_SIZE,
        max_overflow=MAX_OVERFLOW,
        pool_pre_ping=True,  # hosters close connections that were quiet for minutes
    )


def _migrate(connection: Connection, where: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(
            f"The database {where} was written by a newer version of the agent: update the agent"
        ) from error
