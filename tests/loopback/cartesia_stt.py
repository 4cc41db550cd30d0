"""Cartesia's two speech-to-text sockets: ink-2 with turns, ink-whisper with finalize.

When something is said is real: it is found in the audio that arrives. What was said is the
script's, one entry a turn, or a recogniser's.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web

from tests.loopback import cartesia_errors
from tests.loopback.cartesia_errors import REQUEST_ID, BadRequest
from tests.loopback.endpointing import Samples, TurnDetector
from tests.loopback.server import LoopbackServer
from tests.loopback.voices import word_times

Transcribe = Callable[[Samples, int], str]

# What a turn says: one text, or those it stands at by each eager end, each longer than the last.
Script = str | tuple[str, ...]

SECONDS_A_WORD = 0.3  # how fast a script's words come to light while someone speaks

MAX_KEYTERMS = 100
MAX_KEYTERM_CHARACTERS = 1_200

# Parameter: lowest and highest value that the API takes, and its default.
THRESHOLDS = {
    "turn_start_threshold": (0.5, 0.9, 0.8),
    "turn_eager_end_threshold": (0.3, 0.6, 0.4),
    "turn_end_threshold": (0.05, 0.5, 0.2),
    "turn_end_timeout_ms": (640, 11_200, 5_600),
}


@dataclass
class SttConnection:
    """One speech-to-text socket as the server saw it."""

    request_id: str
    headers: dict[str, str]
    params: dict[str, str]
    keyterms: list[str]
    chunk_sizes: list[int] = field(default_factory=list)  # bytes
    events: list[dict[str, Any]] = field(default_factory=list)  # sent
    closed_by_client: bool = False  # with the protocol's close, not by a lost line


@dataclass
class _Turn:
    """What the turn under way says."""

    texts: tuple[str, ...]
    resumes: int = 0

    def so_far(self, seconds: float) -> str:
        """The words that have come to light; they never become fewer."""
        known = self.texts[min(self.resumes, len(self.texts)) - 1] if self.resumes else ""
        spoken = self.whole().split()[: max(1, int(seconds / SECONDS_A_WORD))]
        return max(known, " ".join(spoken), key=len)

    def whole(self) -> str:
        """All that the script has for this stretch of the turn."""
        return self.texts[min(self.resumes, len(self.texts) - 1)]


class SpeechToText:
    """The handlers of both sockets and what they saw."""

    def __init__(
        self,
        server: LoopbackServer,
        *,
        transcripts: Sequence[Script],
        default_transcript: str,
        transcribe: Transcribe | None,
        eager_end_ms: int,
        end_ms: int,
    ) -> None:
        self.connections: list[SttConnection] = []
        self._server = server
        self._scripts = list(transcripts)
        self._default = default_transcript
        self._transcribe = transcribe
        self._eager_end_ms = eager_end_ms
        self._end_ms = end_ms

    async def turns(self, request: web.Request) -> web.StreamResponse:
        """`GET /stt/turns/websocket`."""
        return await self._serve(request, _TurnsSocket, "ink-2")

    async def whisper(self, request: web.Request) -> web.StreamResponse:
        """`GET /stt/websocket`."""
        return await self._serve(request, _WhisperSocket, "ink")

    async def _serve(
        self, request: web.Request, kind: "type[_Socket]", models: str
    ) -> web.StreamResponse:
        request_id = request[REQUEST_ID]
        try:
            rate = _check(request, models)
        except BadRequest as problem:
            return cartesia_errors.http_error(request, 400, request_id, problem=problem)
        connection = SttConnection(
            request_id=request_id,
            headers=dict(request.headers),
            params={k: v for k, v in request.query.items() if k != "keyterm"},
            keyterms=request.query.getall("keyterm", []),
        )
        self.connections.append(connection)
        ws = web.WebSocketResponse()
        ws.headers["X-Request-Id"] = request_id
        await ws.prepare(request)
        detector = TurnDetector(rate, self._eager_end_ms, self._end_ms)
        socket = kind(self, self._server, request, ws, connection, detector, rate)
        await socket.run()
        return ws

    def next_turn(self) -> _Turn:
        """The script of the turn that begins now, whichever socket it begins on."""
        script = self._scripts.pop(0) if self._scripts else self._default
        return _Turn((script,) if isinstance(script, str) else script)

    async def heard(self, turn: _Turn, detector: TurnDetector, rate: int, *, whole: bool) -> str:
        """The turn's transcript: as far as it has come, or the whole of it."""
        if self._transcribe is not None:
            return await asyncio.to_thread(self._transcribe, detector.audio, rate)
        return turn.whole() if whole else turn.so_far(detector.seconds)


class _Socket:
    """What both sockets do: audio in, the detector's events to `on_event`, text to `on_text`."""

    def __init__(
        self,
        owner: SpeechToText,
        server: LoopbackServer,
        request: web.Request,
        ws: web.WebSocketResponse,
        connection: SttConnection,
        detector: TurnDetector,
        rate: int,
    ) -> None:
        self.owner = owner
        self.server = server
        self.request = request
        self.ws = ws
        self.connection = connection
        self.detector = detector
        self.rate = rate
        self.turn = _Turn(("",))

    async def run(self) -> None:
        """Serve until the client closes."""
        await self.on_open()
        async for message in self.ws:
            if message.type is WSMsgType.BINARY:
                self.connection.chunk_sizes.append(len(message.data))
                for event in self.detector.feed(np.frombuffer(message.data, "<i2")):
                    if event == "turn.start":
                        self.turn = self.owner.next_turn()
                    await self.on_event(event)
            elif message.type is WSMsgType.TEXT:
                await self.on_text(message.data)

    async def heard(self, *, whole: bool) -> str:
        return await self.owner.heard(self.turn, self.detector, self.rate, whole=whole)

    async def send(self, event: dict[str, Any]) -> None:
        """Send an event, or what a fault puts in its place."""
        event = {**event, "request_id": self.connection.request_id}
        if error := await self.server.struck(self.request, "stt", event["type"]):
            event = self.error(error.status, error.message)
        self.connection.events.append(event)
        await self.ws.send_json(event)

    async def close(self) -> None:
        self.connection.closed_by_client = True
        await self.ws.close()

    async def on_open(self) -> None:
        """Greet, if this socket does."""

    async def on_event(self, event: str) -> None:
        raise NotImplementedError

    async def on_text(self, text: str) -> None:
        raise NotImplementedError

    def error(self, status: int, message: str) -> dict[str, Any]:
        raise NotImplementedError


class _TurnsSocket(_Socket):
    async def on_open(self) -> None:
        await self.send({"type": "connected"})

    async def on_event(self, event: str) -> None:
        match event:
            case "turn.update":
                await self.send({"type": event, "transcript": await self.heard(whole=False)})
            case "turn.eager_end" | "turn.end":
                await self.send({"type": event, "transcript": await self.heard(whole=True)})
            case "turn.resume":
                self.turn.resumes += 1
                await self.send({"type": event})
            case _:
                await self.send({"type": event})

    async def on_text(self, text: str) -> None:
        try:
            kind = json.loads(text)["type"]
        except (ValueError, TypeError, KeyError):
            kind = None
        if kind == "close":
            if self.detector.in_turn:
                await self.on_event("turn.end")
            await self.close()
        elif kind != "config":  # thresholds, which an ear for energy has no use for
            await self.ws.send_json(self.error(400, "The message is not one this socket knows."))

    def error(self, status: int, message: str) -> dict[str, Any]:
        return cartesia_errors.turns_error(status, message, self.connection.request_id)


class _WhisperSocket(_Socket):
    async def on_event(self, event: str) -> None:
        if event == "turn.update":
            await self._transcript(await self.heard(whole=False), final=False)
        elif event == "turn.end":
            await self._transcript(await self.heard(whole=True), final=True)

    async def on_text(self, text: str) -> None:
        if text not in ("finalize", "close", "done"):
            await self.ws.send_json(self.error(400, "The message is not one this socket knows."))
            return
        if self.detector.in_turn:
            await self._transcript(await self.heard(whole=True), final=True)
            self.detector.end_now()
        if text == "finalize":
            await self.send({"type": "flush_done"})
        else:
            await self.send({"type": "done"})
            await self.close()

    async def _transcript(self, text: str, *, final: bool) -> None:
        event: dict[str, Any] = {
            "type": "transcript",
            "is_final": final,
            "text": text,
            "duration": self.detector.seconds,
            "language": self.connection.params.get("language", "en"),
        }
        if final:
            times = word_times(text, self.detector.audio, self.rate)
            event["words"] = [{"word": w, "start": start, "end": end} for w, start, end in times]
        await self.send(event)

    def error(self, status: int, message: str) -> dict[str, Any]:
        return cartesia_errors.whisper_error(status, message, self.connection.request_id)


def _check(request: web.Request, models: str) -> int:
    """The sample rate of a good request; raises BadRequest for what Cartesia would not take."""
    query = request.query
    if not query.get("model", "").startswith(models):
        message = "The model is not valid, make sure it is a valid model ID."
        raise BadRequest("Invalid model", message, "model_not_found")
    if query.get("encoding") != "pcm_s16le":
        raise BadRequest("Invalid encoding", "This stand-in takes pcm_s16le alone.")
    if not query.get("sample_rate", "").isdecimal() or int(query["sample_rate"]) < 8_000:
        raise BadRequest("Invalid sample rate", "sample_rate must be a number from 8000 up.")
    terms = query.getall("keyterm", [])
    if len(terms) > MAX_KEYTERMS or sum(map(len, terms)) > MAX_KEYTERM_CHARACTERS:
        limits = f"{MAX_KEYTERMS} terms and {MAX_KEYTERM_CHARACTERS} characters in all"
        raise BadRequest("Too many keyterms", f"keyterm takes up to {limits}.")
    values = {}
    for name, (lowest, highest, default) in THRESHOLDS.items():
        try:
            values[name] = float(query.get(name, default))
        except ValueError:
            raise BadRequest("Invalid threshold", f"{name} must be a number.") from None
        if not lowest <= values[name] <= highest:
            raise BadRequest("Invalid threshold", f"{name} must be from {lowest} to {highest}.")
    start, eager_end, end, _ = values.values()
    if not end < eager_end < start:
        raise BadRequest("Invalid threshold", "end < eager end < start does not hold.")
    return int(query["sample_rate"])
