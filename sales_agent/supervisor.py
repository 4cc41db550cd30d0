"""`agent.py dev`: owns the servers and the worker of a development run, and ends them all.

The worker is a child process. When code changes, a new one registers before the old one is asked to drain, so that
no call is dropped; prompts and documents are read by each call anew, so a change there only has to be checked here.
"""

import asyncio
import contextlib
import os
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from watchfiles import Change, awatch

from sales_agent import report
from sales_agent.after_call import finish_forgotten
from sales_agent.brain import Brain, choose_brain
from sales_agent.briefings import ready_briefing, watch_words
from sales_agent.config import AGENT, Settings
from sales_agent.delivery import delivering
from sales_agent.indexing import making_vectors
from sales_agent.local.child import new_log
from sales_agent.local.livekit_server import LiveKitServer, find_or_build
from sales_agent.local.run_file import RunFile, write_run_file
from sales_agent.processes import Worker, WorkerError, Workers
from sales_agent.prompts import Briefing
from sales_agent.refreshing import fetch_new, refreshing
from sales_agent.report import Say
from sales_agent.rooms import check_server
from sales_agent.store import StoreError, open_store
from sales_agent.web.client_library import fetch_library
from sales_agent.web.server import Page, address, open_port, serving

# The tokens of a long call beside the prompt, for a model that runs here: 6,000 of conversation at most, and
# the role with the state of the call.
CONVERSATION_TOKENS = 8_000
TOOL_TOKENS = 3_000  # all of them, where the model gets any


@dataclass(frozen=True)
class Ready:
    """Everything a run decided before its worker started."""

    settings: Settings  # with the server, the model and the keys that were found
    briefing: Briefing
    brain: Brain
    local_server: bool

    def environment(self) -> dict[str, str]:
        """What the worker is told, over what this process was told."""
        settings = self.settings
        found = {
            "LIVEKIT_URL": settings.livekit_url,
            "LIVEKIT_API_KEY": settings.livekit_api_key,
            "LIVEKIT_API_SECRET": settings.livekit_api_secret,
            "LLM_BASE_URL": settings.llm_base_url,
            "LOCAL_LLM": settings.local_llm if self.brain.kind == "gguf" else "",
            "LLM_MODEL": settings.llm_model,
            # 70 MB a process for a turn detector that `turn_detection="stt"` does not use.
            "LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE": "0",
        }
        return {**os.environ, **found}


@contextlib.asynccontextmanager
async def thinking(
    settings: Settings, briefing: Briefing, say: Say
) -> AsyncIterator[tuple[Settings, Brain]]:
    """Find the language model, or run it here; gives the settings that reach it.

    Raises ConfigError, ModelError or LocalServerError, each with clear lines.
    """
    brain = await choose_brain(settings)
    if brain.kind != "gguf":
        yield replace(settings, llm_model=brain.model), brain
        return
    # The model's runner is an extra that most installations do not have, and the packages of calls take seconds.
    from sales_agent.local.llm_server import LocalLLMServer
    from sales_agent.local.models import resolve
    from sales_agent.warming import read_ahead

    model = resolve(settings.local_llm, settings.cache)
    say(f"Starting {model.name} …")
    context = briefing.block.tokens + CONVERSATION_TOKENS
    context += TOOL_TOKENS if settings.local_llm_tools else 0
    async with LocalLLMServer(model, context=context, cache=settings.cache) as server:
        say("The model reads the prompt once, so that no caller waits for it …")
        await read_ahead(server.url, settings, briefing, say)
        yield replace(settings, llm_base_url=server.url, llm_model=server.model), brain


@contextlib.asynccontextmanager
async def prepare(settings: Settings, briefing: Briefing, say: Say) -> AsyncIterator[Ready]:
    """Decide who hears, thinks and speaks and where; start what has to run here, and end it again.

    Raises what `thinking`, `find_or_build` and `check_server` raise, each with clear lines.
    """
    report.documents(briefing, say)
    async with contextlib.AsyncExitStack() as stack:
        settings, brain = await stack.enter_async_context(thinking(settings, briefing, say))
        report.pipeline(settings, brain, say)
        local_server = not settings.livekit_url
        if local_server:
            binary = await _find_or_build(settings, say)
            server = await stack.enter_async_context(LiveKitServer(binary, settings.cache))
            settings = replace(
                settings,
                livekit_url=server.url,
                livekit_api_key=server.api_key,
                livekit_api_secret=server.api_secret,
            )
        else:
            await check_server(settings)
        report.server(settings, local_server, say)
        await _ready_store(settings, say)
        yield Ready(settings, briefing, brain, local_server)


async def _ready_store(settings: Settings, say: Say) -> None:
    """Make the tables, so that no caller waits for it, and write up what the last run has left.

    Calls go on without a database, and this is told.
    """
    try:
        async with contextlib.aclosing(await open_store(settings.database_url)) as store:
            left = await finish_forgotten(store, tell=bool(settings.webhook_url))
        if left:
            say(f"Calls      {left} of before, which broke off, written up now")
    except StoreError as error:
        say(f"Calls are not kept: {error}")


async def _find_or_build(settings: Settings, say: Say) -> Path:
    """In a thread, which Ctrl-C does not end by itself: it is told to stop."""
    stop = threading.Event()
    try:
        return await asyncio.to_thread(
            find_or_build, settings.cache, say, uv=os.environ.get("UV"), stop=stop
        )
    finally:
        stop.set()


@contextlib.asynccontextmanager
async def fetching_library(settings: Settings, say: Say) -> AsyncIterator[asyncio.Future[Path]]:
    """Fetch the page's library, where it is not in the cache, while other things go on; its failure is told."""
    stop = threading.Event()
    fetching = asyncio.ensure_future(
        asyncio.to_thread(
            fetch_library,
            settings.cache,
            say,
            npm=shutil.which("npm"),
            uv=os.environ.get("UV"),
            stop=stop,
        )
    )

    def tell(done: asyncio.Future[Path]) -> None:
        if not done.cancelled() and (error := done.exception()) and not stop.is_set():
            say(f"The page cannot make calls: {error}")

    fetching.add_done_callback(tell)
    try:
        yield fetching
    finally:
        stop.set()
        await asyncio.gather(fetching, return_exceptions=True)


@contextlib.asynccontextmanager
async def running_agent(settings: Settings, say: Say) -> AsyncIterator[Ready]:
    """Everything that answers a call: servers and a worker, from nothing to registered and back."""
    await fetch_new(settings, say)
    briefing = await asyncio.to_thread(ready_briefing, settings)
    async with prepare(settings, briefing, say) as ready:
        log = new_log(settings.cache / "logs", "worker")
        worker = await Worker.start(ready.environment(), log=log)
        say(f"The agent's log is {log}")
        try:
            yield ready
        finally:
            await worker.stop()


async def run_dev(settings: Settings, briefing: Briefing, say: Say, *, page: bool = True) -> None:
    """Run until Ctrl-C: servers, a worker, the page, and the watch over code, prompts and documents.

    Raises what `prepare` and `open_port` raise.
    """
    async with contextlib.AsyncExitStack() as stack:
        port = stack.enter_context(open_port(settings)) if page else None
        # Beside the servers, which take longer.
        library = await stack.enter_async_context(fetching_library(settings, say)) if page else None
        ready = await stack.enter_async_context(prepare(settings, briefing, say))
        served = None
        if port is not None and library is not None:
            served = Page(ready.settings, briefing, library)
            await stack.enter_async_context(serving(served, port))
        await stack.enter_async_context(delivering(ready.settings, say))
        await stack.enter_async_context(refreshing(ready.settings, say))
        await stack.enter_async_context(making_vectors(ready.settings))
        workers = Workers(ready.environment(), say)
        # Before the worker, so that no change is missed once a user is told that it is ready.
        watching = [
            asyncio.create_task(_watch_code(Path(__file__).parent, workers, say)),
            # The folder, as editors put a new file in the place of the old one, and a watch on the old goes deaf.
            asyncio.create_task(_watch_code(AGENT.resolve().parent, workers, say)),
            asyncio.create_task(watch_words(ready.settings, briefing, ready.brain, served, say)),
        ]
        try:
            await workers.renew()
            with _found_by_other_commands(ready):
                report.how_to_talk(
                    ready.settings,
                    ready.briefing,
                    say,
                    page=address(port) if port is not None else "",
                    local_server=ready.local_server,
                    uv="UV" in os.environ,  # `uv run` sets it
                )
                await asyncio.gather(*watching)
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
            await workers.stop()


@contextlib.contextmanager
def _found_by_other_commands(ready: Ready) -> Iterator[None]:
    """Leave the run's address and keys where `call` and others look, while it takes calls."""
    settings = ready.settings
    path = write_run_file(
        settings.cache,
        Path.cwd(),
        RunFile(
            url=settings.livekit_url,
            api_key=settings.livekit_api_key,
            api_secret=settings.livekit_api_secret,
            agent_name=settings.agent_name,
            pid=os.getpid(),
        ),
    )
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


async def _watch_code(folder: Path, workers: Workers, say: Say) -> None:
    package = folder == Path(__file__).parent
    watch = awatch(folder, recursive=package, watch_filter=_is_code if package else _is_agent)
    async for _ in watch:
        say("Code changed: a new worker takes over, running calls go on.")
        try:
            await workers.renew()
        except WorkerError as error:
            say(f"{error} The old worker goes on.")


def _is_code(change: Change, path: str) -> bool:
    return path.endswith(".py")


def _is_agent(change: Change, path: str) -> bool:
    return Path(path).name == AGENT.name
