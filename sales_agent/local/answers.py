"""What to say to a question without a language model: sentences of the documents, or a fixed phrase."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sales_agent.knowledge.index import Hit, Index
from sales_agent.local.phrases import Phrases
from sales_agent.local.questions import Question, filled_up, topic_of
from sales_agent.local.ranking import Ranker, Scored
from sales_agent.local.smalltalk import small_talk, without_opening

CONFIDENT = 0.68  # set on the "dev" questions of tests/questions.json
# A price is only read out where most of what was asked is there: the price of another thing is the worst
# answer that this file could give.
PRICE_COVER = 0.6
AS_GOOD = 0.2  # between the scores of two cells that may both be meant
NEAR_THE_TOP = 6
_CELL_KIND = re.compile(r"([^,:]+, \w+) [^:]*: ")  # "Summit desk, colors of the frame: "


class Exchange(NamedTuple):
    """One turn that is over."""

    question: str
    answer: str


@dataclass(frozen=True)
class Answer:
    """What to say, and what it rests on."""

    text: str
    kind: str
    """"answer", "not_found", or the name of the phrase that small talk got."""
    confidence: float
    hits: tuple[Hit, ...]
    """The passages whose words are in the text; the nearest ones that were not good enough where
    nothing was found; none for small talk."""


class Answerer:
    """Answers questions from an index. Takes about 10 ms a question; safe in any one thread at a time."""

    def __init__(self, index: Index, phrases: Phrases) -> None:
        self._index = index
        self._phrases = phrases
        self._ranker = Ranker(index)

    def answer(self, question: str, history: Sequence[Exchange] = ()) -> Answer:
        """Answer a caller's sentence; the history, oldest first, is for what leans on it."""
        kind = small_talk(question)
        if kind == "repeat":
            said = history[-1].answer if history else self._phrases["nothing_to_repeat"]
            return Answer(said, kind, 1.0, ())
        if kind:
            return Answer(self._phrases[kind], kind, 1.0, ())
        asked, ranked = self._understand(question, history)
        if not ranked:
            return Answer(self._phrases["not_found"], "not_found", 0.0, ())
        chosen = self._choose(asked, ranked)
        confidence = ranked[0].confidence
        if asked.foreign or (asked.wants_price and ranked[0].cover < PRICE_COVER):
            confidence = 0.0
        hits = tuple(
            Hit(self._index.passages[number], confidence)
            for number in dict.fromkeys(self._index.passage_of[c] for c in chosen)
        )
        if confidence < CONFIDENT:
            return Answer(self._phrases["not_found"], "not_found", confidence, hits)
        text = " ".join(self._index.statements[number].spoken for number in chosen)
        return Answer(text, "answer", confidence, hits)

    def _understand(
        self, question: str, history: Sequence[Exchange]
    ) -> tuple[Question, list[Scored]]:
        """The question, with what it leans on through the whole call, and the statements for it."""
        vocabulary = self._ranker.vocabulary
        before, answer = "", ""
        for exchange in history:
            if not small_talk(exchange.question):
                asked = without_opening(exchange.question)
                before = filled_up(asked, before, answer, vocabulary)
                answer = exchange.answer
        alone = without_opening(question)
        ways = [filled_up(alone, before, answer, vocabulary)]
        if before and ways == [alone]:
            # "How many do you have in stock?" leans on what was asked before without a word of it.
            ways += [
                f"{alone} {topic}" for topic in [topic_of(before, answer, vocabulary)] if topic
            ]
        understood = [Question.of(way, vocabulary, self._phrases.synonyms) for way in ways]
        ranked = [self._ranker.rank(asked) for asked in understood]
        best = max(range(len(ways)), key=lambda n: ranked[n][0].confidence if ranked[n] else 0.0)
        return understood[best], ranked[best]

    def _choose(self, asked: Question, ranked: Sequence[Scored]) -> list[int]:
        """One statement or two, in the order to say them."""
        best = ranked[0]
        if extreme := self._ranker.extreme(asked, ranked):
            return [extreme]
        missing = asked.names - self._ranker.names(best.number)
        for other in ranked[1:]:
            if missing & self._ranker.names(other.number):
                return [best.number, other.number]  # "the difference between Basic and Plus"
        if (sister := self._sister(ranked)) is not None:
            return sorted((best.number, sister))
        following = best.number + 1
        if (
            following < len(self._index.statements)
            and self._index.passage_of[following] == self._index.passage_of[best.number]
            and not self._index.statements[following].lead
        ):
            here, there = (self._index.statements[n].text for n in (best.number, following))
            # What is to be done stands after "If …", and an answer to a doubt seldom in one sentence.
            if (here.startswith("If ") and not there.startswith("If ")) or best.by_heading:
                return [best.number, following]
        return [best.number]

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
