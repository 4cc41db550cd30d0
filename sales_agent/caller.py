"""A caller without a microphone: joins a room, speaks, hears the agent, and times the silence between.

Times are seconds on one clock that starts when the caller has joined. Audio is 16-bit mono at RATE samples a second.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from livekit import rtc

from sales_agent.behaviors import HANG_UP
from sales_agent.config import MendableError
from sales_agent.topics import CALL, LATENCY, SOURCES

Samples = npt.NDArray[np.int16]

RATE = 24_000
FRAME = RATE // 50  # 20 ms, Opus's own frame
QUEUE = 0.04  # seconds of sound on its way; the shortest that a busy machine keeps filled
# Mean amplitude of 20 ms above which somebody speaks. Decoded silence stays under 20; a quiet vowel is over 500.
SPEECH_LEVEL = 150
TRANSCRIPTION_TOPIC = "lk.transcription"
TOPICS = (CALL, LATENCY, SOURCES)
HANG_UP_TIMEOUT = 2.0  # seconds
NEWS_TIMEOUT = 10.0  # seconds; it takes hundredths of one, and more on a busy machine


class CallError(MendableError):
    """A call that could not be made or went unanswered, in one line."""


@dataclass
class Turn:
    """One thing the caller said, and what came back."""

    said: str
    heard: str = ""  # the caller's words as the agent understood them
    answered: str = ""
    speech_ended: float = 0.0
    answer_began: float | None = None
    latency: dict[str, Any] = field(default_factory=dict)  # the agent's word on it; see topics.py
    sources: list[dict[str, Any]] = field(default_factory=list)

    @property
    def silence(self) -> float | None:
        """Seconds from the caller's last sound to the agent's first."""
        return None if self.answer_began is None else self.answer_began - self.speech_ended


@dataclass
class Caller:
    """One participant in one room; use `join` to get it in and out again."""

    room: rtc.Room
    source: rtc.AudioSource
    # (who, words): "agent" or "caller", as they are spoken; "" where something that the agent says ends.
    on_text: Callable[[str, str], None]
    started: float = field(default_factory=time.monotonic)
    spoken: list[tuple[float, Samples]] = field(default_factory=list)
    heard: list[tuple[float, Samples]] = field(default_factory=list)
    agent_text: str = ""
    caller_text: str = ""
    news: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {t: [] for t in TOPICS})
    gone: str = ""  # who went away, where the call cannot go on
    _in_order: asyncio.Lock = field(default_factory=asyncio.Lock)  # of streams that come together
    _to_say: asyncio.Queue[Samples] = field(default_factory=asyncio.Queue)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _quiet: float = 0.0  # seconds of silence heard since the agent's last sound
    _first_sound: float | None = None  # of the agent, since the caller last fell silent
    _saying: bool = False
    _told_before: int = 0  # sources, when the caller last began to speak

    def now(self) -> float:
        return time.monotonic() - self.started

    @property
    def agent(self) -> rtc.RemoteParticipant | None:
        """Who answers; None while nobody does."""
        people = self.room.remote_participants.values()
        return next(
            (p for p in people if p.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT), None
        )

    @property
    def agent_state(self) -> str:
        """The agent's own word on what it is doing: listening, thinking, speaking; empty while there is none."""
        return self.agent.attributes.get("lk.agent.state", "") if self.agent else ""

    async def hang_up(self) -> None:
        """Tell the agent that the call is over; who only leaves is waited for."""
        if self.agent is None or self.gone:
            return
        with contextlib.suppress(rtc.RpcError):  # it is leaving by itself
            await self.room.local_participant.perform_rpc(
                destination_identity=self.agent.identity,
                method=HANG_UP,
                payload="",
                response_timeout=HANG_UP_TIMEOUT,
            )

    async def say(self, words: str, samples: Samples, timeout: float = 30.0) -> Turn:
        """Speak `samples` into the room in real time, then listen until the agent has answered.

        Raises CallError where no answer comes within `timeout` seconds.
        """
        turn = Turn(said=words)
        self.agent_text = self.caller_text = ""
        before = {topic: len(told) for topic, told in self.news.items()}
        turn.speech_ended = await self.speak(samples)
        turn.answer_began = await self.hear_answer(timeout)
        turn.answered, turn.heard = self.agent_text.strip(), self.caller_text.strip()
        for latency in self.news[LATENCY][before[LATENCY] :]:
            turn.latency = latency
        for told in self.news[SOURCES][before[SOURCES] :]:
            turn.sources += told["sources"]
        return turn

    async def speak(self, samples: Samples) -> float:
        """Speak, and give the time at which the last sound left the caller's mouth."""
        self._first_sound = None
        self._told_before = len(self.news[SOURCES])
        before = len(self.spoken)
        self._to_say.put_nowait(samples)
        while self._to_say.qsize() or self._saying:
            self._check_line()
            await asyncio.sleep(0.005)
        loud = [at for at, frame in self.spoken[before:] if _is_speech(frame)]
        ended = (loud[-1] if loud else self.now()) + FRAME / RATE
        # What the agent said before was no answer to this; what it says in silence at the end of a recording is.
        self._first_sound = next((at for at, f in self.heard if at > ended and _is_speech(f)), None)
        return ended

    async def hear_answer(self, timeout: float) -> float:
        """Wait until the agent has spoken, is silent and has told what it rests on; gives when it began."""
        deadline = self.now() + timeout
        while self._first_sound is None:
            self._check_line()
            if self.now() > deadline:
                raise CallError(f"the agent said nothing for {timeout:.0f} s: see its log")
            await asyncio.sleep(0.01)
        # Done is when the agent says that it listens and nothing has been heard for a moment.
        while self.now() < deadline + timeout and not self.gone:
            if self._quiet > 0.6 and self.agent_state in ("listening", "idle", ""):
                break
            await asyncio.sleep(0.02)
        began = self._first_sound
        await self._hear_news()
        return began

    async def _hear_news(self) -> None:
        """Wait until the agent has told what the last of its words rest on, which it tells last of an answer."""
        # Voice, words, states and news come by ways of their own: some can be here after the silence behind the voice.
        deadline = self.now() + NEWS_TIMEOUT
        # One that is not ours tells nothing about the call either.
        while self.news[CALL] and self.now() < deadline and not self.gone:
            told = self.news[SOURCES][self._told_before :]
            if told and _letters(self.agent_text).endswith(_letters(told[-1]["text"])):
                return
            await asyncio.sleep(0.02)

    def _check_line(self) -> None:
        if self.gone:
            raise CallError(f"{self.gone} before there was an answer: see its log")

    def voice_since(self, at: float) -> Samples:
        """What the agent's side sounded like from then on, silence and all."""
        return np.concatenate([frame for when, frame in self.heard if when >= at])

    def recording(self) -> Samples:
        """Both sides on one clock, shape (n, 2): the caller left, the agent right."""
        length = int(self.now() * RATE) + RATE
        sides = np.zeros((length, 2), dtype=np.int16)
        for side, frames in enumerate((self.spoken, self.heard)):
            cursor = 0
            for at, frame in frames:
                # Frames follow one another; only a real gap moves the place.
                cursor = max(cursor, int(at * RATE) - RATE // 5)
                end = min(cursor + len(frame), length)
                sides[cursor:end, side] = frame[: end - cursor]
                cursor = end
        return sides

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self) -> None:
        """Send a frame every 20 ms, of speech or of silence, as a microphone does."""
        silence = np.zeros(FRAME, dtype=np.int16)
        while True:
            try:
                samples = self._to_say.get_nowait()
            except asyncio.QueueEmpty:
                await self._send(silence)
                continue
            self._saying = True
            # In one piece: from here on a busy machine cannot tear it.
            await self._send(np.pad(samples, (0, -len(samples) % FRAME)))
            self._saying = False

    async def _send(self, samples: Samples) -> None:
        await self.source.capture_frame(rtc.AudioFrame(samples.tobytes(), RATE, 1, len(samples)))
        # The queue is full. (The library's own figure of what is in it goes wrong once it has run empty.)
        ended = self.now() + QUEUE
        for start in range(0, len(samples), FRAME):
            at = ended - (len(samples) - start) / RATE
            self.spoken.append((at, samples[start : start + FRAME]))

    async def _listen(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream.from_track(
            track=track, sample_rate=RATE, num_channels=1, frame_size_ms=20
        )
        async for event in stream:
            samples = np.frombuffer(event.frame.data, dtype=np.int16)
            self.heard.append((now := self.now(), samples))
            self._quiet += len(samples) / RATE  # not by the clock: what came late was no silence
            if _is_speech(samples):
                self._quiet = 0.0
                if self._first_sound is None:
                    self._first_sound = now

    def _noting(self, topic: str) -> Callable[[rtc.TextStreamReader, str], None]:
        async def note(reader: rtc.TextStreamReader) -> None:
            async with self._in_order:
                self.news[topic].append(json.loads(await reader.read_all()))

        return lambda reader, identity: self._run(note(reader))

    async def _read(self, reader: rtc.TextStreamReader, identity: str) -> None:
        mine = identity == self.room.local_participant.identity
        words = ""
        async for chunk in reader:
            words += chunk
            if not mine:
                self.agent_text += chunk
                self.on_text("agent", chunk)
        final = (reader.info.attributes or {}).get("lk.transcription_final") == "true"
        if mine and final:
            self.caller_text = f"{self.caller_text} {words}".strip()
            self.on_text("caller", words)
        elif not mine:
            self.agent_text += " "
            self.on_text("agent", "")


def _letters(text: str) -> str:
    return "".join(text.split())


def _is_speech(samples: Samples) -> bool:
    return bool(len(samples)) and float(np.abs(samples.astype(np.int32)).mean()) > SPEECH_LEVEL


@contextlib.asynccontextmanager
async def join(
    url: str, token: str, on_text: Callable[[str, str], None] = lambda who, words: None
) -> AsyncIterator[Caller]:
    """Join a room as a caller, and hang up at the end.

    Raises CallError where the server cannot be reached or refuses the token.
    """
    room = rtc.Room()
    source = rtc.AudioSource(RATE, 1, queue_size_ms=round(1000 * QUEUE))
    caller = Caller(room=room, source=source, on_text=on_text)

    @room.on("track_subscribed")
    def _subscribed(track: rtc.Track, *_: object) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            caller._run(caller._listen(track))

    @room.on("participant_disconnected")
    def _gone(person: rtc.RemoteParticipant) -> None:
        if person.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT:
            caller.gone = "the agent left the call"

    @room.on("disconnected")
    def _cut_off(*_: object) -> None:
        caller.gone = "the server went away"

    # The library tries for long to get a lost server back; whoever is on the phone has hung up by then.
    @room.on("reconnecting")
    def _losing() -> None:
        caller.gone = "the server went away"

    @room.on("reconnected")
    def _back() -> None:
        caller.gone = ""

    room.register_text_stream_handler(
        TRANSCRIPTION_TOPIC,
        lambda reader, identity: caller._run(caller._read(reader, identity)),
    )
    for topic in TOPICS:
        room.register_text_stream_handler(topic, caller._noting(topic))
    try:
        await room.connect(url, token)
    except rtc.ConnectError as error:
        raise CallError(f"{url} does not let the caller in: {error}") from error
    caller.started = time.monotonic()
    try:
        track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
        await room.local_participant.publish_track(
            track, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        )
        caller._run(caller._talk())
        yield caller
    finally:
        for task in list(caller._tasks):
            task.cancel()
        await caller.hang_up()
        await room.disconnect()
        await source.aclose()
