"""What a figure of a sentence is said of."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from sales_agent.knowledge.figure import Figure
from sales_agent.knowledge.figures import figures_of
from sales_agent.knowledge.stems import stem, telling_stems
from sales_agent.knowledge.subjects import Mention

_COMPARED = re.compile(
    r"\b(?:than|unlike|compared (?:to|with)|instead of|beside|versus|over|while|whereas|where|against)"
    r"\s+(?:the|our|a)?\s*$",
    re.IGNORECASE,
)
_IS = re.compile(r"(?:\s+ones?)?(?:\s+(?:is|are|costs?|at|comes?|rents?)\b|['’]s\b)", re.IGNORECASE)
_IT_IS = re.compile(
    r"(?:.*[.,;:]\s)?\W*(?:(?:and|but|so|then|well|yes|no|in that case)\W+)*(?:it|that|this|they|these|those)"
    r"(?:['’](?:s|re)|\s+(?:is|are|costs?|comes?|rents?|starts?|would be|will be)\b)[^.,;:]*",
    re.IGNORECASE,
)
_FOR = re.compile(
    r"^(?:\s+(?:an?|per|each)\s+\w+)?\s+(?:for|of|on)\s+(?:(?:the|our|an?|each|every)\s+)?$",
    re.IGNORECASE,
)
AS_MUCH = re.compile(r"\b(?:as much as|the same(?: price)? as|same price)\b", re.IGNORECASE)
_WITH = re.compile(r"\bwith(?:out)?(?:\s+[\w-]+)?\s+$", re.IGNORECASE)
_INSIDE = re.compile(
    r"\b(?:in|into|inside|onto|under)\s+(?:(?:the|our|an?|your)\s+)?$", re.IGNORECASE
)
_IT_FITS = re.compile(
    r"\W*(?:it|they|that one|this one)\s+(?:fits?|suits?|matches|match|goes with|go with)\b", re.I
)
_LISTED = re.compile(r"\s*(?:,|and|or|,\s*and|,\s*or|&|/)\s*(?:the|our|a)?\s*", re.IGNORECASE)
_BOTH = re.compile(r"\s+(?:and|or)\s+(?:the|our|a)?\s*", re.IGNORECASE)
_BORDER = re.compile(r"[,;.?!]\s|\s(?:and|or|but)\s", re.IGNORECASE)


def said_of(
    text: str, mentions: Sequence[Mention], found: Sequence[Figure], at: int
) -> list[Mention]:
    """The names that one price or percentage is said of: those right before it, else those right after it."""
    figure = found[at]
    if figure.kind == "other" or not mentions:
        return []
    if AS_MUCH.search(text):
        return list(mentions)
    counted = [f for f in found if f.kind != "other"]
    index = counted.index(figure)
    start = counted[index - 1].end if index else 0
    end = counted[index + 1].start if index + 1 < len(counted) else len(text)
    inside = [m for m in mentions if start <= m.start < figure.start]
    behind = [m for m in mentions if figure.end <= m.start < end]
    if mentions[0].start > counted[0].start:  # "349 dollars for the Breeze"
        if inside and _IS.match(text, inside[-1].end):  # "it's 749 dollars and the Ridge is 549"
            return _last_list(text, inside)
        if _IT_IS.fullmatch(text[: figure.start]):  # "it's 375 dollars with one bartender"
            behind = [m for m in behind if _FOR.search(text[figure.end : m.start])]
        last = counted[-1] is figure
        return _first_list(text, [m for m in behind if last or not _IS.match(text, m.end)])
    if not inside and index:
        if behind and _FOR.search(text[figure.end : behind[0].start]):
            return behind[:1]  # "the Ridge is 549 against 349 for the Breeze"
        # "549 dollars, or 505 with the discount"
        return said_of(text, mentions, found, found.index(counted[index - 1]))
    return _last_list(text, plain(text, inside) or inside)


def plain(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """Without those that something is only compared with, or comes with: "unlike the Ridge", "with two bartenders"."""
    return [
        m
        for at, m in enumerate(mentions)
        if not _COMPARED.search(text[: m.start]) and not (at and _WITH.search(text[: m.start]))
    ]


@lru_cache(maxsize=1_000)
def content(text: str) -> frozenset[str]:
    """Stems of the words of a text that tell what it is about, names too; and the measures among its figures."""
    return telling_stems(text) | measures_of(figures_of(text))


def beside(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """Without those that something only comes with: "it's 375 dollars with one bartender"."""
    return [m for m in mentions if not _WITH.search(text[: m.start])]


def subjects(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """Those that a text is about: not the tray of "it fits in the cable tray", nor the desk of "it fits the desk"."""
    if _IT_FITS.match(text):
        return []
    return [m for m in plain(text, mentions) if not _INSIDE.search(text[: m.start])]


def measures_of(found: Iterable[Figure]) -> frozenset[str]:
    """ "24 month", as a word, for "24 months" and for "two years"; "3 mover" for "three movers"."""
    measures: set[str] = set()
    for figure in found:
        if figure.kind == "other" and figure.noun and not figure.unit:
            measures.add(f"{figure.values[0].normalize():f} {stem(figure.noun)}")
        elif figure.kind == "price" and figure.bound == "over":
            measures.add(f"{figure.values[0].normalize():f} money")
        elif figure.kind == "other" and figure.unit not in ("", "clock", "pound"):
            months = figure.values[0] * 12 if figure.unit == "year" else figure.values[0]
            unit = "month" if figure.unit == "year" else figure.unit
            measures.add(f"{months.normalize():f} {unit}")
    return frozenset(measures)


def part_of(text: str, found: Sequence[Figure], at: int) -> str:
    """The words that stand with one of several figures of a sentence: "450 for half a day", not "800 for a full"."""
    start, end = part_span(text, found, at)
    return text[start:end]


def part_span(text: str, found: Sequence[Figure], at: int) -> tuple[int, int]:
    """Where those words stand."""
    # "Two pounds a week for cover up to 2,000": such a limit belongs to the price beside it.
    limits_apart = found[at].kind == "price" and found[at].bound != "over"
    counted = [f for f in found if f.kind != "other" and not (limits_apart and f.bound == "over")]
    index = counted.index(found[at])
    start, end = 0, len(text)
    if index:
        start = _border(text, counted[index - 1].end, counted[index].start)
    if index + 1 < len(counted):
        end = _border(text, counted[index].end, counted[index + 1].start)
    return start, end


def _border(text: str, start: int, end: int) -> int:
    borders = [match.start() for match in _BORDER.finditer(text, start, end)]
    return borders[-1] if borders else start


def _first_list(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """The first name and those that are listed with it: "549 dollars for the Ridge and the Summit"."""
    kept = list(mentions[:1])
    for mention in mentions[1:]:
        if not _BOTH.fullmatch(text[kept[-1].end : mention.start]):
            break
        kept.append(mention)
    return kept


def _last_list(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """The last name, with those that are listed with it: "the Willow and the Cedar chair"."""
    kept = list(mentions[-1:])
    for mention in reversed(mentions[:-1]):
        if not _LISTED.fullmatch(text[mention.end : kept[0].start]):
            break
        kept.insert(0, mention)
    return kept
