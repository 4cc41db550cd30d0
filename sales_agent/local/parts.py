"""What a caller asks in one breath: two questions, or one about two things."""

import re
from collections.abc import Mapping, Sequence

_ASKS = r"(?:what|how|when|where|who|which|why|is|are|do|does|did|can|could|will|would|should|may|has|have)"
_CUT = re.compile(
    rf"\?\s+(?:and |but |or )?(?={_ASKS}\b)|,?\s+and (?:also )?(?={_ASKS}\b)", re.IGNORECASE
)
_BEGINS = re.compile(rf"(?:\w+ ){{0,2}}{_ASKS}\b", re.IGNORECASE)
_SHORTEST = 3  # words; less is no question of its own
_MOST = 4  # questions that one remembers; each takes as long as a sentence
_COMPARES = re.compile(
    r"\b(?:than|or|versus|vs|compared?|comparison|between|differen\w+|differs?|both|same|equally|also|too)\b"
    r"|\band\b",
    re.IGNORECASE,
)
_DIFFERENCES = re.compile(
    r"\b(?:differ(?:ence|ences|ent|s)?|compare[ds]?|comparison)\b", re.IGNORECASE
)


def parts(text: str) -> list[str]:
    """The questions of a sentence, the last few of many; the sentence itself where it is one."""
    found = [part.strip() for part in _CUT.split(text)][-_MOST:]
    asks = all(len(part.split()) >= _SHORTEST and _BEGINS.match(part) for part in found)
    return found if len(found) > 1 and asks else [text]


def compares(text: str) -> bool:
    """Whether the things that a sentence names are asked about side by side."""
    return bool(_COMPARES.search(text))


def asks_for_differences(text: str) -> bool:
    """Whether it is asked how things differ, in whatever respect."""
    return bool(_DIFFERENCES.search(text))


def others_than(words: frozenset[str], named: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The words of the other things that a question names."""
    return frozenset().union(*named.values()) - words


def without(text: str, words: Sequence[str]) -> str:
    """A sentence without some of its words, as they stand in it."""
    if not words:
        return text
    left_out = "|".join(map(re.escape, words))
    return " ".join(re.sub(rf"\b(?:{left_out})\b", " ", text, flags=re.IGNORECASE).split())
