"""What licenses the agent to say a figure: the statements of the documents that have it, and those told better."""

import math
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from sales_agent.knowledge.documents import Knowledge
from sales_agent.knowledge.figure import Figure, Kind
from sales_agent.knowledge.ledger import (
    FORMAT,
    OVER,
    bring_up_to_date,
    key_of,
    open_file,
    subject_of,
)
from sales_agent.knowledge.licence import Licence
from sales_agent.knowledge.loading import OnProgress
from sales_agent.knowledge.subjects import Vocabulary

MOST_ROWS = 100  # statements that are looked at for one figure
COMMON = 200  # statements with a word that is too common to tell any of them
KEPT = 5_000  # words whose places are kept in memory
MOST_MEASURED = 20  # statements that are looked at for whose measure it is
RIVALS = 5  # statements that are told better than the one in question
WIDE = 0.6  # what a word weighs that stands in the statement, but with another of its figures

_WHAT = "f.currency, f.period, f.unit, f.noun, f.bound"


class Ranked(NamedTuple):
    """Statements by how well the words of a clause tell them."""

    told: list[Licence]
    """The best of those that have its figure."""
    as_well: list[Licence]
    better: list[Licence]
    """Of other figures."""


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
        """Takes milliseconds where the documents are known; a minute and a half for 50 MB of new text.

        Raises sqlite3.Error or OSError where the cache can neither be read nor written.
        """
        cache.mkdir(parents=True, exist_ok=True)
        path = cache / f"licences-{FORMAT}.sqlite3"
        self._lock = threading.Lock()
        self._places: dict[str, list[tuple[str, bool]]] = {}
        try:
            self._db = open_file(path)
            ids = bring_up_to_date(self._db, knowledge, on_progress)
        except sqlite3.OperationalError:  # busy, or the disk is full
            raise
        except sqlite3.DatabaseError:  # damaged: nothing is in it that cannot be computed again
            path.unlink(missing_ok=True)
            self._db = open_file(path)
            ids = bring_up_to_date(self._db, knowledge, on_progress)
        for old in cache.glob("licences-*.sqlite3*"):
            if not old.name.startswith(path.name):  # of another version
                with suppress(OSError):
                    old.unlink()
        # The file has documents of other folders too, and old versions: none of them may count.
        self._db.execute("CREATE TEMP TABLE ours (id INTEGER PRIMARY KEY)")
        self._db.executemany("INSERT OR IGNORE INTO ours VALUES (?)", ((i,) for i in ids))
        rows = self._db.execute("SELECT name, kind FROM names WHERE document IN ours").fetchall()
        self.sterling = any(kind == "currency" for _, kind in rows)
        """Whether pounds are money in the documents."""
        self.vocabulary = Vocabulary(
            (name for name, kind in rows if kind == "name"),
            company=company,
            capitals=(name for name, kind in rows if kind == "capital"),
            proper=(name for name, kind in rows if kind == "proper"),
            charges=(name for name, kind in rows if kind == "charge"),
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
                    f"SELECT f.kind, {_WHAT} FROM figures f WHERE f.value = ? AND f.document IN ours",
                    (key_of(value),),
                )
                if any(figure.is_like(_source(value, kind, what)) for kind, *what in rows):
                    return True
        return False

    def best(self, figure: Figure, context: Mapping[str, float], part: Collection[str]) -> Ranked:
        """The statements of a price or percentage that words tell best, and those of others that they tell no worse.

        `context`: words, and what each weighs; `part`: those that stand with the figure, by which alone it is told
        from others of one sentence.
        """
        with self._lock:
            scores, close = self._scored(figure.kind, context, part)
            own, like = self._places_of(figure)
            told = _highest({place: scores[place] for place in like if place in scores})
            highest = max((scores[place] for place in told), default=0.0)
            beside = {_statement_of(place): close[place] for place in told}
            closest = max(beside.values(), default=0.0)
            # "It's 39" is told from "free from 1,000 on" by not being said as such.
            limits = set() if figure.bound else {p for p, _ in self._told_by(OVER, figure.kind)}

            def is_rival(place: str, score: float) -> bool:
                if score < highest or place in own or place in limits:
                    return False
                same = beside.get(_statement_of(place))
                if same is not None:
                    return close[place] > same
                return score > highest or close[place] >= closest

            rivals = {place: score for place, score in scores.items() if is_rival(place, score)}
            first = sorted(rivals, key=lambda place: (-rivals[place], place))[:RIVALS]
            return Ranked(
                [self._at(place, figure.kind) for place in told],
                [self._at(place, figure.kind) for place in first if rivals[place] == highest],
                [self._at(place, figure.kind) for place in first if rivals[place] > highest],
            )

    def _scored(
        self, kind: Kind, context: Mapping[str, float], part: Collection[str]
    ) -> tuple[dict[str, float], defaultdict[str, float]]:
        """How well words tell each place that has a figure, and how well those do that stand with it."""
        scores: defaultdict[str, float] = defaultdict(float)
        close: defaultdict[str, float] = defaultdict(float)
        for word, weight in sorted(context.items()):  # sums of the same order are the same
            places = self._told_by(word, kind)
            rare = math.log(1 + COMMON / (1 + len(places)))
            for place, near in places:
                scores[place] += weight * rare * (1.0 if near else WIDE)
                if near and word in part:
                    close[place] += rare
        return dict(scores), close

    def _places_of(self, figure: Figure) -> tuple[set[str], set[str]]:
        """Where the documents have the value of a figure, and where that says the same."""
        own: set[str] = set()
        like: set[str] = set()
        for value in figure.values:
            rows = self._db.execute(
                f"SELECT f.place, {_WHAT} FROM figures f"
                " WHERE f.value = ? AND f.kind = ? AND f.document IN ours LIMIT ?",
                (key_of(value), figure.kind, 10 * MOST_ROWS),
            )
            for place, *what in rows:
                own.add(place)
                if figure.is_like(_source(value, figure.kind, what)):
                    like.add(place)
        return own, like

    def _at(self, place: str, kind: Kind) -> Licence:
        value, *what, text, lead, topic = self._db.execute(
            f"SELECT f.value, {_WHAT}, s.text, s.lead, s.topic"
            " FROM figures f JOIN statements s ON s.id = f.statement WHERE f.place = ?",
            (place,),
        ).fetchone()
        return Licence(_source(value, kind, what), text, lead, topic)

    def free(self, beginnings: Collection[str]) -> list[Licence]:
        """The statements of what is free that have a word with one of these beginnings."""
        with self._lock:
            places = {
                place
                for beginning in beginnings
                for (place,) in self._db.execute(
                    "SELECT place FROM words WHERE word >= ? AND word < ? AND kind = 'free' AND document IN ours"
                    " LIMIT ?",
                    (beginning, f"{beginning}\U0010ffff", COMMON),
                )
            }
            return [self._at(place, "free") for place in places]

    def values_between(self, low: Decimal, high: Decimal, kind: str) -> list[Decimal]:
        """The values that documents have in a range, its ends among them."""
        with self._lock:
            rows = self._db.execute(
                "SELECT DISTINCT value FROM figures WHERE kind = ? AND number BETWEEN ? AND ?"
                " AND document IN ours LIMIT ?",
                (kind, float(low), float(high), MOST_ROWS),
            )
            return [Decimal(value) for (value,) in rows]

    def prices_with(self, word: str) -> list[Licence]:
        """The statements of prices that have a word, by its stem."""
        with self._lock:
            return [
                self._at(place, "price") for place, _ in self._told_by(word, "price")[:MOST_ROWS]
            ]

    def is_limit(self, figure: Figure) -> bool:
        """Whether documents have something hold from an amount on, or up to it."""
        return bool(self._stating(figure, "f.bound = ?", ["over"], 1))

    def prices_of(self, name: str) -> dict[str, Decimal]:
        """What a table asks for a product: its column -> the price."""
        with self._lock:
            rows = self._db.execute(
                "SELECT f.value, s.text FROM statements s CROSS JOIN figures f ON f.statement = s.id"
                " WHERE s.row = ? AND f.kind = 'price' AND f.document IN ours LIMIT ?",
                (name.casefold(), MOST_ROWS),
            )
            return {
                subject_of(text)[len(name) :].casefold(): Decimal(value) for value, text in rows
            }

    def measured(self, name: str, unit: str) -> dict[str, set[Decimal]]:
        """What a table says of a product in one unit: its column -> all values there."""
        found: dict[str, set[Decimal]] = {}
        with self._lock:
            rows = self._db.execute(
                "SELECT f.value, f.unit, s.text FROM statements s CROSS JOIN figures f ON f.statement = s.id"
                " WHERE s.row = ? AND f.kind = 'other' AND f.unit IN (?, '') AND f.document IN ours LIMIT ?",
                (name.casefold(), unit, MOST_ROWS),
            )
            for value, own, text in rows:
                column = subject_of(text)[len(name) :]
                if own or unit in column.casefold():
                    found.setdefault(column, set()).add(Decimal(value))
        return found

    def measuring(self, figure: Figure) -> list[Licence]:
        """The statements that have a measure; none where there are too many to tell whose it is."""
        found = self._stating(figure, "f.unit = ?", [figure.unit], MOST_MEASURED + 1)
        return found if len(found) <= MOST_MEASURED else []

    def _told_by(self, word: str, kind: str) -> list[tuple[str, bool]]:
        """The places of figures whose statements have a word, and whether it stands close to them."""
        key = f"{kind}:{word}"
        if key not in self._places:
            rows = self._db.execute(
                "SELECT place, near FROM words WHERE word = ? AND kind = ? AND document IN ours LIMIT ?",
                (word, kind, COMMON),
            ).fetchall()
            if len(self._places) >= KEPT:
                self._places.clear()
            # So common a word tells nothing.
            self._places[key] = [(place, bool(near)) for place, near in rows if len(rows) < COMMON]
        return self._places[key]

    def with_value(self, figure: Figure) -> list[Licence]:
        """The statements that have the value of a figure."""
        return self._stating(figure, "TRUE", (), MOST_ROWS)

    def of(self, figure: Figure, words: Collection[str]) -> list[Licence]:
        """The statements that have this price or percentage and one of the words, in folded case."""
        if not words:
            return []
        any_word = " OR ".join(["instr(s.folded, ?)"] * len(words))
        return self._stating(figure, f"({any_word})", words, MOST_ROWS)

    def _stating(
        self, figure: Figure, where: str, arguments: Collection[str], most: int
    ) -> list[Licence]:
        """The statements that have a value of a figure, and of which something else is true."""
        with self._lock:
            return [
                Licence(_source(value, figure.kind, what), text, lead, topic)
                for value in figure.values
                for *what, text, lead, topic in self._db.execute(
                    f"SELECT {_WHAT}, s.text, s.lead, s.topic"
                    " FROM figures f JOIN statements s ON s.id = f.statement"
                    f" WHERE f.value = ? AND f.kind = ? AND f.document IN ours AND {where} LIMIT ?",
                    (key_of(value), figure.kind, *arguments, most),
                )
            ]


def _source(value: str | Decimal, kind: Kind, what: Sequence[Any]) -> Figure:
    """A figure as `_what` has written it."""
    currency, period, unit, noun, bound = what
    values = (Decimal(value),)
    return Figure(0, 0, values, kind, currency, period, unit, noun, bound=bound)


def find_figures(knowledge: Knowledge, cache: Path, on_progress: OnProgress | None = None) -> None:
    """Find the figures of new documents, so that no call has to."""
    with suppress(sqlite3.Error, OSError):  # which a call reports
        Licences(knowledge, cache, on_progress=on_progress).close()


def _highest(scores: Mapping[str, float]) -> list[str]:
    highest = max(scores.values(), default=0.0)
    return [place for place, score in scores.items() if score == highest]


def _statement_of(place: str) -> str:
    return place.partition(":")[0]
