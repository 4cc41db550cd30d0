"""The tables of the documents, as far as statements made of their cells tell: rows, columns, the most and the least."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sales_agent.knowledge.index import Index
from sales_agent.knowledge.passages import Statement
from sales_agent.local.questions import Superlative
from sales_agent.local.vocabulary import FRAME_STEMS, WORD, stem, stems_in

_CELL = re.compile(r"(?P<column>[^:]+): (?P<value>.+)\.")
_AMOUNT = re.compile(r"[$€£]?(\d[\d,]*(?:\.\d+)?)\b")
_IN_MONEY = re.compile(r"price|cost|fee|rate", re.IGNORECASE)
_CODE = re.compile(
    r"(?=.*\d)[A-Z\d]+(?:[-_/.][A-Z\d]+)+|[A-Z]+\d[A-Z\d]*"
)  # "HO-CH-10": of a product
COMMON = 3  # rows that have a word, from which on it tells none of them from the others: "desk"


@dataclass(frozen=True)
class Cell:
    """A statement that is a cell of a table."""

    number: int
    table: tuple[str, int | None, str]
    subject: str
    column: str
    value: str
    amount: float | None
    """What the value begins with, where that is a number."""
    in_money: bool

    def beside(self, other: "Cell") -> str:
        """What one is called after the other: its column in the same row, its row in the same column, else nothing."""
        same_row, same_column = self.subject == other.subject, self.column == other.column
        if self.table != other.table or same_row == same_column:
            return ""
        return self.column if same_row else self.subject


class Extreme(NamedTuple):
    """The cell with the most or the least of something."""

    number: int
    sure: bool
    """Whether it is surely what was asked for: the price of a row that is called so."""


class Tables:
    """All cells of an index."""

    def __init__(self, index: Index) -> None:
        self.cells: dict[int, Cell] = {}
        for number, statement in enumerate(index.statements):
            passage = index.passages[index.passage_of[number]]
            table = (passage.document, passage.page, passage.heading)
            if cell := _cell(number, statement, table):
                self.cells[number] = cell
        subjects = dict.fromkeys(cell.subject for cell in self.cells.values())
        self._words = {subject: stems_in(subject) for subject in subjects}
        counts = Counter(word for words in self._words.values() for word in words)
        self._telling = {
            subject: frozenset(word for word in words - FRAME_STEMS if counts[word] < COMMON)
            for subject, words in self._words.items()
        }

    def mentioned(self, text: str) -> dict[str, frozenset[str]]:
        """The rows that a question names, in its order, and by which words; of rows named alike the fullest match."""
        asked = [stem(word) for word in WORD.findall(text)]
        best: dict[frozenset[str], list[str]] = defaultdict(list)
        for subject, telling in self._telling.items():
            if by := telling & set(asked):
                best[by].append(subject)
        named: dict[str, frozenset[str]] = {}
        for by, subjects in best.items():
            fullest = max(self._fullness(subject, asked) for subject in subjects)
            alike = [one for one in subjects if self._fullness(one, asked) == fullest]
            # "Double monitor arm" names no monitor arm as well unless it is named again, and "rooms" no room of two.
            within = any(
                min(map(asked.count, by)) <= max(map(asked.count, other - by))
                for other in best
                if by < other
            )
            if len(alike) == 1 and not within:
                named[alike[0]] = by
        return dict(sorted(named.items(), key=lambda one: min(map(asked.index, one[1]))))

    def words_of(self, subjects: Iterable[str]) -> frozenset[str]:
        """The words, as stems, that rows are called."""
        return frozenset().union(*(self._words[subject] for subject in subjects))

    def of_kind(self, kind: str) -> dict[str, frozenset[str]]:
        """The rows that are one of something ("desk", a stem), and by which words they are told apart."""
        return {
            subject: telling
            for subject, telling in self._telling.items()
            if _kind(subject) == kind and telling and not re.search(r"\d", subject)
        }

    def named_in_full(self, text: str) -> list[frozenset[str]]:
        """For each row whose name stands whole in a question, the words that tell it from others."""
        asked = [stem(word) for word in WORD.findall(text)]
        named = self.mentioned(text)
        return [by for subject, by in named.items() if self._fullness(subject, asked) == 1]

    def _fullness(self, subject: str, asked: Collection[str]) -> float:
        words = self._words[subject]
        return len(words & set(asked)) / len(words)

    def columns(self, subjects: Collection[str]) -> list[tuple[int, ...]]:
        """The cells of some rows, column by column, where one table has all of them."""
        found: dict[tuple[object, str], dict[str, int]] = defaultdict(dict)
        for cell in self.cells.values():
            if cell.subject in subjects:
                found[cell.table, cell.column][cell.subject] = cell.number
        return [
            tuple(row[subject] for subject in subjects)
            for row in found.values()
            if len(row) == len(subjects)
        ]

    def column_of(self, number: int) -> list[int]:
        """The cells of a cell's column."""
        one = self.cells[number]
        return [
            other.number
            for other in self.cells.values()
            if (other.table, other.column) == (one.table, one.column)
        ]

    def differ(self, numbers: Collection[int]) -> bool:
        """Whether cells hold different values, and such as tell a listener something."""
        values = {self.cells[number].value for number in numbers}
        return len(values) > 1 and not all(map(_CODE.fullmatch, values))

    def extreme(
        self, wanted: Superlative, content: Collection[str], candidates: Sequence[int]
    ) -> Extreme | None:
        """The cell with the most or the least of what the first fitting candidate has.

        Prices are looked for where "cheapest" was asked; only rows that are called what was asked for ("the cheapest
        desk") count where there are any.
        """
        for number in candidates:
            cell = self.cells.get(number)
            if cell is None or cell.amount is None or (wanted.of_money and not cell.in_money):
                continue
            others = map(self.cells.__getitem__, self.column_of(number))
            column = [other for other in others if other.amount is not None]
            called = [other for other in column if _kind(other.subject) in content]
            if len(column) > 1:
                rows = called or column
                best = (max if wanted.most else min)(rows, key=lambda one: one.amount or 0.0)
                return Extreme(best.number, wanted.of_money and bool(called))
        return None


def _cell(number: int, statement: Statement, table: tuple[str, int | None, str]) -> Cell | None:
    subject = statement.topic.removeprefix(f"{table[2]}. ")
    while ". " in subject and not statement.text.startswith(f"{subject}, "):
        subject = subject.partition(". ")[
            2
        ]  # "Special items. Upright piano", from a column of categories
    if not subject or not statement.text.startswith(f"{subject}, "):
        return None
    match = _CELL.fullmatch(statement.text.removeprefix(f"{subject}, "))
    if match is None:
        return None
    amount = _AMOUNT.match(match["value"])
    return Cell(
        number,
        table,
        subject,
        match["column"],
        match["value"],
        float(amount[1].replace(",", "")) if amount else None,
        bool(_IN_MONEY.search(match["column"])),
    )


def _kind(subject: str) -> str:
    """What a row is one of: "desk" of "Ridge desk"."""
    words = WORD.findall(subject)
    return stem(words[-1]) if words else ""
