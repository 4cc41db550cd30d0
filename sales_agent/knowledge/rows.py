"""What the rows of a table say: the name of each, and what stands in its other columns, worded to be said aloud.

Most tables name their rows in the first column. Those that come out of other programs begin with a code or a category,
keep the currency in the head ("price_gbp", "rent $") or in a title, and what a price is for in a column of its own
("per hour"); of several rows with one name another column tells which is which ("Swedish massage", 30 and 60 minutes).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sales_agent.knowledge.sheets import AMOUNT, CODE, CURRENCY, Table, cell_at, sign_of, spoken

_NOTE = re.compile(r"(?P<name>[^()]*[^()\s])\s*\((?P<note>[^()]*)\)")
_IN_MONEY = re.compile(
    r"[$€£]\s?\d|(?:ca\. )?\d[\d.,]*\s?(?:[$€£]|euros?\b|dollars?\b|pounds?\b)", re.IGNORECASE
)
_PRICED = re.compile(r"\b(?:price|cost|fee|rate|charge|amount)s?\b", re.IGNORECASE)
_OTHER_SUM = re.compile(r"deposit|dep\b|discount|saving|refund", re.IGNORECASE)
_TENTHS = re.compile(r"\d+[.,]\d")
_CENTS = re.compile(r"[.,]\d\d$")
_TARIFF = re.compile(
    r"\b(?:members?|standard|regular|normal|reduced|student|child(?:ren)?|adult|senior|(?:off[- ]?)?peak|low|mid|high|"
    r"\d+ ?(?:[-–] ?\d+|\+)|week(?:day|end)s?|season|"
    r"drop-in|retail|trade|list|net|gross|monthly|yearly|annual(?:ly)?)\b",
    re.IGNORECASE,
)
# Heads of columns of numbers that are no money, and of some that are where no other column is.
_TIMES = re.compile(
    r"\b(?:min(?:ute)?s?|hours?|hrs?|days?|wks?|weeks?|months?|years?|yrs?)\b", re.IGNORECASE
)
_COUNTS = re.compile(
    r"\b(?:size|width|height|depth|weight|length|load|"
    r"capacity|seats?|people|persons?|pax|guests?|heads?|hds|rooms?|pcs|pieces|pack|rack|qty|quantity|stock|own|avail\w*|"
    r"max|class(?:es)?|lessons?|sessions?|places|levels?|age|kg|g|cm|mm|m|m2|m²|km|miles?|lit(?:er|re)s?|kw|kwh|wh|w|watts?|"
    r"volts?|gb|tb|mb|mbit\S*|speed|range|warranty|noise|db|no|nr|gears?|users?|mailbox(?:es)?|domains?|sites?)\b",
    re.IGNORECASE,
)
_BASIS_COLUMN = re.compile(
    r"(?:(?:price|charged|billed|sold|paid) )?(?:units?|unt|uom|per|by|basis)|charged|billing|billed",
    re.IGNORECASE,
)
_BASIS = re.compile(r"(?:per|each|every|an?|once|pp|\d+ (?:hours|hrs|days))\b", re.IGNORECASE)
_ALWAYS = re.compile(
    r"\bper (?:[\w-]+ (?:and|per|a) )?(night|hour|day|week|month|year|person)\b", re.IGNORECASE
)
_PERIOD_HEAD = re.compile(
    r"(?<!half )(?<!full )(?<!add )(?<!add\. )(?<!extra )\b(hour|day|night|week|month|year)(?:\s*\([^)]*\))?$",
    re.IGNORECASE,
)
_ONCE = re.compile(
    r"\bonce\b|one-?\s?(?:off|time)|deposit|fee\b|set-?up|joining|extra|suppl", re.IGNORECASE
)
_BASIS_IN = re.compile(r"\b(?:per|each|an?|apiece|pp)\b|/(?=[a-z])|%", re.IGNORECASE)
_PERSON = re.compile(r"(?:per )?\bpp\b", re.IGNORECASE)
_MEASURED = re.compile(
    r"(?P<name>.*\w) \(?in (?P<unit>(?:(?:working|business|calendar) )?(?:minute|hour|day|week|month|year)s"
    r"|kg|(?:kilo)?grams|lbs|[cm]m|(?:centi|kilo)?meters|km|inches|feet|miles|liters)\)?",
    re.IGNORECASE,
)
_AMOUNTS = re.compile(rf"{AMOUNT.pattern}(?:\s?[-–]\s?{AMOUNT.pattern})?")
# Stands for nothing in a cell. Not "none" and "no", which are answers: "charges for a lift: none".
_SAYS_NOTHING = re.compile(r"n/?a\.?|[-–—]+|tb[acd]|\?+", re.IGNORECASE)


class Row(NamedTuple):
    """One row of a table."""

    name: str
    group: str
    """The category that stands before the name, and a note in brackets behind it, or nothing."""
    cells: tuple[tuple[str, str], ...]
    """Column and value of each other cell that is filled."""


def rows_of(table: Table) -> Iterator[Row]:
    """Read a table."""
    header, body, at = table.head, table.body, table.names
    bare = _without_notes([cell_at(row, at) or row[0] for row in body])
    columns = [spoken(name) for name in header]
    if len(columns) == 2 and not columns[1]:
        columns = ["", columns[0]]  # "Spa", above days and hours
    basis = next((i for i, name in enumerate(columns) if _is_basis(name, i, body)), None)
    money = _money(table)
    sign = _sign_in(f"{table.title} {table.label}")
    if not any(map(_PRICED.search, columns)) and (first := _first_in_money(at, columns, body)):
        columns[first] = f"price ({_without_sign(columns[first])})"
    said = f"{header[at]} {table.label} {table.title}"
    always = match[0].lower() if (match := _ALWAYS.search(said)) else ""
    headless = not any(columns)
    named = _by_name(body, [name for _, name, _ in bare])
    which = _telling_column(table, named, {at, basis, *money})
    for row, (whole, name, note) in zip(body, bare, strict=True):
        if name and not any(map(str.isalpha, name)):
            name = f"{columns[at]} {name}".strip()  # "Storage cover up to £2,000"
        tells = which if len(named.get(name, ())) > 1 else None
        if tells is not None and (value := cell_at(row, tells)):
            measured = AMOUNT.fullmatch(value) is not None
            name = f"{name}, {value} {columns[tells].casefold() if measured else ''}".rstrip()
        before = [c for c in row[:at] if c and c != whole and not CODE.fullmatch(c)]
        per = row[basis] if basis is not None and basis < len(row) else ""
        cells = (
            _cell(
                column,
                value,
                per or _period_of(column) or _unless_once(always, column),
                sign=sign if number in money else "",
                money=number in money,
            )
            for number, (column, value) in enumerate(zip(columns, row, strict=False))
            if number not in (at, basis, tells)
            and (column or headless)
            and value
            and value != whole
            and not _SAYS_NOTHING.fullmatch(value)
        )
        yield Row(name, " ".join([*before, note] if note else before), tuple(cells))


def _without_notes(names: Sequence[str]) -> list[tuple[str, str, str]]:
    """Each name as it stands, without a note in brackets, and the note; where none but the notes part two, whole."""
    parts = [
        (match["name"], match["note"]) if (match := _NOTE.fullmatch(name)) else (name, "")
        for name in names
    ]
    count = Counter(name for name, _ in parts)
    return [
        (whole, name, note) if count[name] == 1 else (whole, whole, "")
        for whole, (name, note) in zip(names, parts, strict=True)
    ]


def _by_name(rows: Sequence[Sequence[str]], names: Sequence[str]) -> dict[str, list[Sequence[str]]]:
    """The rows of each name."""
    named: dict[str, list[Sequence[str]]] = {}
    for row, name in zip(rows, names, strict=True):
        named.setdefault(name, []).append(row)
    return named


def _telling_column(
    table: Table, named: Mapping[str, list[Sequence[str]]], but: set[int | None]
) -> int | None:
    """The column by which rows of one name differ: the minutes of a massage. None where all names differ."""
    groups = [rows for rows in named.values() if len(rows) > 1]
    columns = range(len(table.head) if len(table.head) > 2 else 0)
    for column in sorted(
        columns, key=lambda c: any(AMOUNT.match(cell_at(r, c)) for r in table.body)
    ):
        values = [[cell_at(row, column) for row in rows] for rows in groups]
        if (
            values
            and column not in but
            and all(all(cells) and len(set(cells)) == len(cells) for cells in values)
            and not any(_IN_MONEY.match(c) for cells in values for c in cells)
            and not all(CODE.fullmatch(c) and not c.isdigit() for cells in values for c in cells)
        ):
            return column
    return None


def _money(table: Table) -> set[int]:
    """The columns of bare amounts that are money, in a sheet that is about prices."""
    heads = [spoken(name) for name in table.head]
    priced = {at for at, head in enumerate(heads) if _PRICED.search(head) or CURRENCY.search(head)}
    above = f"{table.title} {table.label}"
    titled = _PRICED.search(above) or CURRENCY.search(above)
    signed = any(_IN_MONEY.match(value) for row in table.body for value in row)
    found, timed = set[int](), set[int]()
    for column, head in enumerate(heads):
        values = [v for row in table.body if (v := cell_at(row, column))]
        values = [value for value in values if not _SAYS_NOTHING.fullmatch(value)]
        amounts = [value for value in values if AMOUNT.fullmatch(value)]
        if column == table.names or not head or len(amounts) * 2 <= len(values):
            continue
        cents = sum(_CENTS.search(value) is not None for value in amounts) * 2 > len(amounts)
        like = not signed and (_TARIFF.search(head) or (titled and not priced))
        if column in priced or (
            (priced or titled) and (cents or like) and not _COUNTS.search(head)
        ):
            (timed if _TIMES.search(head) and column not in priced else found).add(column)
    return found or timed  # "Half day", "Full day" below "Rental rates"


def _sign_in(text: str) -> str:
    match = CURRENCY.search(text)
    return "" if match is None else sign_of(match)


def _first_in_money(names: int, columns: Sequence[str], body: Sequence[Sequence[str]]) -> int:
    """The first column of amounts with a currency behind the names; 0 where there is none."""
    for column in range(1, len(columns)):
        values = [row[column] for row in body if column < len(row) and row[column]]
        in_money = sum(_IN_MONEY.match(value) is not None for value in values)
        is_price = columns[column] and not _OTHER_SUM.search(columns[column])
        if column != names and is_price and in_money * 2 > len(values):
            return column
    return 0


def _is_basis(name: str, column: int, body: Sequence[Sequence[str]]) -> bool:
    """Whether a column says what the price of each row is for: "per hour"."""
    values = [row[column] for row in body if column < len(row) and row[column]]
    said = name.casefold().endswith((" per", " by")) or name.casefold() == "per"
    said = said or all(map(_BASIS.match, values))
    return _BASIS_COLUMN.fullmatch(name) is not None and bool(values) and said


def _cell(name: str, value: str, per: str, *, sign: str, money: bool) -> tuple[str, str]:
    """ "price gbp" and "48.00", by the hour: "price" and "£48.00 per hour"; "duration in days" and "3": "3 days"."""
    if (measured := _MEASURED.fullmatch(name)) and _AMOUNTS.fullmatch(value):
        return measured[
            "name"
        ], f"{value} {_one(measured['unit']) if value == '1' else measured['unit']}"
    priced = _PRICED.search(name) is not None
    own = CURRENCY.search(name)
    if own:
        sign = sign_of(own)
    if AMOUNT.fullmatch(value) and (own or money):
        value = f"{sign}{value}{'0' if sign and _TENTHS.fullmatch(value) else ''}"  # €0.80
        name = f"{name[: own.start()]}{name[own.end() :]}".strip() if own else name
        if not priced and not _OTHER_SUM.search(name):  # "EUR members"
            name, priced = f"price {name}".strip(), True
    if not (priced or _IN_MONEY.match(value)) or _OTHER_SUM.search(name):
        per = ""
    if not per or _BASIS_IN.search(f"{name} {value}"):
        return name, value
    per = _PERSON.sub("per person", per)
    if per[:1].isdigit():  # "895.00" in a column of prices, "4 hrs" in that of units
        return name, f"{value} for {per}"
    return name, f"{value} {per}" if _BASIS.match(per) else f"{value} per {per}"


def _one(unit: str) -> str:
    return {"inches": "inch", "feet": "foot"}.get(unit.lower(), unit.removesuffix("s"))


def _period_of(column: str) -> str:
    """ "per week", of a column that is headed "Week (7 d)"."""
    match = _PERIOD_HEAD.search(column)
    return f"per {match[1].lower()}" if match else ""


def _unless_once(per: str, column: str) -> str:
    """What all prices of a sheet are for, but for those that are paid once."""
    return "" if _ONCE.search(column) else per


def _without_sign(name: str) -> str:
    """ "Hire £/wkend" as it is said: "hire per wkend"."""
    said = spoken(re.sub(r"\s*[$€£]", "", re.sub(r"\s*[$€£]\s*/\s*", " per ", name)))
    return said[:1].lower() + said[1:]
