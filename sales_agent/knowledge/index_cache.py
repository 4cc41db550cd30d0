"""The index of a folder's documents in the cache.

The file is named after what is in it, so that a changed document makes a new one, and two processes
that build the same one at the same time both end with a whole file. Once built it is only read.
"""

import hashlib
import logging
import os
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import numpy as np

from sales_agent.knowledge.documents import Knowledge
from sales_agent.knowledge.embedding import (
    MODEL_ID,
    Encoded,
    TextEmbedder,
    Told,
    Vectors,
    stacked,
)
from sales_agent.knowledge.index import EMBEDDER, Index, fill, told
from sales_agent.knowledge.passages import Passage, passages

logger = logging.getLogger(__name__)

FORMAT = 16  # counts up whenever passages, statements or tables change: old files are not read then
# What vectors can be reused.
_KIND = hashlib.sha256(f"{FORMAT} {MODEL_ID}".encode()).hexdigest()[:8]
KEPT_FILES = 3


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
        self._vectors: dict[str, Vectors] = {}
        self._encoded: dict[Told, Encoded] = {}
        files = sorted(folder.glob(f"{_KIND}-*.sqlite3"), key=_age)
        for file in files[-1:]:
            with suppress(sqlite3.Error, ValueError, TypeError), Index.open(file, embedder) as last:
                self._vectors |= zip(last.words, last.word_vectors, strict=True)
                self._vectors |= zip(last.headings, last.heading_vectors, strict=True)
                encoded = map(Encoded, last.vectors, last.tokens_of(range(len(last.statements))))
                self._encoded |= zip(map(told, last.statements), encoded, strict=True)

    def embed(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        self._vectors |= zip(new, self._embedder.embed(new), strict=True)
        return np.stack([self._vectors[text] for text in texts]) if texts else stacked([])

    def encode(self, texts: Sequence[Told]) -> list[Encoded]:
        new = [text for text in dict.fromkeys(texts) if text not in self._encoded]
        self._encoded |= zip(new, self._embedder.encode(new), strict=True)
        return [self._encoded[text] for text in texts]

    def knows(self, word: str) -> bool:
        return self._embedder.knows(word)


def _digest(knowledge: Knowledge) -> str:
    digest = hashlib.sha256()
    for document in knowledge.documents:
        digest.update(f"\0{document.name}\0{document.digest}".encode())
    return digest.hexdigest()[:32]


def _write(path: Path, cut: Sequence[Passage], embedder: TextEmbedder) -> None:
    with closing(sqlite3.connect(path)) as db:
        fill(db, cut, embedder)


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
