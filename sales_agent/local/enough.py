"""Which of several things is enough for a measure that a caller names: "I'm two meters tall, which desk fits me?"

Documents say it of each thing in its own sentence or cell: "carries 110 kilograms", "between 150 and 195 centimeters
tall". Told are those that are enough, the least of them first.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from sales_agent.knowledge.figure import Figure
from sales_agent.knowledge.figures import figures_of
from sales_agent.knowledge.index import Index
from sales_agent.local.questions import Question
from sales_agent.local.ranking import Ranker
from sales_agent.local.scored import CONFIDENT, Found, Scored
from sales_agent.local.vocabulary import FRAME_STEMS, WORD, stem

MOST_TOLD = 2  # things: a listener wants the one to take
_IN = {  # what a unit is in kilograms or centimeters
    "kilogram": ("kilogram", 1.0),
    "pound": ("kilogram", 0.4536),
    "stone": ("kilogram", 6.35),
    "centimeter": ("centimeter", 1.0),
    "meter": ("centimeter", 100.0),
    "foot": ("centimeter", 30.48),
    "inch": ("centimeter", 2.54),
}
# Inches and centimeters that follow, in centimeters, and below how many.
_WITHIN = {"foot": (2.54, 12), "meter": (1.0, 100)}
_NEXT = re.compile(r"\s+(?:and\s+)?")
# Who is so tall or heavy needs what is enough for it, and so does a load: not who asks for so wide or so light a thing.
_OF_SOMEBODY = re.compile(r"\btall\b|\b(?:I|he|she|we)(?: am|['’]m|['’]s| is)\b", re.IGNORECASE)
_OF_A_THING = re.compile(
    r"\b(?:wide|deep|long|thick|high|weighs|light\w*|less than|under|below|at most|niche|gap)\b",
    re.IGNORECASE,
)
_WHICH = re.compile(r"\b(?:which|what) ([^\W\d_]+)", re.IGNORECASE)
_ASKS = re.compile(
    r"\b(?:which|anything|something|what (?!is|are|does|do|would|will|can)\w+)\b", re.IGNORECASE
)
_UP_TO = re.compile(
    r"\b(?:carr(?:y|ies)|holds?|supports?|takes?|bears?|up to|max(?:imum)?|loads?|capacity)\W+$",
    re.IGNORECASE,
)
_TO = re.compile(r"\s*(?:to|and|[-–])\s*")


class Need(NamedTuple):
    """What has to be enough."""

    amount: float
    unit: str


class _Enough(NamedTuple):
    """For what a thing is enough, as one statement has it."""

    low: float
    high: float
    unit: str
    said: str
    """The stem of the word that says so: statements that are alike have the same."""


def need_in(text: str, *, sterling: bool = False) -> Need | None:
    """The measure that a question for one of several things names; None where it names none, or asks for none.

    `sterling`: pounds are money.
    """
    if not _ASKS.search(text) or _OF_A_THING.search(text):
        return None
    found = [f for f in figures_of(text) if not (sterling and f.unit == "pound")]
    needs = [need for at, _ in enumerate(found) if (need := _need(text, found, at))]
    if not _OF_SOMEBODY.search(text):
        needs = [need for need in needs if need.unit != "centimeter"]
    # "300 pounds, call it 136 kilos" and "six foot five, so about 196 centimeters": the exact one is said last.
    return needs[-1] if needs else None


def _need(text: str, found: Sequence[Figure], at: int) -> Need | None:
    figure = found[at]
    before, after = (found[n] if 0 <= n < len(found) else None for n in (at - 1, at + 1))
    of_feet = before and before.unit == "foot" and figure.unit == "inch"
    if figure.kind != "other" or figure.unit not in _IN or of_feet:
        return None
    unit, each = _IN[figure.unit]
    amount = float(figure.values[0]) * each
    # "Six foot five", "five feet eleven inches"; "two meters one" is 201 centimeters.
    small, most = _WITHIN.get(figure.unit, (0.0, 0))
    if (
        after
        and after.kind == "other"
        and after.unit in ("", "inch")
        and after.values[0] < most
        and _NEXT.fullmatch(text[figure.end : after.start])
    ):
        amount += float(after.values[0]) * small
    return Need(amount, unit)


class Sufficing:
    """Looks through the statements of an index."""

    def __init__(self, index: Index, ranker: Ranker) -> None:
        self._statements = index.statements
        self._ranker = ranker

    def found(self, asked: Question, ranked: Sequence[Scored]) -> Found | None:
        """What is enough; None where nothing of that kind is asked, or documents do not say it of several things."""
        if asked.foreign or asked.names or asked.wants_price:
            return None
        sterling = any("£" in statement.text for statement in self._statements)
        if (need := need_in(asked.text, sterling=sterling)) is None:
            return None
        tables = self._ranker.tables
        words = {w for word in asked.content for w in (word, *asked.meant.get(word, ()))}
        kinds = {word for word in words if tables.of_kind(word)}
        thing = _WHICH.search(asked.text)
        groups: dict[str, dict[frozenset[str], tuple[float, int, bool]]] = {}
        for scored in ranked:
            number = scored.number
            if kinds and not self._has_any(number, kinds):
                continue
            for one in _enough_in(self._statements[number].text):
                if one.unit == need.unit:
                    holds = one.low <= need.amount <= one.high
                    names = self._ranker.names(number) or frozenset({str(number)})
                    groups.setdefault(one.said, {}).setdefault(names, (one.high, number, holds))
        for group in groups.values():
            enough = [number for _, number, holds in sorted(group.values()) if holds]
            meant = kinds or not thing or self._says_of(thing[1], group.values())
            if len(group) > 1 and enough and meant:
                return Found(tuple(enough[:MOST_TOLD]), CONFIDENT)
        return None

    def _says_of(self, word: str, group: Iterable[tuple[float, int, bool]]) -> bool:
        """Whether statements have the word behind "which", where it matters: "which phone holds two kilos?" """
        it = stem(word)
        return it in FRAME_STEMS or any(self._has_any(number, {it}) for _, number, _ in group)

    def _has_any(self, number: int, words: Collection[str]) -> bool:
        return any(self._ranker.is_about(number, frozenset({word})) for word in words)


def _enough_in(text: str) -> Iterator[_Enough]:
    found = figures_of(text)
    for at, figure in enumerate(found):
        if figure.kind != "other" or figure.unit not in _IN:
            continue
        unit, each = _IN[figure.unit]
        before = found[at - 1] if at else None
        value = float(figure.values[0]) * each
        if before and before.unit == figure.unit and _TO.fullmatch(text[before.end : figure.start]):
            words = WORD.findall(text[figure.end :])[:1] or WORD.findall(text[: before.start])[-1:]
            yield _Enough(float(before.values[0]) * each, value, unit, " ".join(map(stem, words)))
        elif limit := _UP_TO.search(text[: figure.start]):
            yield _Enough(0.0, value, unit, stem(WORD.findall(limit[0])[0]))
