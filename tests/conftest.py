import os
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from sales_agent.config import Settings
from sales_agent.local.livekit_server import find_or_build
from sales_agent.store import SAMPLE, Store, import_folder, open_store
from sales_agent.web.client_library import fetch_library

CACHE = Settings.from_env(
    {}
).cache  # the developer's own: what was fetched once serves the tests too
IN_ROOMS = tuple(Path(__file__).parent / name for name in ("calls", "browser"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build and fetch what `dev` would, before any test's time runs, on the screen, as it takes minutes."""
    wanted = any(folder in item.path.parents for item in session.items for folder in IN_ROOMS)
    if session.config.option.collectonly or not wanted:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        find_or_build(CACHE, _say)
        fetch_library(CACHE, _say, npm=shutil.which("npm"), uv=os.environ.get("UV"))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """With the data of Harbor Office, in the file `data.db` of the test's folder."""
    async with aclosing(await open_store(f"sqlite:///{tmp_path}/data.db")) as store:
        await import_folder(store.database, SAMPLE)
        yield store


def _say(line: str) -> None:
    print(line, flush=True)
