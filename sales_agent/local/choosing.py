"""Which statements to say, and in which order: one seldom is the whole answer."""

import re
from collections.abc import Iterable, Sequence

from sales_agent.knowledge.index import Index
from sales_agent.local.questions import Question, is_about_money
from sales_agent.local.ranking import Ranker
from sales_agent.local.scored import Scored

AS_GOOD = 0.2  # between the scores of two cells that may both be meant
NEAR_THE_TOP = 6
TIE = 0.2  # between the scores of two sentences of which either may be the answer
TOO_SHORT = 5  # words: "Yes.", "Many of our patients are." answer nothing alone
MOST_WORDS = 40  # where the second sentence is a guess
_CELL_KIND = re.compile(r"([^,:]+, \w+) [^:]*: ")  # "Summit desk, colors of the frame: "


class Chooser:
    """Chooses among the statements that a ranker puts first."""

    def __init__(self, index: Index, ranker: Ranker) -> None:
        self._index = index
        self._ranker = ranker

    def text(self, statements: Iterable[int]) -> str:
        """The statements as one says them, each a sentence: what the second leans on is not said twice."""
        text = ""
        for statement in (self._index.statements[number] for number in statements):
            heard = bool(statement.lead) and statement.lead.casefold() in text.casefold()
            text += f" {_capital(statement.text if heard else statement.spoken)}"
        return text.strip()

    def choose(self, asked: Question, ranked: Sequence[Scored]) -> list[int]:
        """One statement or two, in the order to say them."""
        best = ranked[0]
        missing = asked.names - self._ranker.names(best.number)
        for other in ranked[1:]:
            if missing & self._ranker.names(other.number):
                return [best.number, other.number]  # "the difference between Basic and Plus"
        if (sister := self._sister(ranked)) is not None:
            return sorted((best.number, sister))
        first, following = self._ranker.beginning(best.number), self._following(best.number)
        here, there = (self._index.statements[n] for n in (best.number, following))
        if there.lead == here.text:
            return [following]  # what is to be done stands after "If …"
        if best.number in self._ranker.tables.cells:
            return [best.number]
        if self._ranker.answers_a_heading(best.number):
            # The answer to a doubt is seldom one sentence, and starts with the first.
            names, before = self._ranker.names(best.number), self._ranker.names(first)
            whole = [first, best.number] if first < best.number else [first, following]
            return [best.number] if names and before - names else list(dict.fromkeys(whole))
        if len(here.text.split()) <= TOO_SHORT:
            return list(dict.fromkeys((best.number, following)))
        if asked.wants_price:
            return [best.number]
        return sorted([best.number, *self._as_good(ranked)])

    def _as_good(self, ranked: Sequence[Scored]) -> list[int]:
        """Another sentence of the same passage that may be the answer as well as the best, or nothing."""
        best, *others = ranked[:NEAR_THE_TOP]
        said = self._index.statements[best.number].spoken
        for other in others:
            theirs = self._index.statements[other.number].spoken
            if (
                best.score - other.score < TIE
                and other.number not in self._ranker.tables.cells
                and self._index.passage_of[other.number] == self._index.passage_of[best.number]
                and self._ranker.names(other.number) == self._ranker.names(best.number)
                and len(f"{said} {theirs}".split()) <= MOST_WORDS
            ):
                return [other.number]
        return []

    def _following(self, number: int) -> int:
        """The next statement of the same passage; itself where it is the last."""
        same = self._index.passage_of[number : number + 2]
        return number + 1 if len(same) == 2 and same[0] == same[1] else number

    def _sister(self, ranked: Sequence[Scored]) -> int | None:
        """A cell that fits as well as the best: "colors of the frame" beside "colors of the desk top"."""
        best, *others = ranked[:NEAR_THE_TOP]
        kind = _CELL_KIND.match(self._index.statements[best.number].text)
        for other in others:
            theirs = _CELL_KIND.match(self._index.statements[other.number].text)
            near = best.score - other.score < AS_GOOD
            if near and kind and theirs and kind[1] == theirs[1]:
                return other.number
        return None

    def with_next(self, chosen: list[int], ranked: Sequence[Scored]) -> list[int]:
        """The second best as well, where the best is not sure: one of two sentences is more often it."""
        text = self.text(chosen)
        for other in ranked[:NEAR_THE_TOP]:
            spoken = self._index.statements[other.number].spoken
            if other.number in chosen or spoken in text or is_about_money(spoken):
                continue
            return (
                [*chosen, other.number] if len(f"{text} {spoken}".split()) <= MOST_WORDS else chosen
            )
        return chosen


def _capital(text: str) -> str:
    """The name of a row, "more than 90 days before", as the beginning of a sentence; "iPhone 15" as it is."""
    first = text.partition(" ")[0]
    return text[:1].upper() + text[1:] if first.islower() else text
