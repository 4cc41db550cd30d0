"""Whether a sentence is read out of a document word for word, as the reader does."""

from sales_agent.knowledge.figure import Figure
from sales_agent.knowledge.licences import Licences
from sales_agent.knowledge.stems import WORD
from sales_agent.talk import Talk

LONG = 6  # words: a part of a sentence that is no chance; "it is free" may be said of anything
_LEANING = frozenset(("it", "they", "this", "that", "these", "those", "both"))


def is_quoted(figure: Figure, clause: str, talk: Talk, licences: Licences) -> bool:
    """Whether the sentence up to this clause, which has the figure, stands so in a document."""
    said = _words(f"{talk.sentence}{clause}")
    if said[:1] and said[0] in _LEANING:  # of anything, but for what stands before it there
        said = _words(f"{talk.reply}{clause}")
        return any(
            one.lead and " ".join(_words(f"{one.lead} {one.text}")) in " ".join(said)
            for one in licences.with_value(figure)
        )
    texts = (_words(f"{one.lead} {one.text}") for one in licences.with_value(figure))
    if len(said) < LONG:
        return any(said == text for text in texts)
    return any(f" {' '.join(said)} " in f" {' '.join(text)} " for text in texts)


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())
