"""The file that licences are looked up in: every figure of every document, brought up to date.

One SQLite file in the cache for all folders. A document is known by its content, so that one which has not changed
is neither read nor computed again, however many processes start; and a check reads only the few rows of one value.
"""

import re
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from decimal import Decimal
from pathlib import Path

from sales_agent.knowledge.attribution import measures_of, part_span
from sales_agent.knowledge.documents import Document, Knowledge
from sales_agent.knowledge.figure import Figure
from sales_agent.knowledge.figures import figures, figures_of
from sales_agent.knowledge.loading import OnProgress
from sales_agent.knowledge.measures import counts_in_sterling
from sales_agent.knowledge.names import capitals_in, charge_of, names_in, proper_in
from sales_agent.knowledge.passages import cut
from sales_agent.knowledge.records import sentences_of_json
from sales_agent.knowledge.stems import telling_stems
from sales_agent.knowledge.unnumbered import may_cost_nothing

FORMAT = 41  # counts up whenever the same document would give other rows
UNUSED = 30 * 86_400  # seconds after which a document that nobody asks for is forgotten
_BUSY = 30.0  # seconds that one process waits for another that is writing
_PRICED = re.compile(r"[^:]*, (?:price|cost|fee)[^:]*: ", re.IGNORECASE)
OVER = "<over>"  # stands as a word with every amount from which on something holds

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (id INTEGER PRIMARY KEY, key TEXT UNIQUE, used REAL);
CREATE TABLE IF NOT EXISTS statements (id INTEGER PRIMARY KEY, document INTEGER, text TEXT, lead TEXT, topic TEXT,
    folded TEXT, row TEXT);
CREATE TABLE IF NOT EXISTS figures (value TEXT, kind TEXT, document INTEGER, statement INTEGER, currency TEXT,
    period TEXT, unit TEXT, noun TEXT, bound TEXT, place TEXT, number REAL);
CREATE TABLE IF NOT EXISTS words (word TEXT, kind TEXT, document INTEGER, place TEXT, near INTEGER,
    PRIMARY KEY (word, kind, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS names (document INTEGER, name TEXT, kind TEXT);
CREATE INDEX IF NOT EXISTS by_value ON figures (value, kind, unit);
CREATE INDEX IF NOT EXISTS by_row ON statements (row);
CREATE INDEX IF NOT EXISTS statements_of ON statements (document);
CREATE INDEX IF NOT EXISTS figures_of ON figures (document);
CREATE INDEX IF NOT EXISTS by_number ON figures (kind, number);
CREATE INDEX IF NOT EXISTS by_statement ON figures (statement);
CREATE INDEX IF NOT EXISTS by_place ON figures (place);
CREATE INDEX IF NOT EXISTS words_of ON words (document);
CREATE INDEX IF NOT EXISTS names_of ON names (document);
"""


def open_file(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_BUSY, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = OFF")  # a cache: what is lost is computed again
    db.executescript(_SCHEMA)
    return db


def key_of(value: Decimal) -> str:
    """One way to write a value: 49, not 49.00."""
    return f"{value.normalize():f}"


def bring_up_to_date(
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
            ("words", "document"),
            ("names", "document"),
        ):
            db.executemany(f"DELETE FROM {table} WHERE {column} = ?", ((i,) for i in old))
    return ids


def _add(db: sqlite3.Connection, key: str, document: Document, now: float) -> int:
    introduced = names_in(document)
    sterling = any(counts_in_sterling(page.text) for page in document.pages)
    rows = list(_statements(document, introduced, sterling))
    names = {(name, "name") for name in introduced}
    names |= {("GBP", "currency")} if sterling else set()
    names |= {(word, "capital") for word in capitals_in(document)}
    names |= {(word, "proper") for word in proper_in(document)}
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
                "INSERT INTO statements (document, text, lead, topic, folded, row) VALUES (?, ?, ?, ?, ?, ?)",
                (number, text, lead, topic, f"{lead} {topic} {text}".casefold(), row_of(text)),
            )
            statement = cursor.lastrowid
            cursor.executemany(
                "INSERT INTO figures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (key_of(v), f.kind, number, statement, *_what(f), f"{statement}:{at}", float(v))
                    for at, f in enumerate(found)
                    for v in {*f.values, *f.parts}
                ),
            )
            cursor.executemany(
                "INSERT OR IGNORE INTO words VALUES (?, ?, ?, ?, ?)",
                (
                    (word, found[at].kind, number, f"{statement}:{at}", near)
                    for at, word, near in _words(text, f"{lead} {topic}", found)
                ),
            )
    return number


def _words(text: str, around: str, found: Sequence[Figure]) -> Iterator[tuple[int, str, bool]]:
    """The words that tell each price, percentage or free thing of a statement, and whether they stand with it."""
    told = [at for at, figure in enumerate(found) if figure.kind != "other"]
    if not told:
        return
    measured = figures_of(text)  # also in names: "Unit 100 sq ft"
    whole = telling_stems(f"{around} {text}") | measures_of(measured)
    # What stands before the first of them, all of them are about that have no noun of their own before them.
    subject = telling_stems(f"{subject_of(text)} {text[: found[told[0]].start]}")
    whole |= {row} if " " in (row := row_of(text)) else set()
    for at in told:
        start, end = part_span(text, found, at)
        measures = measures_of(f for f in measured if start <= f.start < end)
        own = telling_stems(text[start : found[at].start])
        near = telling_stems(text[start:end]) | measures | (frozenset() if own else subject) | {row}
        yield from ((at, word, word in near) for word in whole)
        if found[at].bound == "over":
            yield at, OVER, True


def row_of(statement: str) -> str:
    """Of "Small service, diesel: …" the name of the row, in folded case."""
    return subject_of(statement).partition(", ")[0].casefold()


def subject_of(statement: str) -> str:
    """Of "Small service, diesel: …" what stands before the colon: it tells every figure behind it."""
    before, colon, _ = statement.partition(": ")
    return before if colon else ""


def _what(figure: Figure) -> tuple[str, str, str, str, str]:
    return figure.currency, figure.period, figure.unit, figure.noun, figure.bound


def _statements(
    document: Document, names: Iterable[str], sterling: bool
) -> Iterable[tuple[str, str, str, list[Figure]]]:
    numbered = [name for name in names if any(c.isdigit() for c in name)]

    def figures_in(text: str) -> list[Figure]:
        spans = [(at, at + len(n)) for n in numbered if (at := text.find(n)) >= 0]
        return figures(text, sterling=sterling, names=spans)

    if records := [text for page in document.pages for text in sentences_of_json(page.text)]:
        for text in records:
            if found := figures_in(text):
                yield text, "", "", found
        return
    for passage in cut(document):
        headed = figures(passage.heading)
        if headed:
            yield passage.heading, "", "", headed
        for statement in passage.statements:
            text = statement.text
            found = figures_in(text)
            priced = _PRICED.match(text) and any(figure.kind == "price" for figure in found)
            free = any(figure.kind == "free" for figure in found)
            if may_cost_nothing(text) and not (free or priced):  # "Trial lesson, price: €15"
                found.append(Figure(0, 0, (Decimal(0),), "free"))
            if found:
                yield text, statement.lead, statement.topic, found
