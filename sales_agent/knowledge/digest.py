"""What stands in the prompt of a document that is too much for it: a line that says what it covers.

The lines are the same, byte for byte, for the same documents. Where all of them would be too long, all get shorter by
the same measure, and then documents of one folder share a line; none is dropped silently.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from sales_agent.knowledge.documents import Document
from sales_agent.knowledge.rows import rows_of
from sales_agent.knowledge.sheets import Table, tables_in
from sales_agent.knowledge.tokens import estimate_tokens

LINE = 200  # characters that are kept of what a document covers
_LENGTHS = (
    200,
    120,
    80,
    50,
    30,
    0,
)  # characters of it in the prompt: the first with which all lines fit
_LOOKED_AT = 100_000  # characters of a document; what it is about stands before that
_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*$")
_FRONT_MATTER = re.compile(r"---\n(.*?)\n---(?:\n|$)", re.DOTALL)
_PINNED = re.compile(r"^pinned\s*:\s*(?:true|yes|1)\s*$", re.IGNORECASE | re.MULTILINE)
_NAME = re.compile(r"(?<![.!?:]\s)(?<!^)\b[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*", re.MULTILINE)


class Listed(NamedTuple):
    """A document as the digest needs it."""

    name: str
    about: str
    pinned: bool = False


class Digest(NamedTuple):
    """The lines, and how far they had to be shortened: for whoever looks after the documents."""

    text: str
    note: str
    """Empty where nothing was shortened."""


def listed_as(document: Document) -> Listed:
    """What the digest needs of a document."""
    return Listed(document.name, about(document), is_pinned(document))


def is_pinned(document: Document) -> bool:
    """Whether a document has to be in the prompt whole: below `pinned/`, or by `pinned: true` at its top."""
    if document.name.startswith("pinned/"):
        return True
    if not document.name.lower().endswith((".md", ".txt")):
        return False
    front = _FRONT_MATTER.match(document.pages[0].text)
    return bool(front and _PINNED.search(front[1]))


def about(document: Document) -> str:
    """What a document covers, LINE characters at most: its headings; without any its first sentence and names."""
    text = "\n".join(page.text for page in document.pages[:50])[:_LOOKED_AT]
    front = _FRONT_MATTER.match(text)
    lines = text[front.end() if front else 0 :].split("\n")
    headings = [m[1] for line in lines if (m := _HEADING.match(line.strip()))]
    if not headings and (table := next(tables_in(lines), None)):
        return _table(table)
    if len(headings) < 2:
        headings += _first_sentence(lines)
        headings += [name for name, _ in Counter(_NAME.findall(text)).most_common(8)]
    return _joined(headings, LINE)


def digest(documents: Sequence[Listed], max_tokens: int) -> Digest:
    """A line a document, shortened until they take no more than `max_tokens`."""
    for length in _LENGTHS:
        text = "".join(f"- {d.name}{_shortened(d.about, length)}\n" for d in documents)
        if estimate_tokens(text) <= max_tokens:
            full = length >= max((len(d.about) for d in documents), default=0)
            what = f"shortened to {length} characters each" if length else "names alone"
            return Digest(text, "" if full else what)
    for depth in (3, 2, 1, 0):
        folders = Counter("/".join(PurePosixPath(d.name).parts[:-1][:depth]) for d in documents)
        text = "".join(f"- {folder or '.'}/ ({n:,} documents)\n" for folder, n in folders.items())
        if estimate_tokens(text) <= max_tokens:
            return Digest(text, f"one line for each of {len(folders):,} folders")
    return Digest("", "left out: PROMPT_TOKENS has no room for a line")


def _shortened(about: str, length: int) -> str:
    if not length or not about:
        return ""
    return f": {_joined(about.split('; '), length)}"


def _joined(parts: Sequence[str], length: int) -> str:
    """As many whole parts as there is room for, each once; at least a piece of the first."""
    text = ""
    for part in dict.fromkeys(" ".join(part.split()) for part in parts):
        if part and len(text) + len(part) + 2 <= length:
            text += f"; {part}" if text else part
        elif part and not text:
            return part[:length].rsplit(" ", 1)[0].rstrip(",;: ")
    return text


def _table(table: Table) -> str:
    """The columns of a table, how many rows it has, and what its first ones are called."""
    columns = ", ".join(filter(None, table.head))
    names = [row.name for row in rows_of(table._replace(body=table.body[:10]))]
    return _joined([f"table of {len(table.body):,} rows: {columns}", *names], LINE)


def _first_sentence(lines: Sequence[str]) -> list[str]:
    for line in lines:
        if len(line.split()) > 3 and not _HEADING.match(line):
            return [re.split(r"(?<=[.!?])\s", line.strip())[0][:LINE]]
    return []
