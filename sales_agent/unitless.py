"""What a number is that is said without a currency, a percent sign or a unit: a price, or a count or measure.

"The Breeze is one fifty-nine" says a price, "would you like the 160?" a width.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from sales_agent.claims import Claim
from sales_agent.knowledge.bare import asks_for_prices
from sales_agent.knowledge.figure import SMALL, Figure
from sales_agent.knowledge.figures import figures, figures_of
from sales_agent.knowledge.licences import Licences
from sales_agent.knowledge.numerals import numerals
from sales_agent.knowledge.subjects import Mention
from sales_agent.measured import Measures
from sales_agent.talk import Talk

_IS = re.compile(
    r"\s*(?:(?:is|are|at|for|would be|goes for|comes at|comes in at)\b|['’]s\b|:)", re.IGNORECASE
)
_FILLER = re.compile(r"\s*(?:(?:only|just|about|around|now|at)\s+)*")
_IT_IS = re.compile(
    r"\b(?:it|that|this one|that one)(?:\s+(?:is|would be|comes to|goes for)\b|['’]s\b)", re.I
)
_COUNTS = re.compile(
    r"\bhow (?!much (?:is|are|for|would|will))\w+|\bwhen\b|\bwhat (?:time|year|day|date)\b"
    r"|\b(?:phone|fax|dial|reach|number|which)\b",
    re.I,
)
_SAID_AS_PRICE = re.compile(
    r"(?:\b(?:costs?|is|are|at|for|pay|just|only|about|around|be|to|do|it)|['’]s|:)\s+$", re.I
)
_AT = re.compile(r"\b(?:stops|is|are|ends|starts|goes) at\s+$", re.I)
_LIMIT_IS = re.compile(r"(?:['’]s|\bits) (?:(?:weight|load) )?(?:limit|capacity) is\s+$", re.I)
_AS_PRICE = re.compile(r"\s+(?:for|would|is|it is|sounds|works|then|off|an?|per)\b", re.I)
_NOUN = re.compile(r"[a-z]+", re.I)
_CHOICE = re.compile(
    r"\s*(?:and\s+)?(?:which|what (?:width|size|colou?r|time|day|date)|how (?:wide|many))\b", re.I
)
_IN_DAYS = re.compile(r"\bin (?:[a-z]+ )?(?:hours|days|weeks|months): ", re.I)


class Unitless:
    """Tells it by the words around, and by the documents of one folder."""

    def __init__(self, licences: Licences, measures: Measures) -> None:
        self._licences = licences
        self._measures = measures
        self._names = licences.vocabulary

    def are_prices(self, clause: str, mentions: Sequence[Mention], talk: Talk) -> bool:
        """Whether such a number would be heard as a price in a clause."""
        return (
            self._of_prices(talk)
            or self._is_said_to_be_a_number(clause, mentions, talk)
            or self._names_a_charge(f"{talk.reply} {clause}")
        )

    def as_just_said(self, claim: Claim) -> Claim | None:
        """The claim as a share of a hundred, where one was said just before: "five years at 4.9 %, ten at 5.9"."""
        said = _said_before(claim)
        if said and said[-1].kind == "percent":
            return claim.with_figure(replace(claim.figure, kind="percent"))
        return None

    def is_no_price(self, claim: Claim) -> bool:
        """Whether it counts or measures after all."""
        return self._goes_on(claim) or self._is_a_measure(claim)

    def _goes_on(self, claim: Claim) -> bool:
        """ "The Summit makes 45 decibels. The Ridge is at 48": whether it is of the kind just said."""
        figure, about, talk = claim.figure, claim.about, claim.talk
        said = _said_before(claim)
        if said and said[-1].kind == "percent":
            return False
        if said and said[-1].unit and about:
            measure = replace(figure, kind="other", unit=said[-1].unit)
            return all(self._measures.has(name, measure) for name in about)
        # "Not for five", where the caller asked about five desks; "the minimum of forty", "would you order forty?".
        counted = [f for line in talk.lines[:1] for f in figures_of(line) if f.noun or f.unit]
        counted += figures_of(talk.reply)
        again = any(f.kind == "other" and set(f.values) & set(figure.values) for f in counted)
        return again and not claim.own

    def _is_a_measure(self, claim: Claim) -> bool:
        """ "Shall we go with the 160?", "eighty by forty centimeters": not said as a price, nor so written."""
        before, behind = claim.clause[: claim.figure.start], claim.clause[claim.figure.end :]
        if claim.figure.kind != "price" or _AS_PRICE.match(behind):
            return False
        sources = self._licences.with_value(replace(claim.figure, kind="other"))
        asked = any(map(asks_for_prices, claim.talk.lines[:1]))
        # "The Ridge stops at 110", "its limit is 110": kilograms, as the documents say of it
        if _AT.search(before) or (_LIMIT_IS.search(before) and not asked):
            named = {m.name for one in sources for m in self._names.mentions(one.text)}
            return bool(claim.about) and all(
                any(self._names.same(name, other) for other in named) for name in claim.about
            )
        return not _SAID_AS_PRICE.search(before) and bool(sources)

    def _names_a_charge(self, text: str) -> bool:
        """ "Assembly is 89": a number without a unit is its price."""
        told = self._names.telling(self._names.in_words_of_documents(text))
        counted = _IN_DAYS.search(text) is not None  # "delivery in working days: 3"
        return not counted and not self._names.charges.isdisjoint(told)

    def _is_said_to_be_a_number(self, clause: str, mentions: Sequence[Mention], talk: Talk) -> bool:
        """ "The Breeze desk is one fifty-nine": what else than its price could that be?"""
        kinds = (m for m in _NOUN.finditer(clause) if m[0].casefold() in self._names.heads)
        ends = [*(mention.end for mention in mentions), *(kind.end() for kind in kinds)]
        is_said = [match for end in ends if (match := _IS.match(clause, end))]
        starts = [numeral.start for numeral in numerals(clause)]
        if any(
            _FILLER.fullmatch(clause[match.end() : start])
            for match in is_said
            for start in starts
            if start >= match.end()
        ):
            return True
        return _IT_IS.search(clause) is not None and not any(map(_COUNTS.search, talk.lines[:1]))

    def _of_prices(self, talk: Talk) -> bool:
        """Whether a number alone would be heard as a price."""
        if _CHOICE.match(talk.sentence) and not asks_for_prices(talk.sentence):
            return False  # "Which width would you like, 100 or 120?"
        if asks_for_prices(talk.reply) or any(map(asks_for_prices, talk.lines[:1])):
            return True
        for line in talk.lines[:1]:  # "Is the Summit desk still 699?"
            asked_about = self._names.mentions(line) or any(map(asks_for_prices, talk.lines[1:2]))
            if not _COUNTS.search(line) and asked_about:
                alone = (f for f in figures(line) if f.bare and f.kind == "other")
                return any(figure.values[0] > SMALL for figure in alone)
        return False


def _said_before(claim: Claim) -> list[Figure]:
    """The figures of the reply up to this one that say what they count."""
    before = (*figures_of(claim.talk.reply), *claim.found[: claim.at])
    return [f for f in before if f.unit or (f.kind != "other" and not f.bare)]
