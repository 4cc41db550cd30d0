"""Where the silence before an answer went: the caller's last sound to the agent's first."""

import time
from collections import deque
from dataclasses import dataclass

import numpy as np
from livekit import rtc
from livekit.agents import llm

# Of the loudest moment of the last seconds, 30 dB: what is quieter is breath, a room, or a line's noise. The soft end
# of a word, as in "desk", is 20 dB below its vowel.
QUIET = 0.03
MEMORY = 3.0  # seconds


class Ear:
    """When the caller was last heard, by the sound itself.

    Who decides that a turn is over reports the end of the speech at the moment of the decision, or later than it was.
    """

    def __init__(self) -> None:
        self.last_sound = 0.0
        """In seconds of `time.time()`."""
        self._loudness: deque[tuple[float, float]] = deque()

    def hear(self, frame: rtc.AudioFrame) -> None:
        """Take the next frame of the caller's audio, as it comes in."""
        samples = np.frombuffer(frame.data, dtype=np.int16).astype(np.float32)
        loudness = float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0
        now = time.time()
        self._loudness.append((now, loudness))
        while now - self._loudness[0][0] > MEMORY:
            self._loudness.popleft()
        if loudness > QUIET * max(value for _, value in self._loudness):
            self.last_sound = now


@dataclass(frozen=True)
class Latency:
    """Parts of one silence, in seconds; they add up to the whole.

    A reply is thought and spoken in advance while the end of the turn is still being decided. What was done by
    then cost the caller nothing, and is counted nowhere.
    """

    end_of_turn: float  # until it was decided that the caller has finished
    model: float  # then until the first sentence had been thought
    voice: float  # then until its first sound was there
    ours: float  # all the rest: scheduling, and handing the sound to the room

    @property
    def total(self) -> float:
        return self.end_of_turn + self.model + self.voice + self.ours

    def milliseconds(self) -> dict[str, int]:
        """For people: each part, and `total`, which is the sum of the rounded parts."""
        parts = {
            "end_of_turn": round(1000 * self.end_of_turn),
            "model": round(1000 * self.model),
            "voice": round(1000 * self.voice),
            "ours": round(1000 * self.ours),
        }
        return {**parts, "total": sum(parts.values())}


def latency_of(
    question: llm.ChatMessage, answer: llm.ChatMessage, *, asked: float, last_sound: float = 0.0
) -> Latency | None:
    """The silence between two messages; None where the answer was never heard.

    `asked` is when the model was asked for this answer, and `last_sound` when the caller was last heard before the
    turn was over, in seconds of `time.time()`, as are the messages' own times. A typed question ends when it arrives.
    """
    sounded = answer.metrics.get("started_speaking_at")
    first_token = answer.metrics.get("llm_node_ttft")
    if sounded is None or first_token is None:
        return None
    stopped = question.metrics.get("stopped_speaking_at")
    began = question.created_at if stopped is None else stopped
    decided = began + question.metrics.get("end_of_turn_delay", 0.0)
    if stopped is not None and stopped - MEMORY < last_sound < stopped:
        began = last_sound
    thought = asked + answer.metrics.get("llm_node_ttfs", first_token)
    # Its clock starts when the voice is given the first token, not the first sentence.
    voiced = asked + first_token + answer.metrics.get("tts_node_ttfb", 0.0)
    # Each milestone lies after the one before it and not after the sound itself.
    at, parts = began, []
    for milestone in (decided, thought, voiced, sounded):
        reached = min(max(milestone, at), max(sounded, at))
        parts.append(reached - at)
        at = reached
    return Latency(*parts)
