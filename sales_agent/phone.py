"""`agent.py call`: a phone call from the terminal, without a microphone."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from sales_agent.caller import RATE, Caller, CallError, Turn, join
from sales_agent.config import Settings
from sales_agent.identity import need_customer
from sales_agent.local.audio import read_wav, resample, write_wav
from sales_agent.local.speaking import speak
from sales_agent.report import place, silence
from sales_agent.rooms import caller_token, find_server, new_room_name
from sales_agent.supervisor import running_agent

# Dispatch takes a tenth of a second. A worker that is there but busy starting a process takes a few.
AGENT_TIMEOUT = 10.0
ANSWER_TIMEOUT = 60.0  # a model on this machine may read a long prompt first
NOTHING_SAID = "Nothing to say: give --say TEXT or --wav FILE"


async def run_call(
    settings: Settings,
    sentences: Sequence[str],
    recordings: Sequence[Path],
    out: Path | None,
    customer_id: str = "",
) -> int:
    """Make one call, as a customer where one is given; prints it as it happens, and records it where asked.

    Raises CallError, AudioError, ConfigError for an unknown customer, and what starting an agent raises.
    """
    if not all(text.strip() for text in sentences) or not (sentences or recordings):
        raise CallError(NOTHING_SAID)
    utterances = [(f"“{text}”", resample(*speak(text), RATE)) for text in sentences]
    utterances += [(f"[{path}]", resample(*read_wav(path), RATE)) for path in recordings]
    screen = Console(highlight=False, emoji=False)
    if customer_id:
        await need_customer(settings.database_url, customer_id)
    subtitles = _Subtitles(screen)
    async with _line(settings, screen, subtitles, customer_id) as (caller, connected_in):
        screen.print(f"[dim]connected in {connected_in:.1f} s[/dim]")
        try:
            await caller.hear_answer(ANSWER_TIMEOUT)
            for words, samples in utterances:
                screen.print(f"\n\n[bold cyan]You[/]    {escape(words)}")
                subtitles.begin()
                _show_turn(screen, await caller.say(words, samples, ANSWER_TIMEOUT))
            screen.print()
        finally:
            if out is not None:
                write_wav(out, caller.recording(), RATE)
                screen.print(
                    f"[dim]recorded in {escape(str(out))}: you left, the agent right[/dim]"
                )
    return 0


@contextlib.asynccontextmanager
async def _line(
    settings: Settings, screen: Console, subtitles: "_Subtitles", customer_id: str
) -> AsyncIterator[tuple[Caller, float]]:
    """A caller in a room with an agent: the one that runs, or one that is started for this call."""
    server = await find_server(settings)
    if server is not None:
        with contextlib.suppress(_NobodyAnswers):
            async with _connected(server, subtitles, customer_id) as line:
                yield line
                return
        screen.print("[dim]No agent answers on that server: starting one for this call …[/dim]")
    else:
        screen.print("[dim]No agent is running: starting one for this call …[/dim]")

    def say(line: str) -> None:
        screen.print(f"[dim]{escape(line)}[/dim]")

    async with (
        running_agent(settings, say) as ready,
        _connected(ready.settings, subtitles, customer_id) as line,
    ):
        yield line


class _NobodyAnswers(Exception):
    """No agent came into the room."""


@contextlib.asynccontextmanager
async def _connected(
    server: Settings, subtitles: "_Subtitles", customer_id: str
) -> AsyncIterator[tuple[Caller, float]]:
    began = time.monotonic()
    token = caller_token(
        api_key=server.livekit_api_key,
        api_secret=server.livekit_api_secret,
        room=new_room_name(),
        identity="caller",
        agent_name=server.agent_name,
        customer_id=customer_id,
    )
    async with join(server.livekit_url, token, subtitles.show) as caller:
        while not caller.agent_state:
            if time.monotonic() - began > AGENT_TIMEOUT:
                raise _NobodyAnswers
            await asyncio.sleep(0.02)
        yield caller, time.monotonic() - began


class _Subtitles:
    """The agent's words on the screen as they are spoken, each turn of the talk on a line of its own."""

    def __init__(self, screen: Console) -> None:
        self._screen = screen
        self._fresh = True
        self._speaking = False

    def begin(self) -> None:
        """Begin a line with what the agent says next."""
        self._fresh = True

    def show(self, who: str, words: str) -> None:
        if who == "caller":  # which can come behind the first words of the answer to it
            self._fresh = True
            return
        if self._fresh and not self._speaking:
            self._screen.print("\n[bold green]Agent[/]  ", end="")
            self._fresh = False
        self._speaking = bool(words)
        self._screen.print(words or " ", end="", markup=False)


def _show_turn(screen: Console, turn: Turn) -> None:
    seconds = "–" if turn.silence is None else f"{turn.silence:.2f} s"
    lines = [f"heard “{turn.heard}” · silence before the answer {seconds}"]
    if turn.latency:
        lines.append(f"of it, by the agent's clock: {silence(turn.latency)} ms")
    if turn.sources:
        places = dict.fromkeys(place(s["document"], s["page"]) for s in turn.sources)
        lines.append(f"rests on {' · '.join(places)}")
    for line in lines:
        screen.print(f"\n[dim]       {escape(line)}[/dim]", end="")
