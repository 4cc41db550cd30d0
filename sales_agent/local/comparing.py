"""Answers about several things at once: side by side, or all of a kind."""

import re
from collections.abc import Sequence
from itertools import chain
from statistics import mean

from sales_agent.local.choosing import MOST_WORDS, Chooser
from sales_agent.local.parts import asks_for_differences, compares, others_than, without
from sales_agent.local.questions import Question, is_about_money
from sales_agent.local.ranking import Ranker
from sales_agent.local.scored import (
    CONFIDENT,
    HEDGED,
    MOST_COMPARED,
    SURE,
    Found,
    Scored,
    may_tell_price,
)
from sales_agent.local.vocabulary import FRAME_STEMS, WORD, stem

COLUMN_LEAD = 0.4  # that a sentence may have over the cells of a column
MOST_UNSAID = 0.8  # of what is asked, by the cells of a column that is told outright

_LISTS = re.compile(
    r"^(?:what|which) \w+ (?:do|are|have|can)\b|\bdo you (?:have|sell|offer|make)\b"
    r"|\btell me (?:more |something |a bit )?about (?:your|the) \w+\W*$",
    re.IGNORECASE,
)


class Comparer:
    """Answers from an index, by what a ranker thinks of its statements."""

    def __init__(
        self, ranker: Ranker, chooser: Chooser, synonyms: Sequence[tuple[str, str]]
    ) -> None:
        self._ranker = ranker
        self._chooser = chooser
        self._synonyms = synonyms

    def found(self, asked: Question, ranked: Sequence[Scored]) -> Found | None:
        """The answer to a question about several things; None where it is about none or one, or nothing is said."""
        return self._side_by_side(asked) or self._all_of_a_kind(asked, ranked)

    def _side_by_side(self, asked: Question) -> Found | None:
        """The same about each of several things that are compared: "How much more is the Summit than the Ridge?" """
        tables = self._ranker.tables
        named = tables.mentioned(asked.text) if compares(asked.text) else {}
        if asked.foreign or not 1 < len(named) <= MOST_COMPARED:
            return None
        each = [self._about(asked, words, others_than(words, named)) for words in named.values()]
        if not all(each):
            return None
        columns = [
            column for column in tables.columns(named) if all(map(dict.__contains__, each, column))
        ]
        # "What's the difference" has words that a saying made matter.
        respect = asked.content - FRAME_STEMS
        if asks_for_differences(asked.text) and respect <= tables.words_of(named):
            differing = [column for column in columns if tables.differ(column)]
            for end in range(len(differing), 0, -1):
                found = tuple(chain.from_iterable(differing[:end]))
                if len(self._chooser.text(found).split()) <= MOST_WORDS:
                    return Found(found, SURE)
        best = [max(scored.values(), key=lambda one: one.score) for scored in each]
        leading = max(best, key=lambda one: one.score)
        if asked.wants_price and not may_tell_price(leading):
            return None
        numbers = [one.number for one in best]
        # The same column of each row tells more than a sentence about one and a sentence about another.
        rated = [
            (mean(one[n].score for one, n in zip(each, column, strict=True)), column)
            for column in columns
        ]
        if rated and max(rated)[0] > leading.score - COLUMN_LEAD:
            column = max(rated)[1]
            unsaid = max(one[n].unsaid for one, n in zip(each, column, strict=True))
            # "Can we mix the Breeze and the Ridge?" names both, and asks for nothing that a column says.
            sure = max(leading.confidence, CONFIDENT) if unsaid < MOST_UNSAID else HEDGED
            return Found(column, sure)
        if len({is_about_money(self._chooser.text([number])) for number in numbers}) > 1:
            return None  # the price of one and something else of the other
        return Found(tuple(numbers), leading.confidence)

    def _all_of_a_kind(self, asked: Question, ranked: Sequence[Scored]) -> Found | None:
        """ "What desks do you have?", "How much are the desks?": the sentence that lists them, and their prices."""
        tables, kinds = self._ranker.tables, asked.content - asked.of_price
        rows = tables.of_kind(*kinds) if len(kinds) == 1 else {}
        if len(rows) < 2 or asked.number:
            return None
        if asked.wants_price:
            for column in tables.columns(rows) if len(rows) <= MOST_COMPARED else ():
                if is_about_money(self._chooser.text(column)):
                    return Found(column, SURE)
        elif _LISTS.search(asked.text):
            listed = {
                scored.number: sum(
                    self._ranker.is_about(scored.number, words) for words in rows.values()
                )
                for scored in ranked
            }
            best = max(listed, key=lambda number: listed[number])  # of equals the best
            if listed[best] > 1:
                return Found((best,), SURE)
        return None

    def _about(
        self, asked: Question, words: frozenset[str], others: frozenset[str]
    ) -> dict[int, Scored]:
        """The statements about one of the things that are compared, rated as if it alone were asked about."""
        text = without(asked.text, [w for w in WORD.findall(asked.text) if stem(w) in others])
        alone = Question.of(text, self._ranker.vocabulary, self._synonyms)
        return {
            scored.number: scored
            for scored in self._ranker.rank(alone)
            if self._ranker.is_about(scored.number, words, others)
        }
