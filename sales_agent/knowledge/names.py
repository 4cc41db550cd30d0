"""The names of products and plans that a document introduces. Nobody configures them.

They are what stands in the first column of a table, above its columns where the rows are prices, under a name key of
JSON, in a heading of several capitals, or before "costs".
"""

import re
from collections.abc import Iterator

from sales_agent.knowledge.documents import Document
from sales_agent.knowledge.passages import CELL_BORDER
from sales_agent.knowledge.stems import GENERIC_STEMS, WORD, stem
from sales_agent.knowledge.terms import JSON_NAME

MOST_WORDS = 5
_COSTS = re.compile(
    r"\b(?:[Tt]he|[Oo]ur|[Aa]n?)\s+((?:[A-Z][\w&'’-]*\s)+(?:[a-z]+\s)?)(?:costs?|is\s+priced|sells|starts\s+at)\b"
    r"|(?:^|[.!?]\s+)((?:[A-Z][\w&'’-]*\s){2,4})(?:costs?|is\s+priced|sells|starts\s+at)\b"
)
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
    words = WORD.findall(cell)
    return (
        0 < len(words) <= MOST_WORDS
        and len(cell) <= 40
        and cell[:1].isupper()
        and not all(stem(word) in GENERIC_STEMS for word in words)
        and stem(words[0]) not in GENERIC_STEMS
    )
