"""Which passages a finished answer rests on, found from its words alone."""

import re

import numpy as np

from sales_agent.knowledge.index import Hit, Index
from sales_agent.knowledge.opening import Passages
from sales_agent.knowledge.passages import split_sentences

MOST = 3
NEAR = 0.55  # cosine of a spoken sentence and a statement that says the same in other words
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def sources_for(text: str, index: Index) -> list[Hit]:
    """The one to three passages that say what the text says, the nearest first; none if it says nothing.

    A sentence with a number counts only for passages with one of its numbers. This tells where to look, it
    does not prove that the text is right.
    """
    sentences = split_sentences(" ".join(text.split()))
    if not sentences or not index.statements:
        return []
    nearness = index.embedder.embed(sentences) @ index.vectors.T
    found: dict[int, float] = {}
    for sentence, near in zip(sentences, nearness, strict=True):
        numbers = set(_NUMBER.findall(sentence))
        for statement in np.argsort(-near)[:20]:
            passage = index.passage_of[statement]
            if near[statement] < NEAR:
                break
            if numbers and not numbers & set(_NUMBER.findall(index.passages[passage].text)):
                continue
            found[passage] = max(found.get(passage, 0.0), float(near[statement]))
            break
    best = sorted(found, key=lambda passage: -found[passage])[:MOST]
    return [Hit(index.passages[passage], found[passage]) for passage in best]


def found_sources(text: str, passages: Passages) -> list[Hit]:
    """The same, of any number of documents."""
    sentences = split_sentences(" ".join(text.split()))
    return sources_for(text, passages.around(sentences, words=False)) if sentences else []
