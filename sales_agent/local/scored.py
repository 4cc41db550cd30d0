"""How well a statement of the documents fits a question, and how likely it is that it answers it."""

from dataclasses import dataclass
from math import exp
from typing import NamedTuple

UNSAID = 0.2  # what a statement does not say of what is asked about the things named
NEARNESS_WEIGHT = 2.0  # each word of the question has its like there, against none
# Of a logistic regression on the score without nearness and on what is unsaid: bench/surety.py fits it.
SURER_BY_SCORE, SURER_BY_UNSAID, SURE_FROM = 2.21, -1.88, -0.96

# Set on all questions of bench/question_sets.py: of those that no document answers one of twenty-four is answered
# outright, and eleven of twelve outright answers to others are right.
CONFIDENT = 0.55
HEDGED = 0.54  # at most, of what does not state what was asked for
NEAREST = 0.15  # from which on a statement is worth hearing after "I can't find exactly that"
SURE = 1.0  # of what is read off a table
# A price is only read out where most of what was asked is there: the price of another thing is the worst
# answer that the reader could give.
PRICE_COVER = 0.6
PRICE_STRANGE = 0.3  # and little of it is strange to all documents
# Where none is sure, one that has all that was asked is put before one that only sounds like it.
ALL_OF_IT = 0.8  # of what matters in the question
CONFIDENT_BY = 0.1  # above the first
WITHIN = 0.3  # of the first's place
MOST_COMPARED = 3  # things side by side that a listener can follow


@dataclass(frozen=True)
class Scored:
    """A statement against a question."""

    number: int
    near: float
    """How well it has each word of the question, in its sentence."""
    fit: float
    """All else that speaks for it. What is near finds an answer, but does not tell whether it is one."""
    meaning: float
    cover: float
    """How much of what matters in the question is in the statement, 0 to 1; rare words weigh more."""
    by_heading: bool
    """Whether the question is much like the heading, which is a question or a doubt itself."""
    strange: float
    """How much of what matters in the question no document knows, nor anything like it here, 0 to 1."""
    unsaid: float
    """How much of what is asked about the things that the question names is not in the statement, 0 to 1."""

    @property
    def score(self) -> float:
        """By which statements are compared; higher is better."""
        return self.fit + NEARNESS_WEIGHT * self.near

    @property
    def place(self) -> float:
        """By which they are put in order; higher comes first."""
        return self.score - UNSAID * self.unsaid

    @property
    def confidence(self) -> float:
        """How likely this answers the question, 0 to 1; 0 where it has nothing of it."""
        if not (self.cover or self.by_heading):
            return 0.0
        logit = SURER_BY_SCORE * self.fit + SURER_BY_UNSAID * self.unsaid + SURE_FROM
        return 1 / (1 + exp(-logit))


class Found(NamedTuple):
    """Statements that answer a question, in the order to say them, and how surely."""

    statements: tuple[int, ...]
    confidence: float


def fullest_first(ranked: list[Scored]) -> list[Scored]:
    """Where the best is not sure, before it a near one that has all that was asked, and is not sure either.

    "Can your people bring it up to the third floor?" sounds like the uneven floor; the driver carries it to a room.
    """
    if not ranked or ranked[0].confidence >= CONFIDENT:
        return ranked
    best = ranked[0]
    full = [
        one
        for one in ranked
        if one.cover >= ALL_OF_IT
        and one.unsaid <= best.unsaid
        and one.place >= best.place - WITHIN
        and best.confidence + CONFIDENT_BY < one.confidence < CONFIDENT
    ]
    if not full:
        return ranked
    first = max(full, key=lambda one: one.confidence)
    return [first, *(one for one in ranked if one is not first)]


def may_tell_price(best: Scored) -> bool:
    """Whether a statement is near enough to what is asked to tell its price."""
    return best.cover >= PRICE_COVER and best.strange <= PRICE_STRANGE
