"""Cartesia's stand-in, driven by the real LiveKit plugin: the same events, pools and errors."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import numpy as np
import pytest
from livekit import rtc
from livekit.agents import APIConnectionError, APIConnectOptions, APIError, APIStatusError
from livekit.agents.stt import SpeechEvent, SpeechEventType
from livekit.plugins import cartesia as plugin

from tests.loopback.cartesia import CartesiaServer
from tests.loopback.cartesia_errors import STRUCTURED_SINCE
from tests.loopback.endpointing import Samples, TurnDetector
from tests.loopback.faults import Drop, ErrorEvent, Refuse, Stall
from tests.loopback.voices import hibari, resample, tone, word_times

RATE = 16_000
ONCE = APIConnectOptions(max_retry=0, timeout=2.0)
AGAIN = APIConnectOptions(max_retry=1, retry_interval=0.05, timeout=2.0)

START = SpeechEventType.START_OF_SPEECH
INTERIM = SpeechEventType.INTERIM_TRANSCRIPT
PREFLIGHT = SpeechEventType.PREFLIGHT_TRANSCRIPT
FINAL = SpeechEventType.FINAL_TRANSCRIPT
END = SpeechEventType.END_OF_SPEECH

pytestmark = pytest.mark.timeout(20)


def sound(seconds: float) -> Samples:
    wave = np.sin(np.arange(round(seconds * RATE)) * (2 * np.pi * 220 / RATE))
    return (wave * 6_000).astype(np.int16)


def hush(seconds: float) -> Samples:
    """Comfort noise, as silence comes out of WebRTC."""
    noise = np.random.default_rng(0).normal(0, 20, round(seconds * RATE))
    return noise.astype(np.int16)


def speech(text: str) -> Samples:
    samples, rate = hibari(text)
    return resample(samples, rate, RATE)


def events_in(audio: Samples) -> list[str]:
    return list(TurnDetector(RATE, eager_end_ms=100, end_ms=200).feed(audio))


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def ears(server: CartesiaServer, http: aiohttp.ClientSession, **options: object) -> plugin.STT:
    options = {"api_key": "key", "audio_chunk_duration_ms": 20} | options
    return plugin.STT(base_url=server.url, http_session=http, **options)


@asynccontextmanager
async def voice(
    server: CartesiaServer, http: aiohttp.ClientSession, **options: object
) -> AsyncIterator[plugin.TTS]:
    tts = plugin.TTS(base_url=server.url, http_session=http, **({"api_key": "key"} | options))
    try:
        yield tts
    finally:
        await tts.aclose()


def frames(samples: Samples) -> list[rtc.AudioFrame]:
    """20 ms each."""
    size = RATE // 50
    parts = [samples[at : at + size] for at in range(0, len(samples) - size + 1, size)]
    return [rtc.AudioFrame(part.tobytes(), RATE, 1, size) for part in parts]


async def hear(
    stt: plugin.STT, *audio: Samples, conn_options: APIConnectOptions = ONCE
) -> list[SpeechEvent]:
    """Say the audio in 20 ms frames, faster than real time, and collect what is heard."""

    async def speak() -> None:
        for at, part in enumerate(frames(np.concatenate(audio))):
            stream.push_frame(part)
            if at % 20 == 0:
                await asyncio.sleep(0.002)
        stream.end_input()

    async with stt.stream(conn_options=conn_options) as stream:
        speaking = asyncio.create_task(speak())
        try:
            events = [event async for event in stream]
        finally:
            speaking.cancel()
    return [e for e in events if e.type is not SpeechEventType.RECOGNITION_USAGE]


def texts(events: list[SpeechEvent], kind: SpeechEventType) -> list[str]:
    return [event.alternatives[0].text for event in events if event.type is kind]


async def say(
    tts: plugin.TTS, *sentences: str, conn_options: APIConnectOptions = ONCE
) -> tuple[float, list[tuple[str, float, float]]]:
    """Speak; seconds of audio that came back, and the words with their times."""
    seconds, words = 0.0, []
    async with tts.stream(conn_options=conn_options) as stream:
        for sentence in sentences:
            stream.push_text(sentence + " ")
        stream.end_input()
        async for audio in stream:
            seconds += audio.frame.duration
            for word in audio.frame.userdata.get("lk.timed_transcripts", []):
                words.append((str(word), word.start_time, word.end_time))
    return seconds, words


# Endpointing


def test_a_turn_starts_after_three_loud_frames_and_ends_200_ms_after_the_last_sound() -> None:
    detector = TurnDetector(RATE, eager_end_ms=100, end_ms=200)
    frame = RATE // 50
    audio = np.concatenate([hush(0.5), sound(1.0), hush(0.5)])
    at = {}
    for index in range(len(audio) // frame):
        for event in detector.feed(audio[index * frame : (index + 1) * frame]):
            at.setdefault(event, (index + 1) * 20)
    assert at == {
        "turn.start": 560,
        "turn.update": 760,
        "turn.eager_end": 1600,
        "turn.end": 1700,
    }


def test_sound_after_an_eager_end_resumes_the_turn() -> None:
    events = events_in(np.concatenate([sound(0.3), hush(0.14), sound(0.1), hush(0.3)]))
    assert [event for event in events if event != "turn.update"] == [
        "turn.start",
        "turn.eager_end",
        "turn.resume",
        "turn.eager_end",
        "turn.end",
    ]


def test_clicks_and_comfort_noise_begin_no_turn() -> None:
    assert events_in(np.concatenate([hush(1.0), sound(0.04), hush(1.0), sound(0.02)])) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "What does the Breeze desk cost?",
        "Yes, please tell me more about it.",
        "Which desk carries the most weight?",
    ],
)
def test_a_spoken_sentence_is_one_turn_without_a_false_eager_end(sentence: str) -> None:
    events = events_in(np.concatenate([hush(0.2), speech(sentence), hush(0.4)]))
    assert [event for event in events if event != "turn.update"] == [
        "turn.start",
        "turn.eager_end",
        "turn.end",
    ]


# Speech-to-text: ink-2


async def test_two_spoken_turns_come_as_the_plugins_events_in_order(
    http: aiohttp.ClientSession,
) -> None:
    said = ["What does the Breeze desk cost?", "Thank you."]
    async with CartesiaServer(transcripts=said) as server:
        events = await hear(
            ears(server, http), speech(said[0]), hush(0.5), speech(said[1]), hush(0.5)
        )
    kinds = [event.type for event in events if event.type is not INTERIM]
    assert kinds == [START, PREFLIGHT, FINAL, END] * 2
    assert texts(events, FINAL) == texts(events, PREFLIGHT) == said
    interims = texts(events, INTERIM)
    assert interims[0] == "What"
    assert all(said[0].startswith(text) or said[1].startswith(text) for text in interims)


async def test_a_resumed_turn_goes_on_where_its_eager_end_stood(
    http: aiohttp.ClientSession,
) -> None:
    script = ("I would like", "I would like the Summit desk.")
    async with CartesiaServer(transcripts=[script]) as server:
        events = await hear(
            ears(server, http), sound(0.8), hush(0.15), sound(0.8), hush(0.3), hush(0.2)
        )
        sent = [event["type"] for event in server.stt_connections[0].events]
    assert texts(events, PREFLIGHT) == list(script)
    assert texts(events, FINAL) == [script[1]]
    assert [kind for kind in sent if kind != "turn.update"] == [
        "connected",
        "turn.start",
        "turn.eager_end",
        "turn.resume",
        "turn.eager_end",
        "turn.end",
    ]


async def test_a_recogniser_hears_the_samples_of_its_turn(http: aiohttp.ClientSession) -> None:
    def transcribe(samples: Samples, rate: int) -> str:
        return f"{len(samples) / rate:.1f} seconds at {np.abs(samples).max()}"

    async with CartesiaServer(transcribe=transcribe) as server:
        events = await hear(ears(server, http), hush(0.5), sound(1.0), hush(0.4))
    assert texts(events, FINAL) == ["1.4 seconds at 6000"]  # onset, sound, silence


async def test_closing_in_the_middle_of_a_turn_ends_it(http: aiohttp.ClientSession) -> None:
    async with CartesiaServer(default_transcript="Wait.") as server:
        events = await hear(ears(server, http), sound(0.5))
        assert server.stt_connections[0].closed_by_client
    assert texts(events, FINAL) == ["Wait."]


async def test_the_connection_records_what_the_plugin_asked_for(
    http: aiohttp.ClientSession,
) -> None:
    stt_options = {"keyterm": ["Breeze desk", "Harbor Care"], "turn_end_threshold": 0.3}
    async with CartesiaServer() as server:
        await hear(ears(server, http, **stt_options), hush(0.2))
        (connection,) = server.stt_connections
    assert connection.keyterms == ["Breeze desk", "Harbor Care"]
    assert connection.params == {
        "model": "ink-2",
        "sample_rate": "16000",
        "encoding": "pcm_s16le",
        "turn_end_threshold": "0.3",
    }
    assert connection.headers["Cartesia-Version"] == "2025-04-16"
    assert set(connection.chunk_sizes) == {640}  # 20 ms


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"api_key": "wrong"}, 401),
        ({"keyterm": ["desk"] * 101}, 400),
        ({"keyterm": ["a" * 601] * 2}, 400),
        ({"turn_end_threshold": 0.9}, 400),
        ({"turn_eager_end_threshold": 0.6, "turn_start_threshold": 0.55}, 400),
        ({"model": "ink-3"}, 400),
    ],
)
async def test_what_cartesia_would_not_take_is_refused(
    http: aiohttp.ClientSession, options: dict[str, object], status: int
) -> None:
    async with CartesiaServer(api_key="right") as server:
        with pytest.raises(APIStatusError) as refused:
            await hear(ears(server, http, **({"api_key": "right"} | options)), hush(0.1))
        assert refused.value.status_code == status
        assert server.stt_connections == []


@pytest.mark.parametrize("status", [401, 402, 429, 500])
async def test_a_refused_connection_reaches_the_plugin_with_its_status(
    http: aiohttp.ClientSession, status: int
) -> None:
    async with CartesiaServer() as server:
        server.fail("stt", Refuse(status))
        with pytest.raises(APIStatusError) as refused:
            await hear(ears(server, http), hush(0.1))
        assert refused.value.status_code == status
        assert await hear(ears(server, http), hush(0.1)) == []  # it struck once


async def test_a_line_cut_in_a_turn_leaves_what_was_heard_and_the_plugin_reconnects(
    http: aiohttp.ClientSession,
) -> None:
    async with CartesiaServer(transcripts=["one two three four five"]) as server:
        server.fail("stt", Drop(at="turn.update", skip=3))
        stream = ears(server, http).stream(conn_options=AGAIN)
        async with stream:
            for frame in frames(sound(1.0)):
                stream.push_frame(frame)
            for _ in range(200):
                if len(server.stt_connections) == 2:
                    break
                await asyncio.sleep(0.02)
            for frame in frames(np.concatenate([sound(0.4), hush(0.5)])):
                stream.push_frame(frame)
            stream.end_input()
            events = [event async for event in stream]
        assert len(server.stt_connections) == 2
    assert texts(events, FINAL) == ["one two", "Hello."]


async def test_an_error_event_of_500_ends_the_stream_and_one_of_400_does_not(
    http: aiohttp.ClientSession,
) -> None:
    async with CartesiaServer(default_transcript="Yes.") as server:
        server.fail("stt", ErrorEvent(400, at="turn.update"))
        events = await hear(ears(server, http), sound(0.5), hush(0.3))
        assert texts(events, FINAL) == ["Yes."]
        server.fail("stt", ErrorEvent(500, at="turn.end", message="Overloaded."))
        with pytest.raises(APIConnectionError, match="Overloaded"):
            await hear(ears(server, http), sound(0.5), hush(0.3))


async def test_a_stall_delays_the_event_it_names(http: aiohttp.ClientSession) -> None:
    async with CartesiaServer() as server:
        server.fail("stt", Stall(0.4, at="turn.end"))
        began = time.monotonic()
        events = await hear(ears(server, http), sound(0.3), hush(0.3))
        assert time.monotonic() - began >= 0.4
    assert texts(events, FINAL) == ["Hello."]


# Speech-to-text: ink-whisper


async def test_ink_whisper_gives_a_final_transcript_with_words_and_acknowledges_finalize(
    http: aiohttp.ClientSession,
) -> None:
    async with CartesiaServer(transcripts=["guten Tag"]) as server:
        stt = ears(server, http, language="de")
        async with stt.stream(conn_options=ONCE) as stream:
            for frame in frames(sound(0.8)):
                stream.push_frame(frame)
            stream.flush()
            await asyncio.sleep(0.05)  # a stream that is over before it began connects to nobody
            stream.end_input()
            events = [event async for event in stream]
        (connection,) = server.stt_connections
    assert stt.model == "ink-whisper"
    assert texts(events, FINAL) == ["guten Tag"]
    final = next(event for event in events if event.type is FINAL)
    assert [str(word) for word in final.alternatives[0].words] == ["guten", "Tag"]
    kinds = [event["type"] for event in connection.events if event.get("is_final") is not False]
    # The plugin finalizes once more as its input ends.
    assert kinds == ["transcript", "flush_done", "flush_done", "done"]
    assert connection.params["language"] == "de"


# Text-to-speech


async def test_audio_lasts_as_long_as_the_text_and_words_come_at_their_times(
    http: aiohttp.ClientSession,
) -> None:
    first, second = "The Breeze desk is light.", "It costs four hundred dollars."
    async with CartesiaServer() as server, voice(server, http) as tts:
        seconds, words = await say(tts, first, second)
        (connection,) = server.tts_connections
    (context,) = connection.contexts.values()
    assert context.done
    assert context.transcripts == [first + " ", second + " ", " "]
    assert server.tts_transcripts == [first, second]
    expected = sum(len(tone(text)[0]) / 24_000 for text in (first, second))
    assert seconds == pytest.approx(expected, abs=0.02)
    assert "".join(word for word, _, _ in words).split() == f"{first} {second}".split()
    starts = [start for _, start, _ in words]
    assert starts == sorted(starts)
    assert starts[5] == pytest.approx(len(tone(first)[0]) / 24_000, abs=0.05)  # "It"
    assert words[-1][2] == pytest.approx(seconds, abs=0.05)


async def test_hibaris_speech_is_spoken_at_the_rate_asked_for(http: aiohttp.ClientSession) -> None:
    server = CartesiaServer(voice=hibari)
    async with server, voice(server, http, sample_rate=16_000) as tts:
        seconds, words = await say(tts, "Hello there.")
    samples, rate = hibari("Hello there. ")
    assert seconds == pytest.approx(len(samples) / rate, abs=0.02)
    assert [word.strip() for word, _, _ in words] == ["Hello", "there."]
    assert 0.1 < words[0][1] < 0.6  # after the breath before it


def test_word_times_stay_inside_the_sound() -> None:
    samples = np.concatenate([np.zeros(2_400, np.int16), tone("one two")[0]])
    times = word_times("one two", samples, 24_000)
    assert [word for word, _, _ in times] == ["one", "two"]
    assert times[0][1] == pytest.approx(0.1, abs=0.01)
    assert times[-1][2] == pytest.approx(len(samples) / 24_000, abs=0.01)
    assert word_times("one", np.zeros(100, np.int16), 24_000) == []


def message(context: str, text: str, *, more: bool = False, **extra: object) -> dict[str, object]:
    return {
        "model_id": "sonic-3",
        "voice": {"mode": "id", "id": "katie"},
        "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 8_000},
        "context_id": context,
        "transcript": text,
        "continue": more,
        **extra,
    }


@asynccontextmanager
async def socket(
    server: CartesiaServer, http: aiohttp.ClientSession, version: str = "2025-04-16"
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    url = f"{server.url}/tts/websocket?cartesia_version={version}"
    async with http.ws_connect(url, headers={"X-API-Key": "key"}) as ws:
        yield ws


async def test_two_contexts_on_one_connection_speak_at_the_same_time(
    http: aiohttp.ClientSession,
) -> None:
    order = []
    async with CartesiaServer(speed=20) as server, socket(server, http) as ws:
        await ws.send_json(message("a", "The first of two contexts."))
        await ws.send_json(message("b", "The second of two contexts."))
        while order.count("done") < 2:
            event = await ws.receive_json(timeout=2)
            order.append("done" if event["done"] else event["context_id"])
        assert len(server.tts_connections) == 1
    before_first_done = order[: order.index("done")]
    assert "a" in before_first_done
    assert "b" in before_first_done


async def test_a_cancel_lets_what_is_being_said_run_out_and_drops_the_rest(
    http: aiohttp.ClientSession,
) -> None:
    async with CartesiaServer(speed=3) as server, socket(server, http) as ws:
        await ws.send_json(message("a", "This is being said.", more=True))
        await ws.send_json(message("a", "This is not.", more=True))
        await ws.receive_json(timeout=2)
        await ws.send_json({"context_id": "a", "cancel": True})
        while not (await ws.receive_json(timeout=2))["done"]:
            pass
        context = server.tts_connections[0].contexts["a"]
    assert context.cancelled
    assert context.spoken == ["This is being said."]


async def test_errors_take_the_shape_of_the_version_that_was_asked_for(
    http: aiohttp.ClientSession,
) -> None:
    async with CartesiaServer() as server:
        bad = message("a", "Hello.") | {"model_id": "none"}
        async with socket(server, http) as ws:
            await ws.send_json(bad)
            old = await ws.receive_json(timeout=2)
        async with socket(server, http, STRUCTURED_SINCE) as ws:
            await ws.send_json(bad)
            new = await ws.receive_json(timeout=2)
    assert old["error"].startswith("Bad request: Invalid model")
    assert (old["status_code"], old["done"], old["context_id"]) == (400, True, "a")
    assert new["title"] == "Bad request"
    assert "error" not in new


async def test_a_reply_broken_off_by_the_caller_stops_being_sent(
    http: aiohttp.ClientSession,
) -> None:
    async with CartesiaServer(speed=1) as server, voice(server, http) as tts:
        stream = tts.stream(conn_options=ONCE)
        stream.push_text("This sentence is long enough to be broken off by somebody. ")
        stream.end_input()
        await anext(stream)
        await stream.aclose()
        await asyncio.sleep(0.3)
        (context,) = server.tts_connections[0].contexts.values()
        assert not context.done
        assert context.seconds < 1.0


async def test_the_first_byte_takes_the_delay_that_is_set(http: aiohttp.ClientSession) -> None:
    async with CartesiaServer(first_byte_delay=0.3) as server, voice(server, http) as tts:
        began = time.monotonic()
        await say(tts, "Hello.")
        assert 0.3 <= time.monotonic() - began < 2.0


async def test_one_piece_of_text_is_spoken_by_post(http: aiohttp.ClientSession) -> None:
    async with CartesiaServer() as server, voice(server, http) as tts:
        audio = await tts.synthesize("One piece.", conn_options=ONCE).collect()
        assert server.tts_transcripts == ["One piece."]
        server.fail("bytes", Refuse(402))
        with pytest.raises(APIStatusError) as refused:
            await tts.synthesize("No credits.", conn_options=ONCE).collect()
    assert audio.duration == pytest.approx(len(tone("One piece.")[0]) / 24_000, abs=0.02)
    assert refused.value.status_code == 402


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_a_refused_voice_reaches_the_plugin_with_its_status(
    http: aiohttp.ClientSession, status: int
) -> None:
    async with CartesiaServer() as server, voice(server, http) as tts:
        server.fail("tts", Refuse(status))
        with pytest.raises(APIStatusError) as refused:
            await say(tts, "Hello.")
    assert refused.value.status_code == status


async def test_a_voice_cut_in_a_segment_fails_and_the_next_one_connects_anew(
    http: aiohttp.ClientSession,
) -> None:
    async with CartesiaServer() as server, voice(server, http) as tts:
        server.fail("tts", Drop(at="chunk", skip=2))
        with pytest.raises(APIError):
            await say(tts, "This sentence is cut.")
        assert (await say(tts, "This one is not."))[0] > 0.5
        assert len(server.tts_connections) == 2


async def test_a_pooled_voice_whose_line_went_dead_is_replaced_on_retry(
    http: aiohttp.ClientSession,
) -> None:
    async with CartesiaServer() as server, voice(server, http) as tts:
        await say(tts, "Before.")
        server.drop_connections()
        await asyncio.sleep(0.05)
        assert (await say(tts, "After.", conn_options=AGAIN))[0] > 0.2


async def test_an_error_event_fails_a_segment_and_cuts_a_begun_one_short(
    http: aiohttp.ClientSession,
) -> None:
    # Cartesia's errors say done, and the plugin takes the done for an ordinary end.
    async with CartesiaServer() as server, voice(server, http) as tts:
        server.fail("tts", ErrorEvent(500, at="chunk"))
        with pytest.raises(APIError, match="no audio frames were pushed"):
            await say(tts, "Hello.")
        server.fail("tts", ErrorEvent(500, at="chunk", skip=3))
        assert (await say(tts, "This sentence is cut."))[0] == pytest.approx(0.3, abs=0.02)


async def test_a_silent_voice_fails_the_segment(http: aiohttp.ClientSession) -> None:
    async with CartesiaServer() as server, voice(server, http) as tts:
        server.fail("tts", Stall(5.0, at="chunk"))
        with pytest.raises(APIError):
            await say(tts, "Hello.", conn_options=APIConnectOptions(max_retry=0, timeout=0.2))


# The server


async def test_closing_is_quick_with_sockets_open_and_frees_the_port(
    http: aiohttp.ClientSession,
) -> None:
    server = CartesiaServer(speed=0.1)
    async with server, socket(server, http) as ws:
        await ws.send_json(message("a", "A sentence that would take a long time to say."))
        await ws.receive_json(timeout=2)
        began = time.monotonic()
        await server.close()
        assert time.monotonic() - began < 2.0
        with pytest.raises(aiohttp.ClientConnectionError):
            await http.get(server.url)


async def test_a_fault_at_an_unknown_endpoint_is_told_at_once() -> None:
    async with CartesiaServer() as server:
        with pytest.raises(ValueError, match="'chat' is none of the endpoints"):
            server.fail("chat", Refuse(500))
