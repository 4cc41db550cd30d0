"""Whether documents or tools say a price or a percentage of what a clause says it of."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from sales_agent.claims import Case, Claim
from sales_agent.columns import is_as_headed, is_said_of, same_row
from sales_agent.knowledge.attribution import (
    content,
    part_of,
    said_of,
)
from sales_agent.knowledge.counts import holds_for, reached
from sales_agent.knowledge.figure import Figure
from sales_agent.knowledge.figures import figures_of
from sales_agent.knowledge.ledger import OVER, subject_of
from sales_agent.knowledge.licence import Licence
from sales_agent.knowledge.licences import Licences
from sales_agent.knowledge.numerals import may_have_numbers
from sales_agent.knowledge.stems import GENERIC_STEMS, WORD, stem, telling_stems
from sales_agent.knowledge.subjects import without_idioms
from sales_agent.likely import Likely
from sales_agent.said import Said, charges_said, kind_in

_NEAREST = 8  # exact values that a rounded one is taken for
_PIECE = frozenset({"piece", "item", "unit", "person", "head", "order", "pop"})
_SAVES = re.compile(r"\bsav(?:e|es|ing)\b(?![^,;.]*\bthe $)[^,;.]*$", re.IGNORECASE)
COMPARED = re.compile(
    r"\b(?:instead of|rather than|compared (?:to|with)|versus|against|than)\s+$", re.I
)
# What a word weighs by where it was said: with the figure, in its clause, before it, and by the caller.
_WITH, _IN_CLAUSE, _IN_SENTENCE, _IN_REPLY, _ASKED, _EARLIER = 3.0, 1.0, 1.5, 1.0, 1.5, 0.5


class Grounds:
    """Looks for what a claim rests on."""

    def __init__(self, licences: Licences) -> None:
        self._licences = licences
        self._names = licences.vocabulary
        self._likely = Likely(licences)

    def hold(self, claim: Claim, names: Sequence[str], *, of_each: bool = False) -> bool:
        """Whether a tool or a document says it of one of these names. `of_each`: it is said of every one of several."""
        figure, talk = claim.figure, claim.talk
        about = [name for name in names if name]
        said = self._said_of(claim, about)
        for licence, result in talk.told():
            if figure.is_like(licence.figure) and self._tool_holds(licence, result, about):
                return True
        # What many of them cost, and what is saved, a tool has to work out.
        saves = figure.kind == "price" and _SAVES.search(claim.clause[: figure.start])
        if said.several or saves:
            return False
        clause = without_idioms(claim.clause)
        context = clause if claim.own else f"{clause} {talk.reply} {' '.join(talk.lines[:1])}"
        words = self._names.telling_either(context)
        ranked = self._licences.best(figure, self._context(claim), self._close_words(claim))
        texts = claim.counted_in
        # "Assembly is 89" is not so of 40 desks, unless it is what the true price is compared with.
        compared = COMPARED.search(claim.clause[: figure.start]) or figure.bound == "from"
        charged = said.part if not compared else ""
        rivals = [*ranked.better, *ranked.as_well]
        rivals += self._licences.prices_with(charged) if charged else []
        highest = max((reached(rival.text, texts) for rival in rivals), default=0.0)
        case = Case(claim, about, said, words, ranked, texts, bool(charged), highest)
        return self._is_stated(case, of_each) or self._likely.holds(case)

    def _is_stated(self, case: Case, of_each: bool) -> bool:
        claim, ranked = case.claim, case.ranked
        in_words = False
        for licence in self._stating(case):
            how = self._states(licence, case)
            if how == "of it":
                return True
            in_words = in_words or how == "in its words"
        quoted = _runs_of(claim.clause) & {run for one in ranked.told for run in _runs_of(one.text)}
        as_well = [other for other in ranked.as_well if not quoted - _runs_of(other.text)]
        if not ranked.told or any(self._is_rival(o, case) for o in (*ranked.better, *as_well)):
            return False
        return in_words or any(
            self._tells(licence, case, of_each=of_each) for licence in ranked.told
        )

    def _stating(self, case: Case) -> Iterator[Licence]:
        """The statements that have the figure, and a word of what it is said of, but for those that others beat."""
        figure = case.claim.figure
        wanted = {word for name in case.about for word in self._names.key_words(name)}
        wanted |= case.words | ({case.said.group} if case.said.group else set())
        if figure.kind == "percent":  # "ten or more desks" names nothing that tells it
            wanted |= {"or more", " to ", "discount", "get"}
        for licence in self._licences.of(figure, wanted):
            same = figure.is_like(licence.figure) and self._counts_as(figure, licence, case.about)
            if same and not self._is_beaten(licence, case):
                yield licence

    def _is_beaten(self, licence: Licence, case: Case) -> bool:
        """ "Ten or more desks" are thirty too, but more is said of "twenty-five or more"."""
        least = reached(licence.text, case.texts)
        return bool(least or case.charged) and least < case.highest

    def _is_rival(self, other: Licence, case: Case) -> bool:
        """What holds for 25 desks or more is none where there are fewer, and a deposit none to "a month"."""
        period = case.claim.figure.period
        as_often = not period or period == other.figure.period
        return as_often and self._holds_for(other, case.texts) is not False

    def _close_words(self, claim: Claim) -> frozenset[str]:
        """What stands with a figure; where that says nothing, what was said or asked just before."""
        part = content(part_of(claim.clause, claim.found, claim.at))
        alone = sum(other.kind == claim.figure.kind for other in claim.found) == 1
        if part or not alone:
            return part
        return content(claim.talk.sentence) or content(" ".join(claim.talk.lines[:1]))

    def _tells(self, licence: Licence, case: Case, *, of_each: bool) -> bool:
        """Whether the statement that words tell best may be about what the clause names."""
        claim, part = case.claim, case.said.part
        if not self._counts_as(claim.figure, licence, case.about):
            return False
        tied = bool(claim.own) or self._names_it_just_before(claim)
        if tied and self._is_of_others(licence, claim.figure, case.about):
            return False
        if part and part not in self._names.telling(f"{licence.topic} {licence.text}"):
            return False
        if not self._is_rival(licence, case) or self._is_beaten(licence, case):
            return False
        if of_each and len(claim.about) > 1:
            wanted = {word for name in case.about for word in self._names.key_words(name)}
        else:
            wanted = set(_folded_words(" ".join(claim.clause[m.start : m.end] for m in claim.own)))
        return wanted <= set(_folded_words(f"{licence.lead} {licence.topic} {licence.text}"))

    def _names_it_just_before(self, claim: Claim) -> bool:
        """ "Plus is made for you: it covers accidents for five dollars": the sentence names it, and no number since."""
        before = f"{claim.talk.sentence}{claim.clause[: claim.figure.start]}"
        return bool(self._names.mentions(before)) and not may_have_numbers(before)

    def _is_least(self, figure: Figure, kind: str) -> bool:
        """Whether products of a kind start at a price: "our desks start at 349"."""
        of_kind = self._names.of_kind(kind)
        prices = [min(p.values()) for n in of_kind if (p := self._licences.prices_of(n))]
        return not prices or min(prices) in figure.values

    def values_between(self, low: Decimal, high: Decimal, claim: Claim) -> list[Decimal]:
        """What documents and tools have between two amounts."""
        told = (v for licence, _ in claim.talk.told() for v in licence.figure.values)
        written = self._licences.values_between(low, high, claim.figure.kind)
        found = {*(value for value in told if low <= value <= high), *written}
        return sorted(found, key=lambda value: abs(value - claim.figure.values[0]))[:_NEAREST]

    def _context(self, claim: Claim) -> dict[str, float]:
        """The words that a claim is said among, and what each of them weighs."""
        talk = claim.talk
        weights: dict[str, float] = {}
        for weight, text in (
            (_EARLIER, " ".join(talk.lines[1:3])),
            (_IN_REPLY, talk.reply),
            (_ASKED, talk.lines[0] if talk.lines else ""),
            (_IN_SENTENCE, talk.sentence),
            (_IN_CLAUSE, claim.clause),
            (_WITH, part_of(claim.clause, claim.found, claim.at)),
        ):
            text = without_idioms(text)
            for word in content(text) | content(self._names.in_words_of_documents(text)):
                weights[word] = max(weight, weights.get(word, 0.0))
        for run in _runs(
            claim.clause
        ):  # the name of a row, where it is made of words that tell nothing alone
            weights[run] = _WITH
        for word in telling_stems(claim.clause[claim.figure.start : claim.figure.end]):
            weights.pop(word, None)  # "half price" tells nothing but the figure itself
        if claim.figure.bound:
            weights[OVER] = _WITH if claim.figure.bound == "over" else _ASKED
        return weights

    def _said_of(self, claim: Claim, about: Sequence[str]) -> Said:
        clause, figure, talk = claim.clause, claim.figure, claim.talk
        said = Said.of(clause, figure, claim.own, self._names)
        line = talk.lines[0] if talk.lines else ""
        if not (claim.own or about or said.group):
            said = replace(said, group=kind_in(line, self._names, asked=True))
        start = max((f.end for f in claim.found[: claim.at] if f.kind != "other"), default=0)
        if said.part or figure.kind == "percent" or any(m.end > start for m in claim.own):
            return said
        prices = [f for f in claim.found if f.kind == "price"]
        charges = charges_said(clause, figure, talk, self._names, named=bool(about))
        # "Delivery and assembly are extra, at 39 and 89": in their order.
        in_turn = len(charges) == len(prices) and len(set(charges)) > 1
        return replace(said, part=charges[prices.index(figure) if in_turn else -1])

    def _tool_holds(self, licence: Licence, result: str, about: Sequence[str]) -> bool:
        if not about:
            return True
        named = [m.name for m in self._names.mentions(licence.text)]
        # "7,490 dollars in all" names none: it is about all that the result names.
        named = named or [m.name for m in self._names.mentions(result)]
        return not named or any(self._names.same(a, b) for a in about for b in named)

    def _states(self, licence: Licence, case: Case) -> Literal["", "in its words", "of it"]:
        """How a statement of a document is about what the clause is about: by a name, or only by words."""
        how = self._named_or_worded(licence, case)
        rivals = [] if is_as_headed(case.claim.figure, licence) else case.ranked.better
        beside = (other for other in rivals if same_row(licence, other))
        if how == "of it" and any(
            self._is_rival(other, case) and is_said_of(other, licence, case.claim)
            for other in beside
        ):
            return ""
        return how

    def _named_or_worded(
        self, licence: Licence, case: Case
    ) -> Literal["", "in its words", "of it"]:
        figure, said, about = case.claim.figure, case.said, case.about
        words, texts = case.words, case.texts
        source = figures_of(licence.text)
        mentions = self._names.mentions(licence.text)
        named = {
            m.name
            for at, other in enumerate(source)
            if set(other.values) & set(figure.values) and other.kind == figure.kind
            for m in said_of(licence.text, mentions, source, at)
        }
        telling = self._names.telling(f"{licence.topic} {licence.text}")
        if said.part and said.part not in telling:
            return ""
        holds = self._holds_for(licence, texts)
        if holds is False:
            return ""
        if named:
            if any(self._names.same(a, b) for a in about for b in named):
                return "of it"
            heads = {name.split()[-1].casefold() for name in named}
            of_kind = not said.names and said.group in heads
            least = figure.bound != "from" or self._is_least(figure, said.group)
            return "of it" if of_kind and least else ""
        wider = [m.name for m in self._names.mentions(f"{licence.lead}. {licence.topic}")]
        if any(self._names.same(a, b) for a in about for b in wider):
            return "of it"
        # A discount on desks and chairs is none on a lamp.
        kinds = self._names.kinds_in(licence.text)
        names = said.names or (() if self._names.kinds_in(case.claim.clause) else about)
        if figure.kind == "percent" and kinds and names:
            heads = {name.split()[-1].casefold() for name in names}
            if not heads & kinds:
                return ""
        # A discount for "ten or more desks" names nothing else that it could be told by.
        if holds is True and (figure.kind == "percent" or telling & words):
            return "of it"
        if said.part and telling & words:  # a charge of that name
            return "of it"
        return "in its words" if telling & words else ""

    def _holds_for(self, licence: Licence, texts: Sequence[str]) -> bool | None:
        """As attribution has it; who is told of the Smile Club is told what its members get."""
        club = [m.name for m in self._names.mentions(licence.topic)]
        talk = [m.name for text in texts for m in self._names.mentions(text)] if club else []
        member = any(self._names.same(a, b) for a in talk for b in club)
        return holds_for(licence.text, texts, member=member)

    def _is_of_others(self, licence: Licence, figure: Figure, about: Sequence[str]) -> bool:
        """Whether the words that stand with a figure of a statement name other products."""
        source = figures_of(licence.text)
        texts = [subject_of(licence.text)] + [
            part_of(licence.text, source, at)
            for at, other in enumerate(source)
            if other.kind == figure.kind and set(other.values) & set(figure.values)
        ]
        told = [m.name for text in texts for m in self._names.mentions(text)]
        return bool(told) and not any(self._names.same(a, b) for a in about for b in told)

    def _counts_as(self, figure: Figure, licence: Licence, about: Sequence[str]) -> bool:
        """Whether "79 dollars per desk" may be said where a document has 79: it has to know of desks there."""
        if (
            figure.kind != "price"
            or not figure.noun
            or licence.figure.noun
            or figure.noun in _PIECE
        ):
            return True
        known = content(f"{licence.topic} {licence.text}") | {s for n in about for s in content(n)}
        return figure.noun in known


@lru_cache(maxsize=1_000)
def _runs_of(text: str) -> frozenset[str]:
    """Each four words in a row, but numbers: who says the same four speaks of the same."""
    words = [word.casefold() for word in WORD.findall(text)]
    runs = (" ".join(words[at : at + 4]) for at in range(len(words) - 3))
    return frozenset(run for run in runs if not may_have_numbers(run))


def _runs(text: str) -> list[str]:
    words = [word.casefold() for word in WORD.findall(text)]
    runs = [words[at : at + n] for n in (2, 3) for at in range(len(words) - n + 1)]
    return [" ".join(run) for run in runs if any(stem(word) in GENERIC_STEMS for word in run)]


def _folded_words(text: str) -> list[str]:
    return [word.casefold().removesuffix("s") for word in re.findall(r"[^\W_]+", text)] + [
        word.casefold() for word in WORD.findall(text)
    ]
