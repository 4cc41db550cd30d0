"""Samples in and out of files: WAV read robustly and written, rates converted.

Samples are int16 arrays everywhere: what LiveKit's frames hold, and half the size of floats.
"""

import wave
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from livekit import rtc

from sales_agent.config import MendableError

Samples = npt.NDArray[np.int16]

RIFF_MAGICS = (b"RIFF", b"RF64")


class AudioError(MendableError):
    """A sound file that cannot be read or written; the message says what is wrong and the mend."""


def read_wav(path: Path) -> tuple[Samples, int]:
    """Read a WAV file: mono samples of shape (n,), and their rate in hertz.

    Any PCM, float or telephone encoding is converted to 16 bits, and channels are mixed down.
    Raises AudioError for a file that is missing, of another kind, broken or without sound.
    """
    try:
        with path.open("rb") as file:
            header = file.read(12)
    except FileNotFoundError as error:
        raise AudioError(f"{path} does not exist: check the name") from error
    except OSError as error:
        raise AudioError(f"{path} cannot be read: {error.strerror}") from error
    if not header:
        raise AudioError(f"{path} is empty: record it again")
    if header[:4] not in RIFF_MAGICS or header[8:12] != b"WAVE":
        raise AudioError(
            f"{path} is not a WAV file: convert it, for example `ffmpeg -i {path.name} speech.wav`"
        )
    try:
        samples, rate = _decode(path)
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise AudioError(f"{path} is a broken WAV file: record or convert it again") from error
    if not len(samples):
        raise AudioError(f"{path} holds no sound: record it again")
    return samples, rate


def _decode(path: Path) -> tuple[Samples, int]:
    with av.open(str(path), format="wav") as container:
        stream = container.streams.audio[0]
        if stream.codec_context is None:
            raise ValueError("an encoding that FFmpeg does not know")
        channels, rate = stream.channels, stream.rate
        to_16_bits = av.AudioResampler(format="s16")
        parts = [
            converted.to_ndarray()
            for frame in [*container.decode(stream), None]
            for converted in to_16_bits.resample(frame)
        ]
    if not parts:
        return np.zeros(0, np.int16), rate
    interleaved = np.concatenate(parts, axis=1).reshape(-1, channels)
    return interleaved.mean(axis=1).astype(np.int16), rate


def write_wav(path: Path, samples: Samples, rate: int) -> None:
    """Write 16-bit samples of shape (n,), or (n, 2) for stereo, at a rate in hertz.

    Raises AudioError where the file cannot be written.
    """
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    try:
        # Opened here, because `wave` leaves a half-made object behind when it fails to open a path.
        with path.open("wb") as file, wave.open(file, "wb") as sound:
            sound.setnchannels(channels)
            sound.setsampwidth(2)
            sound.setframerate(rate)
            sound.writeframes(samples.astype("<i2", copy=False).tobytes())
    except OSError as error:
        raise AudioError(f"{path} cannot be written: {error.strerror}") from error


def resample(samples: Samples, rate: int, wanted: int) -> Samples:
    """Convert mono samples from one rate to another, both in hertz."""
    if rate == wanted:
        return samples
    resampler = rtc.AudioResampler(rate, wanted, quality=rtc.AudioResamplerQuality.HIGH)
    frames = [*resampler.push(bytearray(samples.tobytes())), *resampler.flush()]
    return np.concatenate(
        [np.zeros(0, np.int16), *(np.frombuffer(f.data, np.int16) for f in frames)]
    )
