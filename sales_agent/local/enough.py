"""Which of several things is enough for a measure that a caller names: "I'm two meters tall, which desk fits me?"

Documents say it of each thing in its own sentence or cell: "carries 110 kilograms", "for up to 40 guests", "between 150
and 195 centimeters tall". Told are those that are enough, the least of them first.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sales_agent.knowledge.figure import Figure
from sales_agent.knowledge.figures import figures_of
from sales_agent.knowledge.index import Index
from sales_agent.local.questions import Question
from sales_agent.local.ranking import Ranker
from sales_agent.local.scored import CONFIDENT, Found, Scored
from sales_agent.local.vocabulary import WORD, stem

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
_NEXT = re.compile(r"\W{1,3}")
_ASKS = re.compile(r"\b(?:which|what|any(?:thing)?|one) (?:of |one|\w+)|\bwhich\b", re.IGNORECASE)
_UP_TO = re.compile(
    r"\b(?:carr(?:y|ies)|holds?|supports?|takes?|bears?|seats?|sleeps?|up to|max(?:imum)?|for|loads?|capacity)\W+$",
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


def need_in(text: str) -> Need | None:
    """The measure that a question for one of several things names; None where it names none, or asks for none."""
    if not _ASKS.search(text):
        return None
    found = figures_of(text)
    needs = [need for at, f in enumerate(found) if (need := _need(text, found, at))]
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
    if after and after.unit in ("", "inch") and _NEXT.fullmatch(text[figure.end : after.start]):
        amount += float(after.values[0]) * {"foot": 2.54, "meter": 1.0}.get(figure.unit, 0.0)
    return Need(amount, unit)


class Sufficing:
    """Looks through the statements of an index."""

    def __init__(self, index: Index, ranker: Ranker) -> None:
        self._ranker = ranker
        self._all = {
            number: enough
            for number, statement in enumerate(index.statements)
            if (enough := list(_enough_in(statement.text)))
        }
        self._named = {
            number: frozenset(
                stem(word)
                for word in WORD.findall(
                    f"{index.statements[number].topic} {index.statements[number].text}"
                )
            )
            for number in self._all
        }

    def found(self, asked: Question, ranked: Sequence[Scored]) -> Found | None:
        """What is enough; None where nothing of that kind is asked, or documents do not say it of several things."""
        need = None if asked.foreign or asked.wants_price else need_in(asked.text)
        if need is None:
            return None
        tables = self._ranker.tables
        words = {w for word in asked.content for w in (word, *asked.meant.get(word, ()))}
        kinds = {word for word in words if tables.of_kind(word)}
        groups: dict[str, dict[float, tuple[int, bool]]] = {}
        for scored in ranked:
            for one in self._all.get(scored.number, ()):
                if one.unit == need.unit and (not kinds or kinds & self._named[scored.number]):
                    holds = one.low <= need.amount <= one.high
                    groups.setdefault(one.said, {}).setdefault(one.high, (scored.number, holds))
        for group in groups.values():
            enough = [number for _, (number, holds) in sorted(group.items()) if holds]
            if len(group) > 1 and enough:
                return Found(tuple(enough[:MOST_TOLD]), CONFIDENT)
        return None


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
