"""What licenses the agent to say a figure: the statements of the documents that have it, and those told better."""

import math
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sales_agent.knowledge.documents import Knowledge
from sales_agent.knowledge.figure import Figure, Kind
from sales_agent.knowledge.figures import figures
from sales_agent.knowledge.ledger import (
    FORMAT,
    OVER,
    bring_up_to_date,
    key_of,
    open_file,
    subject_of,
)
from sales_agent.knowledge.loading import OnProgress
from sales_agent.knowledge.subjects import Vocabulary

MOST_ROWS = 100  # statements that are looked at for one figure
COMMON = 1_000  # statements with a word that is too common to tell any of them
KEPT = 5_000  # words whose places are kept in memory
RIVALS = 5  # statements that are told better than the one in question
WIDE = 0.6  # what a word weighs that stands in the statement, but with another of its figures

_WHAT = "f.currency, f.period, f.unit, f.noun, f.bound"


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
        self._places: dict[str, list[tuple[str, bool]]] = {}
        try:
            self._db = open_file(path)
            self._documents = frozenset(bring_up_to_date(self._db, knowledge, on_progress))
        except sqlite3.OperationalError:  # busy, or the disk is full
            raise
        except sqlite3.DatabaseError:  # damaged: nothing is in it that cannot be computed again
            path.unlink(missing_ok=True)
            self._db = open_file(path)
            self._documents = frozenset(bring_up_to_date(self._db, knowledge, on_progress))
        rows = [
            row
            for row in self._db.execute("SELECT document, name, kind FROM names")
            if row[0] in self._documents
        ]
        self.sterling = any(kind == "currency" for _, _, kind in rows)
        """Whether pounds are money in the documents."""
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
                    f"SELECT f.document, f.kind, {_WHAT} FROM figures f WHERE f.value = ?",
                    (key_of(value),),
                )
                for document, kind, *what in rows:
                    if document in self._documents and figure.is_like(_source(value, kind, what)):
                        return True
        return False

    def best(
        self, figure: Figure, context: Mapping[str, float], part: Collection[str]
    ) -> tuple[list[Licence], list[Licence]]:
        """The statements of this price or percentage that words tell best, and those of others that they tell better.

        `context`: words, and what each weighs; `part`: those that stand with the figure, by which alone it is told
        from others of one sentence. Neither: another is told as well.
        """
        with self._lock:
            scores: defaultdict[str, float] = defaultdict(float)
            close: defaultdict[str, float] = defaultdict(float)
            for word, weight in context.items():
                places = self._told_by(word, figure.kind)
                rare = math.log(1 + COMMON / (1 + len(places)))
                for place, near in places:
                    scores[place] += weight * rare * (1.0 if near else WIDE)
                    if near and word in part:
                        close[place] += rare
            own: dict[str, Licence] = {}
            for value in figure.values:
                rows = self._db.execute(
                    f"SELECT f.place, f.document, {_WHAT}, s.text, s.lead, s.topic"
                    " FROM figures f JOIN statements s ON s.id = f.statement"
                    " WHERE f.value = ? AND f.kind = ? LIMIT ?",
                    (key_of(value), figure.kind, 10 * MOST_ROWS),
                )
                for place, document, *what, text, lead, topic in rows:
                    if document in self._documents:
                        source = _source(value, figure.kind, what)
                        own[place] = Licence(source, text, lead, topic)
            like = {
                p: scores[p] for p, held in own.items() if scores[p] and figure.is_like(held.figure)
            }
            highest = max(like.values(), default=0.0)
            told = [place for place, score in like.items() if score == highest]
            beside = {place.partition(":")[0]: close[place] for place in told}

            # "It's 39" is told from "free from 1,000 on" by not being said as such.
            limits = set() if figure.bound else {p for p, _ in self._told_by(OVER, figure.kind)}

            def is_rival(place: str) -> bool:
                same = beside.get(place.partition(":")[0])
                if same is None and scores[place] == highest:
                    same = max(beside.values(), default=0.0)
                if place in own or place in limits:
                    return False
                return same is None or close[place] > same

            rivals = {p: s for p, s in scores.items() if s >= highest and is_rival(p)}
            better = sorted((p for p, s in rivals.items() if s > highest), key=lambda p: -scores[p])
            if rivals:
                return [], [self._at(place, figure.kind) for place in better[:RIVALS]]
            return [own[place] for place in told], []

    def _at(self, place: str, kind: Kind) -> Licence:
        value, *what, text, lead, topic = self._db.execute(
            f"SELECT f.value, {_WHAT}, s.text, s.lead, s.topic"
            " FROM figures f JOIN statements s ON s.id = f.statement WHERE f.place = ?",
            (place,),
        ).fetchone()
        return Licence(_source(value, kind, what), text, lead, topic)

    def values_between(self, low: Decimal, high: Decimal, kind: str) -> list[Decimal]:
        """The values that documents have in a range, its ends among them."""
        with self._lock:
            rows = self._db.execute(
                "SELECT DISTINCT value, document FROM figures WHERE kind = ? AND number BETWEEN ? AND ? LIMIT ?",
                (kind, float(low), float(high), MOST_ROWS),
            )
            return list({Decimal(value) for value, document in rows if document in self._documents})

    def prices_of(self, name: str) -> dict[str, Decimal]:
        """What a table asks for a product: its column -> the price."""
        with self._lock:
            rows = self._db.execute(
                "SELECT f.value, f.document, s.text FROM figures f JOIN statements s ON s.id = f.statement"
                " WHERE f.kind = 'price' AND s.row = ? LIMIT ?",
                (name.casefold(), MOST_ROWS),
            )
            return {
                subject_of(text)[len(name) :].casefold(): Decimal(value)
                for value, document, text in rows
                if document in self._documents
            }

    def _told_by(self, word: str, kind: str) -> list[tuple[str, bool]]:
        """The places of figures whose statements have a word, and whether it stands close to them."""
        key = f"{kind}:{word}"
        if key not in self._places:
            rows = self._db.execute(
                "SELECT document, place, near FROM words WHERE word = ? AND kind = ? LIMIT ?",
                (word, kind, COMMON),
            ).fetchall()
            if len(self._places) >= KEPT:
                self._places.clear()
            # So common a word tells nothing.
            self._places[key] = [
                (place, bool(near))
                for document, place, near in rows
                if document in self._documents and len(rows) < COMMON
            ]
        return self._places[key]

    def of(self, figure: Figure, words: Collection[str]) -> list[Licence]:
        """The statements that have this price or percentage and one of the words, in folded case."""
        found: list[Licence] = []
        if not words:
            return found
        any_word = " OR ".join(["instr(s.folded, ?)"] * len(words))
        with self._lock:
            for value in figure.values:
                rows = self._db.execute(
                    f"SELECT f.document, {_WHAT}, s.text, s.lead, s.topic"
                    " FROM figures f JOIN statements s ON s.id = f.statement"
                    f" WHERE f.value = ? AND f.kind = ? AND ({any_word}) LIMIT ?",
                    (key_of(value), figure.kind, *words, MOST_ROWS),
                )
                found += [
                    Licence(_source(value, figure.kind, what), text, lead, topic)
                    for document, *what, text, lead, topic in rows
                    if document in self._documents
                ]
        return found


def _source(value: str | Decimal, kind: Kind, what: Sequence[Any]) -> Figure:
    """A figure as `_what` has written it."""
    currency, period, unit, noun, bound = what
    values = (Decimal(value),)
    return Figure(0, 0, values, kind, currency, period, unit, noun, bound=bound)


def licences_of(text: str) -> list[Licence]:
    """The figures of a tool's result."""
    return [Licence(figure, text) for figure in figures(text)]
