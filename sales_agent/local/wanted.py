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
    rf"|\b{_PERIOD}\b[^:]{{0,60}}: {_NUMBER}\.$|\b{_NUMBER}[ -]?{_LENGTH}\b",
    re.IGNORECASE,
)
_OFTEN = re.compile(
    rf"\b(?:every|each|per|an?) (?:\w+ )?{_PERIOD}\b|\b(?:dai|week|month|year)ly\b|\b{_NUMBER} times\b",
    re.IGNORECASE,
)
_LONG = re.compile(rf"\b{_NUMBER}[ -]?{_LENGTH}\b", re.IGNORECASE)
_WEIGHT = re.compile(  # not what it carries
    rf"(?<!carries )(?<!carry )(?<!holds )(?<!hold )(?<!up to )"
    rf"\b{_NUMBER}[ -]?(?:kgs?|kilo(?:gram)?s?|g|grams?|pounds?|lbs?|stones?|tons?|tonnes?|ounces?)\b",
    re.IGNORECASE,
)
_FAST = re.compile(
    rf"\b{_NUMBER}[ -]?(?:\w+ (?:per|an?) \w+|\w+/\w+|mph|[mg]bps)|\b{_NUMBER}[ -](?:\w+[ -])?{_PERIOD}\b",
    re.IGNORECASE,
)
_ANY = re.compile(rf"\b{_NUMBER}(?:\b|(?=[a-z]))", re.IGNORECASE)
_COUNTED = re.compile(rf"\b{_NUMBER}\b(?P<things>(?:[ -][^\W\d_]+){{1,3}})", re.IGNORECASE)
_PLACE = re.compile(
    r"\b(?:in|at|near|from|off|behind|under|on|next to|opposite|beside)\s+(?:the\b|our\b|your\b|an?\b|\d|(?-i:[A-Z]))"
    r"|, (?-i:[A-Z])\w+\.?$",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b\d+[a-z]?,? (?:[A-Z][\w'’]+ )+(?:Street|St|Road|Rd|Lane|Ln|Avenue|Ave|Drive|Way|Square|Place|Court|Quay)\b"
    r"|\bUnit \d|\b[A-Z]{1,2}\d{1,2}[A-Z]? \d[A-Z]{2}\b|\b[A-Z]{2} \d{5}\b|(?:stra(?:ss|ß)e|weg|platz) \d"
)
_PERSON = re.compile(r"(?<=[\w,:] )(?<!in )(?<!at )(?<!from )[A-Z][a-z]+|^(?:Dr|Mr|Ms|Mrs)\b")
_PHONE = re.compile(r"(?<!\w)\+?\d[\d ()/-]{6,20}\d\b")
_MAIL = re.compile(r"\w@\w")
_ASKS_PHONE = r"\b(?:phone|telephone|contact)(?: number)?\b|\byour number\b"
_KINDS = (
    (re.compile(rf"^(?:\w+\W+){{0,5}}(?:{_ASKS_PHONE})", re.IGNORECASE), _PHONE),
    (
        re.compile(
            r"^(?:and |so )?who(?:['’]s| is| are| owns?| runs?| manages| teaches| founded)\b",
            re.IGNORECASE,
        ),
        _PERSON,
    ),
    (re.compile(r"\b(?:your|the) e-?mail\b", re.IGNORECASE), _MAIL),
    (re.compile(r"\byour (?:postal |street )?address\b", re.IGNORECASE), _STREET),
    (re.compile(r"^(?:and |so )?where(?:['’]s)? (?!can|could|should)", re.IGNORECASE), _PLACE),
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
    (
        re.compile(
            r"\bhow (?:heavy|much do(?:es)? .* weigh)\b|\bdo(?:es)? .* weigh\b|\bthe weight of\b",
            re.IGNORECASE,
        ),
        _WEIGHT,
    ),
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
_REDUCTION = re.compile(
    r"\b(?:discounts?|rebate|reduction|percent(?:age)?|(?:better|special) (?:price|deal|rate)"
    r"|(?:anything|something|money|much) off|break)\b",
    re.IGNORECASE,
)
_SHARE = re.compile(rf"%|\b{_NUMBER} per ?cent\b|\boffer\b", re.IGNORECASE)
_ONLY_ASK = {  # what says from when to when need not say "open" as well
    kind: frozenset(map(stem, words.split()))
    for kind, words in (
        (_CLOCK, "time times open opens opening close closes closing closed hours late shut"),
        (_PHONE, "phone telephone contact number"),
        (_MAIL, "email mail address"),
        (_STREET, "address postal street"),
    )
}
_HOW_MANY = re.compile(r"\bhow many ((?:\w+ ?){1,2})", re.IGNORECASE)


class Wanted(NamedTuple):
    """A kind of answer."""

    kind: re.Pattern[str]
    things: frozenset[str]
    """Stems of what is counted: "How many rooms do you have?" """
    words: frozenset[str] = frozenset()
    """Stems of words that only ask for it."""

    def given_by(self, text: str) -> float:
        """How well a text has it: 0, 1, or 2 where it has as many of what is counted, "34 rooms", "motors: 2"."""
        found = self.kind.search(text)
        if not found:
            return 0
        if self.kind is _CLOCK and found[0].lower() == "closed":
            return 1  # "Sunday: closed" tells less of when you close than the other days
        if not self.things:
            return 2
        column, _, value = text.partition(": ")
        stated = [found["things"] for found in _COUNTED.finditer(text)]
        if _ANY.match(value):
            stated.append(column.rpartition(", ")[2])
        said = [{stem(word) for word in WORD.findall(words)} for words in stated]
        return 2 if any(self.things & words for words in said) else 1


def wanted(text: str, *, of_price: bool, of_many: bool = False) -> Wanted | None:
    """The kind of answer that a question, perhaps for a price or of a number of things, wants.

    None where its form does not tell.
    """
    if of_many and _REDUCTION.search(text):
        return Wanted(_SHARE, frozenset())
    if of_price:
        return Wanted(_AMOUNT, frozenset()) if _HOW_MUCH.search(text) else None
    for asks, kind in _KINDS:
        if asks.search(text):
            counted = _HOW_MANY.search(text) if kind is _ANY else None
            words = WORD.findall(counted[1]) if counted else []
            things = frozenset(stem(word) for word in words[:1])
            return Wanted(kind, things, _ONLY_ASK.get(kind, frozenset()))
    return None
