"""The tables of a sheet as people keep it: titles above the head, labels between the rows, a second head further down.

A spreadsheet, a Word table and a table of a PDF all come as rows of cells here. What the rows say is told in `rows`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

AMOUNT = re.compile(r"\d[\d,.]*")
CELL_BORDER = re.compile(r"(?<!\\)\|")
NAME_COLUMN = re.compile(
    r"(product|model|item|article|plan|package|service|brand|treatment|course)s?( name)?|name|title",
    re.IGNORECASE,
)
CODE = re.compile(r"[A-Z\d][A-Z\d/._-]*")
CURRENCY = re.compile(
    r"\s*\(?(?:(?:\bin )?(?:\b(?P<code>usd|eur|gbp|chf)\b|(?P<sign>[$€£]))"
    r"|\bin (?:us )?(?P<word>dollars|euros|francs)\b)\)?",
    re.IGNORECASE,
)
# Not "in pounds": that may be a weight.
_SIGNS = dict(usd="$", eur="€", gbp="£", chf="CHF ", dollars="$", euros="€", francs="CHF ")
_RULE = re.compile(r"\|[\s:|-]+$")
_CODE_COLUMN = re.compile(
    r"(?:[a-z]+\.? )?(?:code|cd|sku|id|no\.?|nr\.?|number|ref(?:erence)?)|art\.?|#", re.IGNORECASE
)
_TIME = re.compile(r"\d{1,2}[.:]\d\d\b")
_VALUE = re.compile(rf"{_TIME.pattern}|[\d,.]+$")
_IN_CURRENCY = re.compile(r"[$€£]\s?\d")
_RANGE = re.compile(r"\d+ ?(?:\+|[-–] ?\d+)(?: ?[a-z]{1,5}\d?)?")
_BEGINS_WITH_NUMBER = re.compile(r"[$€£]?\s?\d")
_HEADS_PRICES = re.compile(
    r"[$€£]|\bper\b|\d ?[-–+]|\b(?:price|cost|fee|rate|charge)s?\b", re.IGNORECASE
)
_MOST_OF_A_GROUP = 0.7  # of the first column's values are different where they name rows
_WORDY = re.compile(r"[^\W\d_]*[a-z]{2}")
_MOST_WORDS = 8  # of a name
_MOST_TITLES = 6  # rows above a head
_FULL = 0.6  # of the cells that the fullest row has: a head has as many


class Table(NamedTuple):
    """A head and the rows that it is the head of, their cells without marks."""

    head: Sequence[str]
    body: Sequence[Sequence[str]]
    names: int
    """The column that names the rows."""
    title: str = ""
    """What stands above the head, in the sheet or before it."""
    label: str = ""
    """What names these rows, in a row of its own."""


def tables_in(lines: Iterable[str]) -> Iterator[Table]:
    """The Markdown tables among the lines of a text."""
    for is_table, block in groupby(lines, key=lambda line: line.startswith("|")):
        rows = [_cells_of(line) for line in block if is_table and not _RULE.match(line)]
        yield from tables_of([row for row in rows if row])


def tables_of(rows: Sequence[Sequence[str]], above: str = "") -> Iterator[Table]:
    """The tables of one sheet, below each other; none where it has no cells. `above`: what was said before it."""
    rows = [row for row in rows if any(row)]
    if not rows:
        return
    start = _head_of(rows)
    title = " ".join(cell for row in rows[:start] for cell in row if cell) or above
    head, body = _spanned(rows[:start], rows[start]), _whole_rows(rows[start + 1 :])
    if any(map(_IN_CURRENCY.match, head)):  # it has none
        head, body = [""] * len(head), [head, *body]
    at = _name_column(head, body)
    body = list(_filled_down(body, at))
    label, part = "", list[Sequence[str]]()
    for number, row in enumerate(body):
        heads = _is_head(row, body[number + 1 : number + 2], at)
        if not heads and not (_is_label(row, at) and number + 1 < len(body)):
            part.append(row)
            continue
        if part or label:
            yield Table(head, part, at, title, label)
        label, part = next(filter(None, row)), []
        if heads:
            head = _new_head(head, row, body[number + 1], at)
    if part or not label:
        yield Table(head, part, at, title, label)


def cell_at(row: Sequence[str], column: int) -> str:
    """A cell, or nothing where the row is shorter."""
    return row[column] if column < len(row) else ""


def spoken(name: str) -> str:
    """The head of a column in words."""
    return " ".join(name.replace("_", " ").split())


def sign_of(currency: re.Match[str]) -> str:
    """What amounts have before them, of a match of CURRENCY: "€"."""
    return currency["sign"] or _SIGNS[(currency["code"] or currency["word"]).casefold()]


def _cells_of(line: str) -> list[str]:
    return [cell.strip(" *_`") for cell in CELL_BORDER.split(line.strip())[1:-1]]


def _head_of(rows: Sequence[Sequence[str]]) -> int:
    """The row that heads the others: titles stand in one cell or few, as in "Price list 2026", "all EUR incl. VAT"."""
    most = max(len(list(filter(None, row))) for row in rows)
    for at, row in enumerate(rows[:-1][:_MOST_TITLES]):
        if len(list(filter(None, row))) >= _FULL * most and not any(map(_VALUE.match, row)):
            return at
    head = next((at for at, row in enumerate(rows) if any(row[1:])), 0)
    return head if head + 1 < len(rows) and not any(map(_TIME.match, rows[head])) else 0


def _spanned(above: Sequence[Sequence[str]], head: Sequence[str]) -> Sequence[str]:
    """The head, its names told apart by the cells that span them: "Day" below "LOW" and again below "HIGH"."""
    spans = above[-1] if above else ()
    if len(list(filter(None, spans))) < 2:
        return head
    named: list[str] = []
    span = ""
    for at, name in enumerate(head):
        span = cell_at(spans, at) or span
        named.append(f"{span} {name}" if span and name and head.count(name) > 1 else name)
    return named


def _whole_rows(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The rows, with those joined that a PDF broke: the second line has no name and goes on in small letters."""
    whole: list[Sequence[str]] = []
    for row in rows:
        goes_on = not row[0] and next(filter(None, row))[0].islower()
        if goes_on and whole:
            wide = max(len(whole[-1]), len(row))
            pairs = ((cell_at(whole[-1], at), cell_at(row, at)) for at in range(wide))
            whole[-1] = [" ".join(filter(None, pair)) for pair in pairs]
        else:
            whole.append(row)
    return whole


def _filled_down(rows: Sequence[Sequence[str]], names: int) -> Iterator[Sequence[str]]:
    """The rows, with the name repeated that stands only once above several: "Wren", low and high season."""
    name = ""
    for row in rows:
        filled = [at for at, cell in enumerate(row) if cell]
        if not cell_at(row, names) and name and len(filled) > 1 and filled[0] > names:
            yield [*row[:names], name, *row[names + 1 :]]
        else:
            name = cell_at(row, names) if len(filled) > 1 else ""
            yield row


def _is_label(row: Sequence[str], names: int) -> bool:
    """Whether a row is one cell that names no product: in capitals, or beside the column of the names."""
    filled = [(at, cell) for at, cell in enumerate(row) if cell]
    if len(filled) != 1:
        return False
    at, cell = filled[0]
    return cell.isupper() or at < names or cell.endswith(":")


def _is_head(row: Sequence[str], following: Sequence[Sequence[str]], names: int) -> bool:
    """Whether the cells behind the names head amounts in the next row, though the row has no name of its own."""
    if not following or (names and cell_at(row, names)) or not any(row[: names + 1]):
        return False
    cells = [cell for cell in row[names + 1 :] if cell]
    amounts = [cell for cell in following[0][names + 1 :] if _is_amount(cell)]
    return (
        len(cells) > 0
        and len(amounts) > 0
        and any(map(_HEADS_PRICES.search, cells))
        and all(_RANGE.fullmatch(cell) or not _BEGINS_WITH_NUMBER.match(cell) for cell in cells)
    )


def _is_amount(cell: str) -> bool:
    return AMOUNT.fullmatch(cell.lstrip("$€£ ")) is not None


def _new_head(
    head: Sequence[str], row: Sequence[str], following: Sequence[str], names: int
) -> list[str]:
    """The head from a row of heads on; such rows are often one cell short, as they have no code."""
    columns = [at for at in range(names + 1, len(row)) if row[at]]
    amounts = [at for at, cell in enumerate(following) if at > names and _is_amount(cell)]
    shift = int(
        len(amounts) >= len(columns) and amounts[: len(columns)] == [c + 1 for c in columns]
    )
    signs = (m["sign"] for cell in (*row, *head) if (m := CURRENCY.search(cell)))
    sign = next(filter(None, signs), "")
    new = {at + shift: row[at] for at in columns}
    if sign and not any(sign in cell for cell in new.values()):
        new = {at: f"{cell} {sign}" for at, cell in new.items()}
    return [new.get(at, cell) for at, cell in enumerate(head)]


def _name_column(header: Sequence[str], body: Sequence[Sequence[str]]) -> int:
    """Which column names the rows of a table: the first, unless that holds codes or categories."""
    if NAME_COLUMN.fullmatch(spoken(header[0])):
        return 0
    first = [row[0] for row in body if row[0] and any(row[1:])]
    codes = _CODE_COLUMN.fullmatch(spoken(header[0])) or all(map(CODE.fullmatch, first))
    groups = len(set(first)) < _MOST_OF_A_GROUP * len(first)
    if not (codes or groups):
        return 0
    named = (i for i, name in enumerate(header) if NAME_COLUMN.fullmatch(spoken(name)))
    worded = (i for i in range(1, len(header)) if codes and _holds_names(i, body))
    return next(named, next(worded, 0))


def _holds_names(column: int, body: Sequence[Sequence[str]]) -> bool:
    """Whether what stands in a column can name rows: a few words, different in nearly each."""
    values = [cell_at(row, column) for row in body if len(list(filter(None, row))) > 1]
    worded = {v for v in values if _WORDY.match(v) and len(v.split()) <= _MOST_WORDS}
    return len(worded) > 1 and len(worded) >= _MOST_OF_A_GROUP * len(values)
