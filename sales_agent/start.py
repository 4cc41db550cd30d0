"""`agent.py start`: the production worker, on LiveKit's own runner."""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Sequence

from livekit.agents.__main__ import main as livekit_main

from sales_agent.config import ConfigError, Settings
from sales_agent.supervisor import AGENT, prepare


def run_start(settings: Settings, options: Sequence[str]) -> int:
    """Check what can be checked, then run until SIGTERM, which drains.

    Raises ConfigError where LIVEKIT_URL is missing or the health port is taken, and what `prepare` raises.
    """
    if not settings.livekit_url:
        raise ConfigError(
            "LIVEKIT_URL is missing: `start` joins a LiveKit server and never starts one "
            "(`python agent.py dev` does)"
        )
    _check_port(settings.health_port)
    # LiveKit's runner wants the main thread and a loop of its own; ours only opens and closes what stands around it.
    with asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        ready = runner.run(stack.enter_async_context(prepare(settings, _say_aside)))
        os.environ.update(ready.environment())
        try:
            return livekit_main(["start", str(AGENT), *options])
        finally:
            runner.run(stack.aclose())


def _say_aside(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # standard output is the worker's JSON log


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            raise ConfigError(
                f"HEALTH_PORT {port} is in use: set another, or end what listens there"
            ) from error
