"""The nouns of knowledge: pages in documents in a folder, and what had to be left out."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sales_agent.config import MendableError


class KnowledgeError(MendableError):
    """The folder gives the agent nothing to know; one line that names the folder and the mend."""


class Unreadable(Exception):
    """This file cannot be read; the text is the reason, and the mend where there is one."""

    def __init__(self, reason: str, *, passing: bool = False) -> None:
        """`passing`: the next try may go better, as with a machine that was busy."""
        super().__init__(reason)
        self.passing = passing


@dataclass(frozen=True)
class Page:
    """A page of a PDF, numbered from 1; every other kind of file is one page without a number."""

    number: int | None
    text: str
    hidden: str = ""
    """What is in the file and no reader of it sees: only looked at for orders to an AI, and never kept."""


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
class Extract:
    """What the content of one file gave. It is cached, so that the file is parsed only once."""

    pages: tuple[Page, ...]
    """Pages of a PDF may be empty."""
    unread: str = ""
    """Which part was not read, and why; empty where all was."""
    orders: tuple[Order, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For a file of the cache, and for the pipe from a parser."""
        return {
            "pages": [[page.number, page.text] for page in self.pages],
            "unread": self.unread,
            "orders": [[order.page, order.quote, order.hidden] for order in self.orders],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Extract":
        """What `as_json` gave. Raises ValueError, TypeError or KeyError for anything else."""
        pages = tuple(
            Page(None if number is None else int(number), str(text))
            for number, text in value["pages"]
        )
        orders = tuple(Order(*order) for order in value.get("orders", ()))
        return cls(pages, str(value["unread"]), orders)


@dataclass(frozen=True)
class Document:
    """One file that was read. Tables are Markdown tables, whatever kind of file they come from."""

    name: str
    """Path relative to the folder with forward slashes, unprintable characters escaped; or a URL."""
    pages: Sequence[Page]
    """At least one, and each has text. It may lie on the disk: a look at it reads all of it."""
    tokens: int
    """Estimated."""
    digest: str = ""
    """Of what it says: the same where the content, the kind and the reader are. Never empty."""

    def __post_init__(self) -> None:
        if not self.digest:  # made by hand, as in tests
            said = "\0".join(f"{page.number}\0{page.text}" for page in self.pages)
            object.__setattr__(self, "digest", hashlib.sha256(said.encode()).hexdigest())

    @property
    def text(self) -> str:
        return "\n\n".join(page.text for page in self.pages)


@dataclass(frozen=True)
class LeftOut:
    """Something the agent does not know, and why: for the person who put it there."""

    name: str
    reason: str


@dataclass(frozen=True)
class Knowledge:
    """Everything read from a folder; documents are sorted by name."""

    folder: Path
    documents: tuple[Document, ...]
    left_out: tuple[LeftOut, ...]
    orders: tuple[Order, ...] = ()
