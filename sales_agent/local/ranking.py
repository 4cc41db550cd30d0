"""How well each statement of the documents fits a question.

Meaning proposes: the vector of the question against those of all statements. Words decide between
neighbours: a product's name, the words that matter, an amount where an amount is asked. What is not
covered is refused: better "I can't find that" than the price of another desk.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import log

import numpy as np

from sales_agent.knowledge.embedding import TOKEN_LENGTH, Tokens, Told, Vectors
from sales_agent.knowledge.index import Index
from sales_agent.knowledge.passages import Statement
from sales_agent.knowledge.terms import NO_NAMES
from sales_agent.local.days import days_in
from sales_agent.local.doubts import Doubts
from sales_agent.local.questions import Question, is_about_money, numbers_in, superlative
from sales_agent.local.ranges import Ranges
from sales_agent.local.scored import Scored, fullest_first
from sales_agent.local.tables import Extreme, Tables
from sales_agent.local.vocabulary import WORD, Vocabulary, codes_in, stem, stems_in

# Weights and thresholds were set on tests/questions.json and tests/held_out; bench/grounding.py tells what they did at
# first sight of each.
COVER_WEIGHT = 0.35  # all words that matter are there, against none
HEADING_WEIGHT = 0.25
MONEY_BONUS = 0.15  # a price is asked: what names one, against what does not
PRICE_COLUMN = 0.1  # of a table with other amounts too: "extra day"
WANTED = 0.1  # a time or a number is asked: what has one, but not of what is counted; what has none loses twice that
MISSING_ROW = 0.2  # a word of the row of a table that was asked for
MISSING_NAME = 0.2  # a name that was asked for and is not there, where others are
MISSING_NAME_IN_RULE = 0.1  # where none is: "delivery costs 39 dollars per order", of a desk too
OTHER_NUMBER = 0.3  # the row "One-bedroom move" for a move of six
IN_HEADING = 0.1  # a name that was asked for, and only the heading above has
OTHER_NAME = 0.05  # a name that was not asked for: "Double monitor arm" for "monitor arm"
RANGE_BONUS = 0.2  # "fifteen desks" against the rows "10 to 24 desks" and "25 to 99 desks"
CONDITION = (
    0.15  # "for orders of 25 or more", where no number is told with what is asked the price of
)
MISHEARD = 0.9  # a word of the documents that sounds the same: "disk" for "desk"
LEAST_ASKED = 0.3  # of a question: "moniter", heard as "monitor", leaves a tenth of itself open, which is not all
ASKED_ALIKE = 0.45  # cosine of a question and a heading that asks the same
SAID_ALIKE = 0.75  # what counts as their cosine where they have the same words that matter
RARE = 2  # statements with a name, up to which all that is said about it may be the answer
SAME_THING = 0.8  # how well a word has to stand for another to be none of the names
CANDIDATES = 60
NEAR_THE_TOP = 10
ALIKE = 0.5  # cosine of two words from which they may stand for one another: kid and child 0.81,
# guarantee and warranty 0.57, glass and frame 0.42
UNLIKE = frozenset(map(stem, NO_NAMES))  # Friday is no Sunday, and May no June


class Ranker:
    """Scores the statements of an index against questions."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.tables = Tables(index)
        self._ranges = Ranges(index)
        self.vocabulary = Vocabulary.of(index.statements, index.embedder.knows)
        self._stems = [
            stems_in(text := _searched(statement)) | days_in(text) | codes_in(text)
            for statement in index.statements
        ]
        self._rows = {n: stems_in(cell.subject) for n, cell in self.tables.cells.items()}
        self._numbers = {
            n: numbers_in(WORD.findall(c.subject)) for n, c in self.tables.cells.items()
        }
        self._own = [
            stems_in(f"{statement.lead} {statement.text}") for statement in index.statements
        ]
        self._titles: dict[str, frozenset[str]] = {}
        for passage in index.passages:
            self._titles.setdefault(passage.document, stems_in(passage.heading))
        counts = Counter(word for stems in self._stems for word in stems)
        self._rare_names = {word for word in self.vocabulary.names if counts[word] <= RARE}
        self._rarest = log(1 + len(self._stems))
        self._rarity = {word: log(1 + len(self._stems) / count) for word, count in counts.items()}
        self._place = [
            place for passage in index.passages for place, _ in enumerate(passage.statements)
        ]
        heading_number = {heading: number for number, heading in enumerate(index.headings)}
        self._heading_of = np.array(
            [heading_number[index.passages[n].heading] for n in index.passage_of], dtype=int
        )
        self._doubts = Doubts(index.headings)
        self._word_number = {word: number for number, word in enumerate(index.words)}
        self._word_stems = [stem(word) for word in index.words]

    def rank(self, question: Question) -> list[Scored]:
        """All statements worth a look, the best first."""
        words = sorted(
            {w.lower() for w in WORD.findall(question.text) if stem(w) in question.content}
        )
        strange = [word for word in words if word not in self._word_number]
        texts = list(dict.fromkeys([question.text, question.expanded, *strange]))
        told = [Told(text) for text in texts]
        encoded = dict(zip(texts, self.index.embedder.encode(told), strict=True))
        vector = encoded[question.expanded].vector
        meaning = self.index.vectors @ vector
        headings = (self.index.heading_vectors @ vector)[self._heading_of]
        alike = self._alike(words, {word: encoded[word].vector for word in strange})
        question = replace(question, names=self._meant_as_names(question, alike))
        for word, documents in question.meant.items():
            alike.setdefault(word, {word: 1.0}).update(dict.fromkeys(documents, 1.0))
        roughly = meaning + HEADING_WEIGHT * headings
        numbers = {int(n) for n in np.argsort(-roughly)[:CANDIDATES]}
        found = set(self.index.by_words(question.text)[:8])
        numbers |= {n for n, passage in enumerate(self.index.passage_of) if passage in found}
        fits = (
            self._ranges.hold(question.number, sorted(question.content)) if question.number else {}
        )
        row = frozenset().union(*self.tables.named_in_full(question.text)) - question.names
        same = self._doubts.said_alike(question, alike)
        nearness = self._nearness(encoded[question.text].tokens, sorted(numbers))
        scored = [
            self._score(
                question,
                n,
                float(meaning[n]),
                float(headings[n]),
                near,
                alike,
                row,
                same,
                fits.get(n),
            )
            for n, near in nearness.items()
        ]
        return fullest_first(sorted(scored, key=lambda one: -one.place))

    def _nearness(self, asked: Tokens, numbers: Sequence[int]) -> dict[int, float]:
        """How well statements have each word of a question, in its sentence: 0 to 1, or somewhat less than 0.

        The mean over the question's tokens of the cosine of the nearest in the statement, as ColBERT's MaxSim
        (Khattab and Zaharia 2020), of a model that was trained on whole sentences.
        """
        each = (tokens.astype(np.float32) for tokens in self.index.tokens_of(numbers))
        asks = asked.astype(np.float32) / TOKEN_LENGTH**2
        return {
            number: float((asks @ tokens.T).max(axis=1).mean())
            if len(asks) and len(tokens)
            else 0.0
            for number, tokens in zip(numbers, each, strict=True)
        }

    def names(self, number: int) -> frozenset[str]:
        """The names that a statement mentions."""
        return self._stems[number] & self.vocabulary.names

    def _meant_as_names(
        self, question: Question, alike: Mapping[str, Mapping[str, float]]
    ) -> frozenset[str]:
        """The names without the words for something that documents have other words for: "kids" are children too."""
        small = {stem(word) for word in WORD.findall(question.text) if word[0].islower()}
        return frozenset(
            name
            for name in question.names
            if name not in small
            or max((c for other, c in alike[name].items() if other != name), default=0) < SAME_THING
        )

    def beginning(self, number: int) -> int:
        """The first statement of its passage."""
        return number - self._place[number]

    def answers_a_heading(self, number: int) -> bool:
        """Whether the heading above it is a question or a doubt, so that what is below belongs together."""
        return int(self._heading_of[number]) in self._doubts.headings

    def has_other_number(self, question: Question, number: int) -> bool:
        """Whether a statement is a cell of a row whose name has a number, and none of those that were asked for."""
        has = self._numbers.get(number)
        asked = numbers_in(WORD.findall(question.text)) if has else set()
        return bool(has and asked and not has & asked)

    def is_about(
        self, number: int, words: frozenset[str], others: frozenset[str] = frozenset()
    ) -> bool:
        """Whether a statement has all of some words (stems) and none of others."""
        return words <= self._stems[number] and not others & self._stems[number]

    def extreme(self, question: Question, ranked: Sequence[Scored]) -> Extreme | None:
        """The row of a table with the most or the least, where the question asks for that.

        Only where no sentence says so itself: "the quietest" is written down, "carries the most" is read
        off the column.
        """
        wanted = superlative(question.text)
        if (
            not wanted
            or question.names
            or wanted.word in stems_in(self.index.statements[ranked[0].number].text)
        ):
            return None
        near = [scored.number for scored in ranked[: None if wanted.of_money else NEAR_THE_TOP]]
        return self.tables.extreme(wanted, question.content, near)

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
                if other in self.vocabulary.names or UNLIKE & {other, stem(word)}:
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
        near: float,
        alike: dict[str, dict[str, float]],
        row: frozenset[str],
        same: frozenset[int],
        fits: bool | None,
    ) -> Scored:
        stems = self._stems[number]
        statement = self.index.statements[number]
        title = self._titles[self.index.passages[self.index.passage_of[number]].document]
        in_money = is_about_money(statement.text)
        given_well = question.wanted.given_by(statement.text) if question.wanted else 2
        asking = question.of_price if in_money else frozenset()
        if question.wanted and given_well:
            asking |= question.wanted.words
        given = question.names | title | self._rows.get(number, frozenset())
        total = covered = strange = asked = said = 0.0
        for word in question.content:
            weight = self._rarity.get(word, self._rarest)
            credits = alike.get(word, {word: 1.0})
            known = word in asking or (word in title and word in question.names)
            credit = 1.0 if known else _best(credits, stems)
            total += weight
            covered += weight * credit
            # "Foot" asks little more of the row "Unit 50 sq ft", and "Ridge" nothing of "Ridge desk".
            open_still = weight * (1 - (word in given or _best(credits, given & stems)))
            asked += open_still
            said += open_still * (1.0 if word in asking else _best(credits, stems - given))
            if word not in self.vocabulary.stems:
                strange += weight * (1 - credit)
        cover, strange = (covered / total, strange / total) if total else (0.0, 0.0)
        unsaid = (asked - said) / max(asked, LEAST_ASKED * total) if total else 0.0
        named = question.names & stems & self._rare_names
        if named:
            unsaid = 0.0  # "Does it work with Shopify?": what is said about it at all
        if int(self._heading_of[number]) in same:
            heading = max(heading, SAID_ALIKE)
        by_heading = self.answers_a_heading(number) and heading > max(meaning, ASKED_ALIKE)
        if by_heading:
            # All statements below are the answer then, and it starts with the first.
            meaning, heading = heading, heading - 0.01 * self._place[number]
        score = meaning + COVER_WEIGHT * cover + HEADING_WEIGHT * heading
        if question.wants_price:
            score += MONEY_BONUS if in_money else -MONEY_BONUS
            score += PRICE_COLUMN if ", price" in statement.text else 0
            score -= CONDITION if not question.number and self._ranges.begin(number) else 0
        score -= WANTED * (2 - given_well)
        names = stems & self.vocabulary.names
        missing = MISSING_NAME if names else MISSING_NAME_IN_RULE
        score -= missing * len(question.names - names - title)
        score -= MISSING_ROW * len(row - stems)
        score -= OTHER_NUMBER * self.has_other_number(question, number) if not fits else 0
        score -= IN_HEADING * bool(question.names & stems - self._own[number] - title)
        score -= OTHER_NAME * len(names - question.names) if question.names and not named else 0
        if fits is not None:
            score += RANGE_BONUS if fits else -RANGE_BONUS
        return Scored(number, near, score, meaning, cover, by_heading, strange, unsaid)


def _best(credits: Mapping[str, float], stems: frozenset[str]) -> float:
    return max((credit for word, credit in credits.items() if word in stems), default=0.0)


def _searched(statement: Statement) -> str:
    return f"{statement.topic} {statement.lead} {statement.text}"
