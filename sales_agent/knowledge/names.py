"""The names of products and plans that a document introduces. Nobody configures them.

They are what names the rows of a table, what stands above its columns where the rows are prices, under a name key of
JSON, in a heading of several capitals, or before "costs".
"""

import re
from collections.abc import Iterator

from sales_agent.knowledge.documents import Document
from sales_agent.knowledge.rows import rows_of
from sales_agent.knowledge.sheets import tables_in
from sales_agent.knowledge.stems import GENERIC_STEMS, WORD, stem
from sales_agent.knowledge.terms import JSON_NAME, NO_NAMES

MOST_WORDS = 5
_COSTS = re.compile(
    r"\b(?:[Tt]he|[Oo]ur|[Aa]n?)\s+((?:[A-Z][\w&'’-]*\s)+(?:[a-z]+\s)?)(?:costs?|is\s+priced|sells|starts\s+at)\b"
    r"|(?:^|[.!?]\s+)((?:[A-Z][\w&'’-]*\s){2,4})(?:costs?|is\s+priced|sells|starts\s+at)\b"
)
_PRICES = re.compile(r"pric|cost|fee|month|year", re.IGNORECASE)
_PER = re.compile(r"\bper\b|\bprice", re.IGNORECASE)
# Rows that are called so say when or for whom something holds.
_NO_PRODUCTS = NO_NAMES | frozenset(
    "bank holiday weekday weekend public and to daily member student child children adult senior guest school".split()
)
_PLANS = frozenset({"Plus"})  # which is no name elsewhere
_CHARGE = re.compile(
    r"(?:The |Our |An? )?(?P<of>[^\W\d_]{3,})(?:[ -][\w'’-]+){0,6}? "
    r"(?:costs?\b|fees?\b|charges?\b|(?:is|are) (?:free|included|[$€£\d]))"
    r"|(?P<label>[^\W\d_]{3,})(?:[ -][\w'’-]+){0,3}: "
)
_NO_CHARGES = frozenset(
    "first second third late later full open further minimum maximum example trade total extra other over under above"
    " from each every any".split()
)
_WITH = re.compile(r"[,(]|\s(?:w/|with|incl\.?|per|for)(?=\s|$)")
_INSIDE_SENTENCE = re.compile(r"\b[a-z]+,? ([A-Z][\w’'&-]*)")
_CAPITAL_RUN = re.compile(r"\b[A-Z][\w’'&-]*(?:\s+[A-Z][\w’'&-]*)*")


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


def proper_in(document: Document) -> set[str]:
    """The words that keep their capital inside a sentence, folded: "the Breeze", but no "Cable tray" of a list."""
    return {
        word.casefold() for page in document.pages for word in _INSIDE_SENTENCE.findall(page.text)
    }


def charge_of(statement: str) -> str:
    """What a statement with a price says that it is charged for: "Delivery costs …"; nothing where it says none."""
    match = _CHARGE.match(statement)
    charge = (match["of"] or match["label"]).casefold() if match else ""
    return "" if charge in _NO_CHARGES else charge


def main_part(name: str) -> str:
    """A name without what it comes with: "Food truck" of "Food truck w/ wood oven (2 people)"."""
    return _WITH.split(name)[0].strip() or name


def _listed(text: str) -> Iterator[str]:
    lines = text.split("\n")
    tables = list(tables_in(lines))
    # "LOW: 3 Jan to 18 Mar" says what the head of another table means.
    heads = {head.casefold() for table in tables for head in table.head[1:] if head}
    for table in tables:
        header, rows = table.head, list(rows_of(table))
        priced = (row for row in rows if row.cells and _PRICES.search(row.name))
        if _PER.search(header[table.names]) or any(not _is_name(row.name) for row in priced):
            yield from filter(_is_name, header[1:])  # such rows are what each of them has
            if not header[0] or _PER.search(header[0]):
                continue
        named = (row.name for row in rows if row.cells or len(header) == 1)
        named = (name for name in named if name.casefold() not in heads)
        yield from (name for name in named if _is_name(name) or name in _PLANS)
    for line in lines:
        if match := re.match(r"#{1,6}\s+(.*?)\s*#*$", line):
            if len(match[1].split()) > 1 and match[1].istitle() and _is_name(match[1]):
                yield match[1]
        elif not line.startswith("|"):
            yield from filter(_is_name, JSON_NAME.findall(line))


def _in_prose(text: str) -> Iterator[str]:
    for match in _COSTS.finditer(text):
        name = (match[1] or match[2]).strip()
        if _is_name(name):
            yield name


def _is_name(cell: str) -> bool:
    words = WORD.findall(main_part(cell))
    return (
        0 < len(words) <= MOST_WORDS
        and len(cell) <= 40
        and cell[:1].isupper()
        and not all(word.casefold().removesuffix("s") in _NO_PRODUCTS for word in words)
        and not all(stem(word) in GENERIC_STEMS for word in words)
        and stem(words[0]) not in GENERIC_STEMS
    )
