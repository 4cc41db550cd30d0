"""Cartesia on 127.0.0.1: speech-to-text (ink-2, ink-whisper) and text-to-speech.

    async with CartesiaServer(transcripts=["What does the Breeze desk cost?"]) as cartesia:
        stt = cartesia_plugin.STT(base_url=cartesia.url, ...)

Endpoints for fail(), with the events that a fault can name:
    stt      connected, turn.start, turn.update, turn.eager_end, turn.resume, turn.end;
             on ink-whisper transcript, flush_done, done
    tts      chunk, timestamps, done
    bytes    chunk

It does not judge words: any API key is good unless one is set, thresholds are checked but change
nothing, and a context that waits for more text never expires.
"""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Self

from aiohttp import web

from tests.loopback import cartesia_errors
from tests.loopback.cartesia_errors import REQUEST_ID, BadRequest
from tests.loopback.cartesia_stt import Script, SpeechToText, SttConnection, Transcribe
from tests.loopback.cartesia_tts import TextToSpeech, TtsConnection
from tests.loopback.faults import Refuse
from tests.loopback.server import LoopbackServer, arguments, run_alone
from tests.loopback.voices import VOICES, Voice, tone


class CartesiaServer(LoopbackServer):
    """A Cartesia whose ears are scripted and whose clock is real.

    transcripts: what each turn says, in order; a tuple gives the text at each eager end. A turn
        takes its entry as it begins. After the last one every turn says `default_transcript`.
    transcribe: a recogniser instead of a script: samples and their rate in, text out.
    eager_end_ms, end_ms: silence after the last sound before turn.eager_end and turn.end.
    voice: text in, samples and their rate out; see voices.py.
    first_byte_delay: seconds before the first chunk of each piece of text.
    speed: how many times faster than real time audio is sent; None sends it at once.
    api_key: the only key that is let in; None lets in every one.
    """

    endpoints = ("stt", "tts", "bytes")

    def __init__(
        self,
        *,
        transcripts: Sequence[Script] = (),
        default_transcript: str = "Hello.",
        transcribe: Transcribe | None = None,
        eager_end_ms: int = 100,
        end_ms: int = 200,
        voice: Voice = tone,
        first_byte_delay: float = 0.0,
        speed: float | None = None,
        api_key: str | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(port=port)
        self._api_key = api_key
        self._stt = SpeechToText(
            self,
            transcripts=transcripts,
            default_transcript=default_transcript,
            transcribe=transcribe,
            eager_end_ms=eager_end_ms,
            end_ms=end_ms,
        )
        self._voice = voice
        self._tts = TextToSpeech(self, voice=voice, first_byte_delay=first_byte_delay, speed=speed)

    async def __aenter__(self) -> Self:
        # A voice that loads on first use must not charge its loading to the first reply.
        await asyncio.to_thread(self._voice, "Hello.")
        return await super().__aenter__()

    @property
    def stt_connections(self) -> list[SttConnection]:
        """Every speech-to-text socket so far, the oldest first."""
        return self._stt.connections

    @property
    def tts_connections(self) -> list[TtsConnection]:
        """Every text-to-speech socket so far, the oldest first."""
        return self._tts.connections

    @property
    def tts_transcripts(self) -> list[str]:
        """Every piece of text that came to be spoken, by socket or POST, in order."""
        return self._tts.transcripts

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/stt/turns/websocket", self.guarded("stt", self._stt.turns)),
            web.get("/stt/websocket", self.guarded("stt", self._stt.whisper)),
            web.get("/tts/websocket", self.guarded("tts", self._tts.websocket)),
            web.post("/tts/bytes", self.guarded("bytes", self._tts.post)),
        ]

    def deny(self, request: web.Request) -> web.Response | None:
        request[REQUEST_ID] = str(uuid.uuid4())
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        key = request.headers.get("X-API-Key") or bearer or request.query.get("access_token")
        if not key or (self._api_key is not None and key != self._api_key):
            return cartesia_errors.http_error(request, 401, request[REQUEST_ID])
        if not cartesia_errors.version_of(request):
            problem = BadRequest("Missing version", "Send the Cartesia-Version header.")
            return cartesia_errors.http_error(request, 400, request[REQUEST_ID], problem=problem)
        return None

    def refuse(self, request: web.Request, refusal: Refuse) -> web.Response:
        return cartesia_errors.http_error(
            request, refusal.status, str(uuid.uuid4()), retry_after=refusal.retry_after
        )


if __name__ == "__main__":
    parser = arguments("tests.loopback.cartesia", "Cartesia's stand-in on 127.0.0.1.")
    parser.add_argument("--voice", choices=sorted(VOICES), default="tone")
    parser.add_argument("--transcript", default="Hello.", help="what every turn is heard to say")
    options = parser.parse_args()
    server = CartesiaServer(
        port=options.port, voice=VOICES[options.voice], default_transcript=options.transcript
    )
    run_alone(server, lambda: f"CARTESIA_BASE_URL={server.url}")
