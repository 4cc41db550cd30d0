"""Numbers in a text, in digits and in English words, with every value that they may be heard as.

"seven forty-nine" may be 749 or 7.49, "ten thirty" a number or a time, "1.299" a thousand or not: all readings are
kept, and whoever compares two texts takes any of them. Not read: Roman numerals, words of other languages.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

_UNITS = {
    word: n
    for n, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
        " sixteen seventeen eighteen nineteen".split()
    )
} | {"oh": 0, "nought": 0}
_TENS = {
    word: 10 * n
    for n, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )
}
_SCALES = {"hundred": 100, "thousand": 1_000, "grand": 1_000, "million": 10**6, "billion": 10**9}
_SUFFIXES = {"k": 1_000, "m": 10**6}
_ORDINALS = {
    word: n
    for n, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
        " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split(),
        start=1,
    )
} | {"thirtieth": 30}
_MONTHS = "|".join([*list(calendar.month_name)[1:], *list(calendar.month_abbr)[1:]])

_DIGITS = r"\d+(?:[.,]\d+)*"
_WORDS = "|".join(sorted([*_UNITS, *_TENS, *_SCALES, "dozen"], key=len, reverse=True))
_TOKEN = re.compile(
    rf"(?P<time>(?<![\d:.,])\d{{1,2}}:\d\d(?![\d:]))"
    rf"|(?P<digits>{_DIGITS})(?:(?P<suffix>[km])\b)?"
    rf"|\b(?!ones\b)(?P<word>{_WORDS})(?:s\b)?(?![^\W\d_])"
    rf"|\b(?P<a>an?)(?=[\s-]+(?:hundred|thousand|million|billion|grand|dozen|dollar|euro|buck|franc|pound)\b(?! of\b))",
    re.IGNORECASE,
)
_LEADS_ON = re.compile(r"(?:[\s-]+(?:and[\s-]+)?|\s*)", re.IGNORECASE)
_POINT = re.compile(r"\s+point\s+", re.IGNORECASE)
_GLUED = re.compile(r" |-|\)[ -]?")  # "(208) 555-0142"
_HALF = re.compile(r"\s+and\s+a\s+half\b", re.IGNORECASE)
_ORDINAL = re.compile(
    rf"\b(?:{_MONTHS})\.?\s+(?:the\s+)?(?P<after>(?:twenty|thirty)?-?\s?(?:{'|'.join(_ORDINALS)}))\b"
    rf"|\b(?P<before>(?:twenty|thirty)?-?\s?(?:{'|'.join(_ORDINALS)}))\s+of\s+(?:{_MONTHS})\b",
    re.IGNORECASE,
)


_DIGIT = re.compile(r"\d")  # of every script
_NUMBER_WORDS = frozenset(
    [*_UNITS, *_TENS, *_SCALES, "dozen", "dozens", *(f"{w}s" for w in _SCALES)]
)
_NUMBER_WORDS |= {"dollar", "euro", "buck", "franc", "pound"}  # "a dollar"
_NUMBER_WORDS |= {*_ORDINALS, *(f"{w}s" for w in (*_UNITS, *_TENS))}
_APART = str.maketrans({sign: " " for sign in "-–—.,;:!?()[]\"'“”’/|*_$€£%+&"})
_MONTHS_SHORT = [name.casefold() for name in list(calendar.month_abbr)[1:]]


@dataclass(frozen=True)
class Numeral:
    """One number and where it stands: `text[start:end]`."""

    start: int
    end: int
    values: tuple[Decimal, ...]
    """Its readings, the likeliest first."""
    spelled: bool
    """In words."""
    parts: tuple[Decimal, ...] = ()
    """Of "207 555 0142" each group: they may be said one by one."""


@dataclass(frozen=True)
class _Token:
    start: int
    end: int
    kind: str
    text: str
    suffix: str = ""


def numerals(text: str) -> list[Numeral]:
    """All numbers of a text, in order."""
    if not may_have_numbers(text):
        return []
    found = [n for run in _runs(text) for n in _read(run, text)]
    if ordinals := list(_ordinals(text)):
        taken = {position for n in ordinals for position in range(n.start, n.end)}
        found = [n for n in found if n.start not in taken] + ordinals
    return sorted(found, key=lambda numeral: numeral.start)


def may_have_numbers(text: str) -> bool:
    """A quick look: most sentences have none."""
    return _DIGIT.search(text) is not None or not _NUMBER_WORDS.isdisjoint(
        text.casefold().translate(_APART).split()
    )


def _ordinals(text: str) -> Iterator[Numeral]:
    if not any(month in text.casefold() for month in _MONTHS_SHORT):
        return
    for match in _ORDINAL.finditer(text):
        name = "after" if match["after"] else "before"
        *tens, last = re.split(r"[\s-]+", match[name].strip().casefold())
        value = Decimal(sum(_TENS.get(word, 0) for word in tens) + _ORDINALS[last])
        yield Numeral(match.start(name), match.end(name), (value,), True)


def _runs(text: str) -> Iterator[list[_Token]]:
    """Tokens that belong to one number: nothing but blanks, hyphens and "and" stands between them."""
    run: list[_Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "suffix":
            kind = "digits"
        token = _Token(
            match.start(),
            match.end(),
            kind,
            match[kind].casefold(),
            (match["suffix"] or "").casefold(),
        )
        if run and not _belongs(run, token, text[run[-1].end : token.start]):
            yield run
            run = []
        if run or token.text != "grand":  # a piano
            run.append(token)
    if run:
        yield run


def _belongs(run: list[_Token], token: _Token, between: str) -> bool:
    last = run[-1]
    if "time" in (last.kind, token.kind) or last.text == "dozen":
        return False
    if _POINT.fullmatch(between):
        return True
    if last.kind == token.kind == "digits":  # a telephone number; with one hyphen a range
        return _GLUED.fullmatch(between) is not None
    if last.kind == "digits":
        return token.text in {*_SCALES, "dozen"} and not between.strip("- ")
    if not _LEADS_ON.fullmatch(between) or (not between and token.kind != "digits"):
        return False
    if "and" in between.casefold():  # "two hundred and fifty", but "Basic five and Plus nine"
        return last.text in _SCALES and token.text not in _SCALES
    if token.kind == "digits":  # "two 24-inch monitors" are two numbers
        return last.text in _SCALES
    return token.kind == "word" or last.kind == "a"


def _read(run: list[_Token], text: str) -> Iterator[Numeral]:
    start, end = run[0].start, run[-1].end
    if all(token.kind == "digits" for token in run):
        yield from _digits(run, text)
        return
    if run[0].kind == "time":
        yield Numeral(start, end, tuple(_time(run[0].text)), False)
        return
    values = tuple(dict.fromkeys(_spoken(run, text)))
    if half := _HALF.match(text, end):
        values, end = tuple(value + Decimal("0.5") for value in values), half.end()
    if values:
        yield Numeral(start, end, values, run[0].kind != "digits")


def _time(text: str) -> list[Decimal]:
    hour, minute = map(int, text.split(":"))
    hours = [hour, hour - 12] if hour > 12 else [hour]
    readings = [Decimal(f"{h}.{minute:02}") for h in hours]
    readings += [Decimal(h * 100 + minute) for h in hours]
    return readings + ([Decimal(h) for h in hours] if minute == 0 else [])


def _digits(run: list[_Token], text: str) -> Iterator[Numeral]:
    hyphens = sum("-" in text[a.end : b.start] for a, b in pairwise(run))
    plain = all(token.text.isdigit() for token in run)
    if len(run) > 1 and plain and not (len(run) == 2 and hyphens):
        joined = Decimal("".join(token.text for token in run))
        parts = tuple(Decimal(token.text) for token in run)
        yield Numeral(run[0].start, run[-1].end, (joined,), False, parts)
        return
    for token in run:
        yield Numeral(token.start, token.end, tuple(_written(token)), False)


def _written(token: _Token) -> list[Decimal]:
    text = token.text
    readings: list[str] = []
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        readings.append(text.replace(",", ""))
    elif re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", text):  # 1.299,50
        readings.append(text.replace(".", "").replace(",", "."))
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        readings.append(text)
    elif re.fullmatch(r"\d+,\d+", text) and not readings:
        readings.append(text.replace(",", "."))
    if not readings:  # 1.2.3: its parts mean nothing by themselves
        readings.append(re.sub(r"\D", "", text))
    factor = _SUFFIXES.get(token.suffix, 1)
    return [Decimal(reading) * factor for reading in dict.fromkeys(readings)]


def _spoken(run: list[_Token], text: str) -> Iterator[Decimal]:
    """The readings of number words, of which some may be digits: "2 thousand"."""
    words = [token.text for token in run]
    if "dozen" in words:
        factor = _cardinal([w for w in words if w != "dozen"]) or Decimal(1)
        yield factor * 12
        return
    point = next(
        (
            i
            for i, (a, b) in enumerate(pairwise(run), start=1)
            if _POINT.fullmatch(text[a.end : b.start])
        ),
        None,
    )
    if point is not None:
        whole = next(iter(_whole(words[:point])), Decimal(0))
        scale = next((_SCALES[w] for w in words[point:] if w in _SCALES), 1)
        digits = "".join(_figure(w) for w in words[point:] if w not in _SCALES)
        yield (whole + Decimal(f"0.{digits or 0}")) * scale
        return
    yield from _whole(words)


def _whole(words: list[str]) -> list[Decimal]:
    groups = _groups(words)
    if not groups:
        return []
    if len(groups) == 1:
        return [Decimal(groups[0])]
    if all(len(group) == 1 for group in groups) or len(groups) > 3:
        return [Decimal("".join(groups))]
    *front, last = groups
    joined = Decimal("".join(groups))
    if len(last) != 2:  # "twenty-nine nine" may be 29,900
        tens = len(front) == 1 and len(front[0]) == 2 and len(last) == 1
        return [joined, Decimal("".join(groups)) * 100] if tens else [joined]
    head = Decimal("".join(front))
    return [joined, head + Decimal(last) / 100]


def _groups(words: list[str]) -> list[str]:
    """Cardinals that stand side by side, as digits: "seven", "forty nine" -> "7", "49"."""
    groups: list[str] = []
    current: list[str] = []
    for word in words:
        if current and not _extends(current, word):
            groups.append(_as_digits(current))
            current = []
        current.append(word)
    if current:
        groups.append(_as_digits(current))
    joined: list[str] = []
    for group in groups:  # "oh five" after a number: 05
        if joined and joined[-1] == "0" and len(group) == 1 and len(joined) > 1:
            joined[-1] += group
        else:
            joined.append(group)
    return joined


def _extends(current: list[str], word: str) -> bool:
    last = current[-1]
    if word in _SCALES:
        return True
    if last in _SCALES or last in ("a", "an"):
        return True
    return last in _TENS and 0 < _UNITS.get(word, 0) < 10


def _as_digits(words: list[str]) -> str:
    return f"{_cardinal(words):f}"


def _cardinal(words: list[str]) -> Decimal:
    total, part = Decimal(0), Decimal(0)
    for word in words:
        if word in ("a", "an"):
            part = Decimal(1)
        elif word in _SCALES:
            scale = _SCALES[word]
            if scale == 100:
                part = (part or Decimal(1)) * 100
            else:
                total, part = total + (part or Decimal(1)) * scale, Decimal(0)
        elif word in _UNITS or word in _TENS:
            part += _UNITS.get(word, _TENS.get(word, 0))
        else:
            part += Decimal(re.sub(r"[^\d.]", "", word) or 0)
    return total + part


def _figure(word: str) -> str:
    return str(_UNITS[word]) if word in _UNITS else str(_TENS.get(word, word))
