"""ink-2's turns, found in the energy of the audio.

The real model listens to words and tone; this one only to loudness, which is enough to make its
events come in the real order at honest times. Time is audio time: samples received, not the clock.
"""

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

FRAME_MS = 20

# Loudness is the root mean square of a frame, in 16-bit steps. hibari's speech runs at 500 to
# 5,000; comfort noise in its pauses must stay below both limits.
SPEECH_RMS = 300.0  # begins a turn
# Keeps one going: soft consonants and word ends fall below SPEECH_RMS for up to 140 ms, and an
# eager end in the middle of "tell me" would be none of ink-2's.
SOUND_RMS = 150.0

START_FRAMES = 3  # loud frames in a row that begin a turn, so that a click does not
ONSET_MS = 300  # audio from before the turn that belongs to it: soft first consonants
UPDATE_MS = 200  # between two updates of a turn

NO_SAMPLES: Samples = np.zeros(0, np.int16)


class TurnDetector:
    """Cuts a stream of samples into turns."""

    def __init__(self, sample_rate: int, eager_end_ms: int, end_ms: int) -> None:
        self._sample_rate = sample_rate
        self._eager_end_ms = eager_end_ms
        self._end_ms = end_ms
        self._frame_size = sample_rate * FRAME_MS // 1000
        self._rest = NO_SAMPLES
        self._onset: deque[Samples] = deque(maxlen=ONSET_MS // FRAME_MS)
        self._frames: list[Samples] = []
        self._loud_frames = 0
        self._quiet_ms = 0
        self._since_update_ms = 0
        self._eager = False
        self.in_turn = False

    @property
    def audio(self) -> Samples:
        """The current turn's samples so far; after turn.end, those of the turn that ended."""
        return np.concatenate(self._frames) if self._frames else NO_SAMPLES

    @property
    def seconds(self) -> float:
        """How long the current turn has lasted."""
        return len(self._frames) * FRAME_MS / 1000

    def feed(self, samples: Samples) -> Iterator[str]:
        """Yield turn.start, turn.update, turn.eager_end, turn.resume, turn.end as they happen.

        `audio` and `seconds` stand where the event happened while it is being handled.
        """
        samples = np.concatenate([self._rest, samples])
        whole = len(samples) - len(samples) % self._frame_size
        self._rest = samples[whole:]
        for frame in samples[:whole].reshape(-1, self._frame_size):
            event = self._step(frame, float(np.sqrt(np.mean(np.square(frame, dtype=np.float64)))))
            if event is not None:
                yield event

    def end_now(self) -> None:
        """Let the current turn be over, whatever is still to come."""
        self.in_turn = False
        self._loud_frames = 0
        self._onset.clear()

    def _step(self, frame: Samples, rms: float) -> str | None:
        if not self.in_turn:
            return self._wait(frame, rms)
        self._frames.append(frame)
        self._since_update_ms += FRAME_MS
        if rms > SOUND_RMS:
            self._quiet_ms = 0
            if self._eager:
                self._eager = False
                return "turn.resume"
        else:
            self._quiet_ms += FRAME_MS
            if self._quiet_ms >= self._end_ms:
                self.end_now()
                return "turn.end"
            if self._quiet_ms >= self._eager_end_ms and not self._eager:
                self._eager = True
                return "turn.eager_end"
        if self._since_update_ms >= UPDATE_MS and not self._eager:
            self._since_update_ms = 0
            return "turn.update"
        return None

    def _wait(self, frame: Samples, rms: float) -> str | None:
        self._onset.append(frame)
        self._loud_frames = self._loud_frames + 1 if rms > SPEECH_RMS else 0
        if self._loud_frames < START_FRAMES:
            return None
        self.in_turn = True
        self._eager = False
        self._quiet_ms = self._since_update_ms = 0
        self._frames = list(self._onset)
        return "turn.start"
