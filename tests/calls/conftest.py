from collections.abc import AsyncIterator

import pytest

from sales_agent.config import Settings
from sales_agent.local.livekit_server import LiveKitServer, find_or_build
from tests.loopback.house import House, short_prompts

CACHE = Settings.from_env({}).cache


@pytest.fixture(scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    prompts = short_prompts(tmp_path_factory.mktemp("house"))
    async with LiveKitServer(find_or_build(CACHE, print), CACHE) as server:
        yield House(server, prompts)
