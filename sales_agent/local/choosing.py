"""Which statements to say, and in which order: one seldom is the whole answer."""

import re
from collections.abc import Iterable, Sequence

from sales_agent.knowledge.index import Index
from sales_agent.local.questions import Question, is_about_money
from sales_agent.local.ranking import Ranker
from sales_agent.local.scored import MOST_COMPARED, Scored
from sales_agent.local.vocabulary import stems_in

AS_GOOD = 0.2  # between the scores of two cells that may both be meant
NEAR_THE_TOP = 6
TIE = 0.2  # between the scores of two sentences of which either may be the answer
STEPS_NEAR = 0.3  # below the best, of a sentence that goes on with what to do
TOO_SHORT = 5  # words: "Yes.", "Many of our patients are." answer nothing alone
MOST_WORDS = 40  # where the second sentence is a guess
_HOW = re.compile(r"\bhow (?:do|can|would|should|to)\b", re.IGNORECASE)
_STEP = re.compile(  # by the verbs of manuals: "Press both buttons for three seconds."
    r"(?:(?:then|now|first|just|please),? )?(?:press|hold|push|pull|turn|click|tap|switch|close|send|call|write"
    r"|plug|unplug|check|take|put|wait|reset|tighten|loosen|remove|attach|use|wipe|clean|go|choose|select|enter|type|scan"
    r"|bring|lift|lower|slide|fill|show|tell|ask|pay|sign|log|register|download)\b(?!-)",
    re.IGNORECASE,
)
_CELL_KIND = re.compile(r"([^,:]+, \w+) [^:]*: ")  # "Summit desk, colors of the frame: "


class Chooser:
    """Chooses among the statements that a ranker puts first."""

    def __init__(self, index: Index, ranker: Ranker) -> None:
        self._index = index
        self._ranker = ranker

    def text(self, statements: Iterable[int]) -> str:
        """The statements as one says them: what the second leans on, its row or its column, is not said twice."""
        text, before = "", None
        for number in statements:
            statement, cell = self._index.statements[number], self._ranker.tables.cells.get(number)
            heard = bool(statement.lead) and statement.lead.casefold() in text.casefold()
            if cell and before and (new := cell.beside(before)):
                text = f"{text.removesuffix('.')}; {new}: {cell.value}."
            else:
                text += f" {_capital(statement.text if heard else statement.spoken)}"
            before = cell
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
            return self._of_all_rows(asked, best.number)
        if self._ranker.answers_a_heading(best.number):
            # The answer to a doubt is seldom one sentence, and starts with the first.
            names, before = self._ranker.names(best.number), self._ranker.names(first)
            whole = [first, best.number] if first < best.number else [first, following]
            return [best.number] if names and before - names else list(dict.fromkeys(whole))
        if _HOW.search(asked.text) and (steps := self._steps(ranked)):
            return steps
        if len(here.text.split()) <= TOO_SHORT:
            return list(dict.fromkeys((best.number, following)))
        if asked.wants_price:
            return [best.number]
        return sorted([best.number, *self._as_good(ranked)])

    def _of_all_rows(self, asked: Question, number: int) -> list[int]:
        """A cell; with those of the other rows where these are few and short and none was asked for.

        "How long does assembly take?" is asked of all desks: of what the column is called, or of what the rows are.
        """
        tables = self._ranker.tables
        rows = tables.column_of(number)
        subjects = [tables.cells[row].subject for row in rows]
        cell = tables.cells[number]
        words = tables.words_of(subjects) if cell.in_money else stems_in(cell.column)
        about = (asked.content | frozenset().union(*asked.meant.values())) - asked.of_price
        if (
            asked.number
            or not 1 < len(rows) <= MOST_COMPARED
            or len(set(subjects)) < len(rows)
            or not words & about
            or any(named & about for named in tables.mentioned(asked.text).values())
            or any(re.search(r"[;.] ", tables.cells[row].value) for row in rows)
            or len(self.text(rows).split()) > MOST_WORDS
        ):
            return [number]
        return rows

    def _as_good(self, ranked: Sequence[Scored]) -> list[int]:
        """Another sentence of the same passage that may be the answer as well as the best, or nothing."""
        best, *others = ranked[:NEAR_THE_TOP]
        said = self._index.statements[best.number].spoken
        for other in others:
            theirs = self._index.statements[other.number].spoken
            if (
                abs(best.score - other.score) < TIE
                and other.number not in self._ranker.tables.cells
                and self._index.passage_of[other.number] == self._index.passage_of[best.number]
                and self._ranker.names(other.number) == self._ranker.names(best.number)
                and len(f"{said} {theirs}".split()) <= MOST_WORDS
            ):
                return [other.number]
        return []

    def _steps(self, ranked: Sequence[Scored]) -> list[int]:
        """A sentence as good as the best, and the one behind it, which says what to do; else nothing."""
        for one in ranked[:NEAR_THE_TOP]:
            following = self._following(one.number)
            text = self._index.statements[following].text
            near = abs(ranked[0].score - one.score) < STEPS_NEAR and one.cover >= ranked[0].cover
            is_step = following not in self._ranker.tables.cells and not is_about_money(text)
            if near and is_step and following != one.number and _STEP.match(text):
                return [one.number, following]
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
            near = abs(best.score - other.score) < AS_GOOD
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
