"""A stream of words cut into clauses, the pieces in which it is checked and spoken.

A clause ends at the end of a sentence, at a comma, colon or semicolon, or at a dash between blanks; never within a
number, "1,299.50" or "seven hundred, forty nine", as its two halves would be other numbers, and not between "At 349
dollars," and what costs that.
"""

import re

from sales_agent.knowledge.numerals import numerals

# With the blank behind it: what comes next decides whether "749." is at its end.
_END = re.compile(r"[.!?…]+[\"”’')\]]*\s+|[,;:]\s+|\s+[-–—]\s+|—|\n+")
_FOR_WHAT = re.compile(
    r"\s*(?:(?:so|and|but|well|yes|sure|then|now)\s+)?(?:at|for|from|with|priced at|starting at)\b",
    re.IGNORECASE,
)
# "349 dollars, that's the Breeze."
_ALONE = re.compile(
    r"\s*(?:(?:so|well|yes|sure|right|exactly)\s+)?(?:[$€£]|dollars?|euros?|francs?|pounds?|bucks)\s*",
    re.I,
)
# "Twelve percent, from 25 desks on."
_SHARE = re.compile(r"(?:%|\b(?:percent|per cent|discount|off))$", re.IGNORECASE)
_ON_CONDITION = frozenset({"from", "for", "at", "if", "when", "once", "starting", "with"})
_WORD = re.compile(r"\S+(?=\s)")
LONGEST = 600  # characters: a model that writes no punctuation is not waited for for ever


class Clauses:
    """Takes a stream piece by piece, gives whole clauses."""

    def __init__(self) -> None:
        self._held = ""
        self._begins = True  # what is held begins a sentence

    def feed(self, text: str) -> list[str]:
        """Take the next piece; gives the clauses that are complete with it, as they came."""
        self._held += text
        ready: list[str] = []
        start = searched = 0
        begins = self._begins
        while match := _END.search(self._held, searched):
            searched = match.end()
            ends_sentence = match[0][0] in ".!?…\n"
            if match[0][0] == "," and begins and self._leans_on_what_follows(start, match):
                continue
            if match[0][0] == "," and _SHARE.search(self._held, start, match.start()):
                word = _WORD.match(self._held, match.end())
                if word is None:
                    break
                if word[0].casefold() in _ON_CONDITION:
                    continue
            if not ends_sentence and self._ends_in_a_number(start, match):
                word = _WORD.match(self._held, match.end())
                if word is None:
                    break  # the word behind the comma is still to come
                if (found := numerals(word[0])) and found[0].start == 0:
                    continue
            ready.append(self._held[start : match.end()])
            start, begins = match.end(), ends_sentence
        if len(self._held) - start > LONGEST:
            ready.append(self._held[start:])
            start = len(self._held)
        self._held, self._begins = self._held[start:], begins
        return ready

    def end(self) -> str:
        """The rest, when the stream is over."""
        rest, self._held = self._held, ""
        return rest

    def _leans_on_what_follows(self, start: int, comma: re.Match[str]) -> bool:
        before = self._held[start : comma.start()]
        found = numerals(before)
        if len(found) == 1 and _ALONE.fullmatch(before[: found[0].start] + before[found[0].end :]):
            return True
        return bool(found) and _FOR_WHAT.match(before) is not None

    def _ends_in_a_number(self, start: int, comma: re.Match[str]) -> bool:
        before = self._held[start : comma.start()].rstrip()
        found = numerals(before)
        return bool(found) and found[-1].end == len(before)
