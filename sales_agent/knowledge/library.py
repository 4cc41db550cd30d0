"""A library opened for reading: its passages found by words and by meaning, however many they are.

It holds a connection and a mapping, and reads what it needs: a process with a call needs no more memory for 100,000
passages than for a hundred. What another process writes meanwhile is found by the next search.
"""

import json
import logging
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from sales_agent.knowledge.building import read_only
from sales_agent.knowledge.documents import KnowledgeError
from sales_agent.knowledge.embedders import QueryEmbedder
from sales_agent.knowledge.embedding import Vectors
from sales_agent.knowledge.index import Hit
from sales_agent.knowledge.passages import Passage, Statement
from sales_agent.knowledge.vectors import VectorFile
from sales_agent.knowledge.words import WordSearch

logger = logging.getLogger("sales_agent")

# Set on the questions "dev" and "tuning" that `python -m bench.retrieval` asks.
MAPPED = 1 << 32  # bytes of the file: all of it
POOL = 60  # candidates that each search names
RANK_OFFSET = 10  # of reciprocal rank fusion: how little the first place counts over the second
MEANING_WEIGHT = 1.0
WORDS_WEIGHT = 0.25
# Where the best by its words stands at the latest: a number of a part or an error means nothing to the other search.
WORDS_PLACE = 4
# Cosine of two passages from which the second tells nothing new: the same page in another edition.
ALIKE = 0.97
_SPACE_OR_PAGE = re.compile(r"\bpage \d+(?: of \d+)?\b|\s+", re.IGNORECASE)


class Library:
    """The passages of all documents of a folder. Safe in any one thread at a time."""

    def __init__(self, path: Path, embedder: QueryEmbedder) -> None:
        """Open a file that `build_library` gave. Raises sqlite3.Error where there is none."""
        self._db = read_only(path)
        self._db.execute(f"PRAGMA mmap_size = {MAPPED}")  # pages that processes share
        self._db.execute("SELECT id FROM passages LIMIT 1")
        self._words = WordSearch(self._db)
        self._vectors = VectorFile(vectors_file(path, embedder.model))
        self._using = Lock()
        self.embedder = embedder

    def close(self) -> None:
        with self._using:
            self._words.close()
            self._db.close()

    def progress(self) -> tuple[int, int]:
        """How many passages have their vectors, and how many there are."""
        with self._using:
            ready = len(self._vectors)
            query = "SELECT count(*), coalesce(sum(id <= ?), 0) FROM passages"
            total, done = self._db.execute(query, (ready,)).fetchone()
        return done, total

    def is_filled(self) -> bool:
        """Whether every passage has its vector; without counting them."""
        with self._using:
            return len(self._vectors) >= self._last_passage()

    def _last_passage(self) -> int:
        (last,) = self._db.execute("SELECT coalesce(max(id), 0) FROM passages").fetchone()
        return int(last)

    def search(
        self, query: str, limit: int = 5, *, without: frozenset[str] = frozenset()
    ) -> list[Hit]:
        """Find the passages that fit a question best, the best first, none of the documents in `without`."""
        return self.search_all({query: 1.0}, limit, without=without)

    def search_all(
        self, queries: Mapping[str, float], limit: int, *, without: frozenset[str] = frozenset()
    ) -> list[Hit]:
        """Find what fits several wordings of one question, by their weights."""
        scores = self._scores(queries)
        with self._using:
            order = sorted(scores, key=lambda passage: -scores[passage])
            return [hit for _, hit in self._read(order, scores, limit, without)]

    def search_numbers(self, queries: Mapping[str, float], limit: int) -> list[int]:
        """The same, as numbers of passages."""
        scores = self._scores(queries)
        with self._using:
            order = sorted(scores, key=lambda passage: -scores[passage])
            return [number for number, _ in self._read(order, scores, limit, frozenset())]

    def _scores(self, queries: Mapping[str, float]) -> dict[int, float]:
        """How well passages fit, by number.

        Each search ranks, and the ranks are added up (reciprocal rank fusion): scores of words and of meaning are
        of different kinds, and ranks need no scale. As long as some passages have no vectors, meaning counts by the
        share that has them: the nearest of those may be far off. Those without are ranked by their words alone.
        """
        queries = {query: weight for query, weight in queries.items() if query.strip()}
        vectors = self._embed([*queries]) if queries else None
        scores: defaultdict[int, float] = defaultdict(float)
        best_by_words: list[int] = []
        with self._using:
            ready = len(self._vectors) if vectors is not None else 0
            share = min(1.0, ready / max(1, self._last_passage()))
            words, meaning = 1.0 - (1.0 - WORDS_WEIGHT) * share, MEANING_WEIGHT * share
            for number, (query, weight) in enumerate(queries.items()):
                by_words = self._words.search(query, POOL)
                best_by_words += by_words[:1]
                for rank, passage in enumerate(by_words, RANK_OFFSET):
                    scores[passage] += weight * (words if passage <= ready else 1.0) / rank
                if vectors is not None:
                    near, _ = self._vectors.nearest(vectors[number], POOL)
                    for rank, row in enumerate(near, RANK_OFFSET):
                        scores[int(row) + 1] += weight * meaning / rank
        ranked = sorted(scores.values(), reverse=True)
        for passage in best_by_words[:1]:
            scores[passage] = max([scores[passage], *ranked[WORDS_PLACE - 1 : WORDS_PLACE]])
        return scores

    def _embed(self, queries: Sequence[str]) -> Vectors | None:
        if not len(self._vectors):
            return None
        try:
            return self.embedder.embed_query(queries)
        except KnowledgeError as error:
            logger.debug("a search by words alone: %s", error)  # the embedder has told it, once
            return None

    def _read(
        self,
        order: Sequence[int],
        scores: dict[int, float],
        limit: int,
        without: frozenset[str],
    ) -> list[tuple[int, Hit]]:
        """Passages by number, in their order, but those that are gone, or say again what stands before them."""
        hits: list[tuple[int, Hit]] = []
        texts: set[str] = set()
        vectors = self._vectors.rows(np.array(order, dtype=np.int64) - 1)
        kept: list[int] = []
        for place, number in enumerate(order):
            row = self._db.execute(
                "SELECT name, page, heading, text, statements FROM passages"
                " JOIN documents ON documents.id = passages.document WHERE passages.id = ?",
                (number,),
            ).fetchone()
            if row is None or row[0] in without:
                continue
            text = _SPACE_OR_PAGE.sub(" ", row[3]).strip().lower()
            near = vectors[kept] @ vectors[place] if kept else np.zeros(1)
            if text in texts or near.max() > ALIKE:
                continue
            texts.add(text)
            kept.append(place)
            statements = tuple(Statement._make(values) for values in json.loads(row[4]))
            passage = Passage(row[0], row[1], row[2], row[3], statements)
            hits.append((number, Hit(passage, scores[number])))
            if len(hits) == limit:
                break
        return hits


def vectors_file(path: Path, model: str) -> Path:
    """Where the vectors of a library by a model lie, without the ending."""
    return path.with_name("vectors-" + re.sub(r"[^\w.-]+", "-", model)[:80])
