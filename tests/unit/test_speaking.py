"""hibari as LiveKit's text-to-speech: what is read out, in which pieces, how soon."""

import asyncio
import time

import numpy as np
import pytest

from sales_agent.local.audio import Samples
from sales_agent.local.hearing import transcribe
from sales_agent.local.speaking import SAMPLE_RATE, HibariTTS, Sentences, speak, spoken

LONG_TEXT = "Our desks rise and fall at the touch of a button. " * 25


@pytest.fixture(scope="module")
def voice() -> HibariTTS:
    voice = HibariTTS()
    voice.prewarm()
    return voice


async def said_by(voice: HibariTTS, *texts: str) -> tuple[Samples, float]:
    """What a reply sounds like, and how many seconds its first frame took."""
    began = time.perf_counter()
    first = 0.0
    parts = [np.zeros(0, np.int16)]
    async with voice.stream() as stream:
        for text in texts:
            stream.push_text(text)
        stream.end_input()
        async for audio in stream:
            first = first or time.perf_counter() - began
            parts.append(np.frombuffer(audio.frame.data, np.int16))
    return np.concatenate(parts), first


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("It costs $749, or $12/month.", "It costs $749, or $12 per month."),
        ("Plus is $9.99/mo. It", "Plus is $9.99 per month. It"),
        ("$19/user/month", "$19 per user per month"),
        ("749 USD", "749 dollars"),
        ("$399-$899", "$399 to $899"),
        ("We are open 24/7.", "We are open 24 7."),
        ("9am-5pm, Mon-Fri", "9 A.M. to 5 P.M., Monday to Friday"),
        ("ask sales@harbor-office.com.", "ask sales at harbor dash office dot com."),
        ("See https://www.harboroffice.com/care.", "See harboroffice dot com slash care."),
        ('48" x 30", 2" thick', "48 inches x 30 inches, 2 inches thick"),
        ('the desk called "Breeze 2"', 'the desk called "Breeze 2"'),
        ("1.4 m wide, 38 mm/s", "1.4 meters wide, 38 millimeters per second"),
        ("0.1 W and 45 dB", "0.1 watts and 45 decibels"),
        ("$1.4m", "$1.4m"),
        ("in cm and kg", "in centimeters and kilograms"),
        ("rated 4.8/5", "rated 4.8 out of 5"),
        ("the No. 1 desk, e.g. the Ridge", "the number 1 desk, for example, the Ridge"),
        ("a 5-yr warranty, 2 yrs on motors", "a 5-year warranty, 2 years on motors"),
    ],
)
def test_sales_text_is_read_out_in_words(written: str, read: str) -> None:
    assert spoken(written) == read


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("The Ridge desk costs $749.", ["749", "seven hundred forty nine dollars"]),
        ("The Summit desk carries 150 kg.", ["150 kilograms", "one hundred fifty kilograms"]),
        ("Harbor Care Plus is $19/month.", ["$19 per month", "nineteen dollars per month"]),
        ("Write to ada@example.com today.", ["ada at example dot com", "ada at example.com"]),
    ],
)
def test_a_listener_understands_what_is_read_out(text: str, heard: list[str]) -> None:
    words = transcribe(*speak(text)).text.lower().replace("-", " ").replace(",", "")
    assert any(way in words for way in heard), words


def test_text_is_cut_into_sentences_as_it_arrives() -> None:
    sentences = Sentences()
    pieces = []
    for token in [
        "It is the",
        " No. 1 desk",
        ". It costs $7",
        "49.50",
        " today. A",
        "ny",
        "thing?",
    ]:
        pieces.append(sentences.push(token, now=0.0))
    assert [piece for some in pieces for piece in some] == [
        "It is the number 1 desk.",
        "It costs $749.50 today.",
    ]
    assert sentences.rest() == ["Anything?"]


def test_the_first_clause_does_not_wait_for_a_slow_sentence() -> None:
    sentences = Sentences()
    clause = "The Ridge desk carries one hundred and twenty kilograms,"
    assert sentences.push(clause + " and", now=1.0) == []
    assert sentences.push(" it", now=1.2) == [clause]
    assert sentences.push(" costs a lot, of course, as", now=2.0) == []
    assert sentences.rest() == ["and it costs a lot, of course, as"]


def test_text_without_punctuation_is_cut_too() -> None:
    sentences = Sentences()
    pieces = [*sentences.push("word " * 300, now=0.0), *sentences.rest()]
    assert max(map(len, pieces)) <= 400
    assert "".join(pieces).split() == ["word"] * 300


async def test_the_first_sound_of_a_long_reply_is_soon_there(voice: HibariTTS) -> None:
    samples, first = await said_by(voice, LONG_TEXT)
    assert len(samples) > 60 * SAMPLE_RATE
    assert first < 0.5  # 0.03 on a quiet machine
    assert np.abs(samples[: SAMPLE_RATE // 10]).max() > 500  # and no silence before it


async def test_a_reply_in_tokens_sounds_like_the_whole(voice: HibariTTS) -> None:
    tokens = ["The Wil", "low chair ", "is in stock", ". Shall I ", "order", " it", "?"]
    samples, _ = await said_by(voice, *tokens)
    heard = transcribe(samples, SAMPLE_RATE).text.lower()
    assert "chair is in stock" in heard
    assert "shall i order it" in heard


@pytest.mark.parametrize("text", ["…", "🙂", "—", "日本語"])
async def test_what_cannot_be_spoken_is_no_error(voice: HibariTTS, text: str) -> None:
    samples, _ = await said_by(voice, text)
    assert 0 < len(samples) <= SAMPLE_RATE


async def test_a_reply_without_text_makes_no_sound(voice: HibariTTS) -> None:
    samples, _ = await said_by(voice)
    assert len(samples) == 0


async def test_a_text_can_be_synthesised_as_a_whole(voice: HibariTTS) -> None:
    async with voice.synthesize("Good morning. How can I help?") as stream:
        frame = await stream.collect()
    assert frame.sample_rate == SAMPLE_RATE
    assert 1.5 < frame.duration < 4


async def test_an_interrupted_reply_frees_the_voice_at_once(voice: HibariTTS) -> None:
    async with voice.stream() as interrupted:
        interrupted.push_text(LONG_TEXT * 10)
        interrupted.end_input()
        await anext(interrupted)
    _, first = await said_by(voice, "Sorry, go on.")
    assert first < 0.5


async def test_speaking_leaves_the_event_loop_free(voice: HibariTTS) -> None:
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            longest = max(longest, time.perf_counter() - before)

    watching = asyncio.create_task(watch())
    await said_by(voice, LONG_TEXT)
    watching.cancel()
    assert longest < 0.4  # the whole text takes more than half a second
