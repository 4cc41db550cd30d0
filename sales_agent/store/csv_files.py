"""CSV files as typed rows, one at a time. Everything that is wrong in them is collected, not the first alone."""

import csv
import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from sales_agent.store.database import StoreError

MAX_TOLD = 50  # problems that are told; who has more has one mistake that repeats
MAX_CELL = 20_000  # characters; a longer cell is a quotation mark that was never closed

csv.field_size_limit(MAX_CELL)


@dataclass
class Problems:
    """What is wrong in the files, each with its place and its mend."""

    told: list[str] = field(default_factory=list)
    count: int = 0

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

    Reads as it is asked, so that a file of any size takes little memory.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _rows(file, path.name, columns, problems)
    except UnicodeDecodeError:
        line, encoding = _bad_bytes(path)
        problems.add(path.name, line, None, f"{encoding}: save the file again as CSV UTF-8")
    except OSError as error:
        problems.add(path.name, None, None, f"cannot be read: {error.strerror}")


def _rows(
    file: TextIO, name: str, columns: tuple[Column, ...], problems: Problems
) -> Iterator[Row]:
    first = file.readline()
    file.seek(0)
    delimiter = max(",;\t", key=first.count)  # spreadsheets of some countries write semicolons
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    start = 1
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        if not _is_header(header, name, columns, problems):
            return
        by_name = {column.name: column for column in columns}
        used = [by_name[cell] for cell in header]
        absent = {column.name: column.default for column in columns if column.name not in header}
        start = reader.line_num + 1
        for cells in reader:
            values = _values(cells, used, name, start, problems)
            if values:
                yield Row(start, {**absent, **values}, sound=len(values) == len(used))
            start = reader.line_num + 1
    except csv.Error as error:
        mend = "look for a quotation mark that is not closed, or not doubled inside quotation marks"
        problems.add(name, start, None, f"not CSV ({error}): {mend}")


def _is_header(
    header: list[str], name: str, columns: tuple[Column, ...], problems: Problems
) -> bool:
    known = [column.name for column in columns]
    before = problems.count
    if not any(header):
        problems.add(
            name, 1, None, f"no header: the first line names the columns {', '.join(known)}"
        )
        return False
    for cell in header:
        if cell not in known:
            near = difflib.get_close_matches(cell, known, n=1)
            mend = f"perhaps {near[0]}?" if near else f"known are {', '.join(known)}"
            problems.add(name, 1, cell or "a column without a name", f"unknown column: {mend}")
        elif header.count(cell) > 1:
            problems.add(name, 1, cell, "stands twice: leave one out")
    for column in columns:
        if not column.optional and column.name not in header:
            problems.add(name, 1, column.name, "the column is missing: add it")
    return problems.count == before


def _values(
    cells: list[str], used: list[Column], name: str, line: int, problems: Problems
) -> dict[str, Any]:
    """What can be read of a row; nothing of an empty line."""
    if not any(cell.strip() for cell in cells):
        return {}
    if len(cells) != len(used):
        what = f"{len(cells)} cells where the header has {len(used)}"
        mend = "put a cell that has a comma in it between quotation marks"
        problems.add(name, line, None, f"{what}: {mend}")
        return {}
    values: dict[str, Any] = {}
    for column, cell in zip(used, cells, strict=True):
        text = cell.strip()
        if not text:
            if not column.optional:
                problems.add(name, line, column.name, "is empty: fill it in")
                continue
            values[column.name] = column.default
            continue
        try:
            if "\0" in text:
                raise ValueError("holds a NUL character: take it out")
            values[column.name] = column.parse(text)
        except ValueError as error:
            problems.add(name, line, column.name, str(error))
    return values


def _bad_bytes(path: Path) -> tuple[int, str]:
    """The first line that is not UTF-8, and what the file seems to be in."""
    with path.open("rb") as file:
        if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            return 1, "UTF-16 text"
        file.seek(0)
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number, "not UTF-8 text, perhaps Windows-1252"
    return 1, "not UTF-8 text"
