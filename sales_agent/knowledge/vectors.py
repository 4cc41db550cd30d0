"""The vectors of a library's passages, in files that every process maps and none has to hold.

Row n belongs to the passage of number n + 1. `.f16` has the vectors, `.bits` the signs of their numbers: a search
counts in how many signs each differs from the question (4.8 MB for 100,000 passages, about a millisecond), and only the
nearest few hundred are compared number by number. Both files only grow; a row is there once its bits are, so that
whoever reads needs no lock, and what breaks off is cut to whole rows by the next one who writes.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sales_agent.knowledge.embedding import Vectors

COMPARED = 600  # candidates that are compared number by number, for a list of 50
_WORD_BITS = 64

Numbers = npt.NDArray[np.int64]


class VectorFile:
    """The vectors as they are by now. Nothing is kept open between searches but the mapping."""

    def __init__(self, path: Path) -> None:
        """`path` without its ending. The files need not be there."""
        self._exact_path = path.with_name(f"{path.name}.f16")
        self._bits_path = path.with_name(f"{path.name}.bits")
        self._width_path = path.with_name(f"{path.name}.width")  # how many numbers a vector has
        self._mapped: tuple[int, npt.NDArray[Any], npt.NDArray[Any]] | None = None

    def __len__(self) -> int:
        """Rows that are there."""
        width = self._width()
        try:
            return self._bits_path.stat().st_size // (_words(width) * 8) if width else 0
        except FileNotFoundError:
            return 0

    def _width(self) -> int:
        try:
            return int(self._width_path.read_text("ascii"))
        except (FileNotFoundError, ValueError):
            return 0

    def nearest(self, query: Vectors, limit: int) -> tuple[Numbers, Vectors]:
        """The rows nearest to a vector of length 1, the nearest first, with their cosines."""
        rows, bits, exact = self._map()
        if not rows:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        if len(query) != exact.shape[1]:  # the model behind the endpoint is another now
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        wanted = _signs(query[None, :])[0]
        # A column after the other: a sum over the short axis is ten times slower.
        differ = np.zeros(rows, dtype=np.uint16)
        for column in range(bits.shape[1]):
            differ += np.bitwise_count(bits[:, column] ^ wanted[column])
        count = min(COMPARED, rows)
        near = np.argpartition(differ, count - 1)[:count]
        near.sort()  # the file is read in its order
        cosines = exact[near].astype(np.float32) @ query
        best = np.argsort(-cosines)[:limit]
        return near[best], cosines[best]

    def rows(self, numbers: Numbers) -> Vectors:
        """Some of the vectors; zeros for those that are not there yet."""
        rows, _, exact = self._map()
        found = np.zeros((len(numbers), exact.shape[1]), dtype=np.float32)
        there = numbers < rows
        if there.any():
            found[there] = exact[numbers[there]]
        return found

    def append(self, vectors: Vectors) -> None:
        """Write the next rows. One process at a time may."""
        if self._width() != vectors.shape[1]:
            self._bits_path.unlink(missing_ok=True)
            self._exact_path.unlink(missing_ok=True)
            self._width_path.write_text(str(vectors.shape[1]), "ascii")
        start = len(self)
        for path, data in (
            (self._exact_path, vectors.astype(np.float16)),
            (self._bits_path, _signs(vectors)),
        ):
            width = data.dtype.itemsize * data.shape[1]
            handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(handle, "r+b") as file:
                file.truncate(start * width)
                file.seek(start * width)
                file.write(data.tobytes())

    def _map(self) -> tuple[int, npt.NDArray[Any], npt.NDArray[Any]]:
        rows = len(self)
        if self._mapped is None or self._mapped[0] != rows:
            width = self._width()
            bits: npt.NDArray[Any] = np.empty((0, _words(width)), dtype=np.uint64)
            exact: npt.NDArray[Any] = np.empty((0, width), dtype=np.float16)
            if rows:
                bits = np.memmap(self._bits_path, np.uint64, "r", shape=(rows, _words(width)))
                exact = np.memmap(self._exact_path, np.float16, "r", shape=(rows, width))
            self._mapped = (rows, bits, exact)
        return self._mapped


def _words(width: int) -> int:
    return -(-width // _WORD_BITS)


def _signs(vectors: Vectors) -> npt.NDArray[np.uint64]:
    packed = np.packbits(vectors > 0, axis=1)
    padded = np.zeros((len(vectors), _words(vectors.shape[1]) * 8), dtype=np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.uint64)
