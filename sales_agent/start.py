"""`agent.py start`: the production worker, on LiveKit's own runner."""

import asyncio
import contextlib
import os
import socket
import sys

from livekit.agents.__main__ import main as livekit_main

from sales_agent.config import ConfigError, Settings
from sales_agent.processes import AGENT
from sales_agent.prompts import brief
from sales_agent.supervisor import prepare


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
    briefing = brief(settings)
    # LiveKit's runner wants the main thread and a loop of its own; ours only opens and closes what stands around it.
    with asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        preparing = stack.enter_async_context(prepare(settings, briefing, _say_aside))
        os.environ.update(runner.run(preparing).environment())
        options = ["--log-level", log_level, "--log-format", log_format]
        try:
            return livekit_main(["start", str(AGENT), *options])
        finally:
            runner.run(stack.aclose())


def check_port(port: int) -> None:
    """Raise ConfigError where the health checks could not listen on `port`."""
    with socket.socket() as probe:
        if os.name != "nt":  # where it means that the port may be shared
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            raise ConfigError(
                f"HEALTH_PORT {port} is in use: set another, or end what listens there"
            ) from error


def _say_aside(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # standard output is the worker's JSON log
