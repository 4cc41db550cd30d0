"""What a figure of a sentence is said of, and for whom it holds."""

import re
from collections.abc import Iterable, Iterator, Sequence
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
    r"(?<!included )(?<!covered )\b(?:in|into|inside|onto|under)\s+(?:(?:the|our|an?|your)\s+)?$",
    re.IGNORECASE,
)
_IT_FITS = re.compile(
    r"\W*(?:it|they|that one|this one)\s+(?:fits?|suits?|matches|match|goes with|go with)\b", re.I
)
_LISTED = re.compile(r"\s*(?:,|and|or|,\s*and|,\s*or|&|/)\s*(?:the|our|a)?\s*", re.IGNORECASE)
_BOTH = re.compile(r"\s+(?:and|or)\s+(?:the|our|a)?\s*", re.IGNORECASE)
_RANGE = re.compile(r"\s*(?:to|[-–])\s*")
_OR_MORE = re.compile(r"\s+or more\b", re.IGNORECASE)
_AT_LEAST = re.compile(
    r"\b(?:at least|from|more than|over|above|beyond|past|reach)\s+$", re.IGNORECASE
)
_BORDER = re.compile(r"[,;.?!]\s|\s(?:and|or|but)\s", re.IGNORECASE)
_NOUN = re.compile(r"(?:\s+|(?<=\d)-)(?:or more\s+)?(?!or\b)([a-z]\w+)", re.IGNORECASE)
# "25 Ridge desks", "thirty black chairs"
_NAMED = re.compile(
    r"\s+(?:(?!(?:or|and|to|of|for|from|in|at|on|is|are|more|get|than|with|a|an|the|per|as|it)\b)[\w-]+\s+){1,2}?"
    r"(?!(?:is|as|was|has|does|this|its)\b)([a-z]\w+s)\b",
    re.IGNORECASE,
)
_WHO = re.compile(
    r"(?!Most|Many|Some|All|Our)([A-Z][\w-]*s(?:\s+(?!get|receive|pay|have)[\w-]+){0,4}|[A-Z]\w+ [a-z]+s)\s+"
    r"(?:get|receive|pay|have)\b"
)
_NEAR = 3  # of clause, reply and lines those in which a number without a noun may be meant
_ALONE = "alone"
_MORE = "more"
_FURTHER = re.compile(r"\s+(?:more|further|extra)\b", re.IGNORECASE)
_FROM = re.compile(
    r"\b(?:from|at|for|with|order|ordering|buy|buying|need|take|taking|want|plan|planning|on)\s+$",
    re.IGNORECASE,
)
_IN_PASSING = re.compile(r"\b(?:all|both|in|any|each|the|this|that|which|every)\s+$", re.IGNORECASE)
_LEANING = ("people", _ALONE)
_OF_US = re.compile(r"\s+of (?:us|you)\b", re.IGNORECASE)
_OF_THEM = re.compile(
    r"\s+(?:of (?:them|these|those)|in (?:total|all)|altogether)\b", re.IGNORECASE
)
_HOW_MANY = re.compile(r"\b(?:how many|quantit|discount|bulk)", re.IGNORECASE)
_MEANS_NOBODY = frozenset(map(stem, "all and our the with under over than most more".split()))
_OPEN = re.compile(r"\b(?:up to|depend\w*|bulk|volume|large)\b", re.IGNORECASE)


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


def holds_for(source: str, said: Sequence[str], *, member: bool = False) -> bool | None:
    """Whether what a source says of "ten or more desks", or of schools, holds in the talk `said`, the latest first.

    Where the source sets a condition, the talk has to name it. None: it sets none. `member`: the talk is about what
    those belong to whom the source is about.
    """
    named = None
    if (who := _WHO.match(source)) and not member and not _OPEN.search(said[0]):
        wanted = _stems(who[1]) - _MEANS_NOBODY
        words = {word for text in said for word in _stems(text)}
        if not wanted & words:
            return False
        named = True
    for low, high, noun in _ranges(source):
        # "Ten or more get eight percent"; "with 25 or more it's twelve percent. Assembly changes there too"
        here = next((one for one in map(conditions, said[:2]) if one), ())
        if here and here[-1] == low:
            return True
        quantities = _counted(said, noun)
        if not quantities:
            return _OPEN.search(said[0]) is not None
        # "8 percent for 10 to 24 desks and 12 percent for 25": one of them is meant.
        return any(low <= quantity <= high for quantity in quantities)
    return named


@lru_cache(maxsize=1_000)
def conditions(text: str) -> tuple[float, ...]:
    """From how many on a text says that something holds, in its order."""
    return tuple(
        float(f.values[0])
        for f in figures_of(text)
        if f.kind == "other"
        and not f.unit
        and (
            text[: f.end].endswith(" more")
            or _OR_MORE.match(text, f.end)
            or _AT_LEAST.search(text[: f.start])
        )
    )


def reached(source: str, said: Sequence[str]) -> float:
    """From how many on a source holds, where all that the talk counts are so many: 25; else 0."""
    for low, high, noun in _ranges(source):
        quantities = _counted(said, noun)
        return low if quantities and all(low <= n <= high for n in quantities) else 0
    return 0


def _counted(said: Sequence[str], noun: str) -> list[float]:
    """How many of something a talk is about, the latest first."""
    more = [n for n, what in _quantities(said[0]) if what == _MORE]
    if more and len(said) > 1:  # "one more", and there were 24
        return [n + more[0] for n in _counted(said[1:], noun)]
    here = [n for n, what in _quantities(said[0]) if what in (noun, _ALONE)]
    told = [[n for n, what in _quantities(text) if what in (noun, _ALONE)] for text in said]
    # "Ten is where it begins", and "at thirty?": what else would be counted there? "One forty" may be a width.
    counts = any(told) or any(map(_HOW_MANY.search, said))
    wanted = (noun, *_LEANING, "") if counts else (noun, *_LEANING)
    lately = [n for text in said[:_NEAR] for n, what in _quantities(text) if what in wanted]
    return next((counted for counted in (here, lately, *told) if counted), [])


@lru_cache(maxsize=1_000)
def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text))


@lru_cache(maxsize=1_000)
def _ranges(source: str) -> tuple[tuple[float, float, str], ...]:
    return tuple(_each_range(source))


@lru_cache(maxsize=1_000)  # one clause is compared with many statements
def _quantities(text: str) -> tuple[tuple[float, str], ...]:
    counted: list[tuple[float, str]] = []
    found = figures_of(text)
    for at, figure in enumerate(found):
        if figure.kind != "other" or figure.unit not in ("", "people") or figure.noun == "day":
            continue
        if figure.in_passing and figure.bare and _IN_PASSING.search(text[: figure.start]):
            continue  # "all three in one order"
        end = figure.end
        if at + 1 < len(found) and _RANGE.fullmatch(text[end : found[at + 1].start]):
            end = found[at + 1].end  # "from 20 to 25 desks"
        if _OF_US.match(text, end):
            counted.append((float(figure.values[0]), "people"))
            continue
        noun = _NOUN.match(text, end)
        if noun is None or not noun[1].endswith("s"):
            noun = _NAMED.match(text, end) or noun
        if _OF_THEM.match(text, end):
            counted.append((float(figure.values[0]), _ALONE))
        elif _FURTHER.match(text, figure.end):
            counted.append((float(figure.values[0]), _MORE))
        elif figure.unit:
            counted.append((float(figure.values[0]), figure.unit))
        elif figure.bare or noun is None:  # "eight percent from ten desks, twelve from twenty-five"
            # "From nine on" counts what the talk is about, "two more" may not.
            alone = _ALONE if _FROM.search(text[: figure.start]) else ""
            same = counted[-1][1] if counted else alone
            counted.append((float(figure.values[0]), same))
        else:
            counted.append((float(figure.values[0]), stem(noun[1])))
    return tuple(counted)


def _each_range(source: str) -> Iterator[tuple[float, float, str]]:
    """ "10 to 24 desks", "ten or more desks", "25 desks or more": from, to, of what."""
    found = [f for f in figures_of(source) if f.kind == "other"]
    for at, figure in enumerate(found):
        noun = _NOUN.match(source, figure.end)
        value = float(figure.values[0])
        if figure.unit:
            continue
        if at + 1 < len(found) and _RANGE.fullmatch(source[figure.end : found[at + 1].start]):
            if (noun := _NOUN.match(source, found[at + 1].end)) is not None:
                yield value, float(found[at + 1].values[0]), stem(noun[1])
            return
        if noun is None:
            continue
        more = _OR_MORE.match(source, figure.end) or _OR_MORE.match(source, noun.end())
        if more or _AT_LEAST.search(source[: figure.start]):
            yield value, float("inf"), stem(noun[1])
