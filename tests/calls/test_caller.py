"""The caller of `agent.py call` itself."""

import asyncio
import time

import pytest

from sales_agent.caller import CallError, join
from sales_agent.local.livekit_server import LiveKitServer, find_or_build
from sales_agent.rooms import caller_token
from tests.calls.conftest import CACHE


async def test_a_server_that_goes_away_ends_the_call() -> None:
    async with LiveKitServer(find_or_build(CACHE, print), CACHE) as server:
        token = caller_token(
            api_key=server.api_key, api_secret=server.api_secret, room="r", identity="caller"
        )
        async with join(server.url, token) as caller:
            waiting = asyncio.create_task(caller.hear_answer(60))
            await asyncio.sleep(0.5)
            await server.stop()
            began = time.monotonic()
            with pytest.raises(CallError, match="the server went away"):
                await waiting
            assert time.monotonic() - began < 20
