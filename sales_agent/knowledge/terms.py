"""Names of products and plans, which speech-to-text is told to listen out for.

Nobody configures them. A column that is called "Product" or "Plan" lists them; apart from that a
name is what has its capital letter in the middle of a sentence and never goes without it.
"""

import calendar
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from sales_agent.knowledge.documents import Document, Knowledge
from sales_agent.knowledge.rows import rows_of
from sales_agent.knowledge.sheets import NAME_COLUMN, tables_in

MAX_TERMS = 100  # these two are Cartesia's limits for keyterm
MAX_CHARACTERS = 1_200

JSON_NAME = re.compile(r'"(?:product|model|item|plan|name|title)(?:_?name)?": "([^"\n]+)"', re.I)
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’&-](?=[^\W\d_]))*")
_SENTENCE_END = re.compile(r"[.!?:;\"“”()\[\]*#>•–—/]")
_MAX_WORDS = 4
_MAX_LENGTH = 40  # characters; longer cells are descriptions
_BEGINNING = 20_000  # characters of a document of many; its names stand there
_TERMS_OF_ONE = 20
_OFTEN_ENOUGH = 2  # times that a name must stand in prose; once may be a slip
NO_NAMES = frozenset(
    {"i'm", "i'll", "i've", "i'd", "usd", "usa", "usb", "eur", "mrs", "eastern", "pacific"}
    | {day.lower() for day in calendar.day_name}
    | {month.lower() for month in calendar.month_name}
)
_NO_NOUNS = frozenset({"and", "the", "for", "has", "was", "are", "can", "not", "with", "from"})


def key_terms(knowledge: Knowledge) -> list[str]:
    """The names that are used most, at most MAX_TERMS and MAX_CHARACTERS in all."""
    return most_used(_uses([document.text for document in knowledge.documents]))


def terms_of(document: Document) -> dict[str, int]:
    """The names in the beginning of one document of many, and how often they are used there."""
    uses = _uses([document.text[:_BEGINNING]])
    return {name: uses[name] for name in most_used(uses)[:_TERMS_OF_ONE]}


def merged_terms(each: Iterable[Mapping[str, int]]) -> list[str]:
    """The names that are used most in many documents."""
    uses: Counter[str] = Counter()
    for terms in each:
        uses.update(terms)
    return most_used(uses)


def most_used(uses: Mapping[str, int]) -> list[str]:
    """Of names, and how often each is used, those that fit within the recogniser's limits."""
    terms: list[str] = []
    seen: set[str] = set()
    characters = 0
    # sorted() is stable: names that are used equally often stay in reading order.
    for name in sorted(uses, key=lambda name: -uses[name]):
        if len(terms) == MAX_TERMS:
            break
        if name.casefold() not in seen and characters + len(name) <= MAX_CHARACTERS:
            terms.append(name)
            seen.add(name.casefold())
            characters += len(name)
    return terms


def _uses(texts: list[str]) -> dict[str, int]:
    """The names in texts in reading order, and how often each is used."""
    lines = [line for text in texts for line in text.split("\n") if not line.startswith("|")]
    names = [name for text in texts for name in _listed_names(text)] + _names_in_prose(lines)
    # One pass over the words, whatever the number of names: only where one begins is looked further.
    beginning: dict[str, dict[str, None]] = {}
    for name in names:
        if words := _WORD.findall(name.casefold()):
            beginning.setdefault(words[0], {})[name] = None
    uses = dict.fromkeys(names, 0)
    for text in texts:
        folded = text.casefold()
        for match in _WORD.finditer(folded):
            for name in beginning.get(match.group(), ()):
                at = match.start() - name.casefold().index(match.group())
                uses[name] += at >= 0 and folded.startswith(name.casefold(), at)
    return uses


def _listed_names(text: str) -> Iterator[str]:
    """What stands in the name column of a table or under a name key of JSON."""
    lines = text.split("\n")
    for table in tables_in(lines):
        if table.names or any(map(NAME_COLUMN.fullmatch, table.head)):
            yield from (row.name for row in rows_of(table) if _is_name(row.name))
    for line in lines:
        if not line.startswith("|"):
            yield from filter(_is_name, JSON_NAME.findall(line))


def _is_name(cell: str) -> bool:
    return (
        0 < len(cell.split()) <= _MAX_WORDS
        and len(cell) <= _MAX_LENGTH
        and cell[0].isupper()
        and any(character.islower() for character in cell)
    )


def _names_in_prose(lines: list[str]) -> list[str]:
    """Runs of words that are names, with the noun that always follows: "Breeze desk"."""
    clauses = [clause for line in lines if not _is_title(line) for clause in _clauses(line)]
    own = _own_names(clauses)
    nouns = _nouns_after(clauses, own)
    found: Counter[str] = Counter()
    for words, starts_sentence in clauses:
        for start, end in _capital_runs(words):
            if start == 0 and starts_sentence and words[0] not in own:
                start = 1  # "Our Breeze desk": the first word has its capital from its place
            # Not every word needs to be a name by itself: "Harbor Office", "Wharf Street".
            if not own.intersection(words[start:end]) or end - start > _MAX_WORDS:
                continue
            if end == start + 1 and words[end : end + 1] == [nouns.get(words[start])]:
                end += 1
            found[" ".join(words[start:end])] += 1
    return [name for name, times in found.items() if times >= _OFTEN_ENOUGH]


def _capital_runs(words: list[str]) -> Iterator[tuple[int, int]]:
    """Where words with a capital letter stand in a row: start, and end behind the last."""
    start: int | None = None
    for index, word in enumerate([*words, ""]):
        if word[:1].isupper():
            start = index if start is None else start
        elif start is not None:
            yield start, index
            start = None


def _clauses(line: str) -> Iterator[tuple[list[str], bool]]:
    """The words between punctuation marks, and whether a sentence starts with them."""
    for sentence in _SENTENCE_END.split(line):
        starts = True
        for clause in sentence.split(","):
            words = _WORD.findall(clause)
            if words:
                yield words, starts
                starts = False


def _is_title(line: str) -> bool:
    """A Heading Written Like This does not tell which of its words are names."""
    words = [word for word in _WORD.findall(line) if len(word) > 3]
    is_heading = line.startswith("#") or line.rstrip()[-1:] not in {".", "!", "?", ":", ","}
    return is_heading and len(words) > 1 and all(word[0].isupper() for word in words)


def _own_names(clauses: list[tuple[list[str], bool]]) -> set[str]:
    """Words that keep their capital inside a sentence and hardly ever go without."""
    capital: Counter[str] = Counter()
    small: Counter[str] = Counter()
    for words, starts_sentence in clauses:
        for index, word in enumerate(words):
            if not word[0].isupper():
                small[word] += 1
            elif index > 0 or not starts_sentence:
                capital[word] += 1
    return {
        word
        for word, times in capital.items()
        if times >= _OFTEN_ENOUGH
        and times >= 3 * small[word.lower()]
        and len(word) > 2
        and word.lower() not in NO_NAMES
    }


def _nouns_after(clauses: list[tuple[list[str], bool]], own: set[str]) -> dict[str, str]:
    """The small-letter word that follows a name nearly whenever it is used, by name."""
    followed: dict[str, Counter[str]] = {}
    used: Counter[str] = Counter()
    for words, _ in clauses:
        for word, following in zip(words, [*words[1:], ""], strict=True):
            if word in own:
                used[word] += 1
                if len(following) > 2 and following.islower() and following not in _NO_NOUNS:
                    followed.setdefault(word, Counter())[following] += 1
    nouns = {}
    for word, counts in followed.items():
        noun, times = counts.most_common(1)[0]
        if times >= _OFTEN_ENOUGH and times >= 0.6 * used[word]:
            nouns[word] = noun
    return nouns
