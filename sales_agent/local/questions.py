"""What a caller's sentence asks: its words, the names in it, the kind of answer it wants.

A question that leans on the one before ("And the Ridge?") is filled up from it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from sales_agent.knowledge.terms import NO_NAMES
from sales_agent.local.loads import of_load
from sales_agent.local.vocabulary import FRAME, WORD, Vocabulary, codes_in, stem
from sales_agent.local.wanted import Wanted, wanted

_NUMBERS = {
    word: number
    for number, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
        " sixteen seventeen eighteen nineteen twenty".split(),
        start=1,
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_NUMBERS |= {"hundred": 100, "dozen": 12}
_MOST_DIGITS = 15  # more is no amount; Python refuses thousands of them

_PRICE = re.compile(
    r"\b(how much(?! (?:more |less )?(?:weight|wait|time|do(?:es)? \w+(?: \w+)? (?:weigh|carry|hold)|can|space"
    r"|room|power|(?!cheaper|dearer|pricier)\w{3,}er\b))"
    r"|what do(?:es)? .*\bcosts?|costs?|price[sd]?|pricing|fees?|dearer|pricier|more expensive"
    r"|how (?:expensive|pricey|costly|dear)|charge[sd]?)\b",
    re.IGNORECASE,
)
# Of a battery, which costs nothing: "charge my phone".
_POWER = re.compile(
    r"\b(?:re)?charg(?:e[sd]?|ing)\b"
    r"(?= (?:(?:my|your|our|their|his|her|the|an?) )?"
    r"(?:phones?|laptops?|tablets?|batter\w+|devices?|cars?|bikes?|watch\w*)\b)",
    re.IGNORECASE,
)
_OF_DOUBT = "expensive"  # "It's a bit pricey" asks for no price, as "It's expensive" does not
_NO_PRICE = re.compile(r"(?:and |so )?(?:how long|when|where|who)\b", re.IGNORECASE)
_PRICE_WORD = re.compile(
    r"costs?|price[sd]?|pricing|fees?|dear(?:er|est)|pric(?:ier|iest)|expensive|charge[sd]?",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"[$€£]\s?\d|\b(?:dollars?|euros?|francs?|pounds sterling|cents|pence|usd|eur|gbp|chf)\b|\bfree\b",
    re.IGNORECASE,
)
_STATED = re.compile(
    r"[$€£]\s?\d|\b(?:usd|eur|gbp|chf) ?\d"
    r"|(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty(?:-\w+)?|hundred"
    r"|thousand)) ?(?:us )?(?:dollars?|euros?|francs?|pounds|cents|pence|usd|eur|gbp|chf)\b"
    r"|, price\b",
    re.IGNORECASE,
)
_FREE = re.compile(r"\bfree\b", re.IGNORECASE)
_ROW = re.compile(r"([^,.:]{2,40}), [^,.:]+: ")
_LEANS = re.compile(
    r"^(?:and|or|but|what about|how about|so what about)\b|\b(?:it|its|they|them|their|that one|this one)\b",
    re.IGNORECASE,
)
_ALSO = re.compile(
    r"^(?:and\s+)?(?:what about|how about|so what about|and)\b"
    r"(?!\s+(?:what|how|when|where|who|which|why|is|are|do|does|can|will|would|could|should|may|has|have)\b)",
    re.IGNORECASE,
)
ALSO_WORDS = 2  # that matter: "And the chairs?" asks the same about something else
_ONE_BEFORE = re.compile(
    r"\b(?:an?|one) (?:day|week|month) (?:before|ahead|beforehand|in advance|earlier|prior)\b",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"^(?:and|or|but|so|what about|how about|what|how|for|in|the|a|with)\b\s*", re.IGNORECASE
)


_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_APART = frozenset("together back off up out on over away apart down".split())  # of a verb
_MOST = frozenset(
    "most highest heaviest biggest largest longest strongest fastest quickest widest tallest loudest priciest"
    " dearest costliest greatest maximum".split()
)
_LEAST = frozenset(
    "least lowest lightest smallest shortest slowest narrowest cheapest quietest fewest minimum".split()
)
_OF_MONEY = frozenset("cheapest priciest dearest costliest expensive affordable cost costs".split())
_MORE = {word.removesuffix("st") + "r": word for word in _OF_MONEY if word.endswith("est")}


@dataclass(frozen=True)
class Question:
    """A caller's sentence, ready to be compared with statements."""

    text: str
    content: frozenset[str]
    """Stems of the words that matter."""
    names: frozenset[str]
    """Names from the documents that it mentions, lower case."""
    foreign: tuple[str, ...]
    """Names that stand in no document: words with a capital letter inside the sentence."""
    wants_price: bool
    of_price: frozenset[str]
    """Stems of its words that only ask for a price."""
    number: int | None
    """The amount it mentions, if any."""
    wanted: Wanted | None
    """What kind of answer it wants."""
    meant: Mapping[str, frozenset[str]]
    """Stem of a caller's word -> stems of what documents call it."""
    expanded: str
    """The text with the documents' words added."""

    @classmethod
    def of(
        cls, text: str, vocabulary: Vocabulary, synonyms: Sequence[tuple[str, str]] = ()
    ) -> "Question":
        heard = of_load(vocabulary.heard(text), vocabulary)
        words = WORD.findall(heard)
        matter = [word for word in words if word.lower() not in FRAME | _NUMBERS.keys()]
        meant: dict[str, frozenset[str]] = {}
        added: list[str] = []
        idioms: set[str] = set()
        plain = f" {' '.join(map(stem, words))} "
        priced = _POWER.sub("", heard)
        of_price = frozenset(map(stem, filter(_PRICE_WORD.fullmatch, WORD.findall(priced))))
        asks_price = _PRICE.search(priced) is not None
        for callers, documents in synonyms:
            said, theirs = _stems(callers), frozenset(_stems(documents))
            if _is_said(said, plain) and theirs <= vocabulary.stems:
                for word in said:
                    meant[word] = meant.get(word, frozenset()) | theirs
                idioms |= set(said) if len(said) > 1 else set()
                added.append(documents)
                if _PRICE_WORD.fullmatch(documents):
                    of_price |= frozenset(said)
                    asks_price |= documents != _OF_DOUBT
        wants_price = asks_price and not _NO_PRICE.match(heard)
        unknown = [
            w
            for w in matter
            if stem(w) not in vocabulary.stems and stem(w) not in meant and not number_in([w])
        ]
        return cls(
            text=heard,
            content=frozenset({stem(word) for word in matter} | meant.keys()) | codes_in(heard),
            # Nobody who asks for how long you are in business means Harbor Care Business.
            names=frozenset(stem(w) for w in words if stem(w) in vocabulary.names) - idioms,
            foreign=_foreign(text, unknown),
            wants_price=wants_price,
            of_price=of_price,
            number=number_in(words) or (1 if _ONE_BEFORE.search(heard) else None),
            wanted=wanted(heard, of_price=wants_price, of_many=(number_in(words) or 0) > 1),
            meant=meant,
            expanded=" ".join([text, *added]),
        )


def is_about_money(text: str) -> bool:
    return bool(_MONEY.search(text)) or ", price" in text


def states_price(text: str) -> bool:
    """Whether a text has an amount of money: not that something is free, or paid in dollars."""
    return bool(_STATED.search(text))


def tells_price(text: str) -> bool:
    """Whether a text has an amount of money, or that something is free."""
    return states_price(text) or bool(_FREE.search(text))


class Superlative(NamedTuple):
    """The most or the least of something."""

    word: str
    most: bool
    of_money: bool


def superlative(text: str) -> Superlative | None:
    """What a question like "Which desk is the cheapest?" compares by."""
    words = [word.lower() for word in WORD.findall(text)]
    if "which" in words and not {"than", "or"} & set(words):
        words = [_MORE.get(word, word) for word in words]  # "Which chair is cheaper?"
    for word in words:
        if word in _LEAST | _MOST:
            return Superlative(stem(word), word in _MOST, not _OF_MONEY.isdisjoint(words))
    return None


@cache
def _stems(phrase: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in WORD.findall(phrase))


def _is_said(words: Sequence[str], plain: str) -> bool:
    """Whether a caller's words stand in a text of stems: "put together" also in "put it together"."""
    if f" {words[0]} " not in plain:  # nearly always, and soon told
        return False
    apart = r" (?:\S+ ){0,2}" if len(words) == 2 and words[1] in _APART else " "
    return bool(re.search(f" {apart.join(map(re.escape, words))} ", plain))


def asking(text: str) -> str:
    """The sentences that ask: what is told before and after them is not asked for. The last one where none does."""
    sentences = _SENTENCE.split(text.strip())
    return " ".join(one for one in sentences if one.endswith("?")) or sentences[-1]


def _foreign(text: str, unknown: Sequence[str]) -> tuple[str, ...]:
    """Of words that no document has, the names in what asks."""
    first, *others = WORD.findall(asking(text)) or [""]
    return tuple(
        word
        for word in unknown
        if word[0].isupper() and word in others and word != first and word.lower() not in NO_NAMES
    )


def number_in(words: Sequence[str]) -> int | None:
    """The first number above one, in digits or words: "a hundred and twenty" is 120."""
    total = 0
    for word in (word.replace(",", "") for word in words):
        # "²" is a digit, but none of a number.
        in_digits = word.isdecimal() and len(word) <= _MOST_DIGITS
        value = int(word) if in_digits else _NUMBERS.get(word.lower(), 0)
        if value == 100 and total in range(1, 10):
            total *= 100
        elif value:
            total += value
        elif total and word.lower() != "and":
            break
    return total if total > 1 else None


def numbers_in(words: Sequence[str]) -> set[int]:
    """All numbers, one too, in digits or words."""
    plain = [word.lower().replace(",", "") for word in words]
    return {_NUMBERS[w] for w in plain if w in _NUMBERS} | {
        int(w) for w in plain if w.isdecimal() and len(w) <= _MOST_DIGITS
    }


def filled_up(text: str, before: str, answer: str, vocabulary: Vocabulary) -> str:
    """A question that leans on the one before, as one that stands alone.

    "And the Ridge?" asks the same about another name; "How much is it?" something else about the same.
    """
    if not before or not _LEANS.search(text):
        return text
    now, then = (Question.of(sentence, vocabulary) for sentence in (text, before))
    if now.names or now.number:
        rest = now.content - now.names - {"plan", "desk", "chair"}
        own = {w for w in rest if not number_in([w])}
        # "And what does the Cedar chair cost?" asks something of its own; "And the Ridge?" does not.
        if len(own) > 1 or (own and not _ALSO.match(text) and text.casefold().startswith("and ")):
            return text
        return _with_other(then, now, vocabulary)
    if asks_the_same(text, now):
        return _with_other(then, now, vocabulary)
    return f"{text} {topic_of(before, answer, vocabulary) or before}"


def asks_the_same(text: str, asked: Question) -> bool:
    """Whether a sentence only names something else, of which the question before may be asked: "And the chairs?" """
    return bool(_ALSO.match(text)) and 0 < len(asked.content) <= ALSO_WORDS


def topic_of(question: str, answer: str, vocabulary: Vocabulary) -> str:
    """What a turn was about: the names asked for, else the row of a table that answered, or nothing."""
    words = WORD.findall(vocabulary.heard(question))
    if names := [word for word in words if stem(word) in vocabulary.names]:
        return " ".join(names)
    if row := _ROW.match(answer):
        return row[1]
    return " ".join([w for w in WORD.findall(answer) if stem(w) in vocabulary.names][:2])


def _with_other(then: Question, now: Question, vocabulary: Vocabulary) -> str:
    """The question before with the names or the number of the one now in the place of its own."""
    words = WORD.findall(then.text)
    if now.names:
        new = [
            word
            for word in WORD.findall(now.text)
            if stem(word) in vocabulary.names or word in now.foreign
        ]
        old = [stem(word) in then.names for word in words]
    else:
        new = WORD.findall(_LINK.sub("", _LINK.sub("", now.text)))
        old = [
            bool(number_in([word])) if now.number else stem(word) in then.names for word in words
        ]
    return put(words, new, old)


def put(words: Sequence[str], new: Sequence[str], old: Sequence[bool]) -> str:
    """Words with new ones in the place of the old, or at the end."""
    place = old.index(True) if True in old else len(words)
    before = words[:place]
    after = [word for word, is_old in zip(words[place:], old[place:], strict=True) if not is_old]
    return " ".join([*before, *new, *after])
