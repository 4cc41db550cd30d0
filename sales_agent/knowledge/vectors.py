"""The vectors of a library's passages, in files that every process maps and none has to hold.

A passage has a vector for each statement, so that one sentence in it is found as surely as the whole. `.i8` has the
vectors, `.bits` the signs of their numbers: a search counts in how many signs each differs from the question (16 MB
for 100,000 passages, some 2 ms), and only the passages of the nearest few hundred are compared number by number.
`.ends` has where the rows of passage n + 1 end, and how long the sum of its vectors is. All only grow, and `.ends` is
written last: what is not whole counts for nothing, and the next one who writes writes over it.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sales_agent.knowledge.embedding import Vectors

COMPARED = 600  # statements whose passages are compared number by number, for a list of 60
# How much the mean of a passage's vectors counts; the rest is its nearest one. Measured.
WHOLE = 0.5
SHORTEST = 0.1  # sum of a passage's vectors that points somewhere
BLOCK = (
    8_192  # rows of bits; with 384 numbers as many bytes are worked on as with 256 whole vectors
)
_WORD_BITS = 64
_END = np.dtype([("row", np.uint64), ("length", np.float32)])

Numbers = npt.NDArray[np.int64]


class _Mapped(NamedTuple):
    sizes: tuple[int, ...]
    """How many numbers a vector has, and the bytes of the files, by which it is known whether more is there by now."""
    ends: npt.NDArray[Any]
    """Where the rows of each passage end: int64, in memory."""
    lengths: Vectors
    """Of the sum of each passage's vectors."""
    bits: npt.NDArray[Any]
    exact: npt.NDArray[Any]


class VectorFile:
    """The vectors as they are by now. Nothing is kept open between searches but the mapping."""

    def __init__(self, path: Path) -> None:
        """`path` without its ending. The files need not be there."""
        self._exact_path = path.with_name(f"{path.name}.i8")
        self._bits_path = path.with_name(f"{path.name}.bits")
        self._ends_path = path.with_name(f"{path.name}.ends")
        self._width_path = path.with_name(f"{path.name}.width")  # how many numbers a vector has
        self._mapped: _Mapped | None = None

    def __len__(self) -> int:
        """Passages that are there; some of them may have no row."""
        return len(self._map().ends)

    def nearest(self, query: Vectors, limit: int) -> tuple[Numbers, Vectors]:
        """The passages nearest to a vector of length 1, the nearest first, and how near they are (1: the same).

        Passages are counted from 0.
        """
        mapped = self._map()
        rows = len(mapped.bits)
        # Another width: the model behind the endpoint is another now.
        if not rows or len(query) != mapped.sizes[0]:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        wanted = _signs(query[None, :])[0]
        differ = np.zeros(rows, dtype=np.uint16)
        # In blocks, whose memory is used again: that of the whole would be asked of the system each time.
        for start in range(0, rows, BLOCK):
            part, sums = mapped.bits[start : start + BLOCK], differ[start : start + BLOCK]
            for column in range(part.shape[1]):  # a sum over the short axis is ten times slower
                sums += np.bitwise_count(part[:, column] ^ wanted[column])
        count = min(COMPARED, rows)
        near = np.flatnonzero(differ <= np.partition(differ, count - 1)[count - 1])
        near = near[np.argsort(differ[near], kind="stable")[:count]]
        passages = np.unique(np.searchsorted(mapped.ends, near, side="right"))
        all_rows, starts = _rows_of(mapped.ends, passages)
        cosines = np.empty(len(all_rows), dtype=np.float32)
        for start in range(0, len(all_rows), BLOCK // 32):
            exact = mapped.exact[all_rows[start : start + BLOCK // 32]]
            cosines[start : start + len(exact)] = (
                exact["numbers"].astype(np.float32) @ query * exact["step"]
            )
        whole = np.add.reduceat(cosines, starts) / np.maximum(mapped.lengths[passages], SHORTEST)
        nearness = WHOLE * whole + (1 - WHOLE) * np.maximum.reduceat(cosines, starts)
        best = np.argsort(-nearness)[:limit]
        return passages[best].astype(np.int64), nearness[best].astype(np.float32)

    def rows(self, passages: Numbers) -> Vectors:
        """The mean vectors of some passages, of length 1; zeros for those that have none, or none yet."""
        mapped = self._map()
        found = np.zeros((len(passages), mapped.sizes[0]), dtype=np.float32)
        there = np.flatnonzero(passages < len(mapped.ends))
        there = there[mapped.lengths[passages[there]] > 0]
        if len(there):
            all_rows, starts = _rows_of(mapped.ends, passages[there])
            exact = mapped.exact[all_rows]
            sums = np.add.reduceat(exact["numbers"] * exact["step"][:, None], starts)
            found[there] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return found

    def append(self, vectors: Vectors, counts: Sequence[int]) -> None:
        """Write the vectors of the next passages, so many for each, 0 for one that is gone.

        One process at a time may.
        """
        done = len(self)
        if self._width() != vectors.shape[1]:
            for path in (self._ends_path, self._bits_path, self._exact_path):
                path.unlink(missing_ok=True)
            self._width_path.write_text(str(vectors.shape[1]), "ascii")
            if done:
                return  # those before them are gone: the next ones are the first again
        start = int(self._map().ends[-1]) if done else 0
        ends = np.zeros(len(counts), dtype=_END)
        ends["row"] = start + np.cumsum(counts)
        sums = np.zeros((len(counts), vectors.shape[1]), dtype=np.float32)
        np.add.at(sums, np.repeat(np.arange(len(counts)), counts), vectors)
        ends["length"] = np.linalg.norm(sums, axis=1)
        exact = np.zeros(len(vectors), dtype=_row(vectors.shape[1]))
        exact["step"] = np.abs(vectors).max(axis=1, initial=1e-6) / 127
        exact["numbers"] = np.rint(vectors / exact["step"][:, None])
        _write(self._exact_path, start, exact[:, None])
        _write(self._bits_path, start, _signs(vectors))
        _write(self._ends_path, done, ends[:, None])

    def _width(self) -> int:
        try:
            return int(self._width_path.read_text("ascii"))
        except (FileNotFoundError, ValueError):
            return 0

    def _map(self) -> _Mapped:
        width = self._width()
        paths = (self._ends_path, self._bits_path, self._exact_path)
        sizes = (width, *map(_size, paths))
        if self._mapped is None or self._mapped.sizes != sizes:
            try:
                self._mapped = self._read(sizes)
            except (FileNotFoundError, ValueError):  # whoever writes has just begun anew
                self._mapped = self._read((0, 0, 0, 0))
        return self._mapped

    def _read(self, sizes: tuple[int, ...]) -> _Mapped:
        """Map as many rows as are whole."""
        width = sizes[0]
        ends = np.fromfile(self._ends_path, _END) if sizes[1] and width else np.empty(0, _END)
        words = _words(width)
        row = _row(width)
        whole = min(sizes[2] // (words * 8), sizes[3] // row.itemsize) if width else 0
        ends = ends[ends["row"] <= whole]  # a power cut may leave any of them short
        rows = int(ends["row"][-1]) if len(ends) else 0
        bits: npt.NDArray[Any] = np.empty((0, words), dtype=np.uint64)
        exact: npt.NDArray[Any] = np.empty(0, row)
        if rows:
            bits = _mapping(self._bits_path, np.dtype(np.uint64), (rows, words))
            exact = _mapping(self._exact_path, row, (rows,))
        at = ends["row"].astype(np.int64)
        return _Mapped(sizes, at, ends["length"].copy(), bits, exact)


def _rows_of(ends: npt.NDArray[Any], passages: Numbers) -> tuple[Numbers, Numbers]:
    """The rows of passages that have some, one passage after the other, and where in them each passage starts."""
    first = np.where(passages > 0, ends[passages - 1], 0)
    counts = ends[passages] - first
    starts = np.cumsum(counts) - counts
    return np.arange(counts.sum()) + np.repeat(first - starts, counts), starts


def _mapping(path: Path, kind: np.dtype[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """As a plain array, of which parts are taken faster."""
    return np.memmap(path, kind, "r", shape=shape).view(np.ndarray)


def _write(path: Path, start: int, data: npt.NDArray[Any]) -> None:
    """Put rows behind the first `start` ones, in the place of all that may be there."""
    width = data.dtype.itemsize * data.shape[1]
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "r+b") as file:
        file.truncate(start * width)
        file.seek(start * width)
        file.write(data.tobytes())


def _row(width: int) -> np.dtype[Any]:
    """A vector in whole steps: what that is off is a thousandth of a cosine."""
    return np.dtype([("step", np.float32), ("numbers", np.int8, (width,))])


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _words(width: int) -> int:
    return -(-width // _WORD_BITS)


def _signs(vectors: Vectors) -> npt.NDArray[np.uint64]:
    packed = np.packbits(vectors > 0, axis=1)
    padded = np.zeros((len(vectors), _words(vectors.shape[1]) * 8), dtype=np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.uint64)
