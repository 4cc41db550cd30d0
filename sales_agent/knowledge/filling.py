"""The vectors of a library, made after its words: in the background, batch by batch, from where it broke off.

One process at a time fills; a second one finds nothing to do. Everything that is written is kept, so that it may be
ended at any moment.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from sales_agent.knowledge.building import read_only
from sales_agent.knowledge.embedders import QueryEmbedder
from sales_agent.knowledge.library import vectors_file
from sales_agent.knowledge.vectors import VectorFile

BATCH = 256  # passages between two writes: what is lost where it is ended, two seconds of work


@dataclass(frozen=True)
class Filled:
    """How far the vectors are."""

    done: int
    all: int
    rate: float
    """Passages a second, of those that were made just now."""


def fill(
    path: Path,
    embedder: QueryEmbedder,
    on_progress: Callable[[Filled], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> bool:
    """Embed the passages of a library that have no vector yet.

    Gives False where another process does, or `stopped` says so. Raises KnowledgeError where the model cannot embed,
    with what was made before it kept.
    """
    lock = FileLock(path.parent / "vectors.lock", timeout=0)
    try:
        with lock, closing(read_only(path)) as db:
            return _fill(
                db,
                VectorFile(vectors_file(path, embedder.model)),
                embedder,
                on_progress,
                stopped,
            )
    except Timeout:
        return False


def lower_priority() -> None:
    """Let everything else on this machine go first: a call must not wait for vectors."""
    with suppress(OSError, AttributeError):
        os.nice(19)


def _fill(
    db: sqlite3.Connection,
    vectors: VectorFile,
    embedder: QueryEmbedder,
    on_progress: Callable[[Filled], None] | None,
    stopped: Callable[[], bool],
) -> bool:
    started, made = time.monotonic(), 0
    while not stopped():
        ready = len(vectors)
        # The heading is left out: with it in every passage below it, they get too alike. Measured.
        rows = db.execute(
            "SELECT id, text FROM passages WHERE id > ? ORDER BY id LIMIT ?", (ready, BATCH)
        ).fetchall()
        if not rows:
            return True
        numbers = [number for number, _ in rows]
        found = embedder.embed_passages([text for _, text in rows])
        # Passages that are gone by now leave their rows empty.
        block = np.zeros((numbers[-1] - ready, found.shape[1]), dtype=np.float32)
        block[np.array(numbers) - ready - 1] = found
        vectors.append(block)
        made += len(rows)
        if on_progress is not None:
            (left,) = db.execute(
                "SELECT count(*) FROM passages WHERE id > ?", (numbers[-1],)
            ).fetchone()
            (total,) = db.execute("SELECT count(*) FROM passages").fetchone()
            on_progress(Filled(total - left, total, made / (time.monotonic() - started)))
    return False
