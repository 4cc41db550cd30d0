"""Whether one clause may be said: every figure in it has to stand in a document, or in what a tool told.

A price or a percentage has to stand there about the product or plan that the clause names; where it names none, about
the one that the talk is about. What a caller says licenses quantities, dates and contact details, and a price only
as their own budget. "Free" counts as a price. Everything else that is a number needs any source at all.

Not protected against: a price that a document states falsely, and other false claims that hold no number.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sales_agent.claims import Claim
from sales_agent.echoes import is_budget, is_explained, is_theirs
from sales_agent.free import may_be_free
from sales_agent.grounds import COMPARED, Grounds
from sales_agent.knowledge.attribution import AS_MUCH, beside, plain, said_of, subjects
from sales_agent.knowledge.cleaning import in_plain_digits
from sales_agent.knowledge.figure import Figure
from sales_agent.knowledge.figures import figures, figures_of
from sales_agent.knowledge.licences import Licences
from sales_agent.knowledge.numerals import may_have_numbers
from sales_agent.knowledge.subjects import Mention
from sales_agent.measured import Measures
from sales_agent.nearly import (
    asks_for_difference,
    is_difference,
    is_priced,
    limit,
    measured_apart,
    promises,
    rounded,
    says_more_or_less,
    worked_out,
)
from sales_agent.quoted import is_quoted
from sales_agent.talk import Talk
from sales_agent.unitless import Unitless

_COMPARED_WITHIN = 3  # lines of the conversation
LOOKED_BACK = 6  # lines of the conversation in which the product that is talked about is looked for

_SAVED = re.compile(r"\b(?:sav\w+|off|discount|back|refund\w*|gift)\b", re.I)
_BOTH = re.compile(r"\b(?:both|each of them|all three)\b", re.I)
_BEYOND = re.compile(
    r"(?<!costs )(?<!cost )(?<!pay )\b(?:over|above|beyond|past|reach(?:es)?|up to)\s+(?:the\s+)?$",
    re.I,
)
_MARK = re.compile(r"[\s-]*(?:mark|limit|threshold|line|minimum)\b", re.I)
_WHICH = re.compile(r"\W*which\b", re.I)
_AGAINST = re.compile(r"\b(?:against|versus|compared (?:to|with)|than)\b", re.I)
_DENIES = re.compile(
    r"\b(?:do not|don['’]t|cannot|can['’]t) (?:have|see|find|offer|know of)\b|\bno such\b", re.I
)
_OTHER_ONE = re.compile(r"\bthe (?:[\w-]+ )?one\b(?! that)[^.,;]*$", re.I)  # "the single one is 89"
# "58 are there": how many, also where a price was asked for in the same breath.
_THERE = re.compile(
    r"\s+(?:are|of (?:them|these|those|each|the\b[^,.;]*\b(?:in stock|left|on hand))"
    r"|in stock|on hand|left|available|units?|pieces?|remain)\b",
    re.I,
)


@dataclass(frozen=True)
class Objection:
    """Why a clause may not be said."""

    clause: str
    figure: str
    """The words of the figure that nothing licenses."""
    about: str
    """The products or plans that it would be said of; empty where there are none."""


class Checker:
    """Checks clauses against one folder's documents. Takes well under 2 ms a clause."""

    def __init__(self, licences: Licences) -> None:
        self._licences = licences
        self._grounds = Grounds(licences)
        self._measures = Measures(licences)
        self._unitless = Unitless(licences, self._measures)
        self._names = licences.vocabulary

    def objection(self, clause: str, talk: Talk) -> Objection | None:
        """The first figure of the clause that must not be said; None where the clause may leave."""
        clause = in_plain_digits(clause)
        sterling = self._licences.sterling
        if not may_have_numbers(clause) and not figures(clause, sterling=sterling):
            return None
        mentions = self._names.mentions(clause)
        priced = self._unitless.are_prices(clause, mentions, talk)
        spans = [(m.start, m.end) for m in mentions]
        said = figures(clause, of_prices=priced, sterling=sterling, names=spans)
        found = [
            f for f in said if f.kind == "other" or not self._is_theirs(f, clause, mentions, talk)
        ]
        for at, figure in enumerate(found):
            if figure.bare and _THERE.match(clause, figure.end):
                figure = replace(figure, kind="other")
            if figure.kind == "other":
                # "It carries 150 kilos, where the Willow carries 120", "46 kilos against 34 for the Ridge"
                apart = plain(clause, mentions)
                own = [
                    m
                    for m in mentions
                    if m.start < figure.start
                    or (m in apart and not _AGAINST.search(clause[figure.end : m.start]))
                ]
                about = sorted({m.name for m in beside(clause, own)})
                if not self._measures.say_otherwise(figure, clause, about, talk) and (
                    figure.in_passing
                    or self._has_any_source(figure, talk)
                    or measured_apart(clause, figure, talk)
                ):
                    continue
            else:
                own = said_of(clause, mentions, found, at)
                names = [m.name if m.known else "" for m in own]
                about = names or self._talked_about(clause, talk, figure)
                # "89 instead of 149": with anything that was named.
                if COMPARED.search(clause[: figure.start]):
                    own = [m for m in own if m.start > figure.start]
                    texts = [clause, talk.reply, *talk.lines[:_COMPARED_WITHIN]]
                    about += [m.name for text in texts for m in self._names.mentions(text)]
                elif not own and _OTHER_ONE.search(clause[: figure.start]):
                    lately = talk.lines[:_COMPARED_WITHIN]
                    about = [m.name for line in lately for m in self._names.mentions(line)] or about
                claim = Claim(clause, found, at, own, about, talk)
                if self._may_be_said(claim):
                    continue
                if figure.bare and self._is_something_else(claim):
                    continue
            if is_quoted(figure, clause, talk, self._licences):
                continue
            return Objection(clause.strip(), clause[figure.start : figure.end], ", ".join(about))
        return None

    def _is_theirs(
        self, figure: Figure, clause: str, mentions: Sequence[Mention], talk: Talk
    ) -> bool:
        of_product = any(mention.end <= figure.start for mention in mentions)
        return is_theirs(clause, figure, talk, of_product=of_product) or (
            not promises(clause) and self._is_their_budget(figure, clause, mentions, talk)
        )

    def _is_their_budget(
        self, figure: Figure, clause: str, mentions: Sequence[Mention], talk: Talk
    ) -> bool:
        """ "With 400 in mind, the Breeze is your desk": said of no product by the caller, and enough for each here."""
        about_none = (line for line in talk.callers if not self._names.mentions(line))
        if not is_budget(clause, figure, about_none):
            return False
        prices = [p for m in mentions for p in self._licences.prices_of(m.name).values()]
        return all(price <= figure.values[0] for price in prices)

    def _is_something_else(self, claim: Claim) -> bool:
        """Whether a number without a unit is no price, and may be said as what it is."""
        share = self._unitless.as_just_said(claim)
        return self._may_be_said(share) if share else self._unitless.is_no_price(claim)

    def _has_any_source(self, figure: Figure, talk: Talk) -> bool:
        return (
            any(figure.is_like(other) for other in talk.callers_figures())
            or any(set(figure.values) & {*t.figure.values, *t.figure.parts} for t, _ in talk.told())
            or self._licences.has(figure)
        )

    def _may_be_said(self, claim: Claim) -> bool:
        """Whether a price or a percentage may, or that something is free."""
        if "" in claim.about:  # a product that no document knows
            return False
        if claim.figure.kind == "free":
            return may_be_free(claim, self._licences)
        near = rounded(claim.clause, claim.figure)
        as_said = near is None or near[0] <= claim.figure.values[0] <= near[1]
        if as_said and self._holds_for_all(claim):
            return True
        if is_explained(claim.clause, claim.figure, claim.talk):
            return self._licences.has(claim.figure)
        if (
            claim.figure.kind == "price"
            and not is_priced(claim.clause, claim.figure, claim.own)
            and (
                worked_out(claim.clause, claim.found, claim.at, claim.talk)
                or self._is_the_difference(claim)
                or self._keeps_to_a_limit(claim)
                or self._is_said_again(claim)
            )
        ):
            return True
        exact = self._grounds.values_between(*near, claim) if near else []
        return any(self._holds_for_all(claim.with_value(value)) for value in exact)

    def _holds_for_all(self, claim: Claim) -> bool:
        """Whether it holds for each product that it is said of: "The Ridge and the Summit cost 549 dollars"."""
        clauses = _clauses(claim.talk.reply)
        before = clauses[-1] if clauses and not claim.own else ""
        alone = sum(other.kind == claim.figure.kind for other in claim.found) == 1
        if (
            (alone and claim.own)
            or _BOTH.search(claim.clause)
            or AS_MUCH.search(f"{before} {claim.clause}")
        ):
            return all(
                self._grounds.hold(claim, [name], of_each=True) for name in claim.about or [""]
            )
        return self._grounds.hold(claim, claim.about)

    def _is_the_difference(self, claim: Claim) -> bool:
        """ "The Summit is 200 dollars more", where the talk just named what it is compared with."""
        talk = claim.talk
        if not (says_more_or_less(claim.clause, claim.figure) or asks_for_difference(talk)):
            return False
        before = [*reversed(_clauses(talk.reply)), *talk.lines[:2]]
        others = [m.name for text in (claim.clause, *before) for m in self._names.mentions(text)]
        return any(
            is_difference(claim.clause, claim.figure, self._licences.prices_of(name), prices)
            for name in dict.fromkeys(claim.about)
            for prices in map(self._licences.prices_of, dict.fromkeys(others))
        )

    def _is_said_again(self, claim: Claim) -> bool:
        """ "So it's 39": the only price of the agent's last line, where nothing else has been named since."""
        talk, figure = claim.talk, claim.figure
        if len(talk.lines) < 2 or talk.lines[1] in talk.callers or claim.own or figure.noun:
            return False
        now = f"{talk.reply} {claim.clause}"
        names_more = self._names.charges_in(now) or self._names.telling(talk.lines[0])
        if names_more or self._names.mentions(f"{talk.lines[0]} {now}"):
            return False
        before = [f for f in figures_of(talk.lines[1]) if f.kind != "other"]
        return len(before) == 1 and figure.is_like(before[0]) and figure.period == before[0].period

    def _keeps_to_a_limit(self, claim: Claim) -> bool:
        """Whether an amount that the caller named is said as a limit, and the products keep to it."""
        if _SAVED.search(claim.clause):
            return False
        before = claim.clause[: claim.figure.start]
        if (
            _BEYOND.search(before) or _MARK.match(claim.clause, claim.figure.end)
        ) and self._licences.is_limit(claim.figure):
            return True  # "two Ridge desks take you over 1,000 dollars", from which on delivery is free
        said = limit(claim.clause, claim.figure)
        named = any(
            set(claim.figure.values) & set(figure.values) for figure in claim.talk.callers_figures()
        )
        # "The Breeze at 349 is below a thousand", from which on delivery is free
        if said is None or not (named or self._licences.is_limit(claim.figure)):
            return False
        prices = [p for name in claim.about for p in self._licences.prices_of(name).values()]
        return said.holds(prices) if prices else not said.needs_name

    def _talked_about(self, clause: str, talk: Talk, figure: Figure) -> list[str]:
        """The products that were named last; "" for one that no document knows."""
        clauses = _clauses(talk.reply)
        if clauses and _WHICH.match(clause) and (named := self._names.mentions(clauses[-1])):
            return [named[-1].name if named[-1].known else ""]  # "in the tray, which is 35 dollars"
        # "Is there a Black Friday deal?" - "I don't have that. The discounts I do have are": of no such thing.
        denied = figure.kind == "percent" and _DENIES.search(talk.reply) is not None
        for text in (*reversed(clauses), *talk.lines[:LOOKED_BACK]):
            meant = subjects(text, self._names.mentions(text))
            if denied and text in talk.callers and meant and not any(m.known for m in meant):
                return []
            if meant:
                return [m.name if m.known else "" for m in meant]
        return []


def _clauses(reply: str) -> list[str]:
    return [text for text in re.split(r"(?<=[.!?;,])\s+", reply) if text]
