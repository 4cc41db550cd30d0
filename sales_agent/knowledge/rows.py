"""What the rows of a table say: the name of each, and what stands in its other columns, worded to be said aloud.

Most tables name their rows in the first column. Those that come out of other programs begin with a code or a category,
keep the currency in the head ("price_gbp") and what a price is for in a column of its own ("per hour").
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

_RULE = re.compile(r"\|[\s:|-]+$")
CELL_BORDER = re.compile(r"(?<!\\)\|")
NAME_COLUMN = re.compile(
    r"(product|model|item|article|plan|package|service|brand)s?( name)?|name|title", re.IGNORECASE
)
_CODE = re.compile(r"[A-Z\d][A-Z\d/._-]*")
_CODE_COLUMN = re.compile(
    r"(?:[a-z]+\.? )?(?:code|sku|id|no\.?|nr\.?|number|ref(?:erence)?)|#", re.IGNORECASE
)
_CURRENCY = re.compile(r"\s*\(?(?:\bin )?\b(?P<code>usd|eur|gbp|chf)\b\)?", re.IGNORECASE)
_SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "chf": "CHF "}
_AMOUNT = re.compile(r"\d[\d,.]*")
_IN_MONEY = re.compile(
    r"[$€£]\s?\d|(?:ca\. )?\d[\d.,]*\s?(?:[$€£]|euros?\b|dollars?\b|pounds?\b)", re.IGNORECASE
)
_PRICED = re.compile(r"\b(?:price|cost|fee|rate|charge|amount)s?\b", re.IGNORECASE)
_OTHER_SUM = re.compile(r"deposit|discount|saving|refund", re.IGNORECASE)
_BASIS_COLUMN = re.compile(
    r"(?:(?:price|charged|billed|sold|paid) )?(?:units?|per|by|basis)|charged|billing|billed",
    re.IGNORECASE,
)
_BASIS = re.compile(r"(?:per|each|every|an?|once)\b", re.IGNORECASE)
# Stands for nothing in a cell. Not "none" and "no", which are answers: "charges for a lift: none".
_SAYS_NOTHING = re.compile(r"n/?a\.?|[-–—]+|tb[acd]|\?+", re.IGNORECASE)
_MOST_OF_A_GROUP = 0.7  # of the first column's values are different where they name rows
_WORDY = re.compile(r"[^\W\d_]*[a-z]{2}")
_MOST_WORDS = 8  # of a name


class Row(NamedTuple):
    """One row of a table."""

    name: str
    group: str
    """The category that stands before the name, or nothing."""
    cells: tuple[tuple[str, str], ...]
    """Column and value of each other cell that is filled."""


def without_title(rows: Sequence[list[str]]) -> Sequence[list[str]]:
    """The rows from the head on: a spreadsheet's first line often is a title, "Price list 2026", in the first cell."""
    head = next((at for at, row in enumerate(rows) if any(row[1:])), 0)
    return rows[head:] if head + 1 < len(rows) else rows


def rows_of(header: Sequence[str], body: Sequence[Sequence[str]]) -> Iterator[Row]:
    """Read a table, its cells without marks."""
    at = name_column(header, body)
    columns = [_spoken(name) for name in header]
    if not any(map(_PRICED.search, columns)) and (money := _money_column(at, columns, body)):
        columns[money] = f"price ({_without_sign(columns[money])})"
    basis = next((i for i, name in enumerate(columns) if _is_basis(name, i, body)), None)
    for row in body:
        name = (row[at] if at < len(row) else "") or row[0]
        if name and not any(map(str.isalpha, name)):
            name = f"{columns[at]} {name}".strip()  # "Storage cover up to £2,000"
        before = [c for c in row[:at] if c and c != name and not _CODE.fullmatch(c)]
        per = row[basis] if basis is not None and basis < len(row) else ""
        cells = (
            _cell(column, value, per)
            for number, (column, value) in enumerate(zip(columns, row, strict=False))
            if number not in (at, basis)
            and column
            and value
            and value != name
            and not _SAYS_NOTHING.fullmatch(value)
        )
        yield Row(name, " ".join(before), tuple(cells))


def _money_column(names: int, columns: Sequence[str], body: Sequence[Sequence[str]]) -> int:
    """The first column of amounts of money behind the names; 0 where there is none."""
    for column in range(1, len(columns)):
        values = [row[column] for row in body if column < len(row) and row[column]]
        in_money = sum(_IN_MONEY.match(value) is not None for value in values)
        is_price = columns[column] and not _OTHER_SUM.search(columns[column])
        if column != names and is_price and in_money * 2 > len(values):
            return column
    return 0


def tables_in(lines: Iterable[str]) -> Iterator[list[list[str]]]:
    """The Markdown tables among the lines of a text: rows of cells, the first of them the head."""
    for is_table, block in groupby(lines, key=lambda line: line.startswith("|")):
        rows = [_cells_of(line) for line in block if is_table and not _RULE.match(line)]
        if rows := [row for row in rows if row]:
            yield list(without_title(rows))


def _cells_of(line: str) -> list[str]:
    return [cell.strip(" *_`") for cell in CELL_BORDER.split(line.strip())[1:-1]]


def name_column(header: Sequence[str], body: Sequence[Sequence[str]]) -> int:
    """Which column names the rows of a table: the first, unless that holds codes or categories."""
    if NAME_COLUMN.fullmatch(_spoken(header[0])):
        return 0
    first = [row[0] for row in body if row[0]]
    codes = _CODE_COLUMN.fullmatch(_spoken(header[0])) or all(map(_CODE.fullmatch, first))
    groups = len(set(first)) < _MOST_OF_A_GROUP * len(first)
    if not (codes or groups):
        return 0
    named = (i for i, name in enumerate(header) if NAME_COLUMN.fullmatch(_spoken(name)))
    worded = (i for i in range(1, len(header)) if codes and _holds_names(i, body))
    return next(named, next(worded, 0))


def _holds_names(column: int, body: Sequence[Sequence[str]]) -> bool:
    """Whether what stands in a column can name rows: a few words, different in nearly each."""
    values = [row[column] for row in body if column < len(row)]
    worded = [v for v in values if _WORDY.match(v) and len(v.split()) <= _MOST_WORDS]
    return len(set(worded)) > 1 and len(set(worded)) >= _MOST_OF_A_GROUP * len(body)


def _is_basis(name: str, column: int, body: Sequence[Sequence[str]]) -> bool:
    """Whether a column says what the price of each row is for: "per hour"."""
    values = [row[column] for row in body if column < len(row) and row[column]]
    said = name.casefold().endswith((" per", " by")) or all(map(_BASIS.match, values))
    return _BASIS_COLUMN.fullmatch(name) is not None and bool(values) and said


def _cell(name: str, value: str, per: str) -> tuple[str, str]:
    """ "price gbp" and "48.00", by the hour: "price" and "£48.00 per hour"."""
    priced = _PRICED.search(name) is not None
    if (match := _CURRENCY.search(name)) and _AMOUNT.fullmatch(value):
        value = f"{_SIGNS[match['code'].casefold()]}{value}"
        name = f"{name[: match.start()]}{name[match.end() :]}".strip()
        if not priced and not _OTHER_SUM.search(name):  # "EUR members"
            name, priced = f"price {name}".strip(), True
    if not (priced and per):
        return name, value
    return name, f"{value} {per}" if _BASIS.match(per) else f"{value} per {per}"


def _without_sign(name: str) -> str:
    """ "Hire £/wkend" as it is said: "hire per wkend"."""
    said = _spoken(re.sub(r"\s*[$€£]", "", re.sub(r"\s*[$€£]\s*/\s*", " per ", name)))
    return said[:1].lower() + said[1:]


def _spoken(name: str) -> str:
    return " ".join(name.replace("_", " ").split())
