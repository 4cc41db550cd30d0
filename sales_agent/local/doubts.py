"""Headings that are what a customer says, and callers who say the same in other words."""

import re
from collections.abc import Mapping, Sequence

from sales_agent.asking import is_said_by_customers
from sales_agent.local.questions import Question
from sales_agent.local.vocabulary import FRAME_STEMS, stems_in

_DENIES = re.compile(r"n['’]t\b|\b(?:not|no|never)\b", re.IGNORECASE)


class Doubts:
    """The questions and doubts among some headings."""

    def __init__(self, headings: Sequence[str]) -> None:
        self.headings = frozenset(
            n for n, text in enumerate(headings) if is_said_by_customers(text)
        )
        self._matter = {n: stems_in(headings[n]) - FRAME_STEMS for n in self.headings}
        self._denied = frozenset(n for n in self.headings if _DENIES.search(headings[n]))

    def said_alike(
        self, question: Question, alike: Mapping[str, Mapping[str, float]]
    ) -> frozenset[int]:
        """Those with no other words than a question: "It's a bit pricey" says "That is too expensive".

        `alike` has, for each word that matters, the stems that stand for it and how well: 1.0 is the same word.
        """
        meant = [
            {word, *(other for other, credit in alike.get(word, {}).items() if credit == 1)}
            for word in question.content
        ]
        words, denies = set().union(*meant), _DENIES.search(question.text) is not None
        return frozenset(
            number
            for number, told in self._matter.items()
            if meant
            and denies == (number in self._denied)
            and all(told & one for one in meant)
            and 2 * len(told & words) >= len(told)
        )
