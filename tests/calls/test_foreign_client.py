"""A LiveKit client that is not ours, with nothing but what `agent.py invite` prints."""

import asyncio
import re
import subprocess
import sys

import numpy as np
import pytest
from livekit import rtc

from sales_agent.local.speaking import speak
from tests.loopback.house import House

pytestmark = pytest.mark.slow


def invite(house: House, **more: str) -> str:
    ran = subprocess.run(
        [sys.executable, "agent.py", "invite"],
        env=house.environment(**more),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("name", ["", "desk-agent"], ids=["unnamed agent", "named agent"])
async def test_it_joins_speaks_and_is_answered(house: House, name: str) -> None:
    async with house.agent(AGENT_NAME=name):
        text = await asyncio.to_thread(invite, house, AGENT_NAME=name)
        url, token = re.findall(r"^(?:Server|Token) +(\S+)$", text, re.MULTILINE)
        assert "from this machine alone" in text  # why there is no code for a phone
        said: list[str] = []
        loud = asyncio.Event()
        room = rtc.Room()
        tasks: set[asyncio.Task[None]] = set()

        async def read(reader: rtc.TextStreamReader) -> None:
            said.append(await reader.read_all())

        async def listen(track: rtc.Track) -> None:
            async for event in rtc.AudioStream.from_track(
                track=track, sample_rate=16_000, num_channels=1
            ):
                if np.abs(np.frombuffer(event.frame.data, np.int16)).mean() > 200:
                    loud.set()

        room.register_text_stream_handler(
            "lk.transcription", lambda reader, who: tasks.add(asyncio.create_task(read(reader)))
        )
        room.on("track_subscribed", lambda track, *_: tasks.add(asyncio.create_task(listen(track))))
        await room.connect(url, token)
        try:
            source = rtc.AudioSource(24_000, 1)
            await room.local_participant.publish_track(
                rtc.LocalAudioTrack.create_audio_track("voice", source),
                rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE),
            )
            async with asyncio.timeout(60):
                await loud.wait()  # the greeting
                await asyncio.sleep(2)
                samples, rate = speak("What does the Ridge desk cost?")
                samples = np.pad(samples, (0, 2 * rate))
                await source.capture_frame(rtc.AudioFrame(samples.tobytes(), rate, 1, len(samples)))
                while not any("549" in line for line in said):
                    await asyncio.sleep(0.05)
        finally:
            for task in tasks:
                task.cancel()
            await room.disconnect()
