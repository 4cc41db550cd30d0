"""What a number counts that has neither currency nor unit, from the words around it."""

import calendar
import re
from dataclasses import replace

from sales_agent.knowledge.figure import SMALL, Figure
from sales_agent.knowledge.measures import currency_in, period_at, unit_name
from sales_agent.knowledge.stems import stem

MONTHS = "|".join(list(calendar.month_name)[1:])
DAYS = "|".join(calendar.day_name)
_OFF = re.compile(r"\s+(?:off(?!-)|discount|reduction)\b", re.IGNORECASE)
PRICE_WORDS = re.compile(
    r"\b(?:cost(?:s|ing)?|pric(?:e|es|ed|ing)|pay(?:s|ing)?|paid|fees?|charg(?:e|es|ed)|rates?|save[sd]?|savings?|"
    r"altogether|total|deal|sale|discount(?:ed|s)?|cheap(?:er|est)?|afford(?:able)?|expensive|worth|budget|spend|"
    r"dollars|euros|monthly|yearly|annually|yours for)\b|[$€£]",
    re.IGNORECASE,
)
_ALL_OF = re.compile(
    r"\b(?:all|another|these|those|the (?:first|last|other|next|remaining)|every|any)\s+$",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\s+(?:more\s+(?!than\b)[a-z]|of (?:them|these|those)\b)", re.IGNORECASE)
_FOR_THAT = re.compile(r"\s+for (?:[$€£]\s?)?\d", re.IGNORECASE)
_CALLS = re.compile(
    r"\b(?:call|phone|telephone|number|reach|dial|zip|postcode|order number)\b", re.IGNORECASE
)
_DATED = re.compile(rf"\b(?:{MONTHS}|(?:{DAYS})s?|tomorrow)\b")
_SAID_AS_PRICE = re.compile(
    r"(?:\b(?:costs?|is|at|for|pay|just|only|about|around)|'s|’s|:)\s+$", re.IGNORECASE
)
_LOOK_AT = re.compile(r"\blook(?:ing)? at\s+$", re.IGNORECASE)
_HOURS_OF = re.compile(
    r"\b(?:open|every day|daily|weekdays?|weekends?|hours|"
    + "|".join(f"{day}s?|{day[:3]}|{day[:3].lower()}" for day in calendar.day_name)
    + r")\b"
)
_FROM_TO = re.compile(r"(?:\b(?:from|to|until|till)\s+|\d\s?[-–]\s?)$", re.IGNORECASE)
_TO = re.compile(r"\s?[-–]\s?\d{1,2}(?:[.:]\d\d)?(?!\d|[.,]\d|-)")  # "10-13"
_HOURS = re.compile(r"\d{1,2}[.:]\d\d\s?(?:[-–]|to)\s?\d{1,2}[.:]\d\d(?!\d)")
_SINCE = re.compile(r"\b(?:from|until|till|by|before|after)\s+$", re.IGNORECASE)
_O_CLOCK = re.compile(r"\d{1,2}[.:](?:00|15|30|45)")
_AT = re.compile(r"\bat\s+$", re.IGNORECASE)
_PER = re.compile(
    r"\s*(?:per\s+([a-z]+)|an?\s+([a-z]+)(?=\s*(?:[.,;:!?]|$|and\b|per\b|a\b|/)))", re.IGNORECASE
)
HOURS = 24
_FEW = 4  # people
_FOR = re.compile(r"\bfor\s+$", re.IGNORECASE)
_WHOLE = 100  # percent
NOON = 12
TELEPHONE = 7  # digits in groups


def resolved(text: str, figure: Figure, priced: bool) -> Figure:
    """What a bare number counts, from the words around it."""
    if figure.kind != "other" or figure.unit or not figure.bare:
        return figure
    before = text[: figure.start]
    if figure.values[0] <= HOURS and (
        (_AT.search(before) and _DATED.search(text))  # "tomorrow at three"
        # "every day from 7 to 22", "Sat 10-13"
        or (_HOURS_OF.search(text) and (_FROM_TO.search(before) or _TO.match(text, figure.end)))
    ):
        late = tuple(v + NOON for v in figure.values if v < NOON)
        return replace(figure, unit="clock", values=(*figure.values, *late))
    if any(m.start() <= figure.start < m.end() for m in _HOURS.finditer(text)) or (
        not priced and _SINCE.search(before) and _O_CLOCK.fullmatch(text, figure.start, figure.end)
    ):
        return replace(figure, unit="clock")
    if figure.spelled and figure.values[0] <= _FEW and _FOR.search(before):
        return figure  # "a lovely size for two"
    said_as_price = _SAID_AS_PRICE.search(before) and not _LOOK_AT.search(before)
    if figure.spelled and figure.values[0] <= SMALL and not said_as_price:
        return figure  # "this one", "two of them", "shall we look at one?"
    if _ALL_OF.search(before) or _COUNTED.match(text, figure.end):
        return figure
    if _FOR_THAT.match(text, figure.end) and priced and not PRICE_WORDS.search(before[-12:]):
        return figure  # "36 for 599": months, or whatever was counted before
    if _SAID_AS_PRICE.search(before) and period_at(text, figure.end):  # "for 15 a month"
        return charged(text, replace(figure, kind="price", currency=currency_in(before)))
    off = figure.values[0] <= _WHOLE and _OFF.match(text, figure.end)  # "250 off" is money
    if off or re.search(r"(?:%|\bpercent)[^.|]*:\s*$", before):
        return replace(figure, kind="percent")
    if sum(len(str(part)) for part in figure.parts) >= TELEPHONE:
        return figure
    of_something_else = _DATED.search(text) or _CALLS.search(text)
    if (
        PRICE_WORDS.search(before)
        or _OFF.match(text, figure.end)
        or (priced and not of_something_else)
    ):
        return charged(text, replace(figure, kind="price", currency=currency_in(before)))
    return figure


def charged(text: str, price: Figure) -> Figure:
    """With the time or the thing that a price is for each of: "per month", "a desk"."""
    if period := period_at(text, price.end):
        return replace(price, period=period[1])
    each = _PER.match(text, price.end)
    if each is None:
        return price
    also = period_at(text, each.end()) or period_at(text, each.end() + len(" and"), bare=True)
    noun = stem(unit_name(each[1] or each[2]))
    return replace(price, noun=noun, period=also[1] if also else "")


def asks_for_prices(text: str) -> bool:
    """Whether a text is about what something costs."""
    return PRICE_WORDS.search(text) is not None or bool(
        re.search(r"\bhow much (?:is|are|for|would|will|do|does it|'s)\b", text, re.IGNORECASE)
    )
