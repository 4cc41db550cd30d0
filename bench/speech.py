"""The embedded speech stack on this machine: how soon it speaks, how well and how soon it hears.

    python -m bench.speech

hibari speaks a fixed set of a caller's sentences, moonshine hears them in real time, as in a call.
"""

import asyncio
import re
import statistics
import time
from collections.abc import Sequence

import numpy as np
from livekit import rtc
from livekit.agents.stt import SpeechEventType
from livekit.plugins import silero

from sales_agent.local.audio import Samples
from sales_agent.local.hearing import MoonshineSTT, transcribe
from sales_agent.local.speaking import SAMPLE_RATE, HibariTTS, speak

CALLER = (
    "How much does the Ridge desk cost?",
    "What is the difference between the Breeze desk and the Summit desk?",
    "Do you deliver to the third floor, and how long does it take?",
    "Can I return the chair when I do not like it?",
    "I would like to order two Willow chairs and one Summit desk.",
    "How much weight can the strongest desk carry?",
    "Is there a discount when we buy a dozen desks for the office?",
    "What does the business plan of Harbor Care include?",
    "Do you have the Cedar chair in stock?",
    "No thank you, that is too expensive for me.",
    "How long is the warranty, and what does it cover?",
    "Please send me an offer by email.",
)
REPLY = (
    "The Ridge desk costs seven hundred and forty nine dollars. It carries one hundred and twenty"
    " kilograms, and we deliver it in five working days. Shall I tell you about the colours?"
)
TAIL = 1.2  # seconds of silence after a sentence
AUDIBLE = 500  # of 32768


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """Words wrong, missing or too many, and words said."""
    want, got = (re.sub(r"[^a-z0-9' ]", " ", text.lower()).split() for text in (said, heard))
    row = list(range(len(got) + 1))
    for i, word in enumerate(want, 1):
        before, row[0] = row[:], i
        for j, other in enumerate(got, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (word != other))
    return row[-1], len(want)


async def first_audio(voice: HibariTTS, text: str) -> float:
    """Seconds from a text to its first frame of sound."""
    began = time.perf_counter()
    async with voice.stream() as stream:
        stream.push_text(text)
        stream.end_input()
        await anext(stream)
        return time.perf_counter() - began


async def hear(hearing: MoonshineSTT, samples: Samples) -> tuple[str, list[float]]:
    """What is heard in real time, and seconds from the last sound to the preflight and the final."""
    size = SAMPLE_RATE // 50
    loud = np.flatnonzero(np.abs(samples) > AUDIBLE)
    whole = np.concatenate([samples, np.zeros(int(TAIL * SAMPLE_RATE), np.int16)])
    text = ""
    at = {}
    async with hearing.stream() as stream:
        began = time.time()

        async def push() -> None:
            for start in range(0, len(whole) - size + 1, size):
                await asyncio.sleep(began + (start + size) / SAMPLE_RATE - time.time())
                piece = whole[start : start + size].tobytes()
                stream.push_frame(rtc.AudioFrame(piece, SAMPLE_RATE, 1, size))
            stream.end_input()

        pushing = asyncio.create_task(push())
        async for event in stream:
            at[event.type] = event.created_at - began - float(loud[-1]) / SAMPLE_RATE
            if event.type == SpeechEventType.FINAL_TRANSCRIPT:
                text = f"{text} {event.alternatives[0].text}".strip()
        await pushing
    kinds = (SpeechEventType.PREFLIGHT_TRANSCRIPT, SpeechEventType.FINAL_TRANSCRIPT)
    return text, [at.get(kind, float("nan")) for kind in kinds]


def _spread(values: Sequence[float]) -> str:
    return f"median {statistics.median(values):.3f} s, worst {max(values):.3f} s"


async def main() -> None:
    began = time.perf_counter()
    voice = HibariTTS()
    voice.prewarm()
    voice_loaded = time.perf_counter()
    hearing = MoonshineSTT(vad=silero.VAD.load(min_silence_duration=0.3))
    hearing.prewarm()
    print(f"loaded           hibari {voice_loaded - began:.2f} s,", end=" ")
    print(f"moonshine and Silero {time.perf_counter() - voice_loaded:.2f} s")

    print(f"first audio      {_spread([await first_audio(voice, REPLY) for _ in range(10)])}")
    began = time.perf_counter()
    reply, rate = speak(REPLY * 3)
    took = time.perf_counter() - began
    print(f"speaking         {len(reply) / rate / took:.0f} × real time")
    heard = transcribe(reply, rate)
    print(f"hearing          {heard.seconds_of_audio / heard.seconds_taken:.0f} × real time")

    errors = words = 0
    delays = []
    for sentence in CALLER:
        samples, _ = speak(sentence)
        text, seconds = await hear(hearing, samples)
        wrong, said = word_errors(sentence, text)
        errors, words = errors + wrong, words + said
        delays.append(seconds)
        print(f"  {seconds[1]:.2f} s  {'  ' if not wrong else f'{wrong}!'}  {text}")
    print(f"word errors      {errors} of {words} ({errors / words:.1%})")
    print(f"end of speech → preflight  {_spread([delay[0] for delay in delays])}")
    print(f"end of speech → final      {_spread([delay[1] for delay in delays])}")


if __name__ == "__main__":
    asyncio.run(main())
