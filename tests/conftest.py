import os
import shutil
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from pathlib import Path

import pytest
from xdist.workermanage import WorkerController

from sales_agent.config import Settings
from sales_agent.local.livekit_server import find_or_build
from sales_agent.store import SAMPLE, Store, import_folder, open_store
from sales_agent.web.client_library import fetch_library

CACHE = Settings.from_env(
    {}
).cache  # the developer's own: what was fetched once serves the tests too
IN_ROOMS = ("tests/calls/", "tests/browser/")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Where one process runs all tests: make ready what they need."""
    if not session.config.option.collectonly and not hasattr(session.config, "workerinput"):
        make_ready(session.config, [item.nodeid for item in session.items])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: WorkerController, ids: Sequence[str]) -> None:
    """Where several do: the one that shows what they do makes it ready, before they begin."""
    make_ready(node.config, ids)


def make_ready(config: pytest.Config, tests: Iterable[str]) -> None:
    """Build and fetch what `dev` would, before any test's time runs, on the screen, as it takes minutes."""
    if not any(test.startswith(IN_ROOMS) for test in tests):
        return
    capture = config.pluginmanager.getplugin("capturemanager")
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
