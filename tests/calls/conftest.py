import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sales_agent.config import Settings
from sales_agent.local.livekit_server import LiveKitServer, find_or_build
from tests.loopback.house import House

CACHE = Settings.from_env(
    {}
).cache  # the developer's own: a server that was built once serves the tests too


@pytest.fixture(scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    prompts = Path(shutil.copytree("prompts", tmp_path_factory.mktemp("house") / "prompts"))
    (prompts / "greeting.md").write_text("Hello, AI here.")  # soon over: every call waits for it
    binary = find_or_build(CACHE, lambda line: print(line, flush=True))
    async with LiveKitServer(binary, CACHE) as server:
        yield House(server, prompts)
