"""The index that a question or an answer is compared with, statement by statement.

Comparing takes a vector for each statement. A few documents have them all; of many the passages are searched first,
and only their statements are embedded.
"""

import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from sales_agent.knowledge.building import build_library
from sales_agent.knowledge.documents import Knowledge, KnowledgeError
from sales_agent.knowledge.embedders import Embedded, QueryEmbedder
from sales_agent.knowledge.embedding import Remembering
from sales_agent.knowledge.index import EMBEDDER, Index
from sales_agent.knowledge.index_cache import build_index
from sales_agent.knowledge.library import Library

logger = logging.getLogger("sales_agent")

SMALL = 30_000  # tokens of all documents that are indexed in memory: 5 s the first time, 20 MB in each process
PASSAGES = 12  # that are compared, of many
_REMEMBERING = Remembering(EMBEDDER)


class Passages(Protocol):
    """What is known, however much it is."""

    def around(self, texts: Sequence[str], *, words: bool = True) -> Index:
        """An index with the passages that may matter to texts; without `words` it knows no synonyms."""

    def close(self) -> None: ...


class Few:
    """Few enough documents for one index of them all."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def around(self, texts: Sequence[str], *, words: bool = True) -> Index:
        return self._index

    def close(self) -> None:
        self._index.close()


class Many:
    """A library, of which a search finds what matters. Takes 2 ms for each statement that is new to it."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def around(self, texts: Sequence[str], *, words: bool = True) -> Index:
        hits = self._library.search_all(dict.fromkeys(texts, 1.0), PASSAGES)
        return Index.of([hit.passage for hit in hits], _REMEMBERING, words=words)

    def close(self) -> None:
        self._library.close()


def is_small(knowledge: Knowledge) -> bool:
    return sum(document.tokens for document in knowledge.documents) <= SMALL


def open_passages(
    knowledge: Knowledge, cache: Path, embedder: QueryEmbedder | None = None, *, wait: float = -1
) -> Passages:
    """Open what is known, and index it first where that was not done yet. Raises KnowledgeError where it cannot."""
    if is_small(knowledge):
        return Few(build_index(knowledge, cache))
    return Many(open_library(build_library(knowledge, cache, wait=wait), embedder))


def open_library(path: Path, embedder: QueryEmbedder | None = None) -> Library:
    """Open a library; without an embedder its vectors are those of the model that ships. Raises KnowledgeError."""
    try:
        return Library(path, embedder or Embedded())
    except sqlite3.Error as error:
        raise KnowledgeError(f"The index {path} cannot be opened ({error}): delete it.") from error
