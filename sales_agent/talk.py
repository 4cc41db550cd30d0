"""What a clause is said in: the conversation so far, as its sources and for what it is about."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sales_agent.knowledge.bare import asks_for_prices
from sales_agent.knowledge.figure import Figure
from sales_agent.knowledge.figures import figures, figures_of
from sales_agent.knowledge.instructions import orders_in
from sales_agent.knowledge.licence import Licence
from sales_agent.knowledge.passages import split_sentences
from sales_agent.knowledge.records import sentences_of_json

_CLAUSE = re.compile(r"[;:]\s|,\s(?=\D)|,\s(?=\d[\d,.]*\s+\D+\s(?:in all|together))")


@dataclass
class Talk:
    """One moment of a call."""

    lines: Sequence[str] = ()
    """Of caller and agent, the latest first."""
    callers: Sequence[str] = ()
    """What the caller said or is known to have said: no source of prices."""
    tools: Sequence[tuple[Mapping[str, object], str]] = ()
    """Arguments and result of every tool call that came back."""
    reply: str = ""
    """What has been said of the reply that the clause belongs to."""
    _callers: list[Figure] | None = field(default=None, repr=False)
    _tools: list[tuple[Licence, str]] | None = field(default=None, repr=False)

    def callers_figures(self) -> list[Figure]:
        if self._callers is None:
            self._callers = [figure for line in self.callers for figure in figures_of(line)]
        return self._callers

    def told(self) -> list[tuple[Licence, str]]:
        """What tools told, each with the whole result that it stands in."""
        if self._tools is None:
            self._tools = [pair for call in self.tools for pair in _told(*call)]
        return self._tools

    @property
    def sentence(self) -> str:
        """What has been said of the sentence that the clause goes on with."""
        return re.split(r"(?<=[.!?])\s", self.reply)[-1]


def _told(arguments: Mapping[str, object], result: str) -> Iterable[tuple[Licence, str]]:
    # Some tools say back what they were asked, and a caller's price is none for that.
    for value in arguments.values():
        if isinstance(value, str) and _has_an_amount(value):
            result = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", " ", result)
    for order in orders_in(result):
        result = result.replace(order, " ")
    if records := list(sentences_of_json(result)):
        clauses: Iterable[str] = records
    else:
        sentences = (s for line in result.split("\n") for s in split_sentences(line))
        clauses = (clause for sentence in sentences for clause in _CLAUSE.split(sentence))
    priced = asks_for_prices(result)  # "quote: 2 x Breeze desk at 349 = 698"
    for clause in clauses:
        for figure in figures(clause, of_prices=priced):
            yield Licence(figure, clause), result


def _has_an_amount(argument: str) -> bool:
    """Whether it holds a price or a percentage, or is a number: "Fiat 500" is a name."""
    return any(
        figure.kind != "other" or figure.end - figure.start == len(argument)
        for figure in figures_of(argument)
    )
