"""Words out of speech, with moonshine, whose weights come with its package: segments and recordings.

One model a process, used by one thread: whoever has a segment queues for it.
"""

import ctypes
import functools
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from moonshine_voice.errors import check_error
from moonshine_voice.moonshine_api import ModelArch, TranscriptC
from moonshine_voice.transcriber import Transcriber
from moonshine_voice.utils import get_model_path

from sales_agent.local.audio import Samples, resample

SAMPLE_RATE = 16_000  # what moonshine was trained on

# Seconds.
SHORTEST_SEGMENT = 0.5  # moonshine refuses less than a few hundredths
LONGEST_SEGMENT = 15.0  # the model's time grows faster than the length
# In a recording:
GAP = 0.4  # of silence between two utterances
MARGIN = 0.3  # kept around an utterance: a soft first or last sound is in there
SHORTEST_SOUND = 0.1  # less is a click
FRAME = 0.02
QUIETEST_SPEECH = 60.0  # of 32768, root mean square

worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="moonshine")


@functools.cache
def model() -> Transcriber:
    options = {
        "vad_threshold": 0.0,  # off: it is given nothing but speech
        "return_audio_data": "false",  # or it hands back every sample as a Python float
    }
    return Transcriber(get_model_path("tiny-en"), ModelArch.TINY, options=options)


def recognise(samples: Samples) -> str:
    """The words in one segment of speech; empty for what is none. Runs in the worker."""
    audio = samples.astype(np.float32) / 32768
    audio = np.pad(audio, (0, max(0, int(SHORTEST_SEGMENT * SAMPLE_RATE) - len(audio))))
    engine = model()
    transcript = ctypes.POINTER(TranscriptC)()
    # The package's own method copies sample by sample through Python floats, and holds up the event
    # loop for 20 ms in a segment of 6 s. This hands the array over as it is.
    error = engine._lib.moonshine_transcribe_without_streaming(
        engine._handle,
        audio.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
        len(audio),
        SAMPLE_RATE,
        0,
        ctypes.byref(transcript),
    )
    check_error(error)
    return cleaned(" ".join(line.text for line in engine._parse_transcript(transcript).lines))


_NO_SPEECH = re.compile(r"\[[^\]]*\]|\([^)]*\)|[♪♫]+")  # "[music]", "(coughs)"
_REPEATED = re.compile(r"\b(\w[\w' ]{0,40}?)(?:[\s,.!?]+\1\b){3,}", re.IGNORECASE)
_INVENTED = {"you"}  # what moonshine hears in noise and in silence


def cleaned(text: str) -> str:
    """A transcript without what speech recognition makes up; empty where nothing else was in it."""
    text = _REPEATED.sub(r"\1", _NO_SPEECH.sub(" ", text))
    text = " ".join(text.split()).strip("\"' ")
    words = re.sub(r"[^\w\s]", "", text).strip().lower()
    return "" if not words or words in _INVENTED else text


_NEVER_LAST = set(
    """a an the my your our his their its and or but because if than as while that's i'm i'd i'll
    we're we'd it's there's um uh er erm hmm""".split()
)
_SELDOM_LAST = set("of to for from with at in on about into by between per until without".split())


def unfinished(text: str) -> bool:
    """Whether words so far want more words: "I am looking for a" is no turn, however long the pause."""
    words = re.findall(r"[\w']+", text.lower())
    if not words or text.endswith(("-", "…", "...")):
        return bool(words)
    if words[-1] in _NEVER_LAST or words[-2:] in (["what", "about"], ["how", "about"]):
        return True
    if text.endswith("?"):  # "What is it made of?"
        return False
    # moonshine writes "Yes," too, and "Hello there,".
    return words[-1] in _SELDOM_LAST or (text.endswith(",") and len(words) > 3)


def quietest(samples: Samples) -> int:
    """Where to cut speech that has no pause: in the quietest tenth of a second of its second half."""
    width = SAMPLE_RATE // 10
    half = len(samples) // 2
    loudness = np.cumsum(np.square(samples[half:].astype(np.float64)))
    loudness = loudness[width:] - loudness[:-width]
    return half + int(np.argmin(loudness)) + width // 2


@dataclass(frozen=True, kw_only=True)
class Transcription:
    """What was said in a recording."""

    text: str
    seconds_of_audio: float
    seconds_taken: float


def transcribe(samples: Samples, sample_rate: int) -> Transcription:
    """Transcribe a whole recording: mono samples and their rate in hertz. Blocks."""
    began = time.perf_counter()
    texts = [
        worker.submit(recognise, utterance).result()
        for utterance in _utterances(resample(samples, sample_rate, SAMPLE_RATE))
    ]
    return Transcription(
        text=" ".join(filter(None, texts)),
        seconds_of_audio=len(samples) / sample_rate,
        seconds_taken=time.perf_counter() - began,
    )


def _utterances(samples: Samples) -> list[Samples]:
    """The stretches of a recording in which there is sound, none longer than the model likes."""
    size = int(FRAME * SAMPLE_RATE)
    whole = samples[: len(samples) // size * size].astype(np.float32).reshape(-1, size)
    if not len(whole):
        return []
    loudness = np.sqrt(np.square(whole).mean(axis=1))
    # Well above the background, but never above soft speech in a recording without pauses.
    floor = min(3 * np.percentile(loudness, 10), 0.15 * np.percentile(loudness, 95))
    loud = np.flatnonzero(loudness > max(QUIETEST_SPEECH, floor))
    found = []
    for stretch in np.split(loud, np.flatnonzero(np.diff(loud) > GAP / FRAME) + 1):
        if len(stretch) < SHORTEST_SOUND / FRAME:
            continue
        margin = int(MARGIN * SAMPLE_RATE)
        start, end = int(stretch[0]) * size - margin, (int(stretch[-1]) + 1) * size + margin
        rest = samples[max(0, start) : end]
        while len(rest) > LONGEST_SEGMENT * SAMPLE_RATE:
            cut = quietest(rest[: int(LONGEST_SEGMENT * SAMPLE_RATE)])
            found.append(rest[:cut])
            rest = rest[cut:]
        found.append(rest)
    return found
