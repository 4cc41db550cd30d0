"""`agent.py start`: the production worker, on LiveKit's own runner."""

import asyncio
import contextlib
import os
import socket
import sys
import threading
from collections.abc import Iterator

from livekit.agents.__main__ import main as livekit_main

import sales_agent.worker  # noqa: F401  # at once, so that LiveKit's runner soon takes SIGTERM over, to drain
from sales_agent.briefings import ready_briefing, watch_words
from sales_agent.config import AGENT, ConfigError, Settings
from sales_agent.delivery import delivering
from sales_agent.indexing import making_vectors
from sales_agent.knowledge.progress import progress_line
from sales_agent.refreshing import fetch_first, refreshing
from sales_agent.supervisor import Ready, fetching_library, prepare
from sales_agent.web.server import Page, address, open_port, port_refused, serving


def run_start(settings: Settings, *, log_level: str, log_format: str) -> int:
    """Check what can be checked, then run until SIGTERM, which drains.

    Raises ConfigError where LIVEKIT_URL is missing or the health port is taken, and what `brief` and `prepare` raise.
    """
    if not settings.livekit_url:
        raise ConfigError(
            "LIVEKIT_URL is missing: `start` joins a LiveKit server and never starts one "
            "(`python agent.py dev` does)"
        )
    check_port(settings.health_port)
    fetch_first(settings, _say_aside)
    with progress_line("Reading documents") as on_progress:
        briefing = ready_briefing(settings, on_progress)
    # LiveKit's runner wants the main thread and a loop of its own; ours only opens and closes what stands around it.
    with asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        with contextlib.ExitStack() as around:
            around.callback(lambda: runner.run(stack.aclose()))
            port = around.enter_context(open_port(settings)) if settings.page else None
            preparing = stack.enter_async_context(prepare(settings, briefing, _say_aside))
            ready = runner.run(preparing)
            around.enter_context(_beside(ready, port))
            if port is not None:
                _say_aside(f"Page       {address(port)}")
            os.environ.update(ready.environment())
            options = ["--log-level", log_level, "--log-format", log_format]
            return livekit_main(["start", str(AGENT), *options])


@contextlib.contextmanager
def _beside(ready: Ready, port: socket.socket | None) -> Iterator[None]:
    """Serve the page, where it has a port, and the webhook, and keep documents, web pages and vectors current.

    In a thread, as LiveKit's runner has the main one.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="beside", daemon=True)
    thread.start()
    stack = contextlib.AsyncExitStack()

    async def begin() -> None:
        settings, page = ready.settings, None
        await stack.enter_async_context(delivering(settings, _say_aside))
        await stack.enter_async_context(refreshing(settings, _say_aside))
        await stack.enter_async_context(making_vectors(settings))
        if port is not None:
            library = await stack.enter_async_context(fetching_library(settings, _say_aside))
            page = Page(settings, ready.briefing, library)
            await stack.enter_async_context(serving(page, port))
        watching = asyncio.create_task(
            watch_words(settings, ready.briefing, ready.brain, page, _say_aside)
        )

        async def stop() -> None:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

        stack.push_async_callback(stop)

    try:
        asyncio.run_coroutine_threadsafe(begin(), loop).result()
        yield
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def check_port(port: int) -> None:
    """Raise ConfigError where health checks cannot listen on `port`."""
    with socket.socket() as probe:
        if os.name != "nt":  # where it means that the port may be shared
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            raise ConfigError(port_refused("HEALTH_PORT", port, error)) from error


def _say_aside(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # standard output is the worker's JSON log
