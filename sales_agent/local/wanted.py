"""What kind of answer a question wants by its form, as a time of day or a number, and whether a text gives one."""

import re
from typing import NamedTuple

from sales_agent.local.vocabulary import WORD, stem

_NUMBER = (
    r"(?:\d[\d.,:/]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:-\w+)?|hundred|thousand|half|once|twice)"
)
_PERIOD = r"(?:second|minute|min|hour|day|week|month|year|night|season|term)s?"
_LENGTH = r"(?:cm|mm|m|km|inch(?:es)?|foot|feet|ft|(?:centi|milli|kilo)?met(?:er|re)s?|miles?)"
_CLOCK = re.compile(
    r"\b\d{1,2}[:.]\d\d\b|\b\d{1,2} ?[ap]\.?m\b|\bo['’]clock\b|\b(?:noon|midnight|closed)\b"
    r"|\bin the (?:morning|afternoon|evening)\b|\b(?:by|at|until) \d{1,2}\b",
    re.IGNORECASE,
)
_SPAN = re.compile(
    rf"\b(?:{_NUMBER}|next|same)\b(?:[ -](?!an?\b|per\b|each\b)\w+){{0,2}}[ -]{_PERIOD}\b|\bat (?:once|any time)\b"
    rf"|\b(?:in|within|takes?|for|after|before|about|least|than) an? {_PERIOD}\b"
    rf"|\b{_PERIOD}\b[^:]*: {_NUMBER}\.$|\b{_NUMBER}[ -]?{_LENGTH}\b",
    re.IGNORECASE,
)
_OFTEN = re.compile(
    rf"\b(?:every|each|per|an?) (?:\w+ )?{_PERIOD}\b|\b(?:dai|week|month|year)ly\b|\b{_NUMBER} times\b",
    re.IGNORECASE,
)
_LONG = re.compile(rf"\b{_NUMBER}[ -]?{_LENGTH}\b", re.IGNORECASE)
_WEIGHT = re.compile(
    rf"\b{_NUMBER}[ -]?(?:kgs?|kilo(?:gram)?s?|g|grams?|pounds?|lbs?|stones?|tons?|tonnes?|ounces?)\b",
    re.IGNORECASE,
)
_FAST = re.compile(
    rf"\b{_NUMBER}[ -]?(?:\w+ (?:per|an?) \w+|\w+/\w+|mph|[mg]bps)|\b{_NUMBER}[ -](?:\w+[ -])?{_PERIOD}\b",
    re.IGNORECASE,
)
_ANY = re.compile(rf"\b{_NUMBER}(?:\b|(?=[a-z]))", re.IGNORECASE)
_COUNTED = re.compile(rf"\b{_NUMBER}\b(?P<things>(?:[ -][^\W\d_]+){{1,3}})", re.IGNORECASE)
_KINDS = (
    (
        re.compile(
            r"\b(?:what time|how late|(?:opening|closing|business|what|your) hours"
            r"|(?:when|what days?)\b.*\b(?:open|close[sd]?|shut))\b",
            re.IGNORECASE,
        ),
        _CLOCK,
    ),
    (
        re.compile(
            r"\bhow (?:long|soon|quickly|far (?:ahead|in advance))\b|\bhow much (?:time|notice)\b"
            rf"|\bhow many (?:\w+ )?{_PERIOD}\b",
            re.IGNORECASE,
        ),
        _SPAN,
    ),
    (
        re.compile(
            r"\bhow (?:tall|high|low|wide|deep|thick)\b|\bwhat(?:['’]s| is) the .*\b(?:height|width|depth|length)\b",
            re.IGNORECASE,
        ),
        _LONG,
    ),
    (re.compile(r"\bhow often\b", re.IGNORECASE), _OFTEN),
    (re.compile(r"\bhow heavy\b", re.IGNORECASE), _WEIGHT),
    (re.compile(r"\bhow fast\b", re.IGNORECASE), _FAST),
    (
        re.compile(
            r"\bhow (?:many|big|large|far|loud|noisy|old)\b",
            re.IGNORECASE,
        ),
        _ANY,
    ),
)
_HOW_MUCH = re.compile(
    r"\bhow much (?:is|are|does|do|would|will|for)\b|\bwhat do(?:es)?\b.*\bcost\b"
    r"|\bwhat(?:['’]s| is) the (?:price|cost)\b",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"[$€£%]|\b(?:dollars?|euros?|francs?|pounds|cents|pence|usd|eur|gbp|chf|percent|per cent|free|included?|nothing"
    r"|no (?:\w+ )?(?:charge|cost|fee))\b|, price\b",
    re.IGNORECASE,
)
_OF_TIME = frozenset(
    map(stem, "time times open opens opening close closes closing closed hours late shut".split())
)
_HOW_MANY = re.compile(r"\bhow many ((?:\w+ ?){1,2})", re.IGNORECASE)


class Wanted(NamedTuple):
    """A kind of answer."""

    kind: re.Pattern[str]
    things: frozenset[str]
    """Stems of what is counted: "How many rooms do you have?" """
    words: frozenset[str] = frozenset()
    """Stems of words that only ask for it: what says from when to when need not say "open" as well."""

    def given_by(self, text: str) -> float:
        """How well a text has it: 0, 1, or 2 where it has as many of what is counted, "34 rooms", "motors: 2"."""
        if not self.kind.search(text):
            return 0
        if not self.things:
            return 2
        column, _, value = text.partition(": ")
        stated = [found["things"] for found in _COUNTED.finditer(text)]
        if _ANY.match(value):
            stated.append(column.rpartition(", ")[2])
        said = [{stem(word) for word in WORD.findall(words)} for words in stated]
        return 2 if any(self.things & words for words in said) else 1


def wanted(text: str, of_price: bool) -> Wanted | None:
    """The kind of answer that a question, perhaps for a price, wants; None where its form does not tell."""
    if of_price:
        return Wanted(_AMOUNT, frozenset()) if _HOW_MUCH.search(text) else None
    for asks, kind in _KINDS:
        if asks.search(text):
            counted = _HOW_MANY.search(text) if kind is _ANY else None
            words = WORD.findall(counted[1]) if counted else []
            things = frozenset(stem(word) for word in words[:1])
            return Wanted(kind, things, _OF_TIME if kind is _CLOCK else frozenset())
    return None
