"""Text-to-speech in this process: hibari, whose weights come with its package, as a LiveKit TTS.

One model a process, used by one thread: it is many times faster than speech, so that calls queue
for milliseconds, and the event loop never waits. An interrupted reply costs at most the sentence
that is being made. Speech only: what is changed here to be read well stays as it was in the
transcript.
"""

import asyncio
import functools
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from hibari import Hibari
from livekit.agents import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions, tts
from livekit.agents.utils import shortuuid

from sales_agent.local.audio import Samples

SAMPLE_RATE: int = Hibari.sample_rate  # 24 kHz
GAIN = 1.6  # hibari speaks at -24 dBFS with peaks at 0.6; speech on the line is expected at -20
SILENCE_BELOW = 0.004  # of full scale; what hibari leaves around a sentence is quieter
# Seconds of silence kept around a piece. hibari's own 0.3 before it would be heard as a slow answer.
LEAD_IN = 0.03
SENTENCE_PAUSE = 0.3
CLAUSE_PAUSE = 0.1
CLAUSE_END = re.compile(r"[,;:—]\s+")
LONGEST_PIECE = (
    400  # characters, half a minute of speech: text without punctuation is cut at a blank
)
LONG_SENTENCE = 160  # characters: worth to be begun with its first clause
CLAUSE_FROM = 40  # characters: shorter clauses alone sound chopped
CLAUSE_PATIENCE = 0.1  # seconds that a spoken clause waits for the rest of its sentence

_worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hibari")


@functools.cache
def _voice() -> Hibari:
    voice = Hibari()
    voice("Warm up: $1.")  # loads the dictionaries too
    return voice


_RATES = {"mo": "month", "yr": "year", "hr": "hour", "wk": "week", "ea": "piece"}
_RATE = r"month|year|week|day|hour|minute|user|seat|person|desk|chair|unit|piece|mo|yr|hr|wk|ea"
_UNITS = {"W": "watt", "V": "volt", "m": "meter", "dB": "decibel", "yr": "year", "yrs": "year"}
_BARE_UNITS = {"kg": "kilograms", "cm": "centimeters", "mm": "millimeters", "m": "meters"}
_COINS = {"USD": "dollar", "EUR": "euro", "GBP": "pound"}
_DAYS = dict(
    Mon="Monday", Tue="Tuesday", Wed="Wednesday", Thu="Thursday", Fri="Friday", Sat="Saturday"
) | {"Sun": "Sunday"}
_ADDRESS_SIGNS = {".": " dot ", "@": " at ", "-": " dash ", "_": " underscore ", "/": " slash "}
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_TO = r"\s?[-–—]\s?"  # between two ends of a range


def _counted(number: str, word: str) -> str:
    return f"{number} {word}" if number == "1" else f"{number} {word}s"


def _rate(match: re.Match[str]) -> str:
    words = match[0].strip(" /.").split("/")
    return "".join(f" per {_RATES.get(word, word)}" for word in words)


def _address(match: re.Match[str]) -> str:
    address = re.sub(r"^(?:https?://)?(?:www\.)?|/$", "", match[0])
    return re.sub(r"[.@\-_/]", lambda sign: _ADDRESS_SIGNS[sign[0]], address)


Reading = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]

# With a full stop that ends no sentence: read out before the text is cut into sentences.
_ABBREVIATIONS: list[Reading] = [
    (re.compile(r"\bNo\.\s?(?=\d)"), "number "),
    (re.compile(r"\be\.g\.,?(?=\s)", re.IGNORECASE), "for example,"),
    (re.compile(r"\bi\.e\.,?(?=\s)", re.IGNORECASE), "that is,"),
    (re.compile(r"\bapprox\.(?=\s)"), "approximately"),
    (re.compile(r"\bincl\.(?=\s)"), "including"),
    (re.compile(r"\bQty\b\.?"), "quantity"),
]
_READINGS: list[Reading] = [
    *_ABBREVIATIONS,
    # An address first, or other rules would take its signs for something else.
    (re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), _address),
    (re.compile(r"\b(?:https?://|www\.)[\w./-]*[\w/]"), _address),
    (re.compile(r"\b\w[\w-]*\.(?:com|org|net|io|co\.uk)\b(?:/[\w/-]*\w)?", re.I), _address),
    (re.compile(rf"\b({_NUMBER})\s?(USD|EUR|GBP)\b"), lambda m: _counted(m[1], _COINS[m[2]])),
    (re.compile(rf"(?<=\d)\s?(?:/(?:{_RATE})\b)+(?:\.(?=\s[a-z]))?"), _rate),
    (re.compile(r"\b24/7\b"), "24 7"),
    (re.compile(r"\b(\d\.\d)\s?/\s?(5|10)\b"), r"\1 out of \2"),
    (re.compile(rf"([$£€]{_NUMBER}){_TO}(?=[$£€]?\d)"), r"\1 to "),
    (re.compile(rf"(?<=\d)(\s?[ap]m){_TO}(?=\d)", re.IGNORECASE), r"\1 to "),
    (re.compile(rf"(\d:\d\d){_TO}(?=\d)"), r"\1 to "),
    (re.compile(r"(?<=\d)\s?([ap])m\b\.?", re.IGNORECASE), lambda m: f" {m[1].upper()}.M."),
    (
        re.compile(rf"\b({'|'.join(_DAYS)}){_TO}({'|'.join(_DAYS)})\b"),
        lambda m: f"{_DAYS[m[1]]} to {_DAYS[m[2]]}",
    ),
    (re.compile(r"(?<=\d)\s?(mm|cm|m)/s\b"), lambda m: f" {_BARE_UNITS[m[1]]} per second"),
    (re.compile(r"\b(\d+)['′]\s?(\d+)[\"”″]"), r"\1 feet \2 inches"),
    # A lone quotation mark may close a quotation: an inch is in a measure.
    (re.compile(r"(?<=\d)[\"″](?=\s?[x×]\s?\d|\s(?:wide|deep|high|tall|thick|long)\b)"), " inches"),
    (re.compile(r"([x×]\s?\d+)[\"″]"), r"\1 inches"),
    # "$1.4m" is money, and a hyphen makes it an adjective: "a 5-yr warranty".
    (re.compile(r"(?<=\d)-yr\b"), "-year"),
    (
        re.compile(rf"(?<![\w$£€.,])({_NUMBER})\s?(W|V|m|dB|yrs?)\b(?!['’])"),
        lambda m: _counted(m[1], _UNITS[m[2]]),
    ),
    (re.compile(r"\b(ISO|EN|BS|DIN) (\d+)-(?=\d)"), r"\1 \2 dash "),
    (re.compile(r"(?<!\d)(?<!\d\s)\b(kg|cm|mm)\b"), lambda m: _BARE_UNITS[m[1]]),
]


def _read(text: str, readings: list[Reading]) -> str:
    for pattern, reading in readings:
        text = pattern.sub(reading, text)
    return text


def spoken(text: str) -> str:
    """Text as it is to be read out, where hibari alone would misread what is common in sales."""
    return _read(text, _READINGS)


def _split(text: str) -> list[str]:
    pieces = []
    for sentence in Hibari.split_sentences(text):
        while len(sentence) > LONGEST_PIECE:
            cut = sentence.rfind(" ", 0, LONGEST_PIECE) + 1 or LONGEST_PIECE
            pieces.append(sentence[:cut])
            sentence = sentence[cut:]
        pieces.append(sentence)
    return pieces


class Sentences:
    """Cuts text that arrives bit by bit into pieces to speak, each as soon as it is certain.

    A piece is a sentence. Only the first may be a clause, where the whole sentence would keep the
    caller waiting: because it is long, or because the model is slow to finish it.
    """

    def __init__(self) -> None:
        self._buffer = ""
        self._begun = False
        self._clause_since: float | None = None

    def push(self, text: str, now: float) -> list[str]:
        """Take more text, at a time in seconds; gives the pieces that are complete with it."""
        self._buffer = _read(self._buffer + text, _ABBREVIATIONS)
        pieces = _split(self._buffer)
        if not pieces:
            return []
        # The last one may go on, with its blanks as they came.
        *pieces, rest = pieces
        self._buffer = self._buffer[self._buffer.rindex(rest) :]
        if not self._begun:
            pieces = self._begin(pieces, now)
        self._begun = self._begun or bool(pieces)
        return pieces

    def rest(self) -> list[str]:
        """The pieces that are left when no more text comes."""
        pieces = _split(self._buffer)
        self._buffer = ""
        return pieces if self._begun else self._begin(pieces, now=0.0)

    def _begin(self, pieces: list[str], now: float) -> list[str]:
        first = pieces[0] if pieces else self._buffer
        clause = CLAUSE_END.search(first, CLAUSE_FROM)
        if clause is None:
            return pieces
        if pieces:
            if len(first) < LONG_SENTENCE:
                return pieces
            return [first[: clause.end()].rstrip(), first[clause.end() :], *pieces[1:]]
        self._clause_since = self._clause_since or now
        if len(first) < LONG_SENTENCE and now - self._clause_since < CLAUSE_PATIENCE:
            return []
        self._buffer = first[clause.end() :]
        return [first[: clause.end()].rstrip()]


def _phonemes(text: str) -> list[str]:
    chunks: list[str] = _voice().phonemize(spoken(text))
    return chunks


def _sound(phonemes: str) -> Samples:
    """One sentence's samples, without most of the silence that the model leaves around it."""
    wave = _voice().from_phonemes(phonemes, seed=0)
    loud = np.flatnonzero(np.abs(wave) > SILENCE_BELOW)
    if not len(loud):
        return np.zeros(0, np.int16)
    pause = CLAUSE_PAUSE if phonemes.rstrip()[-1:] in ",;:—" else SENTENCE_PAUSE
    start = max(0, int(loud[0]) - int(LEAD_IN * SAMPLE_RATE))
    end = int(loud[-1]) + int(pause * SAMPLE_RATE)
    samples: Samples = (np.clip(wave[start:end] * GAIN, -1.0, 1.0) * 32767).astype(np.int16)
    return samples


def _speak(text: str) -> Samples:
    sentences = Sentences()
    pieces = [*sentences.push(text, now=0.0), *sentences.rest()]
    sounds = [_sound(phonemes) for piece in pieces for phonemes in _phonemes(piece)]
    return np.concatenate([np.zeros(0, np.int16), *sounds])


def speak(text: str) -> tuple[Samples, int]:
    """Speak a whole text: mono samples, and their rate in hertz.

    Blocks for about a hundredth of the length of the speech.
    """
    return _worker.submit(_speak, text).result(), SAMPLE_RATE


class HibariTTS(tts.TTS[str]):
    """hibari as LiveKit's text-to-speech: 24 kHz, mono, a sentence at a time."""

    def __init__(self) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=True),
            sample_rate=SAMPLE_RATE,
            num_channels=1,
        )

    @property
    def model(self) -> str:
        return "hibari"

    @property
    def provider(self) -> str:
        return "embedded"

    def prewarm(self) -> None:
        """Load the model and wait for it: half a second once in a process, nothing after that."""
        _worker.submit(_voice).result()

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return self._synthesize_with_stream(text, conn_options=conn_options)

    def stream(
        self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> "HibariStream":
        return HibariStream(tts=self, conn_options=conn_options)


class HibariStream(tts.SynthesizeStream):
    """One reply: text in as the model writes it, speech out sentence by sentence."""

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id=shortuuid(),
            sample_rate=SAMPLE_RATE,
            num_channels=1,
            mime_type="audio/pcm",
            stream=True,
        )
        output_emitter.start_segment(segment_id=shortuuid())
        sentences = Sentences()
        wanted = heard = False
        async for text in self._input_ch:
            pieces = (
                sentences.push(text, time.monotonic())
                if isinstance(text, str)
                else sentences.rest()
            )
            for piece in pieces:
                wanted = True
                heard = await self._say(piece, output_emitter) or heard
        if wanted and not heard:  # "…" is no error, as a reply without sound would be to LiveKit
            output_emitter.push(bytes(2 * SAMPLE_RATE // 10))

    async def _say(self, piece: str, output_emitter: tts.AudioEmitter) -> bool:
        """Speak a piece; tells whether there was anything to hear."""
        self._mark_started()
        loop = asyncio.get_running_loop()
        heard = False
        for phonemes in await loop.run_in_executor(_worker, _phonemes, piece):
            samples = await loop.run_in_executor(_worker, _sound, phonemes)
            output_emitter.push(samples.tobytes())
            heard = heard or len(samples) > 0
        output_emitter.flush()
        return heard
