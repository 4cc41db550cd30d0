"""Sound files: read whatever their encoding, refused with one clear line."""

import struct
from pathlib import Path

import numpy as np
import pytest

from sales_agent.local.audio import AudioError, Samples, read_wav, resample, write_wav

RATE = 16_000
TONE: Samples = (8_000 * np.sin(np.arange(RATE) * 2 * np.pi * 440 / RATE)).astype(np.int16)

PCM, FLOAT, EXTENSIBLE, MU_LAW, UNKNOWN = 1, 3, 0xFFFE, 7, 0x1234


def wav(encoding: int, bits: int, data: bytes, channels: int = 1, extra: bytes = b"") -> bytes:
    block = channels * bits // 8
    head = struct.pack("<HHIIHH", encoding, channels, RATE, RATE * block, block, bits) + extra
    chunks = b"fmt " + struct.pack("<I", len(head)) + head
    chunks += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def as_24_bits(samples: Samples) -> bytes:
    return b"".join((int(sample) << 8).to_bytes(3, "little", signed=True) for sample in samples)


EXTENSIBLE_PCM = struct.pack("<HHI", 22, 16, 4) + bytes.fromhex("0100000000001000800000aa00389b71")


@pytest.mark.parametrize(
    ("content", "tolerance"),
    [
        (wav(PCM, 16, TONE.tobytes()), 0),
        (wav(EXTENSIBLE, 16, TONE.tobytes(), extra=EXTENSIBLE_PCM), 0),
        (wav(PCM, 24, as_24_bits(TONE)), 1),
        (wav(PCM, 8, ((TONE >> 8) + 128).astype(np.uint8).tobytes()), 256),
        (wav(FLOAT, 32, (TONE / 32_768).astype("<f4").tobytes()), 1),
        (wav(FLOAT, 64, (TONE / 32_768).astype("<f8").tobytes()), 1),
    ],
    ids=["16 bits", "extensible", "24 bits", "8 bits", "float", "double"],
)
def test_every_usual_encoding_is_read(tmp_path: Path, content: bytes, tolerance: int) -> None:
    path = tmp_path / "tone.wav"
    path.write_bytes(content)
    samples, rate = read_wav(path)
    assert rate == RATE
    assert samples.dtype == np.int16
    assert len(samples) == len(TONE)
    assert np.abs(samples.astype(int) - TONE).max() <= tolerance


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    write_wav(tmp_path / "tone.wav", TONE, RATE)
    samples, rate = read_wav(tmp_path / "tone.wav")
    assert rate == RATE
    assert (samples == TONE).all()


def test_stereo_is_written_and_mixed_down_when_read(tmp_path: Path) -> None:
    write_wav(tmp_path / "call.wav", np.stack([TONE, np.zeros_like(TONE)], axis=1), 24_000)
    samples, rate = read_wav(tmp_path / "call.wav")
    assert rate == 24_000
    assert np.abs(samples.astype(int) - TONE // 2).max() <= 1


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (b"ID3\x04" + bytes(500), "is not a WAV file"),
        (b"hello", "is not a WAV file"),
        (wav(PCM, 16, b""), "holds no sound"),
        (wav(PCM, 16, TONE.tobytes())[:30], "is a broken WAV file"),
        (wav(UNKNOWN, 16, TONE.tobytes()), "is a broken WAV file"),
        (wav(PCM, 0, TONE.tobytes()), "is a broken WAV file"),
    ],
)
def test_other_files_are_refused_in_one_line(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    path = tmp_path / "speech.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=complaint) as refused:
        read_wav(path)
    assert "speech.wav" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_recording_that_breaks_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "half.wav"
    path.write_bytes(wav(PCM, 16, TONE.tobytes())[: RATE + 1])
    samples, _ = read_wav(path)
    assert RATE // 2 - 100 < len(samples) <= RATE // 2


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="does not exist"):
        read_wav(tmp_path / "nothing.wav")
    with pytest.raises(AudioError, match="cannot be read"):
        read_wav(tmp_path)
    with pytest.raises(AudioError, match="cannot be written"):
        write_wav(tmp_path / "no" / "folder.wav", TONE, RATE)


def test_a_rate_is_converted() -> None:
    assert len(resample(TONE, RATE, 48_000)) == pytest.approx(3 * RATE, abs=10)
    assert resample(TONE, RATE, RATE) is TONE
