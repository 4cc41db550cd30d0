"""CSV files as typed rows, one at a time. Everything that is wrong in them is collected, not the first alone."""

import csv
import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from sales_agent.store.database import StoreError

MAX_TOLD = 50  # problems that are told; who has more has one mistake that repeats
MAX_CELL = 20_000  # characters; a longer cell is a quotation mark that was never closed

csv.field_size_limit(MAX_CELL)

_SAVE_AGAIN = "save the file again as CSV UTF-8"
_UNDECODED = re.compile(r"[\udc80-\udcff]")  # what "surrogateescape" makes of a byte


@dataclass
class Problems:
    """What is wrong in the files, each with its place and its mend."""

    told: list[str] = field(default_factory=list)
    count: int = 0
    cut: set[str] = field(default_factory=set)
    """Files with rows that cannot be read at all: what others name may stand there."""

    def add(self, file: str, line: int | None, column: str | None, what: str) -> None:
        self.count += 1
        if len(self.told) < MAX_TOLD:
            place = file
            place += f", line {line}" if line is not None else ""
            place += f", {column}" if column is not None else ""
            self.told.append(f"{place}: {what}")

    def raise_if_any(self) -> None:
        """Raise StoreError that tells them all, a line each."""
        if self.count:
            more = self.count - len(self.told)
            lines = [*self.told, *([f"and {more:,} more"] if more else [])]
            raise StoreError("\n".join([*lines, "Nothing was loaded."]))


@dataclass(frozen=True)
class Column:
    """One column: what makes a cell a value, and what an empty cell is."""

    name: str
    parse: Callable[[str], Any]
    """Raises ValueError with what is wrong and the mend."""
    optional: bool = False
    """Whether the column, and each cell of it, may be left out; `default` stands for it then."""
    default: Any = None


@dataclass(frozen=True)
class Row:
    """The values of one row, by column; of a row that is not sound only those that are."""

    line: int
    values: Mapping[str, Any]
    sound: bool


def read_rows(path: Path, columns: tuple[Column, ...], problems: Problems) -> Iterator[Row]:
    """The rows of a file; what is wrong with one goes to `problems`.

    Reads as it is asked, so that a file of any size takes little memory. A file in another encoding
    is one mistake, and is read all the same, to tell what else is wrong in it.
    """
    try:
        with path.open("rb") as file:
            utf16 = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
        if utf16:
            problems.add(path.name, 1, None, f"UTF-16 text: {_SAVE_AGAIN}")
        encoding, errors = ("utf-16", "replace") if utf16 else ("utf-8-sig", "surrogateescape")
        with path.open(encoding=encoding, errors=errors, newline="") as text:
            yield from _Reading(path.name, columns, problems).rows(text)
    except OSError as error:
        problems.add(path.name, None, None, f"cannot be read: {error.strerror}")


class _Reading:
    """One file as it is read: its columns, and whether its encoding was told."""

    def __init__(self, name: str, columns: tuple[Column, ...], problems: Problems) -> None:
        self._name = name
        self._columns = {column.name: column for column in columns}
        self._problems = problems
        self._misencoded = False

    def rows(self, file: TextIO) -> Iterator[Row]:
        lines = self._lines(file)
        _, cells = next(lines, (1, []))
        if self._name in self._problems.cut:
            return  # the header itself is not CSV, which is told
        header = [self._utf8(cell.strip().lower(), 1, cell.strip()) for cell in cells]
        before = self._problems.count
        if not self._check_header(header):
            return
        sound = self._problems.count == before
        # A name that is unknown, or stands twice, hides no mistake of the other columns.
        used = [
            self._columns.get(cell) if cell not in header[:at] else None
            for at, cell in enumerate(header)
        ]
        absent = {
            column.name: column.default
            for column in self._columns.values()
            if column.optional and column.name not in header
        }
        for line, row in lines:
            values = self._values(row, used, line)
            if values:
                yield Row(line, {**absent, **values}, sound=sound and len(values) == len(used))

    def _lines(self, file: TextIO) -> Iterator[tuple[int, list[str]]]:
        """The cells of each row, and the line it begins in; goes on after one that is not CSV."""
        first = file.readline()
        file.seek(0)
        delimiter = max(",;\t", key=first.count)  # spreadsheets of some countries write semicolons
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        while True:
            start = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                mend = "look for a quotation mark that is not closed, or not doubled inside quotation marks"
                self._problems.add(self._name, start, None, f"not CSV ({error}): {mend}")
                self._problems.cut.add(self._name)
                continue
            if cells is None:
                return
            yield start, cells

    def _check_header(self, header: list[str]) -> bool:
        """Whether there is one."""
        known = ", ".join(self._columns)
        if not any(header):
            what = f"no header: the first line names the columns {known}"
            self._problems.add(self._name, 1, None, what)
            return False
        for at, cell in enumerate(header):
            if cell not in self._columns:
                near = difflib.get_close_matches(cell, self._columns, n=1)
                mend = f"perhaps {near[0]}?" if near else f"known are {known}"
                column = cell or "a column without a name"
                self._problems.add(self._name, 1, column, f"unknown column: {mend}")
            elif cell in header[:at]:
                self._problems.add(self._name, 1, cell, "stands twice: leave one out")
        for name, needed in self._columns.items():
            if not needed.optional and name not in header:
                self._problems.add(self._name, 1, name, "the column is missing: add it")
        return True

    def _values(self, cells: list[str], used: list[Column | None], line: int) -> dict[str, Any]:
        """What can be read of a row; nothing of an empty line."""
        if not any(cell.strip() for cell in cells):
            return {}
        if len(cells) != len(used):
            what = f"{len(cells)} cells where the header has {len(used)}"
            mend = "put a cell that has a comma in it between quotation marks"
            self._problems.add(self._name, line, None, f"{what}: {mend}")
            cells = cells[:1]  # the one that is surely in its column, and most often the id
        values: dict[str, Any] = {}
        for column, cell in zip(used, cells, strict=False):
            if column is None:
                continue
            text = self._utf8(cell.strip(), line, column.name)
            if not text:
                if not column.optional:
                    self._problems.add(self._name, line, column.name, "is empty: fill it in")
                    continue
                values[column.name] = column.default
                continue
            try:
                if "\0" in text:
                    raise ValueError("holds a NUL character: take it out")
                values[column.name] = column.parse(text)
            except ValueError as error:
                self._problems.add(self._name, line, column.name, str(error))
        return values

    def _utf8(self, text: str, line: int, column: str) -> str:
        """A cell's text; where it is not UTF-8, that is told once a file, and the text is a guess."""
        if not _UNDECODED.search(text):
            return text
        guess = text.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
        if not self._misencoded:
            self._misencoded = True
            what = f"{guess[:20]!r} is not UTF-8 text, perhaps Windows-1252: {_SAVE_AGAIN}"
            self._problems.add(self._name, line, column, what)
        return guess
