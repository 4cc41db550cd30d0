"""The library of a folder: one SQLite file in which each document is cut once, however often others change.

A document is known by its digest. One that is there already is not even looked at, one that has changed costs only
itself, and takes the place of its old version in one transaction. Any number of processes read while one writes
(WAL); of two that would write the second one waits.
"""

import hashlib
import json
import logging
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from filelock import FileLock, Timeout

from sales_agent.knowledge.digest import Listed, about, is_pinned
from sales_agent.knowledge.documents import Document, Knowledge, KnowledgeError
from sales_agent.knowledge.loading import OnProgress
from sales_agent.knowledge.passages import cut
from sales_agent.knowledge.terms import terms_of

logger = logging.getLogger("sales_agent")

FORMAT = 13  # counts up whenever what is kept of a document changes: old files are not read then
KEPT_FOLDERS = 5  # libraries of other folders, the latest used
COMMIT_EVERY = 0.5  # seconds: what Ctrl-C loses at most
COMMON = 500  # passages with a word, from which a search has to know how many they are
MOST_GONE = 10_000  # numbers that passages had, beyond as many as there are: then all is cut anew

_SCHEMA = """
CREATE TABLE documents (
    id INTEGER PRIMARY KEY, digest UNIQUE, name, pages, tokens, about, terms, pinned
);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document, page, heading, title, text, statements
);
CREATE INDEX passages_of ON passages (document);
CREATE VIRTUAL TABLE words USING fts5(
    title, text, tokenize = 'porter unicode61', content = 'passages', content_rowid = 'id', detail = column
);
CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, row);
CREATE TABLE common (term PRIMARY KEY, passages) WITHOUT ROWID;
"""
_WORD = re.compile(r"\w+")


def library_file(folder: Path, cache: Path) -> Path:
    """Where the library of a folder of documents lies."""
    key = hashlib.sha256(f"{FORMAT}\n{folder.resolve()}".encode()).hexdigest()
    return cache / "library" / key[:16] / "passages.sqlite3"


def build_library(
    knowledge: Knowledge, cache: Path, on_progress: OnProgress | None = None, *, wait: float = -1
) -> Path:
    """Bring the library of a folder up to date, and give its file.

    Takes hundredths of a second where nothing has changed. Another process that is at it is waited for, `wait`
    seconds at most (-1: as long as it takes); then the file is given as it is. Raises KnowledgeError where there is
    none by then, or it cannot be written.
    """
    path = library_file(knowledge.folder, cache)
    with suppress(OSError):
        os.utime(path.parent)  # the newest are the ones in use
    documents = {_key(document): document for document in knowledge.documents}
    if _holds(path, documents):
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.parent / "lock", timeout=wait):
            _bring_up_to_date(path, documents, on_progress)
    except Timeout:
        if not path.exists():
            raise KnowledgeError(
                f"Another process indexes {knowledge.folder} for the first time: wait until it is done."
            ) from None
        logger.info("another process is at the library of %s", knowledge.folder)
    except (OSError, sqlite3.Error) as error:
        raise KnowledgeError(
            f"The documents cannot be indexed in {path.parent}: {error}"
        ) from error
    with suppress(OSError):  # another process is at it too
        _prune(path.parent)
    return path


class Shelf(NamedTuple):
    """What is kept of each document beside its passages, sorted by name."""

    listed: list[Listed]
    terms: list[dict[str, int]]


def read_shelf(path: Path) -> Shelf:
    """What the prompt says about the documents of a library. Raises sqlite3.Error where there is none."""
    with closing(read_only(path)) as db:
        rows = db.execute("SELECT name, about, pinned, terms FROM documents ORDER BY name")
        read = rows.fetchall()
    listed = [Listed(name, about, bool(pinned)) for name, about, pinned, _ in read]
    return Shelf(listed, [json.loads(terms) for *_, terms in read])


def read_only(path: Path) -> sqlite3.Connection:
    """Open a library for reading, from any thread. Raises sqlite3.Error where there is none."""
    uri = f"{path.resolve().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, check_same_thread=False)


def _key(document: Document) -> str:
    """Two files with the same content are two documents: the name is searched too."""
    return hashlib.sha256(f"{document.name}\0{document.digest}".encode()).hexdigest()


def _holds(path: Path, documents: Mapping[str, Document]) -> bool:
    """Whether the file is whole and has exactly these documents."""
    if not path.exists():
        return False
    try:
        with closing(read_only(path)) as db:
            rows = db.execute("SELECT digest FROM documents")
            return {digest for (digest,) in rows} == documents.keys()
    except sqlite3.Error:
        return False


def _bring_up_to_date(
    path: Path, documents: Mapping[str, Document], on_progress: OnProgress | None
) -> None:
    with closing(_writable(path)) as db:
        rows = db.execute("SELECT digest, id, name FROM documents").fetchall()
        there = {digest for digest, _, _ in rows}
        gone = {name: number for digest, number, name in rows if digest not in documents}
        new = {digest: d for digest, d in documents.items() if digest not in there}
        committed = time.monotonic()
        for done, (digest, document) in enumerate(new.items(), start=1):
            _add(db, digest, document)
            if document.name in gone:
                _remove(db, gone.pop(document.name))
            if on_progress is not None:
                on_progress(done, len(new), document.name)
            if time.monotonic() - committed > COMMIT_EVERY or done == len(new):
                db.commit()
                committed = time.monotonic()
        for number in gone.values():
            _remove(db, number)
        _count_common(db)
        db.commit()


def _count_common(db: sqlite3.Connection) -> None:
    """Count the passages with each common word: seconds for 200,000, so only where a tenth of them is new or gone."""
    (passages,) = db.execute("SELECT count(*) FROM passages").fetchone()
    (counted,) = db.execute("PRAGMA user_version").fetchone()
    if abs(passages - counted) * 10 <= passages:
        return
    db.execute("DELETE FROM common")
    db.execute("INSERT INTO common SELECT term, doc FROM vocabulary WHERE doc > ?", (COMMON,))
    db.execute(f"PRAGMA user_version = {passages}")


def _writable(path: Path) -> sqlite3.Connection:
    """The file to write to; a new one where there is none, where it is damaged, or where most of it is gone."""
    with suppress(sqlite3.Error):
        db = _connect(path)
        with suppress(sqlite3.Error):
            query = "SELECT count(*), coalesce(max(id), 0) FROM passages"
            count, last = db.execute(query).fetchone()
            db.execute("SELECT digest FROM documents LIMIT 1")
            if last <= 2 * count + MOST_GONE:
                return db
        db.close()
    for file in path.parent.iterdir():  # the vectors too, whose numbers start again
        if file.name != "lock":
            file.unlink()
    db = _connect(path)
    db.executescript(_SCHEMA)
    return db


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=30.0)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    return db


def _add(db: sqlite3.Connection, digest: str, document: Document) -> None:
    (number,) = db.execute(
        "INSERT INTO documents (digest, name, pages, tokens, about, terms, pinned)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            digest,
            document.name,
            len(document.pages) if document.pages[0].number else None,
            document.tokens,
            about(document),
            json.dumps(terms_of(document)),
            is_pinned(document),
        ),
    ).fetchone()
    name = " ".join(_WORD.findall(PurePosixPath(document.name).stem))
    db.executemany(
        "INSERT INTO passages (document, page, heading, title, text, statements)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            (
                number,
                passage.page,
                passage.heading,
                f"{name} {passage.heading}",
                passage.text,
                json.dumps(passage.statements, ensure_ascii=False),
            )
            for passage in cut(document)
        ),
    )
    db.execute(
        "INSERT INTO words (rowid, title, text) SELECT id, title, text FROM passages WHERE document = ?",
        (number,),
    )


def _remove(db: sqlite3.Connection, number: int) -> None:
    db.execute(
        "INSERT INTO words (words, rowid, title, text)"
        " SELECT 'delete', id, title, text FROM passages WHERE document = ?",
        (number,),
    )
    db.execute("DELETE FROM passages WHERE document = ?", (number,))
    db.execute("DELETE FROM documents WHERE id = ?", (number,))


def _prune(place: Path) -> None:
    """Keep the libraries that were used last; one that is in use elsewhere may refuse, and goes next time."""
    libraries = sorted(place.parent.iterdir(), key=lambda entry: entry.stat().st_mtime)
    for old in libraries[:-KEPT_FOLDERS]:
        if old != place:
            shutil.rmtree(old, ignore_errors=True)
