"""Which products and plans a text is about, by their names in the documents, and its telling words.

Nobody configures the names. They are what stands in the first column of a table, above its columns where the rows
are prices, under a name key of JSON, in a heading of several capitals, or before "costs". Known by their short
forms too: "the Summit", "Plus", "the lamp".
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sales_agent.knowledge.documents import Document
from sales_agent.knowledge.passages import CELL_BORDER
from sales_agent.knowledge.terms import JSON_NAME

MOST_WORDS = 5
_WORD = re.compile(r"[^\W_]+(?:['’&.-][^\W_]+)*")
_COSTS = re.compile(
    r"\b(?:[Tt]he|[Oo]ur|[Aa]n?)\s+((?:[A-Z][\w&'’-]*\s)+(?:[a-z]+\s)?)(?:costs?|is\s+priced|sells|starts\s+at)\b"
    r"|(?:^|[.!?]\s+)((?:[A-Z][\w&'’-]*\s){2,4})(?:costs?|is\s+priced|sells|starts\s+at)\b"
)
_GENERIC = frozenset(
    "price prices priced pricing cost costs costing fee fees charge charges rate rates amount total dollar"
    " dollars usd eur euro euros cent cents percent discount month months monthly year years yearly annual"
    " annually week day days per each every pay pays paid paying get gets getting offer offers offered include"
    " includes included including only just now today order orders also more less most least than from with"
    " without and the for you your our its this that these those have has had are was were will would can could"
    " may all any some not but one two three four five six seven eight nine ten they them their there here what"
    " which who how when where it's that's want need like sure yes okay great well course right come comes make"
    " makes made take takes give gives let know much many very really about around plus plan plans product"
    " products item items model service services name type number value description feature features details no"
    " setup quantity stock sku size sizes width height weight color colors covers support".split()
)
_DAY_OF = re.compile(r"\b(?:days?|dates?|time) of [a-z]+", re.IGNORECASE)
_CAPITAL_RUN = re.compile(r"\b[A-Z][\w’'&-]*(?:\s+[A-Z][\w’'&-]*)*")


@dataclass(frozen=True)
class Mention:
    """A name in a text: `text[start:end]` means `name`."""

    start: int
    end: int
    name: str
    known: bool = True


def stem(word: str) -> str:
    """Crude on purpose: "deliver", "delivery" and "deliveries" meet."""
    word = word.casefold().removesuffix("'s").removesuffix("’s")
    word = word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
    return word[:6]


_GENERIC_STEMS = frozenset(map(stem, _GENERIC))


def names_in(document: Document) -> set[str]:
    """The names that one document introduces."""
    return {
        " ".join(name.split())
        for page in document.pages
        for name in (*_listed(page.text), *_in_prose(page.text))
    }


def capitals_in(document: Document) -> set[str]:
    """Every word that the document writes with a capital, folded: places and people are no unknown products."""
    return {
        word.casefold()
        for page in document.pages
        for run in _CAPITAL_RUN.findall(page.text)
        for word in run.split()
    }


def charge_of(statement: str) -> str:
    """What a statement with a price begins with, which may be a thing that is charged: "Delivery costs …"."""
    match = re.match(r"(?:The |Our |An? )?([^\W\d_]{3,})", statement)
    return match[1].casefold() if match else ""


def _listed(text: str) -> Iterator[str]:
    header: list[str] = []
    for line in text.split("\n"):
        if line.startswith("|"):
            cells = [cell.strip(" *_`") for cell in CELL_BORDER.split(line.strip())[1:-1]]
            if not header:
                header = cells
            elif cells and _is_name(cells[0]):
                yield cells[0]
            elif cells and re.search(r"pric|cost|fee|month|year", cells[0], re.IGNORECASE):
                yield from filter(_is_name, header[1:])
            continue
        header = []
        if match := re.match(r"#{1,6}\s+(.*?)\s*#*$", line):
            if len(match[1].split()) > 1 and match[1].istitle() and _is_name(match[1]):
                yield match[1]
        else:
            yield from filter(_is_name, JSON_NAME.findall(line))


def _in_prose(text: str) -> Iterator[str]:
    for match in _COSTS.finditer(text):
        name = (match[1] or match[2]).strip()
        if _is_name(name):
            yield name


def _is_name(cell: str) -> bool:
    words = _WORD.findall(cell)
    return (
        0 < len(words) <= MOST_WORDS
        and len(cell) <= 40
        and cell[:1].isupper()
        and not all(stem(word) in _GENERIC_STEMS for word in words)
        and stem(words[0]) not in _GENERIC_STEMS
    )


class Vocabulary:
    """The names of all documents, found again in what is said."""

    def __init__(
        self,
        names: Iterable[str],
        *,
        company: str = "",
        capitals: Iterable[str] = (),
        charges: Iterable[str] = (),
        synonyms: Mapping[str, str] | None = None,
    ) -> None:
        """`synonyms`: what people say, in lower case -> what the documents do."""
        own = _folded(company)
        self._capitals = frozenset(capitals)
        # "A Harbor Office desk" is none of its products.
        self.names = sorted({n for n in names if not own or _folded(n)[: len(own)] != own})
        folded: dict[tuple[str, ...], str] = {}
        for name in self.names:
            folded.setdefault(_folded(name), name)
        self._by_words = folded
        heads = Counter(words[-1] for words in folded if len(words) > 1)
        firsts = Counter(words[:k] for words in folded for k in range(1, len(words)))
        self.heads = frozenset(heads)
        """What products are: desk, chair, arm."""
        self._families = {words for words, count in firsts.items() if count > 1 and len(words) > 1}
        self._short: dict[tuple[str, ...], str] = {}
        taken: Counter[tuple[str, ...]] = Counter()
        for words, name in folded.items():
            for short in {
                *(words[k:] for k in range(1, len(words)) if words[:k] in self._families),
                *([words[:-1]] if len(words) > 1 else []),
                *([words[-1:]] if len(words) > 1 and heads[words[-1]] == 1 else []),
            }:
                taken[short] += 1
                self._short[short] = name
        self._short = {
            short: name
            for short, name in self._short.items()
            if taken[short] == 1
            and short not in folded
            and short not in self._families
            and short != own[: len(short)]
        }
        self._stems = {stem(word) for words in folded for word in words}
        self.charges = frozenset(map(stem, charges)) - self._stems - _GENERIC_STEMS
        """Stems of what is charged beside products: delivery, assembly."""
        self._synonyms = dict(synonyms or {})
        # "Setting it up" is "setting up".
        phrases = (
            r"\s+(?:(?:it|them|one)\s+)?".join(map(re.escape, p.split())) for p in self._synonyms
        )
        longest_first = sorted(phrases, key=len, reverse=True)
        self._said = re.compile(rf"\b(?:{'|'.join(longest_first) or '(?!)'})\b", re.IGNORECASE)

    def mentions(self, text: str) -> list[Mention]:
        """Every product or plan that the text names, the longest name first; and names that no document knows."""
        words = list(_WORD.finditer(text))
        keys = [_fold(word[0]) for word in words]
        found: list[Mention] = []
        at = 0
        while at < len(words):
            for length in range(min(MOST_WORDS, len(words) - at), 0, -1):
                key = tuple(keys[at : at + length])
                span = text[words[at].start() : words[at + length - 1].end()]
                name = self._by_words.get(key) or self._family(key)
                if name is None and (short := self._short.get(key)):
                    name = short if self._stands_for_it(text, words[at].start(), span) else None
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
        return found

    def _family(self, key: tuple[str, ...]) -> str | None:
        return " ".join(key) if key in self._families else None

    def _stands_for_it(self, text: str, start: int, span: str) -> bool:
        """Whether a short form is meant as a name: with its capital, or as "the lamp"."""
        capital = span[:1].isupper() and not (
            start == 0 and len(span.split()) == 1 and span.casefold() in self.heads
        )
        return capital or re.search(r"\b(?:the|our|a|an|your)\s+$", text[:start], re.I) is not None

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
        if not word[0].isupper() or word.casefold() in self._capitals or at == 0:
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

    def key_words(self, name: str) -> list[str]:
        """The words of a name that tell it from others of its kind, folded; of a family all."""
        words = _folded(name)
        return [word for word in words if word not in self.heads] or list(words)

    def in_words_of_documents(self, text: str) -> str:
        """The text with the words of the documents for what people call differently."""
        return self._said.sub(self._document_word, text)

    def _document_word(self, match: re.Match[str]) -> str:
        words = match[0].casefold().split()
        said = " ".join(words)
        if said not in self._synonyms:
            said = " ".join(w for w in words if w not in ("it", "them", "one"))
        return self._synonyms.get(said, match[0])

    def charge_in(self, text: str) -> str:
        """Stem of the charge that a text, in words of documents, names last; empty where a product follows it."""
        # "Can assemble it on the day of delivery" is about assembly.
        for word in reversed(_WORD.findall(_DAY_OF.sub("", text))):
            if stem(word) in self.charges:
                return stem(word)
            if stem(word) in self._stems:
                return ""
        return ""

    def telling(self, text: str) -> frozenset[str]:
        """Stems of the words that tell what a text is about, apart from names and prices."""
        stems = (stem(word) for word in _WORD.findall(text) if len(word) > 2 and word[0].isalpha())
        return frozenset(s for s in stems if s not in _GENERIC_STEMS and s not in self._stems)


def _fold(word: str) -> str:
    word = word.casefold().removesuffix("'s").removesuffix("’s")
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _folded(name: str) -> tuple[str, ...]:
    return tuple(_fold(word) for word in _WORD.findall(name))
