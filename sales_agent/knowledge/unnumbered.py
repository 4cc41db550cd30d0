"""Prices and discounts that are said without a number: "half price", "free of charge", "two for one"."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

_SHARES = (
    (
        re.compile(
            r"\bhalf(?:[\s-]+(?:the[\s-]+)?price|[\s-]+off|[\s-]+of (?:the price|that|it|an?)|[\s-]+as much)\b"
            r"|\b(?:pays?|costs?) half\b",
            re.I,
        ),
        50,
    ),
    (
        re.compile(
            r"\btwo (?:[a-z]+ ){0,3}for (?:the price of )?one\b|\bbuy one(?: [a-z]+)?,?(?: and)? get (?:one|another)\b",
            re.I,
        ),
        50,
    ),
    (re.compile(r"\b(?:a|one) third (?:off|cheaper|less)\b", re.I), 33),
    (re.compile(r"\b(?:a|one) quarter (?:off|cheaper|less)\b", re.I), 25),
)
# One of these is in every such claim, and in few texts.
_SHARE_HINTS = ("half", "two ", "buy one", "third", "quarter")
_FREE_HINTS = (
    "free", "charge", "cost", "house", "nothing", "compliment", "gratis", "throw", "gift", "present", " on us",
    "waive", "included",
)  # fmt: skip
_IMPLIED_HINTS = ("no ", "without ", "nor ", "nothing", "include", "trial", "prepaid")
# "Feel free", "free on Friday" and "hands-free" cost nothing either, but are no offers.
_FREE = re.compile(
    r"(?<!feel )(?<!-)\bfree of charge\b|(?<!feel )(?<!-)\b(?:for )?free\b(?![\s-]+(?:to|up|time|from (?!of)[a-z]+ing|"
    r"standing)\b)(?!-)"
    r"|\b(?:at )?no (?:(?:extra|additional|further|added) )?(?:cost|charge)\b|\bwithout (?:extra )?charge\b"
    r"|\bfree[\s-]of[\s-]charge\b|\bon the house\b|\bfor nothing\b|\bcomplimentary\b|\bgratis\b"
    r"|\bcosts? (?:you )?nothing\b"
    r"|(?:\b(?:is|are|be)|['’]s|['’]re) on us\b|\bwaive[sd]?\b"
    r"|(?:\b(?:is|are|comes?)|['’]s|['’]re) (?:all |also |already )?included\b"
    r"|\bthrow (?:it |that |them )?in\b|\bas a (?:gift|present)\b",
    re.I,
)
# "The next free day", "a free slot on Monday", "no free seats".
_TIMES = r"(?:days?|dates?|slots?|times?|appointments?|mornings?|afternoons?|evenings?|weekends?)\b"
_NOT_TAKEN = re.compile(
    rf"\b(?:an?|has|have|got|two|three)\s+free\s+{_TIMES}|\b(?:the )?(?:next|first|any|other|another|no|still|find)"
    rf"\s+free\s+(?:(?:delivery|working|morning|afternoon|evening)\s+)?"
    rf"(?:{_TIMES}|(?:hours?|hands?|spaces?|seats?|places?|rooms?|tables?|units?)\b)",
    re.I,
)
_ARE_FREE = re.compile(
    r"\b(?:are|is|am|be|you|he|she|we|they|i)\s+$|\bwhen\b[^.?!]*$", re.IGNORECASE
)
_NOT = re.compile(
    r"(?:n['’]t|\b(?:not|never|cannot|neither|nor|without))(?:\s+[\w'’-]+){0,5}\s*$", re.IGNORECASE
)
_MARK = re.compile(
    r"\b(?:mark|limit|threshold|minimum|line)\s+$", re.IGNORECASE
)  # for free delivery
_WHEN = re.compile(
    r"\s+(?:on (?:an? |the |any )?(?:\w+days?\b|\d|\w+(?:st|nd|rd|th)\b)|this|next|tomorrow|today|tonight|around|"
    r"at (?:\d|noon|any|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)|"
    r"in the (?:morning|afternoon|evening))\b",
    re.I,
)
# What a document says of such things in other words.
_IMPLIED = re.compile(
    r"\b(?:no|without|nor) (?:[a-z]+ )?(?:fees?|card|interest|deposit)\b|\bnothing\b|\bincluded?[sd]?\b|\btrials?\b"
    r"|\bprepaid\b|\bwithout paying\b",
    re.I,
)


class Unnumbered(NamedTuple):
    """`text[start:end]` says a share of a hundred, or that something costs nothing."""

    start: int
    end: int
    kind: Literal["percent", "free"]
    value: int


def unnumbered(text: str) -> Iterator[Unnumbered]:
    """All such claims of a text."""
    folded = text.casefold()
    if any(hint in folded for hint in _SHARE_HINTS):
        for pattern, percent in _SHARES:
            for match in pattern.finditer(text):
                yield Unnumbered(match.start(), match.end(), "percent", percent)
    if not any(hint in folded for hint in _FREE_HINTS):
        return
    not_taken = [match.span() for match in _NOT_TAKEN.finditer(text)]
    for match in _FREE.finditer(text):
        if _NOT.search(text[: match.start()]) or _MARK.search(text[: match.start()]):
            continue
        person = _ARE_FREE.search(text[: match.start()]) and _WHEN.match(text, match.end())
        if not person and not any(match.start() in range(*span) for span in not_taken):
            yield Unnumbered(match.start(), match.end(), "free", 0)


def may_cost_nothing(text: str) -> bool:
    """Whether a document says here that something is free, in whatever words."""
    folded = text.casefold()
    return any(claim.kind == "free" for claim in unnumbered(text)) or (
        any(hint in folded for hint in _IMPLIED_HINTS) and _IMPLIED.search(text) is not None
    )
