"""Which products and plans a text is about, by their names in the documents, and its telling words.

Names are known by their short forms too: "the Summit", "Plus", "the lamp".
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sales_agent.knowledge.names import MOST_WORDS, main_part
from sales_agent.knowledge.stems import GENERIC_STEMS, WORD, stem, stems_of, telling_stems

REPEATED = 2_000  # texts of which what was found in them is kept: sources, lines of a conversation
_DAY_OF = re.compile(r"\b(?:days?|dates?|time) of [a-z]+", re.IGNORECASE)
# "The lamp", "our little lamp": what still means the one product.
_ARTICLE = re.compile(
    r"\b(?:the|our|an?|your|this|that|(?<!for )one|per)\s+"
    r"(?:(?:small|little|nice|great|good|simple|neat|handy|new|own|basic|matching|\d[\w-]*)\s+)?$",
    re.IGNORECASE,
)
# "29 euros a lesson" is the price of any.
_BASIS = re.compile(
    r"(?:\d|\b(?:dollars?|euros?|pounds?|francs?|cents?|quid))\s+(?:an?|per|each|every)\s+$",
    re.IGNORECASE,
)
_ACRONYM = 3  # letters, up to which capitals alone name no product
_NO_NAMES = {(word,) for word in ("for", "to", "of", "and", "or", "with", "in", "at", "by", "from")}
_EITHER = re.compile(r"([\w-]+) ?/ ?([\w-]+)")
_ONE = re.compile(r"\s+one(?P<many>s)?\b", re.IGNORECASE)
_SET_BACK = re.compile(r"\s*sets?\s+(?:\w+\s+){1,3}back\b", re.IGNORECASE)  # sets nothing


@dataclass(frozen=True)
class Mention:
    """A name in a text: `text[start:end]` means `name`."""

    start: int
    end: int
    name: str
    known: bool = True


class Vocabulary:
    """The names of all documents, found again in what is said."""

    def __init__(
        self,
        names: Iterable[str],
        *,
        company: str = "",
        capitals: Iterable[str] = (),
        proper: Iterable[str] = (),
        charges: Iterable[str] = (),
        synonyms: Mapping[str, str] | None = None,
    ) -> None:
        """`synonyms`: what people say, in lower case -> what the documents do."""
        own = _folded(company)
        self._capitals = frozenset(capitals)
        self._proper = frozenset(proper)
        self._company = frozenset(own)
        # "A Harbor Office desk" is none of its products.
        self.names = sorted({n for n in names if not own or _folded(n)[: len(own)] != own})
        folded: dict[tuple[str, ...], str] = {}
        for name in self.names:
            folded.setdefault(_folded(name), name)
        self._by_words = folded
        uses = Counter(word for name in self.names for word in _folded(main_part(name)))
        cores = {name: _core(name) for name in self.names}
        mains = {name: len(_folded(main_part(name))) for name in self.names}
        heads = Counter(core[-1] for core in cores.values() if len(core) > 1)
        firsts = Counter(words[:k] for words in folded for k in range(1, len(words)))
        self.heads = frozenset(w for w in heads if not w[0].isdigit() and (w,) not in _NO_NAMES)
        """What products are: desk, chair, arm."""
        self._nouns = {core[-1] for name, core in cores.items() if core[-1] in name.split()}
        self._families = {words for words, count in firsts.items() if count > 1 and len(words) > 1}
        self._short: dict[tuple[str, ...], str] = {}
        taken: Counter[tuple[str, ...]] = Counter()
        for words, name in folded.items():
            core = cores[name]
            for short in {
                *(words[k:] for k in range(1, mains[name]) if words[:k] in self._families),
                *([words[:-1]] if len(words) > 1 else []),
                *_own_words(name, uses),
                *_spellings(name),
                *([core] if 1 < len(core) < len(words) else []),
                *([core[:-1]] if len(core) > 1 else []),
                *([core[-1:]] if len(core) > 1 and heads[core[-1]] == 1 else []),
                *_proper_parts(name),
                *_singles(words, folded),
            }:
                taken[short] += 1
                self._short[short] = name
        self._short = {
            short: name
            for short, name in self._short.items()
            if taken[short] == 1
            and short not in folded
            and short not in self._families
            and short not in _NO_NAMES
            and not (len(short) == 1 and short[0][0].isdigit())
            and short != own[: len(short)]
        }
        # "The white dinner plate" is the "Dinner plate white".
        bags = Counter(tuple(sorted(core)) for core in cores.values() if len(core) > 1)
        self._any_order = {
            bag: name for name, core in cores.items() if bags[bag := tuple(sorted(core))] == 1
        }
        keyed = (*folded, *self._short, *self._families)
        self._first = {words[0] for words in keyed} | {w for bag in self._any_order for w in bag}
        self._stems = {s for words in folded for word in words for s in stems_of(word)}
        self.charges = frozenset(map(stem, charges)) - self._stems - GENERIC_STEMS
        """Stems of what is charged beside products: delivery, assembly."""
        self._synonyms = dict(synonyms or {})
        # "Setting it up" is "setting up".
        phrases = (
            r"\s+(?:(?:it|them|one)\s+)?".join(map(re.escape, p.split())) for p in self._synonyms
        )
        longest_first = sorted(phrases, key=len, reverse=True)
        self.mentions = lru_cache(maxsize=REPEATED)(self._mentions)
        self.in_words_of_documents = lru_cache(maxsize=REPEATED)(self._in_words_of_documents)
        self.telling = lru_cache(maxsize=REPEATED)(self._telling)
        self._said = re.compile(rf"\b(?:{'|'.join(longest_first) or '(?!)'})\b", re.IGNORECASE)

    def _mentions(self, text: str) -> tuple[Mention, ...]:
        """Every product or plan that the text names, the longest name first; and names that no document knows."""
        words = list(WORD.finditer(text))
        keys = [_fold(word[0]) for word in words]
        found: list[Mention] = []
        at = 0
        while at < len(words):
            longest = min(MOST_WORDS, len(words) - at) if keys[at] in self._first else 0
            for length in range(longest, 0, -1):
                key = tuple(keys[at : at + length])
                span = text[words[at].start() : words[at + length - 1].end()]
                name = self._by_words.get(key) or self._family(key)
                if name is None and length > 1:
                    name = self._any_order.get(tuple(sorted(key)))
                if length == 1 and span.islower() and stem(span) in GENERIC_STEMS:
                    name = None  # "plus" is no plan
                alone = length == 1 and keys[at + 1 : at + 2] and keys[at + 1] in self.heads
                alone = alone and not _SET_BACK.match(text, words[at].end())
                if name is None and not alone and (short := self._short.get(key)):
                    meant = self._stands_for_it(short, text, words[at].start(), span)
                    name = short if meant else None
                if name is not None:
                    start, end = words[at].start(), words[at + length - 1].end()
                    if unknown := self._unknown_member(name, text, end):
                        found.append(unknown)
                    else:
                        found.append(Mention(start, end, name))
                    at += length
                    break
            else:
                if unknown := self._unknown(text, words, at):
                    found.append(unknown)
                at += 1
        return tuple(found)

    def _family(self, key: tuple[str, ...]) -> str | None:
        return " ".join(key) if key in self._families else None

    def _stands_for_it(self, name: str, text: str, start: int, span: str) -> bool:
        """Whether a short form is meant as a name: with its capital, or as "the lamp"."""
        capital = any(word != word.lower() for word in span.split()) and not (
            start == 0 and len(span.split()) == 1 and span.casefold() in self._nouns
        )
        if _BASIS.search(text[:start]) or _SET_BACK.match(text, start):
            return False
        one = _ONE.match(text, start + len(span))
        if capital or (one and one["many"]):  # "medium ones"
            return True
        # "The lamp" is the Desk lamp and "a baby grand" a piano, but "the cable" and "per move" may be any.
        if len(span.split()) > 1 and _folded(span) == _core(name):
            return True  # "a broken rocks glass"
        whole = len(span.split()) > 1 or _fold(span) == _core(name)[-1]
        proper = span.casefold() in self._proper  # "how much is the breeze?"
        return bool(whole or one or proper) and _ARTICLE.search(text[:start]) is not None

    def _unknown_member(self, name: str, text: str, end: int) -> Mention | None:
        """ "Harbor Care Platinum": a family that is known, and a member that is not."""
        if _folded(name) not in self._families:
            return None
        match = re.match(r"\s+([A-Z]\w+)", text[end:])
        if match is None or match[1].casefold() in self._capitals:
            return None
        return Mention(end, end + match.end(), match[1], known=False)

    def _unknown(self, text: str, words: list[re.Match[str]], at: int) -> Mention | None:
        """ "The Everest desk", "the Everest": a capital where a name stands, in no document."""
        word = words[at][0]
        if at == 0 or not word[0].isupper():
            return None
        known = {word.casefold(), _fold(word)} & (self._capitals | self._company)
        short = word.isupper() and len(word) <= _ACRONYM  # "the AI assistant", "the VAT"
        number = stem(word) in GENERIC_STEMS  # "Eighteen desks, please."
        if known or short or number:
            return None
        following = _fold(words[at + 1][0]) if at + 1 < len(words) else ""
        article = words[at - 1][0].casefold() in ("the", "our", "a", "an", "your")
        if following in self.heads or article:
            return Mention(words[at].start(), words[at].end(), word, known=False)
        return None

    def same(self, said: str, source: str) -> bool:
        """Whether a source about one name holds for what was said of another: a family holds its members."""
        a, b = _folded(said), _folded(source)
        return a == b or (
            (a in self._families or b in self._families) and (a == b[: len(a)] or b == a[: len(b)])
        )

    def of_kind(self, kind: str) -> list[str]:
        """The products of a kind: all that are desks."""
        return [name for name in self.names if _core(name)[-1] == kind.casefold()]

    def kinds_in(self, text: str) -> set[str]:
        """The kinds of products that a text names."""
        return {key for word in WORD.findall(text) if (key := _fold(word)) in self.heads}

    def key_words(self, name: str) -> list[str]:
        """The words of a name that tell it from others of its kind, folded; of a family all."""
        words = _folded(name)
        return [word for word in words if word not in self.heads] or list(words)

    def _in_words_of_documents(self, text: str) -> str:
        """The text with the words of the documents for what people call differently."""
        return self._said.sub(self._document_word, text)

    def _document_word(self, match: re.Match[str]) -> str:
        words = match[0].casefold().split()
        said = " ".join(words)
        if said not in self._synonyms:
            said = " ".join(w for w in words if w not in ("it", "them", "one"))
        return self._synonyms.get(said, match[0])

    def charges_in(self, text: str) -> list[str]:
        """Stems of the charges that a text, in words of documents, names; none where a product follows them."""
        found: list[str] = []
        # "Can assemble it on the day of delivery" is about assembly.
        for word in WORD.findall(without_idioms(text)):
            if stem(word) in self.charges:
                found.append(stem(word))
            elif stem(word) in self._stems:
                found.clear()
        return found

    def telling_either(self, text: str) -> frozenset[str]:
        """The telling words of a text as it stands and in words of the documents."""
        return self.telling(text) | self.telling(self.in_words_of_documents(text))

    def _telling(self, text: str) -> frozenset[str]:
        """Stems of the words that tell what a text is about, apart from names and prices."""
        return telling_stems(text) - self._stems


def without_idioms(text: str) -> str:
    """Without "on the day of delivery", which is nothing of delivery, and "set me back", which is no set."""
    return _SET_BACK.sub("", _DAY_OF.sub("", text))


@lru_cache(maxsize=REPEATED)
def _core(name: str) -> tuple[str, ...]:
    """What names it, without what tells its size: of "Kitchen trailer 16 ft" and of "Duo lesson, 45 minutes"."""
    words = _folded(name)
    core = _folded(main_part(name)) or words
    numbered = next((at for at, word in enumerate(core) if word[0].isdigit()), 0)
    return core[:numbered] if numbered > 1 else core


def _own_words(name: str, uses: Mapping[str, int]) -> Iterator[tuple[str, ...]]:
    """The words that name it alone: "Juniper" of "Juniper horse-trailer bar", "T46" of "Ferrant T46 desk phone"."""
    words = WORD.findall(name)
    for at, word in enumerate(words):
        proper = word[0].isupper() and (at == 0 or any(map(str.isdigit, word)) or len(words) > 2)
        own = uses[_fold(word)] == 1 and len(word) > 2 and stem(word) not in GENERIC_STEMS
        if len(words) > 1 and proper and own and (len(word) > 3 or not word.isalpha()):
            yield (_fold(word),)


def _spellings(name: str) -> Iterator[tuple[str, ...]]:
    """How else it is said: "Beer and Wine" for "Beer & Wine", "Doolin 10" for "Doolin10"."""
    said = re.sub(r"(?<=[a-z]{2})(?=\d)", " ", name.replace("&", "and"))
    others = {said} - {name}
    if match := _EITHER.search(name):  # "Infant / toddler seat"
        others |= {f"{name[: match.start()]}{one}{name[match.end() :]}" for one in match.groups()}
    for other in others:
        yield from {_folded(other), _core(other), _core(other)[:-1]} - {()}


def _singles(words: tuple[str, ...], names: Container[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Where there is a "Double monitor arm", the "Monitor arm" is "the single one"."""
    if any((twice, *words) in names for twice in ("double", "twin", "dual")):
        return {("single", *words), ("single", words[-1]), ("single",)}
    return set()


def _proper_parts(name: str) -> Iterator[tuple[str, ...]]:
    """Of a name of capitals its runs of words: "Golf" and "Golf 8" of "Volkswagen Golf 8 Life"."""
    words = WORD.findall(name)
    if len(words) < 3 or any(word == word.lower() and word.isalpha() for word in words):
        return
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            run = tuple(map(_fold, words[start:end]))
            single = len(run) == 1 and (run[0].isdigit() or stem(run[0]) in GENERIC_STEMS)
            if len(run) < len(words) and not single:
                yield run


@lru_cache(maxsize=REPEATED)
def _fold(word: str) -> str:
    word = word.casefold().removesuffix("'s").removesuffix("’s")
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _folded(name: str) -> tuple[str, ...]:
    return tuple(_fold(word) for word in WORD.findall(name))
