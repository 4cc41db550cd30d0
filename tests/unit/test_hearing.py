"""moonshine as LiveKit's speech-to-text: real speech in, turns out."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import stt
from livekit.agents.stt import SpeechEventType as Kind
from livekit.plugins import silero

from sales_agent.local.audio import Samples, resample
from sales_agent.local.hearing import MoonshineSTT, transcribe
from sales_agent.local.recognition import cleaned, unfinished
from sales_agent.local.speaking import SAMPLE_RATE, speak

MONOLOGUE = [
    "We are a small company with about forty people in two offices.",
    "Most of our people sit all day and some of them have trouble with their backs.",
    "So we are looking for desks that go up and down.",
    "The budget is not fixed yet, and my boss wants to see some offers first.",
]


@pytest.fixture(scope="module")
def hearing() -> MoonshineSTT:
    hearing = MoonshineSTT(vad=silero.VAD.load(min_silence_duration=0.3))
    hearing.prewarm()
    return hearing


def audio(*parts: str | float) -> Samples:
    """Speech for each text, silence for each number of seconds."""
    return np.concatenate(
        [
            speak(part)[0][: -int(0.28 * SAMPLE_RATE)]
            if isinstance(part, str)
            else np.zeros(int(part * SAMPLE_RATE), np.int16)
            for part in parts
        ]
    )


async def heard_in(
    hearing: MoonshineSTT, samples: Samples, rate: int = SAMPLE_RATE, real_time: bool = False
) -> list[stt.SpeechEvent]:
    size = rate // 50
    async with hearing.stream() as stream:

        async def push() -> None:
            began = time.monotonic()
            for start in range(0, len(samples), size):
                piece = samples[start : start + size]
                stream.push_frame(rtc.AudioFrame(piece.tobytes(), rate, 1, len(piece)))
                if real_time:
                    await asyncio.sleep(began + start / rate - time.monotonic())
            stream.end_input()

        pushing = asyncio.create_task(push())
        events = [event async for event in stream if event.type != Kind.RECOGNITION_USAGE]
        await pushing
    return events


def texts(events: Sequence[stt.SpeechEvent], kind: Kind = Kind.FINAL_TRANSCRIPT) -> list[str]:
    return [event.alternatives[0].text for event in events if event.type == kind]


def words(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum() or c == " ")


async def test_a_turn_is_heard_with_its_events_in_order(hearing: MoonshineSTT) -> None:
    question = "How much does the desk with the oak top cost?"
    events = await heard_in(hearing, audio(0.2, question, 0.6))
    assert [event.type for event in events] == [
        Kind.START_OF_SPEECH,
        *[Kind.INTERIM_TRANSCRIPT] * len(texts(events, Kind.INTERIM_TRANSCRIPT)),
        Kind.PREFLIGHT_TRANSCRIPT,
        Kind.FINAL_TRANSCRIPT,
        Kind.END_OF_SPEECH,
    ]
    assert texts(events, Kind.INTERIM_TRANSCRIPT)
    assert words(texts(events)[0]) == words(question)
    # Or LiveKit throws the answer away that it has begun to think up.
    assert texts(events, Kind.PREFLIGHT_TRANSCRIPT) == texts(events)


async def test_a_turn_ends_soon_after_the_speech(hearing: MoonshineSTT) -> None:
    samples = audio(0.3, "Do you have it in black?", 0.8)
    spoken_for = float(np.flatnonzero(np.abs(samples) > 500)[-1]) / SAMPLE_RATE
    began = time.time()
    events = await heard_in(hearing, samples, real_time=True)
    end = next(event for event in events if event.type == Kind.END_OF_SPEECH)
    assert end.created_at - began - spoken_for < 1.5  # 0.5 on a quiet machine
    assert end.speech_end_time == pytest.approx(began + spoken_for, abs=0.5)
    final = next(event for event in events if event.type == Kind.FINAL_TRANSCRIPT)
    assert final.alternatives[0].end_time == pytest.approx(spoken_for, abs=0.15)


async def test_a_breath_does_not_cut_a_sentence(hearing: MoonshineSTT) -> None:
    events = await heard_in(
        hearing, audio(0.3, "I would like to order", 0.25, "two chairs and one desk.", 1.0)
    )
    assert [words(text) for text in texts(events)] == [
        "i would like to order two chairs and one desk"
    ]
    # An answer to the first half would be thought up for nothing.
    assert texts(events, Kind.PREFLIGHT_TRANSCRIPT) == texts(events)


async def test_an_unfinished_sentence_may_have_a_long_pause(hearing: MoonshineSTT) -> None:
    events = await heard_in(
        hearing, audio(0.3, "I would like to know if the", 0.7, "desks are in stock.", 1.2)
    )
    assert len(texts(events)) == 1
    assert "stock" in texts(events)[0]


async def test_two_turns_are_two(hearing: MoonshineSTT) -> None:
    events = await heard_in(
        hearing, audio(0.3, "Hello, who is this?", 1.2, "Do you sell chairs?", 1.0)
    )
    assert [words(text) for text in texts(events)] == ["hello who is this", "do you sell chairs"]
    assert [event.type for event in events].count(Kind.END_OF_SPEECH) == 2


async def test_the_first_sound_is_not_lost(hearing: MoonshineSTT) -> None:
    for answer in ("Yes.", "Five.", "Thirty of them, please."):
        events = await heard_in(hearing, audio(0.6, answer, 0.8))
        assert [words(text).split()[0] for text in texts(events)] in (
            [words(answer).split()[0]],
            [{"Five.": "5", "Thirty of them, please.": "30"}.get(answer)],
        )


@pytest.mark.parametrize("rate", [8_000, 48_000])
async def test_audio_of_any_rate_is_heard(hearing: MoonshineSTT, rate: int) -> None:
    samples = resample(audio(0.3, "Do you deliver on Saturdays?", 0.8), SAMPLE_RATE, rate)
    events = await heard_in(hearing, samples, rate)
    assert [words(text) for text in texts(events)] == ["do you deliver on saturdays"]


async def test_noise_and_silence_are_no_turn(hearing: MoonshineSTT) -> None:
    rng = np.random.default_rng(0)
    seconds = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    for noise in (
        np.zeros(4 * SAMPLE_RATE),
        rng.normal(0, 800, 4 * SAMPLE_RATE),
        6_000 * np.sin(2 * np.pi * 120 * seconds),
        12_000 * (np.arange(4 * SAMPLE_RATE) % 9_000 < 60) * rng.normal(0, 1, 4 * SAMPLE_RATE),
    ):
        events = await heard_in(hearing, np.clip(noise, -32_768, 32_767).astype(np.int16))
        assert texts(events) == []
        assert texts(events, Kind.PREFLIGHT_TRANSCRIPT) == []


async def test_speech_is_heard_over_noise(hearing: MoonshineSTT) -> None:
    samples = audio(0.5, "How long is the warranty?", 1.0)
    noisy = samples + np.random.default_rng(0).normal(0, 150, len(samples))
    events = await heard_in(hearing, np.clip(noisy, -32_768, 32_767).astype(np.int16))
    assert [words(text) for text in texts(events)] == ["how long is the warranty"]


@pytest.mark.slow
async def test_a_long_monologue_is_one_turn_and_stays_cheap(hearing: MoonshineSTT) -> None:
    breaths = [part for sentence in MONOLOGUE * 3 for part in (sentence, 0.22)]
    samples = audio(0.3, *breaths, 1.0)
    assert len(samples) > 40 * SAMPLE_RATE
    began = time.monotonic()
    events = await heard_in(hearing, samples)
    assert time.monotonic() - began < len(samples) / SAMPLE_RATE / 1.5  # a tenth when quiet
    heard = words(" ".join(texts(events)))
    assert len(texts(events)) == 1
    assert heard.count("forty people") + heard.count("40 people") == 3
    assert heard.count("go up and down") == 3


async def test_speech_that_never_pauses_is_cut_and_kept(hearing: MoonshineSTT) -> None:
    sentences = [*MONOLOGUE, *MONOLOGUE[:2]]
    samples = audio(0.3, *(f"{sentence[:-1]}," for sentence in sentences), 1.0)
    assert len(samples) > 16 * SAMPLE_RATE
    events = await heard_in(hearing, samples)
    heard = words(" ".join(texts(events)))
    assert len(texts(events)) == 1
    assert heard.count("small company") == 2
    assert "looking for desks" in heard
    assert "offers" in heard


async def test_a_call_that_ends_in_mid_sentence_is_not_lost(hearing: MoonshineSTT) -> None:
    events = await heard_in(hearing, audio(0.3, "Please call me back tomorrow."))
    assert [words(text) for text in texts(events)] == ["please call me back tomorrow"]
    assert events[-1].type == Kind.END_OF_SPEECH


async def test_many_callers_are_heard_at_once(hearing: MoonshineSTT) -> None:
    questions = ["Do you sell lamps?", "Where is your office?", "Can I pay by card?"]
    heard = await asyncio.gather(
        *(heard_in(hearing, audio(0.3, question, 0.8)) for question in questions)
    )
    assert [words(texts(events)[0]) for events in heard] == [words(q) for q in questions]


def test_a_recording_is_transcribed_with_its_times() -> None:
    samples = audio(0.5, *[part for sentence in MONOLOGUE * 2 for part in (sentence, 1.5)])
    heard = transcribe(samples, SAMPLE_RATE)
    assert words(heard.text).count("small company") == 2
    assert heard.seconds_of_audio == pytest.approx(len(samples) / SAMPLE_RATE)
    assert 0 < heard.seconds_taken < heard.seconds_of_audio


@pytest.mark.parametrize("seconds", [0, 0.001, 0.05, 3.0])
def test_a_recording_of_silence_has_no_words(seconds: float) -> None:
    assert transcribe(np.zeros(int(seconds * 48_000), np.int16), 48_000).text == ""


@pytest.mark.parametrize(
    ("transcript", "kept"),
    [
        ("Do you sell desks?", "Do you sell desks?"),
        ("\"'Can I return it?'", "Can I return it?"),
        ("[music] Hello.", "Hello."),
        ("(coughs)", ""),
        ("♪♪♪", ""),
        (".", ""),
        ("You", ""),
        ("Thank you.", "Thank you."),
        ("No, no, no.", "No, no, no."),
        ("the desk the desk the desk the desk the desk", "the desk"),
    ],
)
def test_what_recognition_makes_up_is_left_out(transcript: str, kept: str) -> None:
    assert cleaned(transcript) == kept


@pytest.mark.parametrize(
    ("text", "more_to_come"),
    [
        ("I am looking for a", True),
        ("I am looking for a.", True),
        ("We need ten desks, and", True),
        ("It should be made of", True),
        ("We have forty people in the office,", True),
        ("And what about?", True),
        ("What is it made of?", False),
        ("Yes,", False),
        ("Hello there,", False),
        ("How much is it?", False),
        ("", False),
    ],
)
def test_words_that_want_more_words_are_known(text: str, more_to_come: bool) -> None:
    assert unfinished(text) is more_to_come


def test_no_sound_device_is_touched() -> None:
    # moonshine's package can also open microphones, through a library that servers lack.
    code = "import sys, sales_agent.local.hearing; sys.exit('sounddevice' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
