"""Whether a measure is said of a product of which the documents say another.

"The Breeze has a warranty of ten years", where ten years are those of the Summit. Anything else that is a number may be
said with any source.
"""

import re
from collections.abc import Sequence

from sales_agent.echoes import is_their_need
from sales_agent.knowledge.attribution import plain
from sales_agent.knowledge.counts import reached
from sales_agent.knowledge.figure import Figure
from sales_agent.knowledge.figures import figures_of
from sales_agent.knowledge.licence import Licence
from sales_agent.knowledge.licences import Licences
from sales_agent.talk import Talk

_DENIED = re.compile(
    r"(?:n['’]t|\b(?:not|never|than|instead of|compared (?:to|with)|versus|against|unlike))\b", re.I
)
_SINCE = re.compile(
    r"\s+(?:of|after|since)\s+(?:the\s+|your\s+)?(?:delivery|purchase|receipt)\b", re.I
)
_EVERY = re.compile(
    r"\b(?:all|every|each|both)\s+(?:of\s+)?(?:(?:our|the|these)\s+)?(?:(?:two|three)\s+)?([a-z]+?)s?\b",
    re.I,
)
_OF_ALL = re.compile(r"\b(?:all|any|every)\b", re.I)
_RANGING = re.compile(r"\b(?:up to|within|at most|at least|or more|between|from|to)\b", re.I)
_LOADS = frozenset({"kilogram", "pound", "ton"})


class Measures:
    """The measures of one folder's documents."""

    def __init__(self, licences: Licences) -> None:
        self._licences = licences
        self._names = licences.vocabulary

    def say_otherwise(self, figure: Figure, clause: str, names: Sequence[str], talk: Talk) -> bool:
        """ "The Breeze has a warranty of ten years", where the documents say that only of others."""
        if (
            figure.unit in ("", "clock")
            or _DENIED.search(clause[: figure.start])
            or _SINCE.match(clause, figure.end)
        ):
            return False
        if not names and (kind := _EVERY.search(clause)) and not _RANGING.search(clause):
            names = self._names.of_kind(kind[1])
            return any(self._is_other_column(figure, clause, name) for name in names)
        own = bool(names)
        if not own and not self._names.mentions(talk.reply):
            lines = talk.lines[:1]
            names = sorted({m.name for t in lines for m in plain(t, self._names.mentions(t))})
        if len(names) != 1:
            return False
        if self.has(names[0], figure):
            return False
        sources = self._licences.measuring(figure)
        if is_their_need(clause, figure, talk):
            return figure.unit in _LOADS and not self._carries(names[0], figure)
        if any(reached(source.text, [clause, talk.reply, *talk.lines]) for source in sources):
            return False  # "25 Ridge desks take up to 20 working days", as 25 of any do
        if self._is_other_column(figure, clause, names[0]):
            return True
        told = (*talk.callers_figures(), *(licence.figure for licence, _ in talk.told()))
        if any(figure.is_like(other) for other in told):
            return False
        return bool(sources) and all(
            self._is_of_another(source, names[0], own) for source in sources
        )

    def _carries(self, name: str, load: Figure) -> bool:
        """Whether the tables have as much for a product, or do not say."""
        columns = self._licences.measured(name, load.unit).values()
        return not columns or any(max(values) >= load.values[0] for values in columns)

    def has(self, name: str, figure: Figure) -> bool:
        """Whether a product has this measure in its name, or a statement about it does."""
        members = (own for own in self._names.names if self._names.same(name, own))
        if any(figure.is_like(own) for member in members for own in figures_of(member)):
            return True
        sources = self._licences.measuring(figure)
        named = (m.name for source in sources for m in self._names.mentions(source.text))
        return any(self._names.same(name, other) for other in named)

    def _is_other_column(self, figure: Figure, clause: str, name: str) -> bool:
        """Whether the table of a product has something else in the column that a clause names."""
        words = self._names.telling_either(clause)
        columns = self._licences.measured(name, figure.unit).items()
        there = [values for column, values in columns if self._names.telling(column) & words]
        return bool(there) and not any(values & set(figure.values) for values in there)

    def _is_of_another(self, source: Licence, name: str, kinds_too: bool) -> bool:
        """Whether a statement is about other products, or other kinds of them."""
        if _OF_ALL.search(source.text):
            return False
        for text in (source.text, f"{source.lead}. {source.topic}"):
            if named := self._names.mentions(text):
                return not any(self._names.same(name, m.name) for m in named)
            if kinds_too and (kinds := self._names.kinds_in(text)):
                return name.split()[-1].casefold() not in kinds
        return False
