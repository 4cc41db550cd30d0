"""How long the caller waits: end of speech to first sound of the answer, measured on the caller's own audio.

`python -m bench.turn_latency [--turns 20]`

The providers are the stand-ins of tests/loopback/, which answer at once: a turn ends 200 ms after the last sound,
eagerly 100 ms. What is left is LiveKit, the network of this machine, and us. Beside it, in the same run and on the
same server, a bare participant that answers each turn with a tone, 200 ms after the last sound: the floor.
"""

import argparse
import asyncio
import contextlib
import statistics
from collections.abc import AsyncIterator

import numpy as np
from livekit import rtc

from sales_agent.caller import FRAME, RATE, Caller, CallError, Samples
from sales_agent.config import Settings
from sales_agent.local.livekit_server import LiveKitServer, find_or_build
from sales_agent.local.speaking import speak
from sales_agent.rooms import caller_token
from tests.loopback.cartesia import CartesiaServer
from tests.loopback.cerebras import CerebrasServer
from tests.loopback.house import House, on_stand_ins

QUESTION = "What does the Summit desk cost?"
ANSWER = "The Summit desk costs seven hundred and forty nine dollars."
TURN_END = (
    0.2  # seconds of silence that end a turn, for the stand-in and the bare participant alike
)


async def main(turns: int) -> None:
    settings = Settings.from_env({})
    binary = find_or_build(settings.cache, print)
    question, _ = speak(QUESTION)
    async with LiveKitServer(binary, settings.cache) as server:
        house = House(server)
        async with house.caller() as caller, _bare_participant(house, caller):
            floor = await _silences(caller, question, turns, greeted=False)
        async with (
            CartesiaServer(transcripts=[QUESTION] * turns) as cartesia,
            CerebrasServer(reply=lambda request: ANSWER) as cerebras,
            house.agent(**on_stand_ins(cartesia, cerebras)),
            house.caller() as caller,
        ):
            agent = await _silences(caller, question, turns, greeted=True)
    print(f"\nend of speech to first sound, {turns} turns    median     p95")
    for name, silences in (("the agent", agent), ("a bare participant (floor)", floor)):
        p95 = sorted(silences)[int(0.95 * (len(silences) - 1))]
        print(f"{name:<42} {statistics.median(silences):7.3f} {p95:7.3f} s")
    ratio = statistics.median(agent) / statistics.median(floor)
    print(f"{'the agent, as a multiple of the floor':<42} {ratio:7.2f}")


async def _silences(caller: Caller, question: Samples, turns: int, *, greeted: bool) -> list[float]:
    if greeted:
        await caller.hear_answer(30)
    silences = []
    for number in range(turns):
        turn = await caller.say(QUESTION, question, timeout=20)
        if turn.silence is None:
            raise CallError("no answer was heard")
        silences.append(turn.silence)
        print(f"\r{number + 1}/{turns}  {turn.silence:.3f} s ", end="", flush=True)
    print()
    return silences


@contextlib.asynccontextmanager
async def _bare_participant(house: House, caller: Caller) -> AsyncIterator[None]:
    """Somebody in the caller's room who beeps when the caller has been silent for TURN_END."""
    room = rtc.Room()
    source = rtc.AudioSource(RATE, 1, queue_size_ms=40)
    seconds = np.arange(RATE // 2) / RATE
    tone = (8000 * np.sin(2 * np.pi * 440 * seconds)).astype(np.int16)
    heard: asyncio.Queue[Samples] = asyncio.Queue()
    tasks: list[asyncio.Task[None]] = []

    async def listen(track: rtc.Track) -> None:
        stream = rtc.AudioStream.from_track(
            track=track, sample_rate=RATE, num_channels=1, frame_size_ms=20
        )
        async for event in stream:
            heard.put_nowait(np.frombuffer(event.frame.data, dtype=np.int16))

    async def answer() -> None:
        quiet = 0.0
        spoken = False
        while True:
            samples = await heard.get()
            if np.abs(samples.astype(np.int32)).mean() > 150:
                quiet, spoken = 0.0, True
                continue
            quiet += len(samples) / RATE
            if spoken and quiet >= TURN_END:
                spoken = False
                for start in range(0, len(tone), FRAME):
                    frame = tone[start : start + FRAME]
                    await source.capture_frame(rtc.AudioFrame(frame.tobytes(), RATE, 1, len(frame)))

    @room.on("track_subscribed")
    def _subscribed(track: rtc.Track, *_: object) -> None:
        tasks.append(asyncio.create_task(listen(track)))

    token = caller_token(
        api_key=house.server.api_key,
        api_secret=house.server.api_secret,
        room=caller.room.name,
        identity="bare",
    )
    await room.connect(house.server.url, token)
    track = rtc.LocalAudioTrack.create_audio_track("tone", source)
    await room.local_participant.publish_track(
        track, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
    )
    tasks.append(asyncio.create_task(answer()))
    try:
        await asyncio.sleep(1.0)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await room.disconnect()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=20)
    asyncio.run(main(parser.parse_args().turns))
