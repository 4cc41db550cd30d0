"""How many of something a talk is about, and whether what a source says of "ten or more desks" holds there."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from sales_agent.knowledge.figures import figures_of
from sales_agent.knowledge.stems import stem

_RANGE = re.compile(r"\s*(?:to|[-–])\s*")
_OR_MORE = re.compile(r"\s+or more\b", re.IGNORECASE)
_AT_LEAST = re.compile(
    r"\b(?:at least|from|more than|over|above|beyond|past|reach)\s+$", re.IGNORECASE
)
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
_THESE = "these"
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
    here = [n for n, what in _quantities(said[0]) if what in (noun, _ALONE, _THESE)]
    told = [[n for n, what in _quantities(text) if what == noun] for text in said]
    # "Ten is where it begins", and "at thirty?": what else would be counted there? "One forty" may be a width.
    counts = any(told) or any(map(_HOW_MANY.search, said))
    wanted = (noun, *_LEANING, "") if counts else (noun, *_LEANING)
    lately = [
        n
        for text, of_it in zip(said[:_NEAR], told, strict=False)
        for n, what in _quantities(text)
        if what in wanted
        or (what == _THESE and not of_it)  # not "12 desks and 13 lamps, 25 in total"
    ]
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
            counted.append((float(figure.values[0]), _THESE))
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
