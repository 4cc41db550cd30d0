"""What to say to a question without a language model: sentences of the documents, or a fixed phrase."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sales_agent.knowledge.index import Hit, Index
from sales_agent.local.choosing import Chooser
from sales_agent.local.comparing import Comparer
from sales_agent.local.enough import Sufficing, need_in
from sales_agent.local.parts import parts
from sales_agent.local.phrases import Phrases
from sales_agent.local.questions import (
    Question,
    asking,
    asks_the_same,
    filled_up,
    put,
    states_price,
    superlative,
    tells_price,
    topic_of,
)
from sales_agent.local.ranking import Ranker
from sales_agent.local.scored import CONFIDENT, HEDGED, NEAREST, SURE, Found, Scored, may_tell_price
from sales_agent.local.smalltalk import small_talk, without_opening
from sales_agent.local.vocabulary import WORD, stem

MOST_ASKED = (
    1_000  # characters of one turn: a minute of talking; of what is typed beyond it the end counts
)


class Exchange(NamedTuple):
    """One turn that is over."""

    question: str
    answer: str


@dataclass(frozen=True)
class Answer:
    """What to say, and what it rests on."""

    text: str
    kind: str
    """"answer", "nearest" (said not to be quite it), "not_found", or the name of the phrase that small talk got."""
    confidence: float
    hits: tuple[Hit, ...]
    """The passages whose words are in the text; the nearest ones that were not good enough where
    nothing was found; none for small talk."""
    read: str = ""
    """What of the text are the documents' own words."""


class Answerer:
    """Answers questions from an index. Takes about 10 ms a question; safe in any one thread at a time."""

    def __init__(self, index: Index, phrases: Phrases) -> None:
        self._index = index
        self._phrases = phrases
        self._ranker = Ranker(index)
        self._chooser = Chooser(index, self._ranker)
        self._sufficing = Sufficing(index, self._ranker)
        self._comparer = Comparer(self._ranker, self._chooser, phrases.synonyms)

    def answer(self, question: str, history: Sequence[Exchange] = ()) -> Answer:
        """Answer a caller's sentence; the history, oldest first, is for what leans on it."""
        question = question[-MOST_ASKED:]
        kind = small_talk(question)
        if kind == "repeat":
            said = history[-1].answer if history else self._phrases["nothing_to_repeat"]
            return Answer(said, kind, 1.0, ())
        if kind:
            return Answer(self._phrases[kind], kind, 1.0, ())
        short = [Exchange(turn.question[-MOST_ASKED:], turn.answer) for turn in history]
        found = self._find_all(question, short)
        confidence = min((one.confidence for one in found), default=0.0)
        chosen = list(dict.fromkeys(number for one in found for number in one.statements))
        hits = tuple(
            Hit(self._index.passages[number], confidence)
            for number in dict.fromkeys(self._index.passage_of[c] for c in chosen)
        )
        text = self._chooser.text(chosen)
        if confidence >= CONFIDENT:
            return Answer(text, "answer", confidence, hits, text)
        if confidence >= NEAREST:
            said = f"{self._phrases['nearest']} {text}"
            return Answer(said, "nearest", confidence, hits, text)
        return Answer(self._phrases["not_found"], "not_found", confidence, hits)

    def _find_all(self, question: str, history: Sequence[Exchange]) -> list[Found]:
        """What answers each of the questions in a sentence; of several, those that have an answer."""
        asked = without_opening(question)
        found: list[Found] = []
        so_far = list(history)
        for part in several if len(several := parts(asked)) > 1 else []:
            one = self._find(part, so_far)
            so_far.append(Exchange(part, self._chooser.text(one.statements)))
            if one.confidence >= CONFIDENT:
                found.append(one)
        if not found:
            whole = self.understand(asked, history)
            one = self._best(*whole)
            if one.confidence < NEAREST and (alone := asking(asked)) != asked:
                one = self._find(alone, history)
            if one.confidence < NEAREST:
                one = self._best_but_prices(*whole)
            found = [one]
        return found

    def _find(self, question: str, history: Sequence[Exchange]) -> Found:
        return self._best(*self.understand(question, history))

    def _best_but_prices(self, asked: Question, ranked: Sequence[Scored]) -> Found:
        """What is near to a question for a price that must not be told: "The price is the same for every width"."""
        if not asked.wants_price or asked.wanted:  # who asks how much wants an amount, or nothing
            return Found((), 0.0)
        found = self._best(asked, [one for one in ranked if not self._tells_price(one.number)])
        return found._replace(confidence=min(found.confidence, HEDGED))

    def _best(self, asked: Question, ranked: Sequence[Scored]) -> Found:
        """The answer among these statements."""
        if not ranked:
            return Found((), 0.0)
        money = superlative(asked.text)
        if (
            ranked[0].confidence < CONFIDENT
            and not asked.wants_price
            and not (money and money.of_money)
        ):
            ranked = [one for one in ranked if not self._tells_price(one.number)] or ranked
        found = self._sufficing.found(asked, ranked) or self._comparer.found(asked, ranked)
        if found:
            return found
        confidence = ranked[0].confidence
        extreme = self._ranker.extreme(asked, ranked)
        if extreme:
            chosen = [extreme.number]
            if extreme.sure and not asked.foreign:
                return Found((extreme.number,), SURE)
        else:
            chosen = self._chooser.choose(asked, ranked)
        told_price = asked.wants_price and tells_price(self._chooser.text(chosen))
        other = told_price and (
            self._ranker.has_other_number(asked, chosen[0]) or self._is_of_other_row(asked, chosen)
        )
        if asked.foreign or other or (told_price and not may_tell_price(ranked[0])):
            confidence = 0.0
        if asked.wanted and not asked.wanted.given_by(self._chooser.text(chosen)):
            confidence = min(confidence, HEDGED)
        # A price that is near what was asked is the price of something else, but for one in the answer to a question.
        if (
            confidence < CONFIDENT
            and extreme is None
            and states_price(self._chooser.text(chosen))
            and not (chosen and self._ranker.answers_a_heading(chosen[0]))
            and (asked.wants_price or not may_tell_price(ranked[0]))
        ):
            confidence = 0.0
        if NEAREST <= confidence < CONFIDENT:
            chosen = self._chooser.with_next(chosen, ranked)
        return Found(tuple(chosen), confidence)

    def _tells_price(self, number: int) -> bool:
        """Whether a statement has a price, other than in the answer to a question."""
        return states_price(self._chooser.text([number])) and not self._ranker.answers_a_heading(
            number
        )

    def _is_of_other_row(self, asked: Question, chosen: Sequence[int]) -> bool:
        """Whether cells are none of the rows that a question names."""
        tables = self._ranker.tables
        named = [words for words in tables.mentioned(asked.text).values() if words & asked.content]
        return (
            chosen[0] in tables.cells
            and bool(named)
            and not any(
                self._ranker.is_about(number, words) for number in chosen for words in named
            )
        )

    def understand(
        self, question: str, history: Sequence[Exchange]
    ) -> tuple[Question, list[Scored]]:
        """The question, with what it leans on through the whole call, and the statements for it."""
        vocabulary = self._ranker.vocabulary
        before, answer = "", ""
        for exchange in history:
            if not small_talk(exchange.question):
                asked = without_opening(exchange.question)
                before = self._filled_up(asked, before, answer)
                answer = exchange.answer
        alone = without_opening(question)
        ways = [self._filled_up(alone, before, answer)]
        asks = Question.of(alone, vocabulary, self._phrases.synonyms)
        known = bool(asks.meant or not asks.content or asks.content & vocabulary.stems)
        leans = ways[0] == alone or (asks_the_same(alone, asks) and not asks.names)
        # Which of them is the most, or enough, is asked of all, whatever was talked about.
        if before and leans and known and not (superlative(alone) or need_in(alone)):
            # "How many do you have in stock?" leans on what was asked before without a word of it,
            # and "And the warranty?" asks for something else of the same.
            ways += [
                f"{alone} {topic}" for topic in [topic_of(before, answer, vocabulary)] if topic
            ]
        understood = [Question.of(way, vocabulary, self._phrases.synonyms) for way in ways]
        ranked = [self._ranker.rank(asked) for asked in understood]
        best = max(range(len(ways)), key=lambda n: ranked[n][0].confidence if ranked[n] else 0.0)
        return understood[best], ranked[best]

    def _filled_up(self, question: str, before: str, answer: str) -> str:
        """ "And the flute?" after "What does it cost to rent a cello?" names another row of a table."""
        vocabulary, tables = self._ranker.vocabulary, self._ranker.tables
        if before and asks_the_same(question, Question.of(question, vocabulary)):
            rows, others = tables.mentioned(before), WORD.findall(question)
            now, then = (
                frozenset[str]().union(*named.values())
                for named in (tables.mentioned(question), rows)
            )
            kind = stem(others[-1])
            if not now and tables.of_kind(kind):  # "And the chairs?" after the Ridge desk
                now, then = frozenset({kind}), tables.words_of(rows)
            if now and then and not now & then:
                words = WORD.findall(before)
                new = [word for word in others if stem(word) in now]
                return put(words, new, [stem(word) in then for word in words])
        return filled_up(question, before, answer, vocabulary)
