"""`agent.py start`, the production worker, with the page beside it."""

import asyncio
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import psutil
import pytest

from sales_agent.caller import CallError, join
from sales_agent.local.child import free_port
from sales_agent.store import open_store
from tests.loopback.house import House
from tests.loopback.webhook import Receiver

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


async def greeted(client: aiohttp.ClientSession) -> bool:
    """Whether a new call from the page's token is answered."""
    async with client.post("/token") as answer:
        ticket = await answer.json()
    async with join(ticket["server_url"], ticket["participant_token"]) as caller:
        try:
            await caller.hear_answer(10)
        except CallError:
            return False
        return "AI here" in caller.agent_text


@asynccontextmanager
async def started(
    house: House, *, stdout: int | None = DEVNULL, stderr: int | None = None, **settings: str
) -> AsyncIterator[Process]:
    """A production worker, which is gone at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "agent.py",
        "start",
        env=house.environment(HEALTH_PORT=str(free_port()), **settings),
        stdout=stdout,
        stderr=stderr,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def told(stream: asyncio.StreamReader | None, text: bytes) -> None:
    """Wait until it says so."""
    assert stream is not None
    async with asyncio.timeout(60):
        while text not in (line := await stream.readline()):
            assert line, "it ended"


async def drained(process: Process) -> None:
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 30) == 0


async def test_it_serves_the_page_where_told_and_ends_with_it(house: House) -> None:
    port = free_port()
    async with started(house, stderr=PIPE, PAGE="1", PAGE_PORT=str(port)) as process:
        await told(process.stderr, b"Page ")
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            async with client.get("/") as page:
                assert page.status == 200
            # A worker that is not registered yet, or whose machine is busy, lets a room pass by.
            deadline = time.monotonic() + 90
            while not await greeted(client):
                if psutil.cpu_percent(1.0) > 70:  # above which a production worker takes no call
                    pytest.skip("this machine is too busy for a production worker")
                assert time.monotonic() < deadline
        await drained(process)


async def test_it_serves_none_where_not_told(house: House) -> None:
    port = free_port()
    async with started(house, stdout=PIPE, stderr=DEVNULL, PAGE_PORT=str(port)) as process:
        await told(process.stdout, b"registered worker")
        with pytest.raises(OSError, match="Connect"):
            await asyncio.open_connection("127.0.0.1", port)


async def test_it_posts_what_waits_for_the_webhook(house: House, tmp_path: Path) -> None:
    receiver = Receiver(free_port())
    url = f"sqlite:///{tmp_path}/calls.db"
    async with aclosing(await open_store(url)) as store:
        await store.calls.save_state("room", {}, now=datetime.now(UTC))
        message = {"id": "key-1"}
        await store.calls.save_writeup(
            "room", {}, 1, now=datetime.now(UTC), outbox={"key-1": message}
        )
    async with (
        receiver.running(),
        started(house, **receiver.settings, DATABASE_URL=url) as process,
    ):
        async with asyncio.timeout(60):
            while receiver.payloads != [message]:
                assert process.returncode is None, "it ended"
                await asyncio.sleep(0.1)
        await drained(process)
