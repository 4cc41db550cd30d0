"""Whether one clause may be said: every figure in it has to stand in a document, or in what a tool told.

A price or a percentage has to stand there about the product or plan that the clause names; where it names none, about
the one that the talk is about. What a caller says licenses quantities, dates and contact details, and a price only
as their own budget. Everything else that is a number needs any source at all.

Not protected against: a price that a document states falsely, and a false claim that holds no number ("it is free").
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sales_agent.knowledge.attribution import AS_MUCH, holds_for, said_of
from sales_agent.knowledge.figures import SMALL, Figure, asks_for_prices, figures
from sales_agent.knowledge.instructions import orders_in
from sales_agent.knowledge.licences import Licence, Licences, licences_of
from sales_agent.knowledge.numerals import may_have_numbers, numerals
from sales_agent.knowledge.passages import split_sentences
from sales_agent.knowledge.subjects import Mention
from sales_agent.said import Said, kind_in

LOOKED_BACK = 6  # lines of the conversation in which the product that is talked about is looked for

_BUDGET = re.compile(
    r"\b(?:budgets?|spend|spending|afford|(?:over|above|below|under|within) your)\b", re.IGNORECASE
)
_PROMISES = re.compile(
    r"\b(?:costs?|pric\w+|pay\w*|offer\w*|discount\w*|confirm\w*|deal|sell\w*|yours|off|for only)\b",
    re.IGNORECASE,
)
_IS = re.compile(
    r"\s*(?:(?:is|are|at|for|would be|goes for|comes at|comes in at)\b|['’]s\b|:)", re.IGNORECASE
)
_FILLER = re.compile(r"\s*(?:(?:only|just|about|around|now|at)\s+)*")
_IT_IS = re.compile(
    r"\b(?:it|that|this one|that one)(?:\s+(?:is|would be|comes to|goes for)\b|['’]s\b)", re.I
)
_COUNTS = re.compile(
    r"\bhow (?!much (?:is|are|for|would|will))\w+|\bwhen\b|\bwhat (?:time|year|day|date)\b|\bnumber\b|\bwhich\b",
    re.I,
)
_IN_DAYS = re.compile(r"\bin (?:[a-z]+ )?(?:hours|days|weeks|months): ", re.I)
_FOR = re.compile(r"\s+(?:for|to)\s+(?:the\s+|an?\s+)?([\w-]+)", re.I)


# "58 are there": how many, also where a price was asked for in the same breath.
_THERE = re.compile(
    r"\s+(?:are|of (?:them|these|those)|in stock|on hand|left|available|units?|pieces?|remain)\b",
    re.I,
)


@dataclass
class Talk:
    """What a clause is said in: the conversation so far, as its sources and for what it is about."""

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
            self._callers = [figure for line in self.callers for figure in figures(line)]
        return self._callers

    def told(self) -> list[tuple[Licence, str]]:
        """What tools told, each with the whole result that it stands in."""
        if self._tools is None:
            self._tools = [pair for call in self.tools for pair in _told(*call)]
        return self._tools


@dataclass(frozen=True)
class Objection:
    """Why a clause may not be said."""

    clause: str
    figure: str
    """The words of the figure that nothing licenses."""
    about: str
    """The products or plans that it would be said of; empty where there are none."""


def _told(arguments: Mapping[str, object], result: str) -> Iterable[tuple[Licence, str]]:
    # Some tools say back what they were asked, and a caller's price is none for that.
    for value in arguments.values():
        if isinstance(value, str) and len(value) > 2:
            result = result.replace(value, " ")
    for order in orders_in(result):
        result = result.replace(order, " ")
    for sentence in (s for line in result.split("\n") for s in split_sentences(line)):
        for clause in re.split(
            r"[;:]\s|,\s(?=\D)|,\s(?=\d[\d,.]*\s+\D+\s(?:in all|together))", sentence
        ):
            for licence in licences_of(clause):
                yield licence, result


class Checker:
    """Checks clauses against one folder's documents. Takes well under 2 ms a clause."""

    def __init__(self, licences: Licences) -> None:
        self._licences = licences
        self._names = licences.vocabulary

    def objection(self, clause: str, talk: Talk) -> Objection | None:
        """The first figure of the clause that must not be said; None where the clause may leave."""
        if not may_have_numbers(clause) and not figures(clause):
            return None
        mentions = self._names.mentions(clause)
        priced = (
            self._of_prices(talk)
            or _is_said_to_be_a_number(clause, mentions, talk)
            or self._names_a_charge(f"{talk.reply} {clause}")
        )
        found = figures(clause, of_prices=priced)
        for at, figure in enumerate(found):
            if figure.kind == "other" or (figure.bare and _THERE.match(clause, figure.end)):
                if figure.in_passing or self._has_any_source(figure, talk):
                    continue
                about: list[str] = []
            else:
                own = said_of(clause, mentions, found, at)
                about = [m.name for m in own] or self._talked_about(talk)
                if self._may_be_said(clause, found, at, own, talk):
                    continue
            return Objection(clause.strip(), clause[figure.start : figure.end], ", ".join(about))
        return None

    def _names_a_charge(self, text: str) -> bool:
        """ "Assembly is 89": a number without a unit is its price."""
        told = self._names.telling(self._names.in_words_of_documents(text))
        counted = _IN_DAYS.search(text) is not None  # "delivery in working days: 3"
        return not counted and not self._names.charges.isdisjoint(told)

    def _of_prices(self, talk: Talk) -> bool:
        """Whether a number alone would be heard as a price."""
        if asks_for_prices(talk.reply) or any(map(asks_for_prices, talk.lines[:1])):
            return True
        for line in talk.lines[:1]:  # "Is the Summit desk still 699?"
            if not _COUNTS.search(line) and self._names.mentions(line):
                alone = (f for f in figures(line) if f.bare and f.kind == "other")
                return any(figure.values[0] > SMALL for figure in alone)
        return False

    def _has_any_source(self, figure: Figure, talk: Talk) -> bool:
        return (
            any(figure.is_like(other) for other in talk.callers_figures())
            or any(set(figure.values) & {*t.figure.values, *t.figure.parts} for t, _ in talk.told())
            or self._licences.has(figure)
        )

    def _may_be_said(
        self, clause: str, found: Sequence[Figure], at: int, own: Sequence[Mention], talk: Talk
    ) -> bool:
        figure = found[at]
        if any(not mention.known for mention in own):
            return False
        if figure.kind == "price" and _is_budget(clause, figure, talk):
            return True
        about = [m.name for m in own] or self._talked_about(talk)
        if "" in about:  # a product that no document knows
            return False
        clauses = _clauses(talk.reply)
        before = clauses[-1] if clauses and not own else ""
        # "The Ridge and the Summit cost 549 dollars" has to hold for both.
        alone = sum(other.kind == figure.kind for other in found) == 1
        if (alone and own) or AS_MUCH.search(f"{before} {clause}"):
            return all(self._is_licensed(clause, found, at, own, [n], talk) for n in about or [""])
        return self._is_licensed(clause, found, at, own, about, talk)

    def _is_licensed(
        self,
        clause: str,
        found: Sequence[Figure],
        at: int,
        own: Sequence[Mention],
        names: Sequence[str],
        talk: Talk,
    ) -> bool:
        """Whether a tool or a document says it of one of these names."""
        figure = found[at]
        about = [name for name in names if name]
        said = self._said_of(clause, found, at, own, about, talk)
        context = clause if own else f"{clause} {talk.reply} {' '.join(talk.lines[:1])}"
        words = self._names.telling(context)
        words |= self._names.telling(self._names.in_words_of_documents(context))
        for licence, result in talk.told():
            if figure.is_like(licence.figure) and self._tool_holds(licence, result, about):
                return True
        if said.several:  # what many of them cost, a tool has to work out
            return False
        wanted = {word for name in about for word in self._names.key_words(name)}
        wanted |= words | ({said.group} if said.group else set())
        if figure.kind == "percent":  # "ten or more desks" names nothing that tells it
            wanted |= {"or more", " to ", "discount", "get"}
        for licence in self._licences.of(figure, wanted):
            if figure.is_like(licence.figure) and self._holds(
                licence, figure, said, about, words, [clause, talk.reply, *talk.lines]
            ):
                return True
        return False

    def _said_of(
        self,
        clause: str,
        found: Sequence[Figure],
        at: int,
        own: Sequence[Mention],
        about: Sequence[str],
        talk: Talk,
    ) -> Said:
        figure = found[at]
        said = Said.of(clause, figure, own, self._names)
        line = talk.lines[0] if talk.lines else ""
        if not (own or about or said.group):
            said = replace(said, group=kind_in(line, self._names))
        start = max((f.end for f in found[:at] if f.kind != "other"), default=0)
        if said.part or any(m.end > start for m in own):
            return said
        # "Assembly is 89, but I'd do it for 39": of assembly, where nothing else is named after it.
        sentence = re.split(r"[.!?]\s", f"{talk.reply}{clause[: figure.start]}")[-1]
        sources = [sentence] if about else [sentence, line]
        if match := _FOR.match(clause, figure.end):
            sources.insert(0, match[1])
        texts = map(self._names.in_words_of_documents, sources)
        return replace(said, part=next(filter(None, map(self._names.charge_in, texts)), ""))

    def _tool_holds(self, licence: Licence, result: str, about: Sequence[str]) -> bool:
        if not about:
            return True
        named = [m.name for m in self._names.mentions(licence.text)]
        # "7,490 dollars in all" names none: it is about all that the result names.
        named = named or [m.name for m in self._names.mentions(result)]
        return not named or any(self._names.same(a, b) for a in about for b in named)

    def _holds(
        self,
        licence: Licence,
        figure: Figure,
        said: Said,
        about: Sequence[str],
        words: frozenset[str],
        texts: Sequence[str],
    ) -> bool:
        """Whether a statement of a document is about what the clause is about."""
        source = figures(licence.text)
        mentions = self._names.mentions(licence.text)
        named = {
            m.name
            for at, other in enumerate(source)
            if set(other.values) & set(figure.values) and other.kind == figure.kind
            for m in said_of(licence.text, mentions, source, at)
        }
        telling = self._names.telling(f"{licence.topic} {licence.text}")
        if said.part and said.part not in telling:
            return False
        if named:
            if any(self._names.same(a, b) for a in about for b in named):
                return True
            return not said.names and said.group in {n.split()[-1].casefold() for n in named}
        holds = holds_for(licence.text, texts)
        if holds is False:
            return False
        wider = [m.name for m in self._names.mentions(f"{licence.lead}. {licence.topic}")]
        if any(self._names.same(a, b) for a in about for b in wider):
            return True
        # A discount for "ten or more desks" names nothing else that it could be told by.
        return bool(telling & words) or (holds is True and figure.kind == "percent")

    def _talked_about(self, talk: Talk) -> list[str]:
        """The products that were named last; "" for one that no document knows."""
        for text in (*reversed(_clauses(talk.reply)), *talk.lines[:LOOKED_BACK]):
            if mentions := self._names.mentions(text):
                return [m.name if m.known else "" for m in mentions]
        return []


def _clauses(reply: str) -> list[str]:
    return [text for text in re.split(r"(?<=[.!?;,])\s+", reply) if text]


def _is_said_to_be_a_number(clause: str, mentions: Sequence[Mention], talk: Talk) -> bool:
    """ "The Breeze desk is one fifty-nine": what else than its price could that be?"""
    is_said = [match for m in mentions if (match := _IS.match(clause, m.end))]
    starts = [numeral.start for numeral in numerals(clause)]
    if any(
        _FILLER.fullmatch(clause[match.end() : start])
        for match in is_said
        for start in starts
        if start >= match.end()
    ):
        return True
    return _IT_IS.search(clause) is not None and not any(map(_COUNTS.search, talk.lines[:1]))


def _is_budget(clause: str, figure: Figure, talk: Talk) -> bool:
    return (
        _BUDGET.search(clause[: figure.start]) is not None
        and _PROMISES.search(clause) is None
        and any(set(figure.values) & set(other.values) for other in talk.callers_figures())
    )
