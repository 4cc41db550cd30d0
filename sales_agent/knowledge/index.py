"""All passages in one SQLite file: found by their words (FTS5) and by their meaning (vectors)."""

import re
import sqlite3
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from sales_agent.knowledge.embedding import (
    DIMENSION,
    Embedder,
    TextEmbedder,
    Tokens,
    Told,
    Vectors,
    stacked,
)
from sales_agent.knowledge.passages import Passage, Statement
from sales_agent.knowledge.words import STOP_WORDS

EMBEDDER = (
    Embedder()
)  # for all indexes of a process: the weights are loaded once, with the first text

RANK_OFFSET = 10  # of reciprocal rank fusion: how little the first place counts over the second
POOL = 50  # candidates that each of the two searches names
MEANING_WEIGHT = 1.0
WORDS_WEIGHT = 0.5  # paraphrases are commoner than quotations on the phone; measured

MAX_WORDS = 5_000  # of the vocabulary that get a vector: 1 ms each when the index is built

_SCHEMA = """
CREATE TABLE passages (id INTEGER PRIMARY KEY, document, page, heading, text);
CREATE TABLE statements (id INTEGER PRIMARY KEY, passage, text, lead, topic, tokens BLOB);
CREATE TABLE vocabulary (id INTEGER PRIMARY KEY, word);
CREATE TABLE vectors (name, data BLOB);
CREATE VIRTUAL TABLE words USING fts5(heading, text, tokenize = 'porter unicode61');
"""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Hit:
    """A passage that a search found."""

    passage: Passage
    score: float
    """Higher is better; to compare within one search only."""


class Index:
    """The passages of all documents, opened for reading. Close it, or use it as a context."""

    def __init__(self, db: sqlite3.Connection, embedder: TextEmbedder) -> None:
        self._db = db
        self.embedder = embedder
        rows = self._db.execute("SELECT passage, text, lead, topic FROM statements ORDER BY id")
        read = rows.fetchall()
        self.passage_of: list[int] = [row[0] for row in read]  # statement number -> passage number
        self.statements = [Statement._make(row[1:]) for row in read]
        cut = self._db.execute(
            "SELECT document, page, heading, text FROM passages ORDER BY id"
        ).fetchall()
        first = [bisect_left(self.passage_of, number) for number in range(len(cut) + 1)]
        self.passages = [
            Passage(document, page, heading, text, tuple(self.statements[start:end]))
            for (document, page, heading, text), start, end in zip(
                cut, first, first[1:], strict=False
            )
        ]
        self.words = [w for (w,) in self._db.execute("SELECT word FROM vocabulary ORDER BY id")]
        stored = {
            name: np.frombuffer(data, dtype=np.float32).reshape(-1, DIMENSION)
            for name, data in self._db.execute("SELECT name, data FROM vectors")
        }
        self.vectors: Vectors = stored["statements"]
        self.word_vectors: Vectors = stored["words"]
        self.headings: list[str] = sorted({passage.heading for passage in self.passages})
        self.heading_vectors: Vectors = stored["headings"]
        self._owners = np.array(self.passage_of, dtype=np.int64)

    @classmethod
    def open(cls, path: Path, embedder: TextEmbedder) -> Self:
        """Open a file. Raises sqlite3.Error, ValueError or TypeError where it is not there or damaged."""
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        return cls(sqlite3.connect(uri, uri=True, check_same_thread=False), embedder)

    @classmethod
    def of(cls, found: Sequence[Passage], embedder: TextEmbedder, *, words: bool = True) -> Self:
        """Index a few passages in memory: 2 ms a sentence that the embedder does not remember.

        `words`: with the vectors of words and headings, which only a ranking of statements needs.
        """
        db = sqlite3.connect(":memory:", check_same_thread=False)
        fill(db, found, embedder, words)
        return cls(db, embedder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def tokens_of(self, statements: Sequence[int]) -> list[Tokens]:
        """The vectors of each statement's tokens, as Encoded has them."""
        marks = ",".join("?" * len(statements))
        rows = self._db.execute(
            f"SELECT id, tokens FROM statements WHERE id IN ({marks})", [n + 1 for n in statements]
        )
        found = {n - 1: np.frombuffer(data, np.int8).reshape(-1, DIMENSION) for n, data in rows}
        return [found[number] for number in statements]

    def search(self, query: str, limit: int = 5) -> list[Hit]:
        """Find the passages that fit a question best, the best first.

        Both searches rank, and the ranks are added up (reciprocal rank fusion): their scores are of
        different kinds, and ranks need no scale.
        """
        if not query.strip() or not self.passages:
            return []
        (vector,) = self.embedder.embed([query])
        scores: dict[int, float] = {}
        rankings = (
            (MEANING_WEIGHT, self._by_meaning(vector)),
            (WORDS_WEIGHT, self.by_words(query)),
        )
        for weight, ranking in rankings:
            for rank, number in enumerate(ranking):
                scores[number] = scores.get(number, 0.0) + weight / (RANK_OFFSET + rank)
        best = sorted(scores, key=lambda number: -scores[number])[:limit]
        return [Hit(self.passages[number], scores[number]) for number in best]

    def _by_meaning(self, vector: Vectors) -> list[int]:
        best = np.full(len(self.passages), -1.0, dtype=np.float32)
        # A passage is as near as its nearest statement: a whole one blurs what each sentence says.
        np.maximum.at(best, self._owners, self.vectors @ vector)
        return [int(number) for number in np.argsort(-best)[:POOL]]

    def by_words(self, query: str) -> list[int]:
        """Passage numbers by BM25, the best first; a heading's word counts double."""
        words = {word for word in _WORD.findall(query.lower()) if word not in STOP_WORDS}
        if not words:
            return []
        match = " OR ".join(f'"{word}"' for word in sorted(words))
        rows = self._db.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words, 2.0, 1.0) LIMIT ?",
            (match, POOL),
        )
        return [number for (number,) in rows]


def load_embedder() -> None:
    """Load the model's weights for this process, so that the first search need not. Raises KnowledgeError."""
    EMBEDDER.embed([""])


def fill(
    db: sqlite3.Connection, cut: Sequence[Passage], embedder: TextEmbedder, words: bool = True
) -> None:
    statements = [
        (number, statement)
        for number, passage in enumerate(cut)
        for statement in passage.statements
    ]
    vocabulary = _vocabulary(cut) if words else []
    headings = sorted({passage.heading for passage in cut}) if words else []
    encoded = embedder.encode([told(s) for _, s in statements])
    vectors = {
        "statements": stacked(encoded),
        "words": embedder.embed(vocabulary),
        "headings": embedder.embed(headings),
    }
    with db:
        db.executescript(_SCHEMA)
        db.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?)",
            ((n, p.document, p.page, p.heading, p.text) for n, p in enumerate(cut)),
        )
        db.executemany(
            "INSERT INTO statements (passage, text, lead, topic, tokens) VALUES (?, ?, ?, ?, ?)",
            (
                (number, s.text, s.lead, s.topic, its.tokens.tobytes())
                for (number, s), its in zip(statements, encoded, strict=True)
            ),
        )
        db.executemany(
            "INSERT INTO words (rowid, heading, text) VALUES (?, ?, ?)", _searchable(cut)
        )
        db.executemany("INSERT INTO vocabulary (word) VALUES (?)", ((word,) for word in vocabulary))
        db.executemany(
            "INSERT INTO vectors VALUES (?, ?)", ((n, v.tobytes()) for n, v in vectors.items())
        )


def told(statement: Statement) -> Told:
    """A statement as it is encoded."""
    return Told(statement.text, f"{statement.topic}. " if statement.topic else "")


def _vocabulary(cut: Sequence[Passage]) -> list[str]:
    """The commonest words, lower case, without numbers: to find those that mean the same."""
    counts = Counter(
        word
        for passage in cut
        for word in _WORD.findall(f"{passage.heading} {passage.text}".lower())
        if word.isalpha() and len(word) > 1 and word not in STOP_WORDS
    )
    return [word for word, _ in counts.most_common(MAX_WORDS)]


def _searchable(cut: Sequence[Passage]) -> Iterable[tuple[int, str, str]]:
    for number, passage in enumerate(cut):
        name = _WORD.findall(Path(passage.document).stem)
        yield number, f"{' '.join(name)} {passage.heading}", passage.text
