"""`agent.py console`: talk through this machine's microphone, or in text, with no room and no server."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Any

from sales_agent.config import ConfigError, Settings
from sales_agent.prompts import brief
from sales_agent.supervisor import Ready, thinking
from sales_agent.worker import build_server


def run_console(settings: Settings, options: Sequence[str]) -> int:
    """Run LiveKit's console on our worker.

    Raises ConfigError where this machine can play or record no sound and `--text` was not asked for.
    """
    if "--text" not in options:
        _check_sound()
    briefing = brief(settings)
    with asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        entering = stack.enter_async_context(thinking(settings, briefing, print))
        found, brain = runner.run(entering)
        os.environ.update(Ready(found, briefing, brain, local_server=False).environment())
        try:
            _run_livekit_console(found, options)
        finally:
            runner.run(stack.aclose())
    return 0


def _run_livekit_console(settings: Settings, options: Sequence[str]) -> None:
    # The thin interface has no console with a microphone of its own; this one works, and only announces that it
    # will move to another program one day. Callers of ours have no use for that news.
    from livekit.agents.cli import _legacy

    class QuietConsole(_legacy.AgentsConsole):
        def print(self, child: Any, *args: Any, **kwargs: Any) -> None:
            if kwargs.get("tag") != "Deprecated":
                super().print(child, *args, **kwargs)

    _legacy.AgentsConsole._instance = QuietConsole()
    app = _legacy._build_cli(build_server(settings, dev=True))
    os.environ.pop("LIVEKIT_DEV_MODE", None)
    with contextlib.suppress(SystemExit):
        app(["console", *options], prog_name="agent.py", standalone_mode=True)


def _check_sound() -> None:
    try:
        import sounddevice

        sounddevice.query_devices(kind="input")
    except (OSError, ValueError) as error:  # no PortAudio; no microphone
        hint = " (Debian, Ubuntu: apt install libportaudio2)" if sys.platform == "linux" else ""
        raise ConfigError(
            f"No microphone can be used here: {error}{hint}. `console --text` talks in text, "
            "`call` without a microphone."
        ) from error
