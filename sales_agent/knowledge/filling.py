"""The vectors of a library, made after its words: in the background, batch by batch, from where it broke off.

One process at a time fills; a second one finds nothing to do. Everything that is written is kept, so that it may be
ended at any moment.
"""

import json
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from sales_agent.knowledge.building import read_only
from sales_agent.knowledge.documents import KnowledgeError
from sales_agent.knowledge.embedders import QueryEmbedder
from sales_agent.knowledge.library import vectors_file
from sales_agent.knowledge.vectors import VectorFile

BATCH = 256  # passages between two writes: what is lost where it is ended, some seconds of work
STATEMENTS = 24  # vectors of a passage at most: a table may have any number of columns


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

    Gives False where another process does, or `stopped` says so. Raises KnowledgeError where the model cannot embed, or
    they cannot be written, with what was made before it kept.
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
    except OSError as error:  # a full disk
        raise KnowledgeError(f"Vectors cannot be written to {path.parent}: {error}") from error


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
        rows = db.execute(
            "SELECT id, text, statements FROM passages WHERE id > ? ORDER BY id LIMIT ?",
            (ready, BATCH),
        ).fetchall()
        if not rows:
            return True
        texts = {number: _embedded(text, statements) for number, text, statements in rows}
        last = rows[-1][0]
        one_each = [*dict.fromkeys(text for several in texts.values() for text in several)]
        places = {text: place for place, text in enumerate(one_each)}
        found = embedder.embed_passages(one_each)
        # Passages that are gone by now have no rows.
        several = [texts.get(number, []) for number in range(ready + 1, last + 1)]
        vectors.append(
            found[[places[text] for one in several for text in one]], [len(one) for one in several]
        )
        made += len(rows)
        if on_progress is not None:
            (left,) = db.execute("SELECT count(*) FROM passages WHERE id > ?", (last,)).fetchone()
            (total,) = db.execute("SELECT count(*) FROM passages").fetchone()
            on_progress(Filled(total - left, total, made / (time.monotonic() - started)))
    return False


def _embedded(text: str, statements: str) -> list[str]:
    """What of a passage vectors are of: its statements, as they are said.

    The heading is left out: with it in every passage below it, they get too alike. Measured.
    """
    said = [statement[0] for statement in json.loads(statements)] or [text]
    if len(said) <= STATEMENTS:
        return said
    return [*said[: STATEMENTS - 1], " ".join(said[STATEMENTS - 1 :])]
