"""Every figure of the documents, on disk, looked up by its value: what licenses the agent to say it.

One SQLite file in the cache for all folders. A document is known by its content, so that one which has not changed
is neither read nor computed again, however many processes start; and a check reads only the few rows of one value.
"""

import sqlite3
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sales_agent.knowledge.documents import Document, Knowledge
from sales_agent.knowledge.figures import Figure, figures
from sales_agent.knowledge.loading import OnProgress
from sales_agent.knowledge.passages import cut
from sales_agent.knowledge.subjects import Vocabulary, capitals_in, charge_of, names_in

FORMAT = 3  # counts up whenever the same document would give other rows
UNUSED = 30 * 86_400  # seconds after which a document that nobody asks for is forgotten
MOST_ROWS = 100  # statements that are looked at for one figure
_BUSY = 30.0  # seconds that one process waits for another that is writing

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (id INTEGER PRIMARY KEY, key TEXT UNIQUE, used REAL);
CREATE TABLE IF NOT EXISTS statements (id INTEGER PRIMARY KEY, document INTEGER, text TEXT, lead TEXT, topic TEXT,
    folded TEXT);
CREATE TABLE IF NOT EXISTS figures (value TEXT, kind TEXT, document INTEGER, statement INTEGER, currency TEXT,
    period TEXT, unit TEXT, noun TEXT);
CREATE TABLE IF NOT EXISTS names (document INTEGER, name TEXT, kind TEXT);
CREATE INDEX IF NOT EXISTS by_value ON figures (value, kind);
CREATE INDEX IF NOT EXISTS statements_of ON statements (document);
CREATE INDEX IF NOT EXISTS figures_of ON figures (document);
CREATE INDEX IF NOT EXISTS names_of ON names (document);
"""


@dataclass(frozen=True)
class Licence:
    """A statement of a document, or of a tool, and one figure in it."""

    figure: Figure
    text: str
    lead: str = ""
    """What was said before the statement, where it leans on that."""
    topic: str = ""
    """The heading that it stands under, and the name of its row."""


class Licences:
    """The figures of one folder's documents. Opening brings the file up to date; safe in any one thread at a time."""

    def __init__(
        self,
        knowledge: Knowledge,
        cache: Path,
        *,
        company: str = "",
        synonyms: Mapping[str, str] | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Takes milliseconds where the documents are known; about a minute for 50 MB of new text.

        Raises sqlite3.Error or OSError where the cache can neither be read nor written.
        """
        cache.mkdir(parents=True, exist_ok=True)
        path = cache / f"licences-{FORMAT}.sqlite3"
        self._lock = threading.Lock()
        try:
            self._db = _open(path)
            self._documents = frozenset(_bring_up_to_date(self._db, knowledge, on_progress))
        except sqlite3.OperationalError:  # busy, or the disk is full
            raise
        except sqlite3.DatabaseError:  # damaged: nothing is in it that cannot be computed again
            path.unlink(missing_ok=True)
            self._db = _open(path)
            self._documents = frozenset(_bring_up_to_date(self._db, knowledge, on_progress))
        rows = [
            row
            for row in self._db.execute("SELECT document, name, kind FROM names")
            if row[0] in self._documents
        ]
        self.vocabulary = Vocabulary(
            (name for _, name, kind in rows if kind == "name"),
            company=company,
            capitals=(name for _, name, kind in rows if kind == "capital"),
            charges=(name for _, name, kind in rows if kind == "charge"),
            synonyms=synonyms,
        )

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def has(self, figure: Figure) -> bool:
        """Whether a document has this figure, whatever it is about."""
        with self._lock:
            for value in figure.values:
                rows = self._db.execute(
                    "SELECT document, kind, currency, period, unit, noun FROM figures WHERE value = ?",
                    (key_of(value),),
                )
                for document, kind, *what in rows:
                    if document in self._documents and figure.is_like(
                        Figure(0, 0, (value,), kind, *what)
                    ):
                        return True
        return False

    def of(self, figure: Figure, words: Collection[str]) -> list[Licence]:
        """The statements that have this price or percentage and one of the words, in folded case."""
        found: list[Licence] = []
        if not words:
            return found
        any_word = " OR ".join(["instr(s.folded, ?)"] * len(words))
        with self._lock:
            for value in figure.values:
                rows = self._db.execute(
                    "SELECT f.document, f.currency, f.period, f.unit, f.noun, s.text, s.lead, s.topic"
                    " FROM figures f JOIN statements s ON s.id = f.statement"
                    f" WHERE f.value = ? AND f.kind = ? AND ({any_word}) LIMIT ?",
                    (key_of(value), figure.kind, *words, MOST_ROWS),
                )
                found += [
                    Licence(Figure(0, 0, (value,), figure.kind, *what), text, lead, topic)
                    for document, *what, text, lead, topic in rows
                    if document in self._documents
                ]
        return found


def find_figures(knowledge: Knowledge, cache: Path, on_progress: OnProgress | None = None) -> None:
    """Find the figures of new documents, so that no call has to."""
    with suppress(sqlite3.Error, OSError):  # which a call reports
        Licences(knowledge, cache, on_progress=on_progress).close()


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_BUSY, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = OFF")  # a cache: what is lost is computed again
    db.executescript(_SCHEMA)
    return db


def key_of(value: Decimal) -> str:
    """One way to write a value: 49, not 49.00."""
    return f"{value.normalize():f}"


def licences_of(text: str) -> list[Licence]:
    """The figures of a tool's result."""
    return [Licence(figure, text) for figure in figures(text)]


def _bring_up_to_date(
    db: sqlite3.Connection, knowledge: Knowledge, on_progress: OnProgress | None
) -> list[int]:
    """Give the ids of the documents, computing those that are new; a transaction each."""
    now = time.time()
    known = dict(db.execute("SELECT key, id FROM documents").fetchall())
    keys = {document.digest: document for document in knowledge.documents}
    new = [document for key, document in keys.items() if key not in known]
    for done, document in enumerate(new, start=1):
        with suppress(sqlite3.IntegrityError):  # another process was first
            known[document.digest] = _add(db, document.digest, document, now)
        if on_progress is not None:
            on_progress(done, len(new), document.name)
    if keys.keys() - known.keys():
        known = dict(db.execute("SELECT key, id FROM documents").fetchall())
    ids = [known[key] for key in keys]
    with db:
        db.executemany(
            "UPDATE documents SET used = ? WHERE id = ? AND used < ?",
            ((now, i, now - UNUSED / 2) for i in ids),
        )
        old = [i for (i,) in db.execute("SELECT id FROM documents WHERE used < ?", [now - UNUSED])]
        for table, column in (
            ("documents", "id"),
            ("statements", "document"),
            ("figures", "document"),
            ("names", "document"),
        ):
            db.executemany(f"DELETE FROM {table} WHERE {column} = ?", ((i,) for i in old))
    return ids


def _add(db: sqlite3.Connection, key: str, document: Document, now: float) -> int:
    rows = list(_statements(document))
    names = {(name, "name") for name in names_in(document)}
    names |= {(word, "capital") for word in capitals_in(document)}
    for text, _, _, found in rows:
        if any(figure.kind == "price" for figure in found) and (charge := charge_of(text)):
            names.add((charge, "charge"))
    with db, closing(db.cursor()) as cursor:
        cursor.execute("INSERT INTO documents (key, used) VALUES (?, ?)", (key, now))
        number = cursor.lastrowid
        assert number is not None
        cursor.executemany(
            "INSERT INTO names VALUES (?, ?, ?)", ((number, name, kind) for name, kind in names)
        )
        for text, lead, topic, found in rows:
            cursor.execute(
                "INSERT INTO statements (document, text, lead, topic, folded) VALUES (?, ?, ?, ?, ?)",
                (number, text, lead, topic, f"{lead} {topic} {text}".casefold()),
            )
            statement = cursor.lastrowid
            cursor.executemany(
                "INSERT INTO figures VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (key_of(value), f.kind, number, statement, f.currency, f.period, f.unit, f.noun)
                    for f in found
                    for value in {*f.values, *f.parts}
                ),
            )
    return number


def _statements(document: Document) -> Iterable[tuple[str, str, str, list[Figure]]]:
    for passage in cut(document):
        headed = figures(passage.heading)
        if headed:
            yield passage.heading, "", "", headed
        for statement in passage.statements:
            if found := figures(statement.text):
                yield statement.text, statement.lead, statement.topic, found
