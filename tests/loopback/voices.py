"""Voices for the stand-in: text in, 16-bit mono samples out.

A voice is any `Callable[[str], tuple[samples, sample_rate]]`; it is called in a thread.
"""

import functools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.loopback.endpointing import SOUND_RMS, Samples

Voice = Callable[[str], tuple[Samples, int]]

TONE_RATE = 24_000
TONE_HZ = 440.0
TONE_AMPLITUDE = 8_000  # about as loud as speech
SECONDS_A_CHARACTER = 0.06  # a speaker says some 15 characters a second


def tone(text: str) -> tuple[Samples, int]:
    """A tone as long as the text would take to say; no text, no samples."""
    count = round(len(" ".join(text.split())) * SECONDS_A_CHARACTER * TONE_RATE)
    wave = np.sin(np.arange(count) * (2 * np.pi * TONE_HZ / TONE_RATE))
    return (wave * TONE_AMPLITUDE).astype(np.int16), TONE_RATE


@functools.cache
def _load_hibari() -> tuple[Any, threading.Lock]:
    from hibari import Hibari  # half a second to load, so only for who asks for speech

    return Hibari(), threading.Lock()


@functools.lru_cache(maxsize=256)
def hibari(text: str) -> tuple[Samples, int]:
    """Real speech at 24 kHz, the same samples for the same text. Loaded on first use."""
    model, one_at_a_time = _load_hibari()
    with one_at_a_time:
        wave = model(text, seed=0)
    samples = (np.clip(wave, -1.0, 1.0) * 32767).astype(np.int16)
    samples.flags.writeable = False  # it is shared by everyone who asks for this text
    return samples, model.sample_rate


VOICES: dict[str, Voice] = {"tone": tone, "hibari": hibari}


def resample(samples: Samples, rate: int, wanted: int) -> Samples:
    """The same sound at another rate, by linear interpolation: good enough to be recognised."""
    if rate == wanted or not len(samples):
        return samples
    at = np.arange(len(samples) * wanted // rate) * (rate / wanted)
    resampled: Samples = np.interp(at, np.arange(len(samples)), samples).astype(np.int16)
    return resampled


def word_times(text: str, samples: Samples, rate: int) -> list[tuple[str, float, float]]:
    """Each word with its start and end in seconds, shared out over the sound by its letters."""
    words = text.split()
    sounding = np.flatnonzero(np.abs(samples) > SOUND_RMS)
    if not words or not len(sounding):
        return []
    first, last = sounding[0] / rate, sounding[-1] / rate
    a_character = (last - first) / len(" ".join(words))
    times, at = [], float(first)
    for word in words:
        end = at + len(word) * a_character
        times.append((word, round(at, 3), round(end, 3)))
        at = end + a_character  # the space
    return times
