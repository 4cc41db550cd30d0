"""Whether something may be said to be free.

A document or a tool has to say so of the same thing. Where it says so only from an amount on, or within some
distance, the talk has to have come to that: what it holds for is named, or the order is known to be large enough.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from sales_agent.claims import Claim
from sales_agent.knowledge.attribution import measures_of, part_of
from sales_agent.knowledge.counts import holds_for
from sales_agent.knowledge.figure import Figure
from sales_agent.knowledge.figures import figures_of
from sales_agent.knowledge.licence import Licence
from sales_agent.knowledge.licences import Licences
from sales_agent.knowledge.stems import stem
from sales_agent.knowledge.subjects import Mention, Vocabulary
from sales_agent.talk import Talk

_LEANS = re.compile(r"\W*(?:it|that|this|they|these|those)\b", re.I)
_OR_MORE = re.compile(r"\s+or (?:more|less|above|over)\b", re.I)
_LIMITS = re.compile(
    r"\b(?:within|from|over|above|at least|more than|under|below|up to|less than|first)\s+(?:the\s+)?$",
    re.I,
)
_BESIDE = re.compile(
    r"(?:\s+of [\w-]+)?\s*(?:(?:are|is|come|comes|completely|absolutely|all|for)\s+)*"
)
_BEHIND = re.compile(r"\s*(?:for|of)\s+(?:the\s+)?(?:first\s+)?")
_CAPITAL = re.compile(r"(?<=[^.!?]\s)[A-Z][\w-]+")  # within a sentence
_WORTH = re.compile(r"\border\w*\s+(?:for|of|worth|is)\s+$", re.I)
_AKIN = 4  # letters
_PIECES = 50  # of one thing, beyond which a number is no quantity of an order


def may_be_free(claim: Claim, licences: Licences) -> bool:
    """Whether what a clause says to be free is so in a document or a tool's result."""
    clause, talk, own = claim.clause, claim.talk, claim.own
    names = licences.vocabulary
    said_free = names.telling(clause[claim.figure.start : claim.figure.end])

    def telling(text: str) -> frozenset[str]:
        return names.telling_either(text) - said_free

    words = _what_is_free(claim, telling)
    named = {word for mention in own for word in names.key_words(mention.name)}
    span = _span_beside(clause, claim.found, claim.at)
    line = talk.lines[0] if talk.lines else ""
    # "Basic covers spills, free of charge"
    of = own or ([] if words or span else names.mentions(talk.sentence))
    if not (words or span):
        before = talk.reply if _LEANS.match(clause) else talk.sentence
        around = f"{before} {clause} {line}"
        # "With the Ridge it's free", of the delivery that was asked about; "anything on top?" is nothing.
        words = telling(around) & (names.charges if own else telling(around))
        named |= {word for m in names.mentions(around) for word in names.key_words(m.name)}
    for licence, _ in talk.told():
        if licence.figure.kind == "free" and words & names.telling(licence.text):
            return True
    texts = [clause, talk.reply, *talk.lines]
    wanted = {word[:_AKIN] for word in words} | set(map(stem, named))
    others = telling(clause) - {stem(word) for word in named} - words
    is_so, of_this, of_others = False, frozenset[str](), frozenset[str]()
    for licence in licences.free(wanted | measures_of([span] if span else [])):
        told = names.telling(f"{licence.topic} {licence.text}")
        source = figures_of(licence.text)
        if of and _is_of_others(licence, of, names):
            of_others |= others & names.telling(licence.text)
            continue
        of_this |= told
        if _is_elsewhere(licence.text, clause):
            continue
        if span and not any(
            span.unit == f.unit and set(span.values) & set(f.values) for f in source
        ):
            continue
        same_thing = span is not None or any(_akin(a, b) for a in words for b in told)
        if own and not words:  # "Solo is free"
            stated = any(figure.kind == "free" for figure in source)
            sources = names.mentions(f"{licence.topic}. {licence.text}")
            same_thing = stated and any(names.same(m.name, s.name) for m in own for s in sources)
        holds = same_thing and holds_for(licence.text, texts) is not False
        if holds and all(
            _is_met(licence.text, limit, talk, clause) or _is_ordered(limit, talk, licences)
            for limit in _limits(licence.text)
        ):
            is_so = True
    # "Damage by accident is repaired for free with Basic": repairs are, but that damage only with Plus.
    return is_so and of_others <= of_this


def _what_is_free(claim: Claim, telling: Callable[[str], frozenset[str]]) -> frozenset[str]:
    """The words of the thing: right behind "free", else the last before it, else any."""
    figure, clause = claim.figure, claim.clause
    part = part_of(clause, claim.found, claim.at)
    start = max(clause.find(part), 0)
    behind = re.match(r"\s+([\w'’-]+)", clause[figure.end :])
    if clause[figure.start : figure.end].casefold() == "free" and behind and telling(behind[1]):
        return telling(behind[1])
    for word in reversed(clause[start : figure.start].split()):
        if told := telling(word):
            return told
    return telling(clause[figure.end : start + len(part)])


def _akin(one: str, other: str) -> bool:
    """Whether two stems are of one word: "pickup" and "pick up"."""
    return one == other or (
        min(len(one), len(other)) >= _AKIN and (one.startswith(other) or other.startswith(one))
    )


def _is_of_others(licence: Licence, own: Sequence[Mention], names: Vocabulary) -> bool:
    """Whether a source, or the heading above, says it only of other products: "included in Team, 4.90 with Solo"."""
    source = licence.text
    free = next((f for f in figures_of(source) if f.kind == "free"), None)
    part = re.split(r"[,;]\s", source[free.start if free else 0 :])[0]
    told = names.mentions(part) or names.mentions(source) or names.mentions(licence.topic)
    return bool(told) and not any(names.same(m.name, t.name) for m in own for t in told)


def _is_elsewhere(source: str, clause: str) -> bool:
    """Whether both name places or the like, and none in common: "free in the EU" is not so in Switzerland."""
    said, written = (set(_CAPITAL.findall(text)) for text in (clause, source))
    return bool(said and written) and not said & written


def _span_beside(clause: str, found: Sequence[Figure], at: int) -> Figure | None:
    """The "two months" of "two months free" or of "free for two months"."""
    free = found[at]
    for other in found:
        if other.kind != "other" or not other.unit:
            continue
        if other.end <= free.start and _BESIDE.fullmatch(clause[other.end : free.start]):
            return other
        if other.start >= free.end and _BEHIND.fullmatch(clause[free.end : other.start]):
            return other
    return None


def _limits(source: str) -> Iterator[Figure]:
    for figure in figures_of(source):
        measured = figure.kind == "other" and figure.unit not in ("", "clock")
        if (figure.kind == "price" or measured) and (
            _OR_MORE.match(source, figure.end) or _LIMITS.search(source[: figure.start])
        ):
            yield figure


def _is_ordered(limit: Figure, talk: Talk, licences: Licences) -> bool:
    """Whether the products that the caller names cost as much together: "I'd like a Summit and a Cedar chair"."""
    if limit.kind != "price":
        return False
    lines = [line for line in talk.lines[:3] if line in talk.callers]
    named = {m.name for line in lines for m in licences.vocabulary.mentions(line) if m.known}
    prices = filter(None, (licences.prices_of(name).values() for name in named))
    return sum(map(min, prices)) >= limit.values[0]


def _is_met(source: str, limit: Figure, talk: Talk, clause: str) -> bool:
    """Whether the talk has come to a limit: it is named, or the order reaches it."""
    said = [f for text in (clause, talk.reply, *talk.lines[:3]) for f in figures_of(text)]
    if any(set(f.values) & set(limit.values) for f in said):
        return True
    if limit.kind == "price":
        prices = [f.values[0] for f in said if f.kind == "price"]
        # "What if I order for 1,200?"
        for text in talk.lines[:1]:
            orders = (f for f in figures_of(text) if f.bare and _WORTH.search(text[: f.start]))
            prices += [f.values[0] for f in orders]
        pieces = [f.values[0] for f in said if f.kind == "other" and not f.unit]
        most = max((n for n in pieces if n <= _PIECES), default=Decimal(1))
        return bool(prices) and max(prices) * most >= limit.values[0]
    same = [f.values[0] for f in said if f.unit and f.unit == limit.unit]
    at_most = re.search(
        r"\b(?:within|under|below|up to|less than)\s+$", source[: limit.start], re.I
    )
    return any(v <= limit.values[0] if at_most else v >= limit.values[0] for v in same)
