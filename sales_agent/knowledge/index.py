"""All passages in one SQLite file: found by their words (FTS5) and by their meaning (vectors).

The file is named after what is in it, so that a changed document makes a new one, and two processes
that build the same one at the same time both end with a whole file. Once built it is only read.
"""

import hashlib
import logging
import os
import re
import sqlite3
import tempfile
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from sales_agent.knowledge.documents import Knowledge
from sales_agent.knowledge.embedding import DIMENSION, MODEL_ID, Embedder, TextEmbedder, Vectors
from sales_agent.knowledge.passages import Passage, Statement, passages
from sales_agent.knowledge.words import STOP_WORDS

logger = logging.getLogger(__name__)

EMBEDDER = (
    Embedder()
)  # for all indexes of a process: the weights are loaded once, with the first text

FORMAT = 13  # counts up whenever passages, statements or tables change: old files are not read then
# What vectors can be reused.
_KIND = hashlib.sha256(f"{FORMAT} {MODEL_ID}".encode()).hexdigest()[:8]
KEPT_FILES = 3
RANK_OFFSET = 10  # of reciprocal rank fusion: how little the first place counts over the second
POOL = 50  # candidates that each of the two searches names
MEANING_WEIGHT = 1.0
WORDS_WEIGHT = 0.5  # paraphrases are commoner than quotations on the phone; measured

MAX_WORDS = 5_000  # of the vocabulary that get a vector: 1 ms each when the index is built

_SCHEMA = """
CREATE TABLE passages (id INTEGER PRIMARY KEY, document, page, heading, text);
CREATE TABLE statements (id INTEGER PRIMARY KEY, passage, text, lead, topic);
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
        _fill(db, found, embedder, words)
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


def build_index(knowledge: Knowledge, cache: Path) -> Index:
    """Open the index of these documents, building it first where the cache does not have it.

    Building takes about 2 ms a sentence. Where the cache cannot be written to, the index is in memory alone. Raises
    KnowledgeError when the embedding model is missing.
    """
    folder = cache / "index"
    path = folder / f"{_KIND}-{_digest(knowledge)}.sqlite3"
    embedder = EMBEDDER
    try:
        index = Index.open(path, embedder)
        with suppress(OSError):
            os.utime(path)  # the newest files are the ones in use
        return index
    except (sqlite3.Error, ValueError, TypeError):
        pass  # not there, or damaged: either way it is built anew
    cut = passages(knowledge)
    logger.info("indexing documents", extra={"passages": len(cut)})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, suffix=".tmp")
        os.close(handle)
        try:
            _write(Path(name), cut, _Before(folder, embedder))
            os.replace(name, path)
        finally:
            Path(name).unlink(missing_ok=True)
        _prune(folder)
        return Index.open(path, embedder)
    except (OSError, sqlite3.Error) as error:  # a full disk
        logger.warning("the index cannot be kept in %s: %s", folder, error)
        return Index.of(cut, embedder)


class _Before:
    """An embedder that takes what it can from the index before: after an edit, nearly everything."""

    def __init__(self, folder: Path, embedder: TextEmbedder) -> None:
        self._embedder = embedder
        self._known: dict[str, Vectors] = {}
        files = sorted(folder.glob(f"{_KIND}-*.sqlite3"), key=_age)
        for file in files[-1:]:
            with suppress(sqlite3.Error, ValueError, TypeError), Index.open(file, embedder) as last:
                self._known |= zip(map(_embedded, last.statements), last.vectors, strict=True)
                self._known |= zip(last.words, last.word_vectors, strict=True)
                self._known |= zip(last.headings, last.heading_vectors, strict=True)

    def embed(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= zip(new, self._embedder.embed(new), strict=True)
        return (
            np.stack([self._known[text] for text in texts]) if texts else self._embedder.embed([])
        )

    def knows(self, word: str) -> bool:
        return self._embedder.knows(word)


def _embedded(statement: Statement) -> str:
    """What of a statement its vector is of."""
    return f"{statement.topic}. {statement.text}".removeprefix(". ")


def _digest(knowledge: Knowledge) -> str:
    digest = hashlib.sha256()
    for document in knowledge.documents:
        digest.update(f"\0{document.name}\0{document.digest}".encode())
    return digest.hexdigest()[:32]


def _write(path: Path, cut: Sequence[Passage], embedder: TextEmbedder) -> None:
    with closing(sqlite3.connect(path)) as db:
        _fill(db, cut, embedder)


def _fill(
    db: sqlite3.Connection, cut: Sequence[Passage], embedder: TextEmbedder, words: bool = True
) -> None:
    statements = [
        (number, statement)
        for number, passage in enumerate(cut)
        for statement in passage.statements
    ]
    vocabulary = _vocabulary(cut) if words else []
    headings = sorted({passage.heading for passage in cut}) if words else []
    vectors = {
        "statements": embedder.embed([_embedded(s) for _, s in statements]),
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
            "INSERT INTO statements (passage, text, lead, topic) VALUES (?, ?, ?, ?)",
            ((number, s.text, s.lead, s.topic) for number, s in statements),
        )
        db.executemany(
            "INSERT INTO words (rowid, heading, text) VALUES (?, ?, ?)", _searchable(cut)
        )
        db.executemany("INSERT INTO vocabulary (word) VALUES (?)", ((word,) for word in vocabulary))
        db.executemany(
            "INSERT INTO vectors VALUES (?, ?)", ((n, v.tobytes()) for n, v in vectors.items())
        )


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


def _age(file: Path) -> float:
    """When it was last in use, in seconds of `time.time()`; 0 where another process has just removed it."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _prune(folder: Path) -> None:
    """Keep the newest files. One that another process has open may refuse; it goes next time."""
    files = sorted(folder.glob("*.sqlite3"), key=_age, reverse=True)
    for file in files[KEPT_FILES:]:
        with suppress(OSError):
            file.unlink()
