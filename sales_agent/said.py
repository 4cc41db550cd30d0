"""What a price or a percentage of a clause is said of: a product, a part that is charged beside it, or a kind."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sales_agent.knowledge.figure import Figure
from sales_agent.knowledge.figures import figures_of
from sales_agent.knowledge.stems import stem
from sales_agent.knowledge.subjects import Mention, Vocabulary
from sales_agent.talk import Talk

# "Our three desks", but not "ten desks": those cost ten times as much.
_KINDS = re.compile(
    r"\b(?:our|the|all|both|all our|all the|with|your)\s+(?:(?:two|three|four|five|other)\s+)?([a-z]+s)\b"
    r"|(?:^|\band\s+)([a-z]+s)\s+(?:are|start|cost|run|begin)\b",
    re.I,
)
_ASKED_FOR = re.compile(r"(?<!\d )\b([a-z]+s)\b|\b(?:an?|any|another)\s+(?:[a-z]+\s+)?([a-z]+)\b")
_EACH = re.compile(r"\b(?:each|apiece|per|a piece|every|one)\b", re.IGNORECASE)
_OF = re.compile(
    r"\b([\w-]+)\s+(?:of|for|on|with|to)\s+(?:(?:the|our|a|an|your|one|each)\s+)?$", re.I
)
_ITS = re.compile(r"(?:['’]s)?\s+([\w-]+)")
# "39 dollars for delivery", "39 dollars per order for delivery", and "the 89 dollar assembly fee"
_BEHIND = re.compile(
    r"(?:\s+(?:an?|per|each)\s+[a-z]+)?\s+(?:for|to)\s+(?:the\s+|an?\s+)?(?P<what>[\w-]+)"
    r"|[\s-]+(?P<fee>[\w-]+)\s+(?:fee|charge|cost|surcharge)\b",
    re.I,
)
_OTHERWISE = re.compile(
    r"\W*(?:(?:and|but)\s+)?(?:otherwise\b|(?:(?:below|under) that|if not)(?:,|\s+(?:it|they|you)\b))",
    re.I,
)


@dataclass(frozen=True)
class Said:
    """What a figure of a clause is said of."""

    names: tuple[str, ...]
    part: str = ""
    """Stem of something that is charged beside the product: "assembly of the Summit desk"."""
    group: str = ""
    """A kind of product, where a range is told: "our desks start at"."""
    several: bool = False
    """Of many at once."""

    @classmethod
    def of(cls, clause: str, figure: Figure, own: Sequence[Mention], names: Vocabulary) -> "Said":
        if own:
            first, last = own[0], own[-1]
            beside = (
                _OF.search(clause[: first.start]),
                _ITS.match(clause[last.end : figure.start]) if last.end < figure.start else None,
            )
            stems = [stem(match[1]) for match in beside if match]
            part = next((s for s in stems if s in names.charges), "")
            return cls(tuple(m.name for m in own), part, several=_several(clause, figure, own))
        return cls((), group=kind_in(clause, names))


def kind_in(text: str, names: Vocabulary, *, asked: bool = False) -> str:
    """The kind of products that a text is about. `asked`: by a caller, who says "I need a desk"."""
    matches = (_ASKED_FOR if asked else _KINDS).finditer(text.casefold())
    words = (word for match in matches for word in match.groups() if word)
    return next((kind for word in words if (kind := word.removesuffix("s")) in names.heads), "")


def charges_said(
    clause: str, figure: Figure, talk: Talk, names: Vocabulary, *, named: bool
) -> list[str]:
    """Stems of what is charged beside a product that a price may be said of; "" for none. `named`: a product is."""
    line = talk.lines[0] if talk.lines else ""
    # "Assembly is 89, but I'd do it for 39": of assembly, where nothing else is named after it.
    sentence = re.split(r"[.!?]\s", f"{talk.reply}{clause[: figure.start]}")[-1]
    if free := [f.end for f in figures_of(sentence) if f.kind == "free"]:
        sentence = sentence[free[-1] :]  # "delivery is free, so it's just the 549"
    sources = [sentence] if named else [sentence, line]
    if match := _BEHIND.match(clause, figure.end):
        sources.insert(0, match["what"] or match["fee"])
    if is_otherwise(clause, talk):
        sources.append(talk.reply)
    texts = map(names.in_words_of_documents, sources)
    asked = charge_asked(names.in_words_of_documents(line), names)
    return next(filter(None, map(names.charges_in, texts)), [asked])


def is_otherwise(clause: str, talk: Talk) -> bool:
    """Whether a clause is about what the price before it leaves: "It's 59 from 25 desks on. Otherwise it's 89"."""
    if not _OTHERWISE.match(clause):
        return False
    return any(figure.kind != "other" for figure in figures_of(talk.reply))


def charge_asked(text: str, names: Vocabulary) -> str:
    """Stem of what is charged for a product: "what's the delivery on one Ridge?"."""
    of = (_OF.search(text[: mention.start]) for mention in names.mentions(text))
    return next((s for match in of if match and (s := stem(match[1])) in names.charges), "")


def _several(clause: str, figure: Figure, own: Sequence[Mention]) -> bool:
    """Whether it is the price of more than one: "ten Summit desks cost", without "each"."""
    counted = figures_of(clause[: own[0].start])
    return (
        figure.kind == "price"
        and bool(counted)
        and counted[-1].kind == "other"
        and not counted[-1].unit  # "the 16-foot trailer"
        and counted[-1].values[0] > 1
        and not clause[counted[-1].end : own[0].start].strip(" -")
        and _EACH.search(clause[own[-1].end :]) is None
    )
