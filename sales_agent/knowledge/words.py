"""Passages found by their words, in a library of any size.

BM25 by SQLite's FTS5 looks at every passage with any of the words, so that one word which half of them have would cost
more than all others together, and tells least. The rarest words are asked for, as many as the time allows.
"""

import re
import sqlite3
from collections.abc import Sequence

LOOKED_AT = 2_500  # passages with any of the words that are ranked: 2 to 3 ms for 1,000; more find nothing more
STOP_WORDS = frozenset(
    "a an and are as at be by can could did do does for from have how i if in is it its me my of on or"
    " our please so tell that the their them there they this to us was we what when where which who"
    " will with would you your".split()
)
_WORD = re.compile(r"\w+")


class WordSearch:
    """Searches the words of a library. One thread at a time."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        # Only FTS5 itself knows how it cuts words to their stems: a table of one text is asked.
        self._stemmer = sqlite3.connect(":memory:", check_same_thread=False)
        self._stemmer.executescript(
            "CREATE VIRTUAL TABLE text USING fts5(t, tokenize = 'porter unicode61');"
            "CREATE VIRTUAL TABLE terms USING fts5vocab(text, row);"
        )

        self._stemmed: dict[str, list[str]] = {}  # as many as callers say words in a call

    def close(self) -> None:
        self._stemmer.close()

    def search(self, query: str, limit: int) -> list[int]:
        """The numbers of passages, the best first; a word of the heading or the file's name counts double."""
        words = [word for word in _WORD.findall(query.lower()) if word not in STOP_WORDS]
        terms, ranked = self._rarest(self._stems(words))
        if not terms:
            return []
        match = " OR ".join(f'"{term}"' for term in terms)
        order = "ORDER BY bm25(words, 2.0, 1.0)" if ranked else ""
        rows = self._db.execute(
            f"SELECT rowid FROM words WHERE words MATCH ? {order} LIMIT ?", (match, limit)
        )
        return [number for (number,) in rows]

    def _stems(self, words: Sequence[str]) -> dict[str, str]:
        """A word for each stem: FTS5 cuts the word itself, and would cut a stem once more."""
        stems: dict[str, str] = {}
        for word in dict.fromkeys(words):
            if word not in self._stemmed:
                self._stemmer.execute("DELETE FROM text")
                self._stemmer.execute("INSERT INTO text VALUES (?)", (word,))
                found = self._stemmer.execute("SELECT term FROM terms").fetchall()
                self._stemmed[word] = [stem for (stem,) in found]
            for stem in self._stemmed[word]:
                stems.setdefault(stem, word)
        return stems

    def _rarest(self, stems: dict[str, str]) -> tuple[list[str], bool]:
        """Words, the rarest first, until too many passages have them, and whether these are worth a ranking.

        Where even the rarest is in too many, it parts none from another: any will do.
        """
        marks = ",".join("?" * len(stems))
        common = dict(
            self._db.execute(f"SELECT term, passages FROM common WHERE term IN ({marks})", [*stems])
        )
        chosen: list[str] = []
        total = 0
        for stem in sorted(stems, key=lambda stem: (common.get(stem, 0), stem)):
            count = common.get(stem, 0)
            if chosen and total + count > LOOKED_AT:
                break
            total += count
            chosen.append(stems[stem])
        return chosen, total <= LOOKED_AT
