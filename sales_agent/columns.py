"""Which column of a table a figure is said as, where a row has several."""

import re
from functools import lru_cache

from sales_agent.claims import Claim
from sales_agent.knowledge.attribution import part_span
from sales_agent.knowledge.figure import Figure
from sales_agent.knowledge.ledger import subject_of
from sales_agent.knowledge.licence import Licence
from sales_agent.knowledge.stems import WORD, stem

_LIMIT = re.compile(r"limit|max|up to|most|cover", re.I)


def is_as_headed(figure: Figure, licence: Licence) -> bool:
    """Whether a figure is said as the column of a table is headed: "per item", "up to" of a limit."""
    column = subject_of(licence.text).rpartition(", ")[2].casefold()
    return (bool(figure.noun) and figure.noun in map(stem, column.split())) or (
        figure.bound == "over" and _LIMIT.search(column) is not None
    )


def same_row(one: Licence, other: Licence) -> bool:
    """Whether both are cells of one row of a table: "Small service, diesel" and "Small service, petrol"."""
    return one.topic == other.topic and one.text.split(",")[0] == other.text.split(",")[0]


def is_said_of(other: Licence, licence: Licence, claim: Claim) -> bool:
    """Whether a clause, or the question, has a word of one column of a row and none of the other: "with the grant"."""
    if other.text == licence.text:
        return True  # two figures of one sentence: how well words tell each has been weighed
    start, end = part_span(claim.clause, claim.found, claim.at)
    there, here = (_column_words(one) for one in (other, licence))
    texts = [claim.clause[start:end], *claim.talk.lines[:1]]
    said = next(
        (words for text in texts if (words := _all_stems(text)) & (there ^ here)), frozenset()
    )
    return bool(said & (there - here)) and not said & (here - there)


def _column_words(licence: Licence) -> frozenset[str]:
    return _all_stems(subject_of(licence.text).partition(", ")[2])


@lru_cache(maxsize=1_000)
def _all_stems(text: str) -> frozenset[str]:
    return frozenset(map(stem, WORD.findall(text)))
