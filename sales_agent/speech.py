"""`agent.py listen` and `agent.py say`: speech-to-text and text-to-speech alone, with their times."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
from livekit import rtc
from livekit.agents import APIError, stt
from livekit.agents.utils import http_context
from rich.console import Console
from rich.markup import escape

from sales_agent.config import ConfigError, Settings
from sales_agent.local.audio import read_wav, write_wav
from sales_agent.providers import make_stt, make_tts, make_vad

FRAME_SECONDS = 0.02
# Silence after the recording, so that its last turn ends; ink-2 may take this long on an unfinished sentence.
TAIL_SECONDS = 6.0
QUIET_AFTER = 1.5  # seconds after an end of turn in which no other began: nothing more comes


async def run_listen(settings: Settings, path: Path) -> int:
    """Hear a recording as a call would, in real time; prints each turn with its time.

    Raises AudioError for a file that is no sound, ConfigError where the provider refuses.
    """
    samples, rate = read_wav(path)
    screen = Console(highlight=False, emoji=False)
    seconds = len(samples) / rate
    name = "Cartesia ink-2" if settings.cloud_speech else "moonshine, on this machine"
    screen.print(f"[dim]{escape(str(path))}: {seconds:.1f} s, heard by {name} in real time[/dim]")
    async with http_context.open():
        model = make_stt(settings, [], make_vad())
        model.prewarm()
        stream = model.stream()
        began = time.monotonic()
        last_sound = began + _last_sound(samples, rate)
        pushing = asyncio.create_task(_push(stream, samples, rate))
        turns = 0
        try:
            async for event in _until_quiet(stream, began + seconds):
                at = time.monotonic()
                text = event.alternatives[0].text if event.alternatives else ""
                if event.type == stt.SpeechEventType.INTERIM_TRANSCRIPT:
                    screen.print(f"[dim]{at - began:6.2f} s  … {escape(text)}[/dim]")
                elif event.type == stt.SpeechEventType.FINAL_TRANSCRIPT and text:
                    turns += 1
                    screen.print(f"[bold]{at - began:6.2f} s  {escape(text)}[/]", markup=True)
                    last_turn = at
        except APIError as error:
            raise ConfigError(f"Speech-to-text failed: {error.message}") from error
        finally:
            pushing.cancel()
            await stream.aclose()
            await model.aclose()
    if not turns:
        screen.print("No speech was heard.")
        return 1
    screen.print(f"[dim]last words final {last_turn - last_sound:.2f} s after the last sound[/dim]")
    return 0


async def _until_quiet(
    stream: stt.RecognizeStream, speech_ends: float
) -> AsyncIterator[stt.SpeechEvent]:
    """The stream's events, until the recording is over and its last turn has ended."""
    deadline = speech_ends + TAIL_SECONDS
    speaking = False
    while True:
        patience = (
            deadline
            if speaking
            else min(deadline, max(speech_ends, time.monotonic()) + QUIET_AFTER)
        )
        try:
            event = await asyncio.wait_for(anext(stream), patience - time.monotonic())
        except (TimeoutError, StopAsyncIteration):
            return
        if event.type == stt.SpeechEventType.START_OF_SPEECH:
            speaking = True
        elif event.type == stt.SpeechEventType.END_OF_SPEECH:
            speaking = False
        yield event


async def _push(stream: stt.RecognizeStream, samples: np.ndarray, rate: int) -> None:
    size = int(rate * FRAME_SECONDS)
    tail = np.zeros(int(rate * TAIL_SECONDS), dtype=np.int16)
    whole = np.concatenate([samples, tail])
    began = time.monotonic()
    for start in range(0, len(whole) - size + 1, size):
        stream.push_frame(rtc.AudioFrame(whole[start : start + size].tobytes(), rate, 1, size))
        await asyncio.sleep(max(0.0, began + (start + size) / rate - time.monotonic()))


def _last_sound(samples: np.ndarray, rate: int) -> float:
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 500)
    return float(loud[-1]) / rate if len(loud) else len(samples) / rate


async def run_say(settings: Settings, text: str, out: Path) -> int:
    """Speak a text into a WAV file; prints the time to the first sound and the speed.

    Raises ConfigError where there is nothing to speak, the provider refuses or the file cannot be written.
    """
    if not text.strip():
        raise ConfigError("Nothing to say: give a text")
    screen = Console(highlight=False, emoji=False)
    name = "Cartesia sonic-3" if settings.cloud_speech else "hibari, on this machine"
    async with http_context.open():
        model = make_tts(settings)
        model.prewarm()
        began = time.perf_counter()
        first = 0.0
        parts: list[np.ndarray] = []
        try:
            async with model.stream() as stream:
                stream.push_text(text)
                stream.end_input()
                async for audio in stream:
                    first = first or time.perf_counter()
                    parts.append(np.frombuffer(audio.frame.data, dtype=np.int16))
        except APIError as error:
            raise ConfigError(f"Text-to-speech failed: {error.message}") from error
        finally:
            await model.aclose()
        took = time.perf_counter() - began
        if not parts:
            raise ConfigError("Nothing in that text can be spoken")
        samples = np.concatenate(parts)
        write_wav(out, samples, model.sample_rate)
    seconds = len(samples) / model.sample_rate
    screen.print(f"[bold]spoken by[/]     {name}")
    screen.print(f"[bold]first sound[/]   {first - began:.3f} s")
    screen.print(
        f"[bold]length[/]        {seconds:.1f} s of speech in {took:.2f} s ({seconds / took:.0f} × real time)"
    )
    screen.print(f"[bold]written to[/]    {escape(str(out))}")
    return 0
