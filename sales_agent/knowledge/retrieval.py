"""What a turn of a call needs from the library: found from the caller's last words, without a model being asked.

"And in white?" is searched together with the words before it. The passages come as data, each with where it stands.
"""

import logging
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sales_agent.knowledge.documents import KnowledgeError
from sales_agent.knowledge.embedders import QueryEmbedder
from sales_agent.knowledge.index import Hit
from sales_agent.knowledge.library import Library
from sales_agent.knowledge.opening import open_library
from sales_agent.knowledge.prompt_block import fenced
from sales_agent.knowledge.words import STOP_WORDS

logger = logging.getLogger("sales_agent")

PASSAGES = 8  # for a turn; some 100 tokens each
BEFORE_WEIGHT = 0.6  # of the last words together with those before, against the last words alone
_WORD = re.compile(r"[^\W_]+(?:['’][a-z]+)?")
_LEANS = re.compile(
    r"^\W*(?:and|or|but|so|what about|how about|then|also)\b"
    r"|\b(?:it|its|they|them|their|that|those|this|these|one|ones|there)\b",
    re.IGNORECASE,
)
SHORT = 3  # words that say something: with fewer a sentence leans on the one before


@dataclass(frozen=True)
class Material:
    """The documents of a call that its prompt does not hold."""

    library: Library
    in_prompt: frozenset[str]
    """Names of documents that the prompt holds whole: they need not be found."""
    synonyms: Mapping[str, str] = field(default_factory=dict)
    """What callers call things, in lower case -> what the documents do."""

    def for_turn(self, said: Sequence[str]) -> str:
        """The passages for what the caller said, their last words last; empty where nothing fits.

        Some 10 ms for 100,000 passages, half of it the model that embeds the words.
        """
        return self._found(
            {in_documents_words(q, self.synonyms): w for q, w in queries(said).items()}
        )

    def find(self, query: str) -> str:
        """The passages for a model's own words; empty where nothing fits."""
        return self._found({in_documents_words(query, self.synonyms): 1.0})

    def _found(self, asked: Mapping[str, float]) -> str:
        try:
            return written(self.library.search_all(asked, PASSAGES, without=self.in_prompt))
        except (
            sqlite3.Error
        ) as error:  # a disk that is full or gone: the call goes on with what it has
            logger.error("the documents cannot be searched: %s", error)
            return ""


def open_material(
    library: Path | None,
    in_prompt: Sequence[str],
    embedder: QueryEmbedder | None = None,
    synonyms: Mapping[str, str] | None = None,
) -> Material | None:
    """What a call's prompt does not hold; None where it holds all, or the library cannot be opened, which is logged."""
    if library is None:
        return None
    try:
        return Material(open_library(library, embedder), frozenset(in_prompt), synonyms or {})
    except KnowledgeError as error:
        logger.error("the call goes on with the list of documents alone: %s", error)
        return None


def queries(said: Sequence[str]) -> dict[str, float]:
    """What to search for, with weights."""
    said = [text for text in said if text.strip()]
    if not said:
        return {}
    last = said[-1]
    if len(said) == 1 or not _leans(last):
        return {last: 1.0}
    return {last: 1.0 - BEFORE_WEIGHT, f"{said[-2]} {last}": BEFORE_WEIGHT}


def in_documents_words(text: str, synonyms: Mapping[str, str]) -> str:
    """A caller's words, and what documents call the things in them: "Is there a guarantee? warranty"."""
    plain = f" {' '.join(_WORD.findall(text.lower()))} "
    meant = [theirs for callers, theirs in synonyms.items() if f" {callers} " in plain]
    return " ".join([text, *dict.fromkeys(meant)])


def written(hits: Sequence[Hit]) -> str:
    """Passages for a model, each fenced, with document, page and heading."""
    return "".join(
        fenced(
            hit.passage.document,
            hit.passage.page,
            f"{hit.passage.heading}\n{hit.passage.text}".strip(),
        )
        for hit in hits
    ).rstrip()


def _leans(text: str) -> bool:
    content = {word.lower() for word in _WORD.findall(text)} - STOP_WORDS
    return len(content) < SHORT or bool(_LEANS.search(text))
