"""Speech-to-text in this process: moonshine as a LiveKit STT that also knows when a turn is over.

Silero finds the speech, moonshine is given whole segments of it. Measured against moonshine's own
voice activity detection, that takes two thirds of the time and does not cut sentences in two.

A turn: START_OF_SPEECH, INTERIM_TRANSCRIPT now and then, PREFLIGHT_TRANSCRIPT at a pause (so that an
answer can be thought up meanwhile), and FINAL_TRANSCRIPT with END_OF_SPEECH when the pause lasts.
Transcripts hold the whole turn so far. The final one repeats the preflight to the letter, because
LiveKit throws the answer away otherwise. Noise that is no words ends without a transcript.
"""

import asyncio
import itertools
import time
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from livekit import rtc
from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectOptions,
    APIError,
    LanguageCode,
    NotGivenOr,
    stt,
    vad,
)
from livekit.agents.stt import SpeechEventType
from livekit.agents.utils import AudioBuffer, aio, shortuuid
from moonshine_voice.errors import MoonshineError

from sales_agent.local.audio import Samples
from sales_agent.local.recognition import (
    LONGEST_SEGMENT,
    SAMPLE_RATE,
    Transcription,
    model,
    quietest,
    recognise,
    transcribe,
    unfinished,
    worker,
)

__all__ = ["MoonshineSTT", "MoonshineStream", "Transcription", "transcribe"]

ENGLISH = LanguageCode("en")

# Probabilities: where speech begins, and below which it is over.
SPEECH_FROM = 0.5
SPEECH_UNTIL = 0.35
# Seconds by Silero, which judges windows of 32 ms and sees the end of speech 0.1 late.
STARTS_AFTER = 0.09  # of speech: less is a click
RESUMES_AFTER = 0.06  # of speech after a pause
PRE_ROLL = 0.4  # kept from before speech is certain: a soft first sound is in there
PREFLIGHT_AFTER = 0.12  # of silence: with what Silero is late, longer than a consonant's closure
ENDS_AFTER = 0.35  # of silence: most breaths inside a sentence are shorter
UNFINISHED_ENDS_AFTER = 1.0  # of silence, when the words so far want more words
# Samples of silence added at a pause. By what follows, moonshine writes a comma or a full stop: with
# 0.2 s every tenth complete sentence got a comma, with 0.3 s none.
TAIL = SAMPLE_RATE // 10
INTERIM_EVERY = 1.0
INTERIM_AFTER_PAUSE = 0.4  # soon, because it tells that the turn goes on
INTERIM_COST = 10.0  # seconds until the next one, for each second that one took
SEGMENT = 6.0  # what was said is put down at the first pause after that: time grows with length


class MoonshineSTT(stt.STT[str]):
    """moonshine as LiveKit's speech-to-text, for English, with Silero or another VAD around it."""

    def __init__(self, *, vad: vad.VAD) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))
        self._vad = vad

    @property
    def model(self) -> str:
        return "moonshine-tiny-en"

    @property
    def provider(self) -> str:
        return "embedded"

    def prewarm(self) -> None:
        """Load the model and wait for it: half a second once in a process, nothing after that."""
        if not model.cache_info().currsize:
            worker.submit(recognise, np.zeros(SAMPLE_RATE, np.int16)).result()

    async def _recognize_impl(
        self,
        buffer: AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions,
    ) -> stt.SpeechEvent:
        frame = rtc.combine_audio_frames(buffer)
        samples = np.frombuffer(frame.data, np.int16)[:: frame.num_channels]
        heard = await asyncio.to_thread(transcribe, samples, frame.sample_rate)
        return stt.SpeechEvent(
            type=SpeechEventType.FINAL_TRANSCRIPT,
            request_id=shortuuid(),
            alternatives=[stt.SpeechData(language=ENGLISH, text=heard.text)],
        )

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> "MoonshineStream":
        return MoonshineStream(stt=self, vad=self._vad, conn_options=conn_options)


@dataclass(kw_only=True)
class _Turn:
    """What a caller has said since the last answer."""

    began: float  # seconds of audio
    audio: list[Samples]  # of the open segment
    id: str = field(default_factory=shortuuid)
    put_down: list[str] = field(default_factory=list)  # the words of the segments before it
    words: str = ""  # of the open segment, as far as it has been recognised
    silence: float = 0.0  # seconds; 0 while there is speech
    next_interim: float = INTERIM_EVERY  # seconds of speech
    ended: float = 0.0  # seconds of audio at the last speech, and the clock then
    ended_at: float = 0.0

    @property
    def text(self) -> str:
        return " ".join(filter(None, [*self.put_down, self.words]))

    @property
    def paused(self) -> bool:
        return self.silence >= PREFLIGHT_AFTER

    @property
    def patience(self) -> float:
        return UNFINISHED_ENDS_AFTER if unfinished(self.text) else ENDS_AFTER

    def segment(self) -> Samples:
        return np.concatenate(self.audio)

    def put_segment_down(self, words: str, rest: list[Samples]) -> None:
        self.put_down.append(words)
        self.words, self.audio = "", rest


class MoonshineStream(stt.RecognizeStream):
    """One caller's audio: turns out of it, as the module's docstring has them.

    Time is counted in audio and not by the clock, so that audio which arrives in bursts is heard
    just the same. While a segment is being recognised, windows wait; they are soon caught up with.
    """

    def __init__(self, *, stt: MoonshineSTT, vad: vad.VAD, conn_options: APIConnectOptions) -> None:
        super().__init__(stt=stt, conn_options=conn_options, sample_rate=SAMPLE_RATE)
        self._vad = vad

    async def _run(self) -> None:
        self._time = 0.0  # seconds of audio heard
        self._clock = time.time()  # when the last of it arrived
        self._arrivals: deque[tuple[float, float]] = deque()  # seconds of audio, clock
        self._recent: deque[Samples] = deque()
        self._is_speech = False
        self._voiced = 0.0  # seconds of speech in a row
        self._turn: _Turn | None = None
        self._ahead: deque[tuple[Samples, float]] = deque()  # judged, not heard yet
        self._more = asyncio.Event()
        windows = self._vad.stream()
        feeding = asyncio.create_task(self._feed(windows))
        judging = asyncio.create_task(self._judge(windows))
        try:
            while self._ahead or not judging.done():
                if self._ahead:
                    await self._hear(*self._ahead.popleft())
                else:
                    self._more.clear()
                    await self._more.wait()
            await judging
            if self._turn:
                await self._end(self._turn)
        finally:
            await aio.cancel_and_wait(feeding, judging)
            await windows.aclose()

    async def _judge(self, windows: vad.VADStream) -> None:
        try:
            async for event in windows:
                if event.type == vad.VADEventType.INFERENCE_DONE:
                    samples = np.frombuffer(event.frames[0].data, np.int16)
                    self._ahead.append((samples, event.probability))
                    self._more.set()
        finally:
            # After this task, for whoever waits to see that it is done.
            asyncio.get_running_loop().call_soon(self._more.set)

    async def _feed(self, windows: vad.VADStream) -> None:
        fed = 0.0
        async for frame in self._input_ch:
            # Silence ends a turn here, so that a flush has nothing to add.
            if isinstance(frame, rtc.AudioFrame):
                fed += frame.duration
                self._arrivals.append((fed, time.time()))
                windows.push_frame(frame)
        windows.end_input()

    async def _hear(self, samples: Samples, probability: float) -> None:
        """Take one window, with how likely it is to be speech."""
        seconds = len(samples) / SAMPLE_RATE
        self._time += seconds
        while self._arrivals and self._arrivals[0][0] <= self._time:
            self._clock = self._arrivals.popleft()[1]
        self._is_speech = probability >= (SPEECH_UNTIL if self._is_speech else SPEECH_FROM)
        self._voiced = self._voiced + seconds if self._is_speech else 0.0
        if self._turn is None:
            self._recent.append(samples)
            if self._voiced >= STARTS_AFTER:
                self._begin()
            elif len(self._recent) * seconds > PRE_ROLL:
                self._recent.popleft()
            return
        self._turn.audio.append(samples)
        if self._is_speech and (self._turn.silence == 0 or self._voiced >= RESUMES_AFTER):
            await self._go_on(self._turn, seconds)
        else:
            await self._wait(self._turn, seconds)

    def _begin(self) -> None:
        self._turn = _Turn(began=self._time - self._voiced, audio=list(self._recent))
        self._turn.ended, self._turn.ended_at = self._time, self._clock
        self._recent.clear()
        self._emit(SpeechEventType.START_OF_SPEECH, self._turn, started=self._clock - self._voiced)

    async def _go_on(self, turn: _Turn, seconds: float) -> None:
        if turn.paused:
            turn.next_interim = INTERIM_AFTER_PAUSE
            if len(turn.audio) * seconds >= SEGMENT:
                # The next segment begins in the middle of the silence between the two.
                quiet = int((turn.silence / 2 + self._voiced) / seconds)
                turn.put_segment_down(turn.words, turn.audio[-quiet:])
        turn.silence = 0.0
        turn.ended, turn.ended_at = self._time, self._clock
        turn.next_interim -= seconds
        if len(turn.audio) * seconds >= LONGEST_SEGMENT:
            cut = quietest(turn.segment()) // len(turn.audio[-1])
            words = await self._recognise(np.concatenate(turn.audio[:cut]))
            turn.put_segment_down(words, turn.audio[cut:])
        elif turn.next_interim <= 0:
            began = time.monotonic()
            turn.words = await self._recognise(turn.segment())
            turn.next_interim = max(INTERIM_EVERY, INTERIM_COST * (time.monotonic() - began))
            self._emit(SpeechEventType.INTERIM_TRANSCRIPT, turn)

    async def _wait(self, turn: _Turn, seconds: float) -> None:
        was_paused = turn.paused
        turn.silence += seconds
        if turn.paused and not was_paused:
            turn.words = await self._recognise(np.pad(turn.segment(), (0, TAIL)))
            # Words that want more words are not worth an answer yet; nor are those before a breath,
            # where speech went on while they were recognised.
            early = unfinished(turn.text) or self._speech_within(ENDS_AFTER - turn.silence, seconds)
            self._emit(
                SpeechEventType.INTERIM_TRANSCRIPT
                if early
                else SpeechEventType.PREFLIGHT_TRANSCRIPT,
                turn,
            )
        if turn.silence >= turn.patience and not self._is_speech:  # it may just go on
            await self._end(turn)

    async def _end(self, turn: _Turn) -> None:
        if not turn.paused:  # the audio ended in the middle of speech
            turn.words = await self._recognise(turn.segment())
        self._emit(SpeechEventType.FINAL_TRANSCRIPT, turn)
        self._emit(SpeechEventType.END_OF_SPEECH, turn)
        self._event_ch.send_nowait(
            stt.SpeechEvent(
                type=SpeechEventType.RECOGNITION_USAGE,
                request_id=turn.id,
                recognition_usage=stt.RecognitionUsage(audio_duration=self._time - turn.began),
            )
        )
        self._turn = None
        self._voiced = 0.0
        # A first sound of the next turn may be in the silence that ended this one.
        self._recent.extend(turn.audio[-3:])

    def _speech_within(self, seconds: float, window: float) -> bool:
        soon = itertools.islice(self._ahead, round(seconds / window))
        return any(probability >= SPEECH_FROM for _, probability in soon)

    async def _recognise(self, segment: Samples) -> str:
        try:
            return await asyncio.get_running_loop().run_in_executor(worker, recognise, segment)
        except MoonshineError as error:
            raise APIError(f"moonshine failed: {error}") from error

    def _emit(self, kind: SpeechEventType, turn: _Turn, started: float | None = None) -> None:
        """Send an event; a transcript only where there are words."""
        boundary = kind in (SpeechEventType.START_OF_SPEECH, SpeechEventType.END_OF_SPEECH)
        if not boundary and not turn.text:
            return
        data = stt.SpeechData(
            language=ENGLISH,
            text=turn.text,
            start_time=self.start_time_offset + turn.began,
            end_time=self.start_time_offset + turn.ended,
        )
        self._event_ch.send_nowait(
            stt.SpeechEvent(
                type=kind,
                request_id=turn.id,
                alternatives=[] if boundary else [data],
                speech_start_time=started,
                speech_end_time=turn.ended_at if kind == SpeechEventType.END_OF_SPEECH else None,
            )
        )
