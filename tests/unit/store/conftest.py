"""Each test of the store runs on SQLite and, among the slow tests and where it is installed, on PostgreSQL."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import asyncpg
import pytest

from sales_agent.store import SAMPLE, Store, import_folder, open_store
from tests.loopback.postgres import INSTALL, programs, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    bin_folder = programs()
    if bin_folder is None:
        pytest.skip(f"PostgreSQL is not installed: {INSTALL}")
    with running_postgres(bin_folder) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/company.db"
    server = request.getfixturevalue("postgres")
    connection = await asyncpg.connect(f"{server}/postgres")
    # A tenth of the time and of the disk that a database for each test takes.
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await connection.close()
    return f"{server}/postgres"


@pytest.fixture
async def empty(url: str) -> AsyncIterator[Store]:
    async with aclosing(await open_store(url)) as store:
        yield store


@pytest.fixture
async def store(empty: Store) -> Store:
    """With the data of Harbor Office."""
    await import_folder(empty.database, SAMPLE)
    return empty


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample, to be changed."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "files"))
