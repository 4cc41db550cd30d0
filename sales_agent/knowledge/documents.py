"""The nouns of knowledge: pages in documents in a folder, and what had to be left out."""

from dataclasses import dataclass
from pathlib import Path


class KnowledgeError(Exception):
    """The folder gives the agent nothing to know; one line that names the folder and the mend."""


@dataclass(frozen=True)
class Page:
    """A page of a PDF, numbered from 1; every other kind of file is one page without a number."""

    number: int | None
    text: str
    hidden: str = ""
    """What is in the file and no reader of it sees: only looked at for orders to an AI, and never kept."""


@dataclass(frozen=True)
class Document:
    """One file that was read. Tables are Markdown tables, whatever kind of file they come from."""

    name: str
    """Path relative to the folder with forward slashes; unprintable characters are escaped."""
    pages: tuple[Page, ...]
    """At least one, and each has text."""
    tokens: int
    """Estimated."""

    @property
    def text(self) -> str:
        return "\n\n".join(page.text for page in self.pages)


@dataclass(frozen=True)
class LeftOut:
    """Something the agent does not know, and why: for the person who put it there."""

    name: str
    reason: str


@dataclass(frozen=True)
class Order:
    """An order to an AI that stands in a document: kept from the agent, and reported."""

    page: int | None
    quote: str
    """Its beginning, on one line."""
    hidden: bool = False
    """No reader of the document would see it."""
    document: str = ""


@dataclass(frozen=True)
class Knowledge:
    """Everything read from a folder; documents are sorted by name."""

    folder: Path
    documents: tuple[Document, ...]
    left_out: tuple[LeftOut, ...]
    orders: tuple[Order, ...] = ()
