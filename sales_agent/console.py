"""`agent.py console`: talk through this machine's microphone, or in text, with no room and no server."""

import asyncio
import contextlib
import os
import sys
import warnings
from typing import Any

from sales_agent.config import ConfigError, Settings
from sales_agent.prompts import brief
from sales_agent.supervisor import Ready, thinking
from sales_agent.worker import build_server


def run_console(settings: Settings, *, text: bool, microphone: str, speaker: str) -> int:
    """Run LiveKit's console on our worker; devices by number or by part of their name, empty for the default.

    Raises ConfigError where this machine can play or record no sound, or has no keyboard where `text` was asked for.
    """
    if text:
        _check_keyboard()
    else:
        _check_sound()
    briefing = brief(settings)
    with asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        entering = stack.enter_async_context(thinking(settings, briefing, print))
        found, brain = runner.run(entering)
        os.environ.update(Ready(found, briefing, brain, local_server=False).environment())
        try:
            _run_livekit_console(found, text, microphone, speaker)
        finally:
            runner.run(stack.aclose())
    return 0


def _run_livekit_console(settings: Settings, text: bool, microphone: str, speaker: str) -> None:
    # The thin interface has no console with a microphone of its own; this one works, and only announces that it
    # will move to another program one day. It is called below its command line, which would switch on the
    # development mode, and with it defaults that ask a cloud service.
    from livekit.agents.cli import _legacy

    class QuietConsole(_legacy.AgentsConsole):
        def print(self, child: Any, *args: Any, **kwargs: Any) -> None:
            if kwargs.get("tag") != "Deprecated":
                super().print(child, *args, **kwargs)

        def _validate_device_or_raise(self, **devices: Any) -> None:
            if self.console_mode == "audio":  # text needs no sound card, nor the library for one
                super()._validate_device_or_raise(**devices)

    warnings.filterwarnings("ignore", "coroutine 'AgentServer.aclose'")  # its own way of ending
    _legacy.AgentsConsole._instance = QuietConsole()
    _legacy._run_console(
        server=build_server(settings, dev=True),
        input_device=_device(microphone),
        output_device=_device(speaker),
        mode="text" if text else "audio",
        record=False,
        log_level="WARNING",
    )


def _device(name: str) -> Any:
    return int(name) if name.isdecimal() else name or None


def _check_keyboard() -> None:
    # LiveKit's console reads single keys; of a pipe it waits for ever, and ends by no signal but SIGKILL.
    if not sys.stdin.isatty():
        raise ConfigError(
            "`console --text` needs a terminal to type in: `ask` and `call --say` take a text without one"
        )


def _check_sound() -> None:
    problem: Exception
    try:
        import sounddevice
    except OSError as error:  # no PortAudio
        problem = error
    else:
        try:
            sounddevice.query_devices(kind="input")
            return
        except (sounddevice.PortAudioError, ValueError) as error:  # no microphone
            problem = error
    hint = " (Debian, Ubuntu: apt install libportaudio2)" if sys.platform == "linux" else ""
    raise ConfigError(
        f"No microphone can be used here: {problem}{hint}. `console --text` talks in text, "
        "`call` without a microphone."
    ) from problem
