from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sales_agent.config import Settings
from sales_agent.local.livekit_server import LiveKitServer, find_or_build
from tests.loopback.house import House, short_prompts

CACHE = Settings.from_env({}).cache  # the developer's own: a server built once serves the tests too
HERE = Path(__file__).parent


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build the LiveKit server before any test's time runs, on the screen, as it takes minutes."""
    if session.config.option.collectonly or not any(
        HERE in item.path.parents for item in session.items
    ):
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        find_or_build(CACHE, lambda line: print(line, flush=True))


@pytest.fixture(scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    prompts = short_prompts(tmp_path_factory.mktemp("house"))
    async with LiveKitServer(find_or_build(CACHE, print), CACHE) as server:
        yield House(server, prompts)
