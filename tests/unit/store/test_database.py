import asyncio
import sqlite3
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import Connection, text

from sales_agent.store import Store, StoreError, open_store
from sales_agent.store.database import HEAD, MIGRATIONS
from sales_agent.store.schema import Base

OPEN = """
import asyncio, sys
from contextlib import aclosing
from sales_agent.store import open_store
async def main():
    async with aclosing(await open_store(sys.argv[1])) as store:
        print((await store.counts())["calls"])
asyncio.run(main())
"""


async def test_the_migrations_make_the_tables_that_the_code_expects(empty: Store) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    async with empty.database.reading() as connection:
        assert await connection.run_sync(differences) == []


def test_the_newest_migration_is_the_one_that_the_code_knows() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


@pytest.mark.slow
def test_processes_that_start_at_once_make_one_database(url: str) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", OPEN, url], stdout=-1, stderr=-1, text=True)
        for _ in range(3)
    ]
    ended = [(*process.communicate(timeout=60), process.returncode) for process in started]
    assert ended == [("0\n", "", 0)] * 3


async def test_a_start_waits_for_another_that_makes_the_file(tmp_path: Path) -> None:
    with FileLock(tmp_path / "company.db.lock"):
        opening = asyncio.create_task(open_store(f"sqlite:///{tmp_path}/company.db"))
        await asyncio.wait([opening], timeout=0.3)
        assert not opening.done()
        assert not (tmp_path / "company.db").exists()
    async with aclosing(await opening) as store:
        assert (await store.counts())["calls"] == 0


async def test_a_database_is_opened_again_as_it_was_left(url: str) -> None:
    for expected in (0, 1):
        async with aclosing(await open_store(url)) as store, store.database.writing() as connection:
            found = await connection.scalar(text("SELECT count(*) FROM delivery"))
            assert found == expected
            await connection.execute(text("INSERT INTO delivery (id, fee) VALUES (1, 1)")) if (
                not found
            ) else None


async def test_a_database_of_a_newer_version_is_refused(url: str) -> None:
    async with aclosing(await open_store(url)) as store, store.database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"newer version of the agent: update the agent"):
        await open_store(url)


async def test_a_failed_write_leaves_nothing_behind(empty: Store) -> None:
    async def write_twice() -> None:
        async with empty.database.writing() as connection:
            await connection.execute(text("INSERT INTO delivery (id, fee) VALUES (1, 1)"))
            await connection.execute(text("INSERT INTO delivery (id, fee) VALUES (1, 2)"))

    with pytest.raises(StoreError, match=r"cannot be used"):
        await write_twice()
    async with empty.database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM delivery")) == 0


async def test_a_value_that_is_refused_is_in_no_message(empty: Store) -> None:
    with pytest.raises(StoreError) as error:
        await empty.calls.load_state("Ada \0 King\ud800")
    assert "Ada" not in str(error.value)
    assert "<class" not in str(error.value)


async def test_a_row_that_refers_to_nothing_is_refused(empty: Store) -> None:
    with pytest.raises(StoreError):
        async with empty.database.writing() as connection:
            await connection.execute(
                text("INSERT INTO stock (product_id, quantity) VALUES ('none', 1)")
            )


async def test_writers_wait_for_each_other(empty: Store) -> None:
    async with empty.database.writing() as connection:
        await connection.execute(text("INSERT INTO delivery (id, fee) VALUES (1, 0)"))

    async def add() -> None:
        async with empty.database.writing() as connection:
            await connection.scalar(text("SELECT fee FROM delivery"))
            await asyncio.sleep(0.01)
            await connection.execute(text("UPDATE delivery SET fee = fee + 1"))

    await asyncio.gather(*(add() for _ in range(10)))
    async with empty.database.reading() as connection:
        assert await connection.scalar(text("SELECT fee FROM delivery")) == 10


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"There is no folder .*/nowhere: create it"):
        await open_store(f"sqlite:///{tmp_path}/nowhere/company.db")


async def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "company.db").write_text("id,name\n" * 100)
    with pytest.raises(StoreError, match=r"company.db cannot be used: .*not a database") as error:
        await open_store(f"sqlite:///{tmp_path}/company.db")
    assert "\n" not in str(error.value)


async def test_a_file_name_with_signs_is_taken_as_it_is(tmp_path: Path) -> None:
    async with aclosing(await open_store(f"sqlite:///{tmp_path}/100% our?own.db")):
        pass
    assert sqlite3.connect(tmp_path / "100% our?own.db").execute(
        "PRAGMA journal_mode"
    ).fetchone() == ("wal",)


@pytest.mark.parametrize("name", ["postgres?sslmode=disable", "postgres?channel_binding=prefer"])
async def test_what_hosters_put_behind_a_url_is_understood(postgres: str, name: str) -> None:
    async with aclosing(await open_store(f"{postgres}/{name}")) as store:
        assert (await store.counts())["calls"] == 0


async def test_a_database_that_is_not_there_is_one_line_without_its_password(postgres: str) -> None:
    url = f"{postgres}/nothing".replace("tester@", "tester:tell-nobody@")
    with pytest.raises(StoreError, match=r"nothing at 127.0.0.1 cannot be used") as error:
        await open_store(url)
    assert "tell-nobody" not in str(error.value)
    assert "\n" not in str(error.value)


async def test_a_server_that_is_not_there_is_one_line() -> None:
    with pytest.raises(StoreError, match=r"company at 127.0.0.1 cannot be used"):
        await open_store("postgresql://me:word@127.0.0.1:1/company")
