"""Cartesia's text-to-speech: one socket for many contexts, and a POST for one piece.

A context takes text in pieces and speaks them in order; contexts on one socket speak at the same
time. As at Cartesia, a cancel halts what is not yet begun and lets what is being said run out.
"""

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.loopback import cartesia_errors
from tests.loopback.cartesia_errors import REQUEST_ID, BadRequest
from tests.loopback.endpointing import Samples
from tests.loopback.server import LoopbackServer
from tests.loopback.voices import Voice, resample, word_times

CHUNK_SECONDS = 0.1

Message = dict[str, Any]


@dataclass
class TtsContext:
    """One context as the server saw it."""

    id: str
    voice: str = ""  # its id
    transcripts: list[str] = field(default_factory=list)  # as sent, spaces and all
    spoken: list[str] = field(default_factory=list)  # those whose audio went out
    seconds: float = 0.0  # of audio sent
    cancelled: bool = False  # by the client's cancel
    done: bool = False  # its done was sent
    inputs: asyncio.Queue[Message] = field(default_factory=asyncio.Queue, repr=False)


@dataclass
class TtsConnection:
    """One text-to-speech socket as the server saw it."""

    headers: dict[str, str]
    params: dict[str, str]
    contexts: dict[str, TtsContext] = field(default_factory=dict)


class TextToSpeech:
    """The handlers of the socket and of the POST, and what they saw."""

    def __init__(
        self,
        server: LoopbackServer,
        *,
        voice: Voice,
        first_byte_delay: float,
        speed: float | None,
    ) -> None:
        self.connections: list[TtsConnection] = []
        self.transcripts: list[str] = []
        self._server = server
        self._voice = voice
        self._first_byte_delay = first_byte_delay
        self._speed = speed

    async def post(self, request: web.Request) -> web.StreamResponse:
        """`POST /tts/bytes`."""
        try:
            message = await request.json()
            rate = _check(message)
        except ValueError:
            problem = BadRequest("Invalid JSON", "The body is not JSON.")
            return cartesia_errors.http_error(request, 400, request[REQUEST_ID], problem=problem)
        except BadRequest as problem:
            return cartesia_errors.http_error(request, 400, request[REQUEST_ID], problem=problem)
        self.transcripts.append(message["transcript"].strip())
        response = web.StreamResponse(
            headers={"Content-Type": "audio/pcm", "X-Request-Id": request[REQUEST_ID]}
        )
        samples = await self._synthesise(message["transcript"], rate)
        async for chunk in self._paced(samples, rate):
            if error := await self._server.struck(request, "bytes", "chunk"):
                return cartesia_errors.http_error(request, error.status, request[REQUEST_ID])
            if not response.prepared:
                await response.prepare(request)
            await response.write(chunk.tobytes())
        if not response.prepared:  # nothing to say
            await response.prepare(request)
        await response.write_eof()
        return response

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        """`GET /tts/websocket`."""
        connection = TtsConnection(dict(request.headers), dict(request.query))
        self.connections.append(connection)
        ws = web.WebSocketResponse()
        ws.headers["X-Request-Id"] = request[REQUEST_ID]
        await ws.prepare(request)
        speaking: set[asyncio.Task[None]] = set()
        try:
            async for received in ws:
                if received.type is not WSMsgType.TEXT:
                    continue
                if context := await self._take(request, ws, connection, received.data):
                    task = asyncio.create_task(self._speak_until_cut(request, ws, context))
                    speaking.add(task)
                    task.add_done_callback(speaking.discard)
        finally:
            for task in speaking:
                task.cancel()
        return ws

    async def _take(
        self, request: web.Request, ws: web.WebSocketResponse, connection: TtsConnection, text: str
    ) -> TtsContext | None:
        """Put a message into its context; the context, if this message opened it."""
        version = cartesia_errors.version_of(request)
        try:
            message = json.loads(text)
        except ValueError:
            await ws.send_json(cartesia_errors.tts_error(version, 400, "Not JSON.", None))
            return None
        context_id = message.get("context_id") or request[REQUEST_ID]
        context = connection.contexts.get(context_id)
        if message.get("cancel"):
            if context is not None and not context.done:
                context.cancelled = True
                context.inputs.put_nowait({})
            return None
        try:
            _check(message)
        except BadRequest as problem:
            await ws.send_json(cartesia_errors.tts_error(version, 400, str(problem), context_id))
            return None
        opened = context is None or context.done
        if context is None or context.done:
            context = connection.contexts[context_id] = TtsContext(
                context_id, str(message["voice"].get("id", ""))
            )
        context.transcripts.append(message["transcript"])
        if message["transcript"].strip():
            self.transcripts.append(message["transcript"].strip())
        context.inputs.put_nowait(message)
        return context if opened else None

    async def _speak_until_cut(
        self, request: web.Request, ws: web.WebSocketResponse, context: TtsContext
    ) -> None:
        with contextlib.suppress(ConnectionResetError):  # the client left, or a Drop cut the line
            await self._speak(request, ws, context)

    async def _speak(
        self, request: web.Request, ws: web.WebSocketResponse, context: TtsContext
    ) -> None:
        """Say a context's inputs in order until the last one or a cancel."""
        while True:
            message = await context.inputs.get()
            if context.cancelled:
                break
            if message["transcript"].strip() and not await self._say(request, ws, context, message):
                return
            if not message.get("continue", False):
                break
        context.done = True
        await self._send(request, ws, context, {"type": "done", "done": True})

    async def _say(
        self, request: web.Request, ws: web.WebSocketResponse, context: TtsContext, message: Message
    ) -> bool:
        """Say one input; False when an error event ended the context."""
        rate, text = _check(message), message["transcript"]
        began = time.monotonic()
        samples = await self._synthesise(text, rate)
        times = word_times(text, samples, rate) if message.get("add_timestamps") else []
        offset = context.seconds
        async for chunk in self._paced(samples, rate):
            sent = await self._send(
                request,
                ws,
                context,
                {
                    "type": "chunk",
                    "data": base64.b64encode(chunk.tobytes()).decode(),
                    "step_time": (time.monotonic() - began) * 1_000,
                },
            )
            if not sent:
                return False
            context.seconds += len(chunk) / rate
            if times:  # with the first chunk: a client shows words as it plays them
                stamps = {
                    "words": [word for word, _, _ in times],
                    "start": [round(offset + start, 3) for _, start, _ in times],
                    "end": [round(offset + end, 3) for _, _, end in times],
                }
                times = []
                event = {"type": "timestamps", "word_timestamps": stamps}
                if not await self._send(request, ws, context, event):
                    return False
        context.spoken.append(text)
        return True

    async def _send(
        self, request: web.Request, ws: web.WebSocketResponse, context: TtsContext, event: Message
    ) -> bool:
        """Send an event, or the error that comes in its place: then False."""
        error = await self._server.struck(request, "tts", event["type"])
        if error is not None:
            context.done = True
            version = cartesia_errors.version_of(request)
            event = cartesia_errors.tts_error(version, error.status, error.message, context.id)
        await ws.send_json({"done": False, "status_code": 206, "context_id": context.id, **event})
        return error is None

    async def _synthesise(self, text: str, rate: int) -> Samples:
        samples, voice_rate = await asyncio.to_thread(self._voice, text)
        return resample(samples, voice_rate, rate)

    async def _paced(self, samples: Samples, rate: int) -> AsyncIterator[Samples]:
        """The samples in chunks: after the first delay, then as fast as the speed allows."""
        await asyncio.sleep(self._first_byte_delay)
        size = round(rate * CHUNK_SECONDS)
        for at in range(0, len(samples), size):
            yield samples[at : at + size]
            await asyncio.sleep(CHUNK_SECONDS / self._speed if self._speed else 0)


def _check(message: Any) -> int:
    """The sample rate of a good message; raises BadRequest for what Cartesia would not take."""
    if not isinstance(message, dict) or not isinstance(message.get("transcript"), str):
        raise BadRequest("Invalid transcript", "transcript must be a string.")
    if not str(message.get("model_id", "")).startswith("sonic"):
        text = "The model is not valid, make sure it is a valid model ID."
        raise BadRequest("Invalid model", text, "model_not_found")
    voice = message.get("voice")
    if not isinstance(voice, dict) or not (voice.get("id") or voice.get("embedding")):
        raise BadRequest("Invalid voice", "voice must have an id or an embedding.")
    output = message.get("output_format")
    if (
        not isinstance(output, dict)
        or (output.get("container"), output.get("encoding")) != ("raw", "pcm_s16le")
        or not isinstance(output.get("sample_rate"), int)
    ):
        raise BadRequest("Invalid output format", "This stand-in speaks raw pcm_s16le alone.")
    rate: int = output["sample_rate"]
    return rate
