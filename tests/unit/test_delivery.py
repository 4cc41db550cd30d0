"""What the outbox holds reaches a real receiver that checks the signature."""

import asyncio
import itertools
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from sales_agent import delivery
from sales_agent.config import ConfigError, Settings
from sales_agent.delivery import LONGEST_DELAY, delay, deliver, deliver_due, delivering
from sales_agent.local.child import free_port
from sales_agent.store import Store, open_store
from sales_agent.store.schema import OutboxRow
from tests.loopback.webhook import SECRET, Receiver

PAYLOAD = {"version": 1, "type": "call.completed", "id": "key-1", "call": {"summary": "Grüße"}}


@pytest.fixture
def receiver() -> Receiver:
    return Receiver(free_port())


@pytest.fixture
def settings(receiver: Receiver, tmp_path: Path) -> Settings:
    url = f"sqlite:///{tmp_path}/calls.db"
    return Settings.from_env({**receiver.settings, "DATABASE_URL": url})


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    """With a message that waits."""
    async with aclosing(await open_store(settings.database_url)) as store:
        now = datetime.now(UTC) - timedelta(seconds=1)
        await store.calls.save_state("room", {}, now=now)
        await store.calls.save_writeup("room", {}, 1, now=now, outbox={"key-1": PAYLOAD})
        yield store


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "FIRST_DELAY", 0.05)
    monkeypatch.setattr(delivery, "POLL", 0.02)


def quiet(line: str) -> None:
    raise AssertionError(line)


async def until_delivered(store: Store) -> None:
    async with asyncio.timeout(10):
        while (await store.counts())["outbox"] and await waiting(store):
            await asyncio.sleep(0.02)


async def waiting(store: Store) -> bool:
    async with store.database.reading() as connection:
        row = await connection.scalar(select(OutboxRow.key).where(OutboxRow.delivered.is_(None)))
        return row is not None


@pytest.mark.usefixtures("_quick")
async def test_a_receiver_that_is_down_gets_it_when_it_is_up(
    receiver: Receiver, settings: Settings, store: Store
) -> None:
    async with delivering(settings, quiet):
        await asyncio.sleep(0.3)
        assert await waiting(store)
    async with delivering(settings, quiet), receiver.running():  # after a restart
        await until_delivered(store)
    assert receiver.payloads == [PAYLOAD]


@pytest.mark.usefixtures("_quick")
async def test_an_error_of_the_receiver_is_tried_again(
    receiver: Receiver, settings: Settings, store: Store
) -> None:
    receiver.statuses = [500, 404]
    async with receiver.running(), delivering(settings, quiet):
        await until_delivered(store)
        await asyncio.sleep(0.2)
    assert receiver.keys == ["key-1"] * 3
    assert receiver.payloads == [PAYLOAD]


@pytest.mark.usefixtures("_quick")
async def test_a_redirect_is_not_followed(
    receiver: Receiver, settings: Settings, store: Store
) -> None:
    receiver.statuses = [307, 302]
    async with receiver.running(), delivering(settings, quiet):
        await until_delivered(store)
    assert receiver.elsewhere == 0
    assert len(receiver.keys) == 3


@pytest.mark.usefixtures("_quick")
async def test_a_receiver_that_wants_no_more_ends_it(
    receiver: Receiver,
    settings: Settings,
    store: Store,
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver.statuses = [410]
    async with receiver.running(), delivering(settings, quiet):
        await until_delivered(store)
        await asyncio.sleep(0.2)
    assert receiver.keys == ["key-1"]
    assert "not sent again" in caplog.text
    assert "Grüße" not in caplog.text


async def test_a_process_that_dies_before_noting_it_sends_it_twice_with_the_same_key(
    receiver: Receiver, settings: Settings, store: Store
) -> None:
    program = (
        "import asyncio, os; from sales_agent.config import Settings; "
        "from sales_agent.delivery import deliver; "
        "asyncio.run(deliver(Settings.from_env(os.environ), print))"
    )
    environment = {**os.environ, **receiver.settings, "DATABASE_URL": settings.database_url}
    async with receiver.running(), aiohttp.ClientSession() as client:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, env=environment
        )
        receiver.on_post = lambda: os.kill(process.pid, signal.SIGKILL)
        await asyncio.wait_for(process.wait(), 30)
        assert receiver.keys == ["key-1"]
        assert await deliver_due(settings, store, client) == 0  # the dead one's claim still holds
        await store.outbox.failed("key-1", datetime.now(UTC))  # as it does not two minutes later
        receiver.on_post = None
        assert await deliver_due(settings, store, client) == 1
        assert await deliver_due(settings, store, client) == 0
    assert receiver.keys == ["key-1", "key-1"]


async def test_a_database_that_fails_is_told_once_and_tried_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "STORE_PAUSE", 0.05)
    told: list[str] = []
    broken = Settings.from_env(
        {
            "WEBHOOK_URL": settings.webhook_url,
            "WEBHOOK_SECRET": SECRET,
            "DATABASE_URL": f"sqlite:///{tmp_path}/none/calls.db",
        }
    )
    task = asyncio.create_task(deliver(broken, told.append))
    await asyncio.sleep(0.4)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(told) == 1
    assert "There is no folder" in told[0]


async def test_without_a_webhook_the_database_is_not_even_opened(tmp_path: Path) -> None:
    settings = Settings.from_env({"DATABASE_URL": f"sqlite:///{tmp_path}/calls.db"})
    async with delivering(settings, quiet):
        await asyncio.sleep(0.1)
    assert list(tmp_path.iterdir()) == []


def test_the_delay_doubles_up_to_a_quarter_of_an_hour() -> None:
    seconds = [delay(attempts).total_seconds() for attempts in range(1, 12)]
    assert 1.6 <= seconds[0] <= 2.4
    assert all(1.3 <= b / a <= 3 for a, b in itertools.pairwise(seconds[:8]))
    assert max(delay(10_000).total_seconds() for _ in range(50)) <= LONGEST_DELAY * 1.2
    assert len({delay(3) for _ in range(5)}) > 1


def test_a_webhook_without_its_secret_is_one_line() -> None:
    with pytest.raises(ConfigError, match=r"^WEBHOOK_SECRET is missing: [^\n]+$"):
        Settings.from_env({"WEBHOOK_URL": "https://crm.example/hook"})
    with pytest.raises(ConfigError, match="WEBHOOK_URL must be a URL"):
        Settings.from_env({"WEBHOOK_URL": "crm.example", "WEBHOOK_SECRET": "x"})
