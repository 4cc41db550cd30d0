"""`agent.py worker`: the worker of `dev`, which owns its process from the first moment to the last."""

import asyncio
import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, TextIO

from sales_agent import preloading
from sales_agent.config import Settings
from sales_agent.screen_log import log_to_screen

if TYPE_CHECKING:
    from livekit.agents import AgentServer

logger = logging.getLogger("sales_agent")

# What the supervisor reads from a worker's standard output, a word a line.
REGISTERED = "registered"
# What it writes to its standard input. The end of that input ends the worker: nobody is left to ask for calls.
DRAIN = "drain"


def run_supervised() -> None:
    """Run a development worker that a supervisor owns, until its standard input says `drain` or ends."""
    # The pipe to the supervisor is ours alone. Everything else that is printed, here or in a job process, goes to
    # the screen: into the pipe it would go unseen, and fill it until a call stands still.
    report = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    preloading.begin()
    # Here, as they take seconds, in which the processes of calls get ready for theirs.
    from sales_agent.worker import build_server

    log_to_screen()
    asyncio.run(_run(build_server(Settings.from_env(os.environ), dev=True), report))


async def _run(server: "AgentServer", report: TextIO) -> None:
    loop = asyncio.get_running_loop()
    commands: asyncio.Queue[str] = asyncio.Queue()

    @server.on("worker_registered")
    def _registered(*_: object) -> None:
        print(REGISTERED, file=report, flush=True)

    def _read_commands() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(commands.put_nowait, line.strip())
        loop.call_soon_threadsafe(commands.put_nowait, "")

    # A daemon: nothing can wake a thread that waits for a line, and it must not keep the process.
    threading.Thread(target=_read_commands, daemon=True).start()
    running = asyncio.create_task(server.run(devmode=True))
    command = asyncio.create_task(commands.get())
    await asyncio.wait({running, command}, return_when=asyncio.FIRST_COMPLETED)
    if command.done() and command.result() == DRAIN:
        draining = asyncio.create_task(server.drain())
        ended = asyncio.create_task(commands.get())  # the supervisor itself going away
        await asyncio.wait({draining, ended}, return_when=asyncio.FIRST_COMPLETED)
        draining.cancel()  # it holds the lock that closing needs
        await asyncio.gather(draining, return_exceptions=True)
    await server.aclose()
    try:
        await running
    except (OSError, RuntimeError) as error:  # no port; no server after many tries
        logger.error("the worker cannot go on: %s", error)
