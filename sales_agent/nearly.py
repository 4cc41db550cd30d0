"""What is said of a price without being one: rounded, compared with a limit, or worked out of two prices just said.

"Just under 600" for 599.20, "that stays below 800", "200 dollars more than the Ridge". A sum or a difference passes
where both of its prices are heard in the same reply: whoever listens can check it, and each of the two was checked
itself. What a number of pieces costs, or what is left after a discount, stays a tool's work.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sales_agent.knowledge.figure import Figure
from sales_agent.knowledge.figures import figures, figures_of
from sales_agent.knowledge.stems import stem
from sales_agent.knowledge.subjects import Mention
from sales_agent.talk import Talk

_CENT = Decimal("0.01")
_ROUNDED = Decimal("0.03")  # as far from the truth as people say "about"
_JUST = r"(?:just|slightly|barely|a (?:bit|little|touch|hair|tad|shade))"
_UNDER = re.compile(
    rf"\b(?:{_JUST} (?:under|below|less than|shy of)|almost|nearly|not quite|close to)\s+$", re.I
)
_OVER = re.compile(rf"\b{_JUST} (?:over|above|more than)\s+$", re.I)
_ABOUT = re.compile(
    r"\b(?:about|around|roughly|approximately|some|approx\.?|pretty much)\s+$", re.I
)
_BELOW = re.compile(
    r"\b(?:under|below|within|less than|cheaper than|up to|no more than|at most|inside)\s+(?:your\s+|the\s+|that\s+)?$",
    re.I,
)
_ABOVE = re.compile(r"\b(?:over|above|more than|beyond|past)\s+(?:your\s+|the\s+|that\s+)?$", re.I)
_TO_SPEND = re.compile(r"\b(?:with|on|for)\s+(?:about |around |your )*$", re.I)
_AT = re.compile(r"\bat\s+(?:about |around )*$", re.I)
_WHO = frozenset(map(stem, ("person", "head", "employee", "seat", "workplace")))
_ADVISES = re.compile(
    r"\b(?:look(?:ing)? at|recommend|suggest|consider|go (?:for|with)|point you|think of|show you|fits?|suits?|"
    r"works?|covers?|gets? you|gives? you|leaves?|choice|options?)\b",
    re.I,
)
_BUDGET = re.compile(r"\b(?:budget|spend|spending|afford)\b[^.;]*$", re.I)
_PROMISES = re.compile(
    r"\b(?:costs?|pric\w+|pay\w*|offer\w*|discount\w*|confirm\w*|deal|sell\w*|yours|off|for only)\b",
    re.I,
)
_ASKS_MORE = re.compile(
    r"\b(?:difference|gap|how much (?:more|less|cheaper|dearer)|save|saving|extra|more expensive)\b",
    re.I,
)
_MORE = re.compile(
    r"\b(?:sav\w+|more|less|cheaper|dearer|difference|gap|jump|step (?:up|down)|apart|extra|lower|higher)\b",
    re.I,
)
_BIGGER = re.compile(
    r"\b(?:heavier|lighter|taller|shorter|longer|wider|narrower|deeper|quieter|louder|quicker|faster|sooner|later)\b",
    re.I,
)
_DIRECTION = re.compile(
    r"\s+(?:a month |a year )?(?:(?P<more>more|extra|dearer)|less|cheaper)\b", re.I
)
_COSTS = re.compile(
    r"(?:['’]s|\s+(?:is|costs?|runs?|goes for|sells for|comes (?:in )?at))\s+(?:(?:just|only|about|exactly)\s+)*$",
    re.I,
)
_IN_ALL = re.compile(
    r"\b(?:together|for (?:the )?(?:both|pair|two)|in all|altogether|in total|total|makes?|are|comes? to|"
    r"you['’]d be at|adds? up|on top|before (?:sales )?tax|to begin with|so)\b",
    re.I,
)


@dataclass(frozen=True)
class Limit:
    """A price is said to stay on one side of an amount."""

    amounts: tuple[Decimal, ...]
    below: bool
    or_equal: bool = False
    needs_name: bool = False
    """It means nothing unless it is about a product: "with 600 dollars the Ridge fits"."""

    def holds(self, prices: Collection[Decimal]) -> bool:
        """Whether it does, of all these prices."""
        return any(
            all(price < amount if self.below else price > amount for price in prices)
            or (self.or_equal and all(price <= amount for price in prices))
            for amount in self.amounts
        )


def promises(clause: str) -> bool:
    """Whether a clause speaks of what somebody pays."""
    return _PROMISES.search(clause) is not None


def rounded(clause: str, figure: Figure) -> tuple[Decimal, Decimal] | None:
    """Between what the true price lies where "just under 600" is said; None where it is said exactly."""
    before = clause[: figure.start]
    value = figure.values[0]
    low, high = value * (1 - _ROUNDED), value * (1 + _ROUNDED)
    if _UNDER.search(before):
        return low, value - _CENT
    if _OVER.search(before):
        return value + _CENT, high
    return (low, high) if _ABOUT.search(before) else None


def limit(clause: str, figure: Figure) -> Limit | None:
    """The limit that a figure is said as."""
    before, after = clause[: figure.start], clause[figure.end :]
    if _UNDER.search(before) or _OVER.search(before):
        return None
    if _BELOW.search(before):
        return Limit(figure.values, below=True)
    if _ABOVE.search(before):
        return Limit(figure.values, below=False)
    each = figure.noun in _WHO and _AT.search(before)  # "at 400 per person the Breeze fits"
    if (each or _TO_SPEND.search(before)) and _ADVISES.search(after):
        return Limit(figure.values, below=True, or_equal=True, needs_name=True)
    if _BUDGET.search(before):
        return Limit(figure.values, below=True, or_equal=True, needs_name=promises(clause))
    return None


def worked_out(clause: str, found: Sequence[Figure], at: int, talk: Talk) -> bool:
    """Whether a figure is the sum of two prices of this reply, or how much one is more than another just said."""
    figure = found[at]
    around = clause[max(0, figure.start - 40) : figure.end + 40]
    more = any(
        (_MORE.search(clause, figure.start), _MORE.search(around), asks_for_difference(talk))
    )
    in_all = _IN_ALL.search(around)
    if not (more or in_all):
        return False
    said = _prices(figures(talk.reply, of_prices=True))
    said += _prices(f for f in found if f is not figure)
    results: set[Decimal] = set()
    if in_all:
        results |= {a.values[0] + b.values[0] for a, b in _pairs(said, figure)}
    if more:
        before = _prices(f for line in talk.lines[1:2] for f in figures_of(line))
        pairs = _pairs([*before, *said], figure)
        results |= {abs(a.values[0] - b.values[0]) for a, b in pairs}
    return bool(results & set(figure.values))


def measured_apart(clause: str, figure: Figure, talk: Talk) -> bool:
    """ "So that's 40 kilograms more": how far apart two measures are that this reply has said."""
    around = clause[max(0, figure.start - 40) : figure.end + 40]
    if not figure.unit or not (_MORE.search(around) or _BIGGER.search(around)):
        return False
    values, unit = [], ""
    for said in (*figures_of(talk.reply), *figures_of(clause[: figure.start])):
        if not (said.bare and said.kind == "other"):
            unit = said.unit
        if unit == figure.unit:  # of "150 kilograms, the Ridge 110" the second has it too
            values.append(said.values[0])
    return any(abs(a - b) in figure.values for at, a in enumerate(values) for b in values[at + 1 :])


def _pairs(said: Sequence[Figure], result: Figure) -> list[tuple[Figure, Figure]]:
    return [(a, b) for i, a in enumerate(said) for b in said[i + 1 :] if _alike(a, b, result)]


def says_more_or_less(clause: str, figure: Figure) -> bool:
    """Whether a figure is said as the difference of two prices."""
    return _DIRECTION.match(clause, figure.end) is not None


def is_priced(clause: str, figure: Figure, own: Iterable[Mention]) -> bool:
    """ "The Summit is 200 dollars": what it costs itself, also where it was asked how much more that is."""
    said = _COSTS.search(clause[: figure.start])
    return (
        said is not None
        and not _MORE.search(clause, figure.end)
        and any(mention.end == said.start() for mention in own)
    )


def asks_for_difference(talk: Talk) -> bool:
    """Whether the caller just asked how much more something costs."""
    return any(map(_ASKS_MORE.search, talk.lines[:1]))


def is_difference(
    clause: str, figure: Figure, prices: Mapping[str, Decimal], others: Mapping[str, Decimal]
) -> bool:
    """Whether a product is said to cost so much more, or less, than another, by what each column asks for both."""
    match = _DIRECTION.match(clause, figure.end)
    signs = (1, -1) if match is None else (1 if match["more"] else -1,)
    return any(
        sign * (price - others[column]) in figure.values
        for sign in signs
        for column, price in prices.items()
        if column in others
    )


def _prices(found: Iterable[Figure]) -> list[Figure]:
    return [figure for figure in found if figure.kind == "price"]


def _alike(a: Figure, b: Figure, result: Figure) -> bool:
    """Whether two prices may be added, and their result be said so."""
    currencies = {f.currency for f in (a, b, result)} - {""}
    periods = {a.period, b.period, result.period or a.period}
    return len(currencies) <= 1 and len(periods) == 1
