"""Which model embeds, and who runs it."""

from collections.abc import Sequence
from typing import Protocol

from sales_agent.knowledge.embedding import DIMENSION, MODEL_ID, Embedder, Vectors


class QueryEmbedder(Protocol):
    """Turns texts into vectors of length 1. Raises KnowledgeError where it cannot."""

    @property
    def model(self) -> str:
        """Which vectors may be compared: those of one model."""

    @property
    def dimension(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Vectors: ...


class Embedded:
    """The model that ships with the agent."""

    model = MODEL_ID
    dimension = DIMENSION

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._embedder.embed(texts)
