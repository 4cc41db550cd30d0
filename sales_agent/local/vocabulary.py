"""The words of the documents, and which of them a misheard word was meant to be.

Speech-to-text mishears names first, so that a word which no document has is compared with the names in
them by spelling and by sound. English only, like the embedding.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from sales_agent.knowledge.passages import Statement
from sales_agent.knowledge.terms import NO_NAMES
from sales_agent.local.days import days_in

# "1,000" is one, and "120,140" are two.
WORD = re.compile(r"\d{1,2}(?:,\d{3})+\b|\d{3}(?:,000)+\b|[^\W_]+(?:['’][a-z]+)?")
# Words that carry a question and not its matter.
FRAME = frozenset(
    "a about accept accepted actually ain't all allow allowed also always am an and any anybody anyone anything are"
    " aren't as at be been being between bit but by can can't come comes compare compared comparison could couldn't"
    " did differ difference differences different do does doesn't doing don't else even ever exactly for from get gets"
    " gimme give go goes going gonna good got gotta guys had has have having he hello her here hey hi him his how"
    " however i i'd i'll i'm i've if in into is isn't it it's its just kind kinda know lemme let let's like long look"
    " lot make many may maybe me might mine more most much must my need needs no not now of off offer oh ok okay on"
    " one ones or other our out over own please possible really right same say see sell she should so some somebody"
    " someone something sort sorta still such take tell than that that's the their them then there there's these they"
    " they're thing things this those till to too until up us use very wanna want was way we we'd we'll we're we've"
    " well were what what's when where which who who's whom why will with without won't would yeah yes you you'd"
    " you're you've your yours".split()
)


_DIGITS = {
    word: str(number)
    for number, word in enumerate("one two three four five six seven eight nine".split(), start=1)
}
_CODE = re.compile(
    rf"(?<![\w'’])([b-hj-z])(?:[ -]?(\d{{1,3}})|[ -]({'|'.join(_DIGITS)}))\b"
)  # "a 2" and "I 2" are none, nor is "weight"


def stem(word: str) -> str:
    """One form for the forms of a word: not its root, only the same for all of them."""
    word = word.lower().replace("’", "'").replace(",", "").removesuffix("'s")
    if word.isdecimal():
        return word
    for ending, rest in (
        ("iest", "y"),
        ("ier", "y"),
        ("ies", "y"),
        ("sses", "ss"),
        ("ing", ""),
        ("ed", ""),
        ("es", ""),
        ("s", ""),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word.removesuffix(ending) + rest
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]  # "stopping", "stop"; "cancelled", "cancel"
    return word.removesuffix("e") if len(word) > 4 else word  # "care" is no "car"


def stems_in(text: str) -> frozenset[str]:
    """The stems of the words of a text."""
    return frozenset(map(stem, WORD.findall(text)))


FRAME_STEMS = frozenset(map(stem, FRAME))


def codes_in(text: str) -> frozenset[str]:
    """Letters with a number, as a display shows them: "e2" of "E 2", "E-2" and "e two"."""
    return frozenset(
        f"{letter}{digits or _DIGITS[word]}" for letter, digits, word in _CODE.findall(text.lower())
    )


def sound(word: str) -> str:
    """A key that is the same for words which sound alike to a recogniser."""
    word = word.lower()
    for spelled, heard in (
        ("ph", "f"),
        ("ck", "k"),
        ("ce", "se"),
        ("ci", "si"),
        ("cy", "sy"),
        ("dge", "j"),
    ):
        word = word.replace(spelled, heard)
    classes = {
        **dict.fromkeys("bpfv", "b"),
        **dict.fromkeys("cgkqxj", "k"),
        **dict.fromkeys("dt", "d"),
    }
    classes |= {"s": "s", "z": "s", "l": "l", "m": "m", "n": "m", "r": "r"}
    key = "" if classes.get(word[:1]) else "a"  # a vowel at the start is heard, later ones are not
    for letter in word:
        code = classes.get(letter, "")
        if code and not key.endswith(code):
            key += code
    return key


@dataclass(frozen=True)
class Vocabulary:
    """The words of the documents, and which of them are names."""

    stems: frozenset[str]
    names: frozenset[str]
    """Stems of words that documents write with a capital inside a sentence or a table, and only so."""
    spellings: Mapping[str, str]
    """Stem of a name -> how the documents write it."""
    is_common: Callable[[str], bool]
    """Tells common English words, which are rather meant than misheard."""
    sounds: Mapping[str, frozenset[str]]
    """How words sound -> the words that sound so, lower case."""

    @classmethod
    def of(cls, statements: Iterable[Statement], is_common: Callable[[str], bool]) -> "Vocabulary":
        stems: set[str] = set()
        capital: dict[str, str] = {}
        small: set[str] = set()
        for statement in statements:
            text = f"{statement.topic}. {statement.text}"
            stems |= {stem(word) for word in WORD.findall(text)} | days_in(text) | codes_in(text)
            # A row is named where its cells begin; elsewhere every word has a capital there.
            row = statement.topic.rpartition(". ")[2]
            named = len(row) if statement.text.startswith(f"{row}, ") else 0
            for match in WORD.finditer(statement.text):
                word = match.group()
                inside = match.start() > 0 and statement.text[match.start() - 2] not in ".!?:)"
                if word[0].isupper() and (inside or match.start() < named):
                    capital.setdefault(word.lower(), word)
                elif word[0].islower():
                    small.add(word)
        spellings = {
            stem(word): spelling
            for word, spelling in capital.items()
            if len(word) > 2 and word not in small | FRAME | NO_NAMES
        }
        sounds: dict[str, set[str]] = {}
        for word in small | capital.keys():
            sounds.setdefault(sound(word), set()).add(word)
        alike = {key: frozenset(words) for key, words in sounds.items()}
        return cls(frozenset(stems), frozenset(spellings), spellings, is_common, alike)

    def sounding_like(self, word: str) -> set[str]:
        """Stems of the words, other than names, that a misheard word may have been."""
        if len(word) < 4:
            return set()
        needed = 0.75 if self.is_common(word) else 0.6  # "disk" may be "desk", "lease" is no "less"
        return {
            stem(other)
            for other in self.sounds.get(sound(word), frozenset())
            if stem(other) not in self.names
            and SequenceMatcher(None, word, other).ratio() >= needed
        }

    def heard(self, text: str) -> str:
        """The sentence with misheard names put right."""
        words = WORD.findall(text)
        fixed: list[str] = []
        skip = False
        for at, word in enumerate(words):
            if skip:
                skip = False
                continue
            if not self._strange(word):
                fixed.append(word)
                continue
            before, after = fixed[-1] if fixed else "", words[at + 1] if at + 1 < len(words) else ""
            # "The some mit desk", but "how low does it go" is no Willow.
            named = after.lower() not in FRAME and not self._strange(after) if after else False
            if name := self._name_like(word):
                fixed.append(name)
            elif (
                before
                and (named or before.lower() not in FRAME)
                and (name := self._name_like(before + word, closely=True))
            ):
                fixed[-1] = name
            elif after and (name := self._name_like(word + after, closely=True)):
                fixed.append(name)
                skip = True
            else:
                fixed.append(word)
        return " ".join(fixed)

    def _strange(self, word: str) -> bool:
        return stem(word) not in self.stems and word.lower() not in FRAME and not word.isdigit()

    def _name_like(self, word: str, closely: bool = False) -> str | None:
        word = word.lower()
        if len(word) < 4:
            return None

        def likeness(name: str) -> float:
            ratio = SequenceMatcher(None, word, name).ratio()
            if sound(word) == sound(name) and len(sound(name)) > 1:
                ratio += 0.3
            return ratio

        names = (name.lower() for name in self.spellings.values())
        best = max(
            (name for name in names if abs(len(name) - len(word)) <= 2), key=likeness, default=""
        )
        needed = 0.95 if closely else 0.9 if self.is_common(word) else 0.8
        if not best or likeness(best) < needed:
            return None
        return self.spellings[stem(best)]
