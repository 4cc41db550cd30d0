"""Figures of a text: each number with what it counts: money, a share of a hundred, or anything else."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from sales_agent.knowledge.bare import DAYS, MONTHS, NOON, PRICE_WORDS, charged, resolved
from sales_agent.knowledge.figure import Figure
from sales_agent.knowledge.measures import (
    CENTS,
    CLOCK,
    PERCENT,
    POUNDS,
    WEIGHING,
    WEIGHS,
    money_at,
    period_at,
    period_near,
    unit_at,
)
from sales_agent.knowledge.numerals import Numeral, numerals
from sales_agent.knowledge.unnumbered import unnumbered

_AND = re.compile(r"\s*(?:,|and)?\s*", re.IGNORECASE)
_NO_NOUN = re.compile(
    r"(?:\s*(?:$|[.,;:!?)}\]\"”’|]|[-–—][\s\d]))|\s+(?:and|or|to|for|with|without|per|a|an|each|apiece|in|on|at|all|total|"
    r"right|now|today|only|instead|plus|including|together|altogether|extra|makes?|comes?|adds?|rather|if|when|but|then|which|that|so|"
    r"you(?=['’]d be)|is|are|as|from|the|this|by|of|"
    r"because|while|until|before|after|less|more|off|flat|works?|will|would|sounds?|it|does|tomorrow|tonight|"
    rf"{DAYS})\b",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s*(?:to|or|and|by|x|×|[-–—]|through)\s*[$€£]?\s*", re.IGNORECASE)
_MONTH = re.compile(rf"\b(?:{MONTHS})\s+$")
_OR_MORE = re.compile(r"\s+or (?:more|fewer|less|above|over|up)\b", re.IGNORECASE)
_YEAR = re.compile(
    r"\b(?:for|from|in|since|of|an?|the|year|until|by|before|after|model)\s+$", re.IGNORECASE
)
_YEARS = range(1900, 2100)
_STARTS_AT = re.compile(
    r"\b(?:discounts?|reductions?)\b[^.;]*\b(?:start|begin|kick|set|appl)\w*\s+(?:in\s+)?(?:at|from|with)\s+$",
    re.IGNORECASE,
)
_MOST_CENTS = 99
_FROM = re.compile(r"\b(?:from|starting at|starts at)\s+$", re.IGNORECASE)
_COUNT_FROM = re.compile(
    r"\b(?:at|for|with|starting (?:at|from|with)|from(?:\s+[\w-]+\s+to)?)\s+$", re.IGNORECASE
)
_INSTEAD = re.compile(
    r"(?:\s+of \w+)?,?\s+(?:instead of|rather than|compared (?:to|with)|versus|against|not)\s+"
    r"(?:(?:the )?[\w-]+['’]s )?",
    re.I,
)
_BOUND = re.compile(
    r"\b(?:orders? of|over|above|beyond|past|reach(?:es|ed)?|at least|more than|exceeds?|under|below|up to|less than)"
    r"\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_CODE = re.compile(r"[^\W\d_]-?$")
_LABELLED = re.compile(
    r"\b(?:grade|room|page|step|level|number|no\.|size|model|chapter|version|class|floor|gate|track|unit|lot)\s+$",
    re.I,
)
_LEADING_ZERO = re.compile(r"0\d+(?![\d.,]*\d)")  # of a postcode
_NEXT_WORD = re.compile(r"[\s-]+([^\W\d_]{2,})")


def figures(
    text: str,
    *,
    of_prices: bool = False,
    sterling: bool = False,
    names: Sequence[tuple[int, int]] = (),
) -> list[Figure]:
    """All figures of a text, in order.

    `of_prices`: the talk is about prices, so that "749" alone is one. `sterling`: so is it about pounds that are no
    weight. `names`: where names stand, whose numbers are none: "the Fiat 500".
    """
    found = numerals(text)
    kinds = [  # first by what stands beside them
        Figure(n.start, n.end, n.values, "other", spelled=n.spelled)
        if any(start <= n.start < end for start, end in names)
        else _figure(text, n, sterling)
        for n in found
    ]
    for at in reversed(range(len(kinds))):
        kinds[at] = _in_a_range(text, kinds, at)
    merged = list(_with_cents(text, kinds))
    priced_here = any(figure.kind == "price" for figure in merged)
    priced = of_prices or priced_here
    shares = {figure.kind for figure in merged} >= {"percent"} and not priced_here
    # "For the two beyond twenty it's three dollars": where one has a currency, such numbers are no prices.
    explicit = any(figure.kind == "price" for figure in kinds)
    known = [
        figure
        if (shares and _COUNT_FROM.search(text[: figure.start]))
        or (explicit and figure.bare and _BOUND.search(text[: figure.start]))
        else resolved(text, figure, priced)
        for figure in merged
    ]
    timed = [_bounded(text, _with_period(text, known, at)) for at in range(len(known))]
    return sorted([*timed, *_unnumbered(text, timed)], key=lambda figure: figure.start)


@lru_cache(maxsize=2_000)
def figures_of(text: str) -> tuple[Figure, ...]:
    """The figures of a text that is looked at more than once: a source, or a line of the conversation."""
    return tuple(figures(text))


def _figure(text: str, numeral: Numeral, sterling: bool) -> Figure:
    start, end = numeral.start, numeral.end
    plain = Figure(
        start, end, numeral.values, "other", spelled=numeral.spelled, parts=numeral.parts
    )
    if match := PERCENT.match(text, end):
        return replace(plain, end=match.end(), kind="percent")
    if money := money_at(text, start, end):
        return charged(text, replace(plain, end=money[0], kind="price", currency=money[1]))
    if match := CENTS.match(text, end):
        hundredths = tuple(value / 100 for value in numeral.values)
        return replace(plain, end=match.end(), kind="price", values=hundredths, unit="cent")
    if (match := POUNDS.match(text, end)) and _is_money(text, start, sterling):
        return charged(text, replace(plain, end=match.end(), kind="price", currency="GBP"))
    if match := CLOCK.match(text, end):
        return _at_clock(plain, match)
    if ":" in text[start:end]:
        return replace(plain, unit="clock")
    if _MONTH.search(text[:start]):
        return replace(plain, noun="day")
    if unit := unit_at(text, end):
        return replace(plain, end=unit[0], unit=unit[1])
    if _LABELLED.search(text[:start]) and not money_at(text, start, end):
        return replace(plain, noun="code")  # "grade 5", "room 4"
    if _CODE.search(text[:start]) or _LEADING_ZERO.match(text, start):
        return replace(plain, noun="code")
    if not numeral.spelled and numeral.values[0] in _YEARS and _YEAR.search(text[:start]):
        return replace(plain, noun="year")
    if more := _OR_MORE.match(text, end):
        end = more.end()
    elif _NO_NOUN.match(text, end):
        return replace(plain, bare=_STARTS_AT.search(text[:start]) is None)
    noun = _NEXT_WORD.match(text, end) if not _NO_NOUN.match(text, end) else None
    return replace(plain, noun=noun[1].casefold().removesuffix("s") if noun else "")


def _at_clock(plain: Figure, match: re.Match[str]) -> Figure:
    """A time of day, in the afternoon also as documents write it: 22."""
    late = () if match["am"] else tuple(v + NOON for v in plain.values if v < NOON)
    values = (*plain.values, *late)
    return replace(plain, end=match.end(), values=values, unit="clock", noun=match.lastgroup or "")


def _is_money(text: str, start: int, sterling: bool) -> bool:
    """Whether pounds are. Who counts money in them weighs in kilograms."""
    if sterling:
        return WEIGHING.search(text[:start]) is None
    return PRICE_WORDS.search(text) is not None and WEIGHS.search(text) is None


def _in_a_range(text: str, found: list[Figure], at: int) -> Figure:
    """ "between 349 and 749 dollars", "120, 140 or 160 centimeters": the first have the unit of the last.

    "150 kilos instead of 110": and what is compared with it, that of the first.
    """
    figure = found[at]
    if not figure.bare:
        return figure
    before = found[at - 1] if at else figure
    if before.unit and _INSTEAD.fullmatch(text[before.end : figure.start]):
        return replace(figure, kind=before.kind, unit=before.unit, bare=False)
    if at + 1 == len(found):
        return figure
    following = found[at + 1]
    between = text[figure.end : following.start]
    alike = figure.spelled == following.spelled  # "the Ridge's 110, ten years" is no list
    third = at + 2 < len(found) and found[at + 2].kind == following.kind
    in_list = between == ", " and alike and third
    if not (_RANGE.fullmatch(between) or in_list) or following.bare or following.unit == "cent":
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
    """ "599 dollars and 20 cents" is one price, and so is "four euros ninety"."""
    at = 0
    while at < len(found):
        figure = found[at]
        following = found[at + 1] if at + 1 < len(found) else None
        cents = _cents_of(text, figure, following) if following else ()
        if following and cents:
            values = tuple(a + b for a in figure.values for b in cents)
            period = period_at(text, following.end)
            named = period[1] if period else figure.period
            yield replace(figure, end=following.end, values=values, period=named)
            at += 2
        else:
            yield figure
            at += 1


def _cents_of(text: str, price: Figure, following: Figure) -> tuple[Decimal, ...]:
    """What the next figure adds to a price, where it is its cents."""
    between = text[price.end : following.start]
    if price.kind != "price" or price.unit == "cent":
        return ()
    if following.unit == "cent":
        return following.values if _AND.fullmatch(between) else ()
    whole = price.values[0] == price.values[0].to_integral_value()
    if following.bare and whole and between == " " and 0 < following.values[0] <= _MOST_CENTS:
        return (following.values[0] / 100,)
    return ()


def _bounded(text: str, figure: Figure) -> Figure:
    if figure.kind != "price":
        return figure
    if _BOUND.search(text[: figure.start]) or _OR_MORE.match(text, figure.end):
        return replace(figure, bound="over")
    return replace(figure, bound="from") if _FROM.search(text[: figure.start]) else figure


def _with_period(text: str, found: Sequence[Figure], at: int) -> Figure:
    """A price with the period that the words between its neighbours name."""
    figure = found[at]
    if figure.kind != "price" or figure.period:
        return figure
    prices = [f for f in found if f.kind == "price"]
    place = prices.index(figure)
    start, end = 0, len(text)
    if place:
        before = prices[place - 1]
        own = period_at(text, before.end)
        start = own[0] if own else before.end
    if place + 1 < len(prices):
        end = prices[place + 1].start
    counts = [f.end for f in found if f.kind == "other" and not f.bare]
    return replace(figure, period=period_near(text, start, end, counts))


def _unnumbered(text: str, found: Sequence[Figure]) -> Iterator[Figure]:
    taken = [(figure.start, figure.end) for figure in found if figure.kind != "other"]
    for claim in unnumbered(text):
        if not any(start < claim.end and claim.start < end for start, end in taken):
            yield Figure(claim.start, claim.end, (Decimal(claim.value),), claim.kind)
