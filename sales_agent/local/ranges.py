"""Ranges of numbers that documents state: "10 to 24 desks", "Twenty-five or more desks", "between 145 and 203 cm"."""

import re
from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from sales_agent.knowledge.index import Index
from sales_agent.local.questions import number_in
from sales_agent.local.vocabulary import WORD, stem

_NUMBER = r"((?<!\d\.)\d[\d,]*|[A-Za-z]+(?:-[a-z]+)?)"  # no half of "0.5"
_RANGES = (
    re.compile(rf"\b(?P<low>{_NUMBER})(?: to |[-–]| - | and )(?P<high>{_NUMBER}) (?P<unit>\w+)"),
    re.compile(rf"\b(?P<low>{_NUMBER}) (?:(?P<unit>\w+) )?or more\b(?: (?P<after>\w+))?"),
    re.compile(rf"\bup to (?P<high>{_NUMBER}) (?P<unit>\w+)"),
    re.compile(rf"\b[Mm]ore than (?P<above>{_NUMBER}) (?P<unit>\w+)"),
    re.compile(rf"\b(?:[Ll]ess|[Ff]ewer) than (?P<below>{_NUMBER}) (?P<unit>\w+)"),
)
_DAY = stem("days")
_DAYS = {stem("weeks"): 7, stem("months"): 30}  # as people count who ask "two months before"


class Range(NamedTuple):
    """From and to what number something holds, both included."""

    low: float
    high: float
    unit: str
    """The stem of what is counted."""


def ranges(text: str) -> list[Range]:
    """The ranges in a sentence."""
    found = []
    for pattern in _RANGES:
        for match in pattern.finditer(text):
            parts = match.groupdict()
            sides = ("low", "high", "above", "below")
            stated = {side: _value(parts[side]) for side in sides if side in parts}
            if None not in stated.values():
                numbers = {side: number or 0 for side, number in stated.items()}
                unit = stem(parts.get("unit") or parts.get("after") or "")
                low = numbers.get("low", numbers.get("above", -1) + 1)
                high = numbers.get("high", numbers.get("below", inf) - 1)
                found.append(Range(low, high, unit))
    return [one for one in found if one.low < one.high]


def _value(text: str) -> int | None:
    words = WORD.findall(text.replace(",", ""))
    return 1 if [word.lower() for word in words] in (["1"], ["one"]) else number_in(words)


class Ranges:
    """All ranges of an index, by statement."""

    def __init__(self, index: Index) -> None:
        self._all = {n: found for n, s in enumerate(index.statements) if (found := ranges(s.text))}
        self._in_days = any(one.unit == _DAY for found in self._all.values() for one in found)
        self._document = {n: index.passages[index.passage_of[n]].document for n in self._all}

    def begin(self, number: int) -> bool:
        """Whether a statement is of a number and all above it."""
        return any(one.low > 0 and one.high == inf for one in self._all.get(number, ()))

    def hold(self, number: int, units: Sequence[str]) -> dict[int, bool]:
        """For each statement with ranges of these units (stems) whether one holds a number.

        Of several that begin somewhere and never end, in one document, the last to begin counts: "ten or more" is
        no answer for thirty where "twenty-five or more" stands too.
        """
        days = next((number * _DAYS[unit] for unit in units if unit in _DAYS), None)
        if days is not None and _DAY not in units and self._in_days:
            number, units = days, [_DAY]
        counted = {n: [one for one in found if one.unit in units] for n, found in self._all.items()}
        if not any(counted.values()):
            counted = self._all  # "fifteen of them"
        begins: dict[str, float] = {}
        for n, found in counted.items():
            for one in found:
                if one.low <= number <= one.high:
                    document = self._document[n]
                    begins[document] = max(begins.get(document, 0), one.low)
        return {
            n: any(
                one.low <= number <= one.high
                and (one.high < inf or one.low >= begins[self._document[n]])
                for one in found
            )
            for n, found in counted.items()
            if found
        }
