"""How well each statement of the documents fits a question.

Meaning proposes: the vector of the question against those of all statements. Words decide between
neighbours: a product's name, the words that matter, an amount where an amount is asked. What is not
covered is refused: better "I can't find that" than the price of another desk.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from sales_agent.knowledge.embedding import Vectors
from sales_agent.knowledge.index import Index
from sales_agent.knowledge.passages import Statement
from sales_agent.local.questions import Question, is_about_money, superlative
from sales_agent.local.vocabulary import WORD, Vocabulary, stem

# Weights and thresholds were set on the questions marked "dev" in tests/questions.json, and are
# judged on those marked "test" (python -m bench.grounding).
COVER_WEIGHT = 0.35  # all words that matter are there, against none
HEADING_WEIGHT = 0.25
MONEY_BONUS = 0.15  # a price is asked: what names one, against what does not
MISSING_NAME = 0.3  # a name that was asked for and is not there
OTHER_NAME = 0.05  # a name that was not asked for: "Double monitor arm" for "monitor arm"
LEANING = 0.1  # "The price list has them." says nothing by itself
RANGE_BONUS = 0.2  # "fifteen desks" against the rows "10 to 24 desks" and "25 to 99 desks"
STRANGE_WEIGHT = 0.15
MISHEARD = 0.9  # a word of the documents that sounds the same: "disk" for "desk"
ASKED_ALIKE = 0.45  # cosine of a question and a heading that asks the same
CANDIDATES = 60
NEAR_THE_TOP = 10
ALIKE = 0.5  # cosine of two words from which they may stand for one another: kid and child 0.81,
# guarantee and warranty 0.57, glass and frame 0.42


_CELL = re.compile(
    r"(?P<subject>.+?), (?P<column>[^:,]+): [$€£]?(?P<amount>\d[\d,]*(?:\.\d+)?)\b.*\."
)
_RANGE = re.compile(r"(\d+)(?: to |[-–]| - )(\d+)\b.*: ")
_FROM = re.compile(r"(\d+)\b[^:]* or more\b.*: ")


@dataclass(frozen=True)
class Scored:
    """A statement against a question."""

    number: int
    score: float
    meaning: float
    cover: float
    """How much of what matters in the question is in the statement, 0 to 1; rare words weigh more."""
    by_heading: bool
    """Whether the question is much like the heading, which is a question or a doubt itself."""
    strange: float
    """How much of what matters in the question no document knows, nor anything like it here, 0 to 1."""

    @property
    def confidence(self) -> float:
        """How surely this answers: the score, less when the question is about something else."""
        return self.score - STRANGE_WEIGHT * self.strange


class Ranker:
    """Scores the statements of an index against questions."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.vocabulary = Vocabulary.of(index.statements, index.embedder.knows)
        self._stems = [_stems(_searched(statement)) for statement in index.statements]
        counts = Counter(word for stems in self._stems for word in stems)
        self._rarest = log(1 + len(self._stems))
        self._rarity = {word: log(1 + len(self._stems) / count) for word, count in counts.items()}
        self._place = [
            place for passage in index.passages for place, _ in enumerate(passage.statements)
        ]
        heading_number = {heading: number for number, heading in enumerate(index.headings)}
        self._heading_of = np.array(
            [heading_number[index.passages[n].heading] for n in index.passage_of], dtype=int
        )
        self._asks = np.array([_is_question(heading) for heading in index.headings], dtype=bool)[
            self._heading_of
        ]
        self._word_number = {word: number for number, word in enumerate(index.words)}
        self._word_stems = [stem(word) for word in index.words]

    def rank(self, question: Question) -> list[Scored]:
        """All statements worth a look, the best first."""
        words = sorted(
            {w.lower() for w in WORD.findall(question.text) if stem(w) in question.content}
        )
        strange = [word for word in words if word not in self._word_number]
        vectors = self.index.embedder.embed([question.expanded, *strange])
        meaning = self.index.vectors @ vectors[0]
        headings = (self.index.heading_vectors @ vectors[0])[self._heading_of]
        alike = self._alike(words, dict(zip(strange, vectors[1:], strict=True)))
        for word, documents in question.meant.items():
            alike.setdefault(word, {word: 1.0}).update(dict.fromkeys(documents, 1.0))
        roughly = meaning + HEADING_WEIGHT * headings
        numbers = {int(n) for n in np.argsort(-roughly)[:CANDIDATES]}
        found = set(self.index.by_words(question.text)[:8])
        numbers |= {n for n, passage in enumerate(self.index.passage_of) if passage in found}
        scored = [
            self._score(question, n, float(meaning[n]), float(headings[n]), alike) for n in numbers
        ]
        return sorted(scored, key=lambda s: -s.score)

    def names(self, number: int) -> frozenset[str]:
        """The names that a statement mentions."""
        return self._stems[number] & self.vocabulary.names

    def extreme(self, question: Question, ranked: Sequence[Scored]) -> int | None:
        """The row of a table with the most or the least, where the question asks for that.

        Only where no sentence says so itself: "the quietest" is written down, "carries the most" is read
        off the column.
        """
        wanted = superlative(question.text)
        if (
            not wanted
            or question.names
            or wanted.word in _stems(self.index.statements[ranked[0].number].text)
        ):
            return None
        for scored in ranked[:NEAR_THE_TOP]:
            cell = Cell.of(self.index.statements[scored.number])
            if cell is None:
                continue
            column = [
                (other.amount, number)
                for number, statement in enumerate(self.index.statements)
                if self._same_table(number, scored.number)
                and (other := Cell.of(statement)) is not None
                and other.column == cell.column
            ]
            if len(column) > 1:
                return (max if wanted.most else min)(column)[1]
        return None

    def _same_table(self, one: int, other: int) -> bool:
        a, b = (self.index.passages[self.index.passage_of[number]] for number in (one, other))
        return (a.document, a.page, a.heading) == (b.document, b.page, b.heading)

    def _alike(
        self, words: Sequence[str], strange: dict[str, Vectors]
    ) -> dict[str, dict[str, float]]:
        """For each word that matters, what stands for it in the documents, and how well (0 to 1)."""
        found: dict[str, dict[str, float]] = {}
        for word in words:
            vector = strange.get(word)
            if vector is None:
                vector = self.index.word_vectors[self._word_number[word]]
            near = self.index.word_vectors @ vector
            credits = found.setdefault(stem(word), {stem(word): 1.0})
            for number in np.flatnonzero(near >= ALIKE):
                other = self._word_stems[number]
                if other in self.vocabulary.names:
                    continue  # a name stands for nothing but itself: Everest is not Summit
                credit = min(0.9, (float(near[number]) - ALIKE) * 2 + 0.3)
                credits[other] = max(credits.get(other, 0.0), credit)
            if stem(word) not in self.vocabulary.stems:
                credits |= dict.fromkeys(self.vocabulary.sounding_like(word), MISHEARD)
        return found

    def _score(
        self,
        question: Question,
        number: int,
        meaning: float,
        heading: float,
        alike: dict[str, dict[str, float]],
    ) -> Scored:
        stems = self._stems[number]
        statement = self.index.statements[number]
        total = covered = strange = 0.0
        for word in question.content:
            weight = self._rarity.get(word, self._rarest)
            credits = alike.get(word, {word: 1.0})
            credit = max((c for other, c in credits.items() if other in stems), default=0.0)
            total += weight
            covered += weight * credit
            if word not in self.vocabulary.stems:
                strange += weight * (1 - credit)
        cover, strange = (covered / total, strange / total) if total else (0.0, 0.0)
        by_heading = bool(self._asks[number]) and heading > max(meaning, ASKED_ALIKE)
        if by_heading:
            # All statements below are the answer then, and it starts with the first.
            meaning, heading = heading, heading - 0.01 * self._place[number]
        score = meaning + COVER_WEIGHT * cover + HEADING_WEIGHT * heading
        if question.wants_price:
            score += MONEY_BONUS if is_about_money(statement.text) else -MONEY_BONUS
        names = stems & self.vocabulary.names
        score -= MISSING_NAME * len(question.names - names)
        score -= OTHER_NAME * len(names - question.names) if question.names else 0
        if not statement.lead and re.search(r"\b(?:them|it|this)\.$", statement.text):
            score -= LEANING
        if question.number and (fits := _in_range(statement.text, question.number)) is not None:
            score += RANGE_BONUS if fits else -RANGE_BONUS
        return Scored(number, score, meaning, cover, by_heading, strange)


@dataclass(frozen=True)
class Cell:
    """A statement that is a cell of a table with an amount in it."""

    subject: str
    column: str
    amount: float

    @classmethod
    def of(cls, statement: Statement) -> "Cell | None":
        match = _CELL.fullmatch(statement.text)
        if match is None or not statement.topic.endswith(match["subject"]):
            return None
        return cls(match["subject"], match["column"], float(match["amount"].replace(",", "")))


def _is_question(heading: str) -> bool:
    """A heading that is what a customer says: "How tall are you?", "That is too expensive." """
    return heading.endswith("?") or heading[:1] in "\"“‘'"


def _in_range(text: str, number: int) -> bool | None:
    """Whether a row such as "10 to 24 desks" or "100 desks or more" holds a number; None elsewhere."""
    if match := _RANGE.match(text):
        return int(match[1]) <= number <= int(match[2])
    if match := _FROM.match(text):
        return number >= int(match[1])
    return None


def _searched(statement: Statement) -> str:
    return f"{statement.topic} {statement.lead} {statement.text}"


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in WORD.findall(text))
