"""Figures of a text: each number with what it counts: money, a share of a hundred, or anything else."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from sales_agent.knowledge.numerals import Numeral, numerals
from sales_agent.knowledge.subjects import stem

Kind = Literal["price", "percent", "other"]

_CURRENCIES = {
    "USD": r"us dollars?|dollars?|bucks?|usd|us\$|\$",
    "EUR": r"euros?|eur|€",
    "GBP": r"gbp|£|pounds? sterling|quid",
    "CHF": r"chf|francs?",
}
_MONEY = {
    code: re.compile(rf"(?:{words})(?![^\W\d_])", re.I) for code, words in _CURRENCIES.items()
}
_BEFORE = re.compile(r"(us\$|\$|€|£|usd|eur|gbp|chf)\s*$", re.IGNORECASE)
_AFTER = re.compile(rf"[\s-]*({'|'.join(_CURRENCIES.values())})(?![^\W\d_])", re.IGNORECASE)
_POUNDS = re.compile(r"[\s-]*pounds?\b", re.IGNORECASE)
_WEIGHS = re.compile(r"weigh|weight|carr|load|lift|hold|heav|kilo|kg|lbs", re.IGNORECASE)
_CENTS = re.compile(r"[\s-]*(?:cents?|pence|¢)(?![^\W\d_])", re.IGNORECASE)
_AND = re.compile(r"\s*(?:,|and)?\s*", re.IGNORECASE)
_PERCENT = re.compile(r"[\s-]*(?:%|per\s?cent\b|percent|percentage points?)", re.IGNORECASE)
_OFF = re.compile(r"\s+(?:off|discount|reduction)\b", re.IGNORECASE)
_PERIOD = re.compile(
    r"[\s,-]*(?:(?:/|per|a|an|each|every|for (?:a|one|each|every)|for the (?:whole|entire))\s*"
    r"(?P<one>month|mo|year|yr|annum|week|day|hour)\b|(?P<ly>monthly|yearly|annually|weekly|daily|hourly)\b)",
    re.IGNORECASE,
)
_PERIOD_NEAR = re.compile(
    r"\b(?:per|a|each|every)\s+(?P<one>month|year|week|day|hour)\b|/(?P<slash>month|mo|year|yr)\b"
    r"|\b(?P<ly>monthly|yearly|annual(?:ly)?|weekly|daily|hourly)\b",
    re.IGNORECASE,
)
_PERIODS = {
    "mo": "month", "monthly": "month", "yr": "year", "annum": "year", "yearly": "year", "annually": "year",
    "annual": "year", "weekly": "week", "daily": "day", "hourly": "hour",
}  # fmt: skip
_PRICE_WORDS = re.compile(
    r"\b(?:cost(?:s|ing)?|pric(?:e|es|ed|ing)|pay(?:s|ing)?|fees?|charg(?:e|es|ed)|rates?|save[sd]?|savings?|"
    r"altogether|total|deal|sale|discount(?:ed|s)?|cheap(?:er|est)?|afford(?:able)?|expensive|worth|budget|spend|"
    r"dollars|euros|monthly|yearly|annually|yours for)\b|[$€£]",
    re.IGNORECASE,
)
_OFFERS = re.compile(r"\boffer(?:s|ed|ing)?\b", re.IGNORECASE)
_CALLS = re.compile(
    r"\b(?:call|phone|telephone|number|reach|dial|zip|postcode|order number)\b", re.IGNORECASE
)
_DATED = re.compile(
    r"\b(?:" + "|".join([*list(calendar.month_name)[1:], *calendar.day_name, "tomorrow"]) + r")\b"
)
_SAID_AS_PRICE = re.compile(
    r"(?:\b(?:costs?|is|at|for|pay|just|only|about|around)|'s|’s|:)\s+$", re.IGNORECASE
)
_NO_NOUN = re.compile(
    r"(?:\s*(?:$|[.,;:!?)}\]\"”’|]|[-–—]\s))|\s+(?:and|or|to|for|with|without|per|a|an|each|apiece|in|on|at|all|total|"
    r"right|now|today|only|instead|plus|including|if|when|but|then|which|that|so|is|are|as|from|the|this|by|of|"
    r"because|while|until|before|after|less|more|off|flat|works?|will|would|sounds?|it|does|tomorrow|tonight|"
    + "|".join(calendar.day_name)
    + r")\b",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s*(?:to|or|and|[-–—]|through)\s*[$€£]?\s*", re.IGNORECASE)
_UNIT = re.compile(
    r"[\s-]*(?:(?!(?:and|or|to|for|with|per|in|on|at|of|is|are|the|a|an)\b)[a-z]+[\s-]+)?(?P<unit>"
    r"years?|months?|weeks?|days?|hours?|minutes?|mins?|seconds?|kilograms?|kilos?|kgs?|lbs?|pounds?|tons?|"
    r"centimet(?:er|re)s?|cm|millimet(?:er|re)s?|mm|met(?:er|re)s?|m|inch(?:es)?|feet|foot|miles?|kilomet(?:er|re)s?|km|"
    r"watts?|volts?|decibels?|db|degrees?|liters?|litres?|gigabytes?|gb|megabytes?|mb|people|employees)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\s*(?:(?P<am>am\b|a\.m\.|in the morning\b)|(?P<pm>pm\b|p\.m\.|in the (?:afternoon|evening)\b|at night\b)"
    r"|o['’]clock\b)",
    re.IGNORECASE,
)
_AT = re.compile(r"\bat\s+$", re.IGNORECASE)
_PER = re.compile(r"\s*(?:per\s+([a-z]+)|an?\s+([a-z]+)(?=\s*(?:[.,;:!?]|$|and\b)))", re.IGNORECASE)
_MONTH = re.compile(r"\b(?:" + "|".join(list(calendar.month_name)[1:]) + r")\s+$")
_OR_MORE = re.compile(r"\s+or (?:more|fewer|less)(?=\s+[^\W\d_])", re.IGNORECASE)
_CODE = re.compile(r"[^\W\d_]-?$")
_NEXT_WORD = re.compile(r"[\s-]+([^\W\d_]+)")
_UNITS = {
    "kilo": "kilogram", "kg": "kilogram", "lb": "pound", "cm": "centimeter", "centimetre": "centimeter",
    "mm": "millimeter", "millimetre": "millimeter", "metre": "meter", "m": "meter", "kilometre": "kilometer",
    "km": "kilometer", "db": "decibel", "inche": "inch", "feet": "foot", "litre": "liter", "gb": "gigabyte",
    "mb": "megabyte", "min": "minute",
}  # fmt: skip
# Discounts that are said without a number. "Half price" is 50 percent.
_SHARES = (
    (re.compile(r"\bhalf(?:[\s-]+(?:the[\s-]+)?price|[\s-]+off|[\s-]+of the price)\b", re.I), 50),
    (
        re.compile(
            r"\btwo (?:[a-z]+ ){0,3}for (?:the price of )?one\b|\bbuy one,? get one\b", re.I
        ),
        50,
    ),
    (re.compile(r"\b(?:a|one) third (?:off|cheaper|less)\b", re.I), 33),
    (re.compile(r"\b(?:a|one) quarter (?:off|cheaper|less)\b", re.I), 25),
)
HOURS = 24
TELEPHONE = 7  # digits in groups
SMALL = 10  # up to it a number without a unit counts things in passing: "two of them", "one moment"


@dataclass(frozen=True)
class Figure:
    """One number of a text, `text[start:end]` with its unit."""

    start: int
    end: int
    values: tuple[Decimal, ...]
    """Its readings; a source that has one of them has the figure."""
    kind: Kind
    currency: str = ""
    period: str = ""
    """month, year, …, where a price is per month or per year."""
    unit: str = ""
    """Of "other", in the singular, where it is a common one."""
    noun: str = ""
    """Of "other", where it has no common unit: the word behind it, as in "25 desks"; of a time of day, am or pm; of a
    price, what it is charged for each of: "39 dollars per order"."""
    bare: bool = False
    """It says neither currency, percent nor unit: what it counts was taken from the words around it."""
    spelled: bool = False
    parts: tuple[Decimal, ...] = ()
    """Groups of a telephone number, which a listener may get one by one."""

    @property
    def in_passing(self) -> bool:
        """Whether it only counts what is being talked about."""
        return self.kind == "other" and not self.unit and self.values[0] <= SMALL

    def is_like(self, other: "Figure") -> bool:
        """Whether the other figure, of a source, says the same; what a source leaves open may be meant."""
        if not set(self.values) & {*other.values, *other.parts}:
            return False
        apart = bool(self.noun and other.noun and self.noun != other.noun)
        if self.unit == "clock":
            return other.bare or (other.unit == "clock" and not apart)
        if self.kind == "other":
            counted = other.unit or other.noun or self.unit
            return not self.unit or (other.kind == "other" and counted == self.unit)
        if self.kind != other.kind:
            return False
        if self.kind == "percent":
            return True
        same_currency = not self.currency or not other.currency or self.currency == other.currency
        return same_currency and not apart and (not self.period or self.period == other.period)


def figures(text: str, *, of_prices: bool = False) -> list[Figure]:
    """All figures of a text, in order. `of_prices`: the talk is about prices, so that "749" alone is one."""
    found = numerals(text)
    kinds = [_figure(text, numeral) for numeral in found]
    kinds = [_in_a_range(text, kinds, at) for at in range(len(kinds))]
    merged = list(_with_cents(text, kinds))
    priced = of_prices or any(figure.kind == "price" for figure in merged)
    resolved = [_resolved(text, figure, priced) for figure in merged]
    return sorted([*resolved, *_shares(text, resolved)], key=lambda figure: figure.start)


def asks_for_prices(text: str) -> bool:
    """Whether a text is about what something costs."""
    return _PRICE_WORDS.search(text) is not None or bool(
        re.search(r"\bhow much (?:is|are|for|would|will|do|does it|'s)\b", text, re.IGNORECASE)
    )


def _figure(text: str, numeral: Numeral) -> Figure:
    start, end = numeral.start, numeral.end
    plain = Figure(
        start, end, numeral.values, "other", spelled=numeral.spelled, parts=numeral.parts
    )
    if match := _PERCENT.match(text, end):
        return replace(plain, end=match.end(), kind="percent")
    before, after = _BEFORE.search(text[max(0, start - 4) : start]), _AFTER.match(text, end)
    if before or after:
        words = (before or after)[1]  # type: ignore[index]
        code = next(code for code, pattern in _MONEY.items() if pattern.fullmatch(words))
        end = after.end() if after else end
        return _charged(text, replace(plain, end=end, kind="price", currency=code))
    if match := _CENTS.match(text, end):
        hundredths = tuple(value / 100 for value in numeral.values)
        return replace(plain, end=match.end(), kind="price", values=hundredths, unit="cent")
    if (match := _POUNDS.match(text, end)) and _is_money(text):
        return replace(plain, end=match.end(), kind="price", currency="GBP")
    if match := _CLOCK.match(text, end):
        return replace(plain, end=match.end(), unit="clock", noun=match.lastgroup or "")
    if ":" in text[start:end]:
        return replace(plain, unit="clock")
    if _MONTH.search(text[:start]):  # a day
        return plain
    if match := _UNIT.match(text, end):
        unit = match["unit"].casefold()
        unit = unit if unit in _UNITS else unit.removesuffix("s")
        return replace(plain, end=match.end(), unit=_UNITS.get(unit, unit))
    if _CODE.search(text[:start]):
        return replace(plain, noun="code")
    if more := _OR_MORE.match(text, end):
        end = more.end()
    if _NO_NOUN.match(text, end):
        return replace(plain, bare=True)
    noun = _NEXT_WORD.match(text, end)
    return replace(plain, noun=noun[1].casefold().removesuffix("s") if noun else "")


def _is_money(text: str) -> bool:
    return _PRICE_WORDS.search(text) is not None and _WEIGHS.search(text) is None


def _in_a_range(text: str, found: list[Figure], at: int) -> Figure:
    """ "between 349 and 749 dollars", "10 to 24 percent": the first has the unit of the second."""
    figure = found[at]
    if at + 1 == len(found) or not figure.bare:
        return figure
    following = found[at + 1]
    between = text[figure.end : following.start]
    if not _RANGE.fullmatch(between) or following.bare or following.unit == "cent":
        return figure
    return replace(
        figure,
        kind=following.kind,
        currency=following.currency,
        period=following.period,
        unit=following.unit,
        noun="" if following.unit == "clock" else following.noun,
        bare=False,
    )


def _with_cents(text: str, found: list[Figure]) -> Iterator[Figure]:
    """ "599 dollars and 20 cents" is one price."""
    at = 0
    while at < len(found):
        figure = found[at]
        following = found[at + 1] if at + 1 < len(found) else None
        if (
            following is not None
            and figure.kind == "price"
            and figure.unit != "cent"
            and following.unit == "cent"
            and _AND.fullmatch(text[figure.end : following.start])
        ):
            values = tuple(a + b for a in figure.values for b in following.values)
            period = _PERIOD.match(text, following.end)
            yield replace(
                figure,
                end=following.end,
                values=values,
                period=_named(period) if period else figure.period,
            )
            at += 2
        else:
            yield figure
            at += 1


def _resolved(text: str, figure: Figure, priced: bool) -> Figure:
    """What a bare number counts, from the words around it; and the period of a price."""
    if figure.kind == "price" and not figure.period and (near := _PERIOD_NEAR.search(text)):
        return replace(figure, period=_named(near))
    if figure.kind != "other" or figure.unit or not figure.bare:
        return figure
    before = text[: figure.start]
    if figure.values[0] <= HOURS and _AT.search(before) and _DATED.search(text):
        return replace(figure, unit="clock")  # "tomorrow at three"
    if figure.spelled and figure.values[0] <= SMALL and not _SAID_AS_PRICE.search(before):
        return figure  # "this one", "two of them"
    if _OFF.match(text, figure.end) or re.search(r"(?:%|\bpercent)[^.|]*:\s*$", before):
        return replace(figure, kind="percent")
    if sum(len(str(part)) for part in figure.parts) >= TELEPHONE:
        return figure
    of_something_else = _DATED.search(text) or _CALLS.search(text)
    if _PRICE_WORDS.search(before) or (
        (priced or _OFFERS.search(before)) and not of_something_else
    ):
        code = next((c for c, words in _MONEY.items() if words.search(before)), "")
        priced_figure = _charged(text, replace(figure, kind="price", currency=code))
        near = _PERIOD_NEAR.search(text)
        return (
            replace(priced_figure, period=_named(near))
            if near and not priced_figure.period
            else priced_figure
        )
    return figure


def _charged(text: str, price: Figure) -> Figure:
    """With the time or the thing that a price is for each of: "per month", "a desk"."""
    if period := _PERIOD.match(text, price.end):
        return replace(price, period=_named(period))
    each = _PER.match(text, price.end)
    return replace(price, noun=stem(each[1] or each[2])) if each else price


def _named(match: re.Match[str]) -> str:
    word = next(group for group in match.groups() if group).casefold()
    return _PERIODS.get(word, word)


def _shares(text: str, found: list[Figure]) -> Iterator[Figure]:
    if not any(word in text.casefold() for word in ("half", "two ", "buy one", "third", "quarter")):
        return
    taken = [(figure.start, figure.end) for figure in found if figure.kind != "other"]
    for pattern, value in _SHARES:
        for match in pattern.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end in taken):
                yield Figure(match.start(), match.end(), (Decimal(value),), "percent")
