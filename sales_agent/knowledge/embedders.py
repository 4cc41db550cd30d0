"""Which model embeds a library: the one that ships, or one behind an OpenAI-compatible endpoint."""

import logging
import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import numpy as np

from sales_agent.config import Settings
from sales_agent.knowledge.documents import KnowledgeError
from sales_agent.knowledge.embedding import MODEL_ID, Embedder, Vectors
from sales_agent.knowledge.index import EMBEDDER

if TYPE_CHECKING:
    import openai

logger = logging.getLogger("sales_agent")

# Seconds that a turn waits for the endpoint; then words alone are searched, and it is left alone for a while, so that
# an endpoint which is down holds up one turn and not each.
QUERY_TIMEOUT = 0.3
LEFT_ALONE = 30.0
# Queries take one core, as calls need the others; passages are made in a process that lets everybody else go first.
_FOR_PASSAGES = Embedder(threads=os.cpu_count() or 1)
BATCH, BATCH_TIMEOUT, RETRIES = 64, 60.0, 4  # of passages; nobody waits for these


class QueryEmbedder(Protocol):
    """Turns texts into vectors of length 1. Both methods raise KnowledgeError where they cannot."""

    @property
    def model(self) -> str:
        """Only vectors of one model can be compared."""

    def embed_query(self, texts: Sequence[str]) -> Vectors:
        """Texts for which a caller waits."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Texts for which nobody waits."""


class Embedded:
    """The model that ships with the agent."""

    model = MODEL_ID

    def embed_query(self, texts: Sequence[str]) -> Vectors:
        return EMBEDDER.embed(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return _FOR_PASSAGES.embed(texts)


class Endpoint:
    """A model behind an OpenAI-compatible endpoint."""

    def __init__(self, base_url: str, api_key: str, model: str) -> None:
        self.model = f"{model}-at-{urlsplit(base_url).netloc}"
        self._name = model
        self._base_url = base_url
        self._api_key = api_key
        self._connected: openai.OpenAI | None = None
        self._failed_at = float("-inf")

    def embed_query(self, texts: Sequence[str]) -> Vectors:
        if time.monotonic() - self._failed_at < LEFT_ALONE:
            raise KnowledgeError(f"The embeddings at {self._base_url} did not answer just now.")
        try:
            return self._ask(texts, QUERY_TIMEOUT, retries=0)
        except KnowledgeError as error:
            self._failed_at = time.monotonic()
            logger.error("documents are searched by words alone: %s", error)
            raise

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        parts = [
            self._ask(texts[start : start + BATCH], BATCH_TIMEOUT, retries=RETRIES)
            for start in range(0, len(texts), BATCH)
        ]
        return np.concatenate(parts)

    def _ask(self, texts: Sequence[str], timeout: float, *, retries: int) -> Vectors:
        import openai  # here, as it takes half a second that most do not need

        if self._connected is None:
            # Servers of one's own mostly want no key, and the client insists on one.
            self._connected = openai.OpenAI(
                base_url=self._base_url, api_key=self._api_key or "none"
            )
        client = self._connected.with_options(timeout=timeout, max_retries=retries)
        try:
            reply = client.embeddings.create(
                model=self._name, input=list(texts), encoding_format="float"
            )
            data = sorted(reply.data, key=lambda one: one.index)
            vectors = np.array([one.embedding for one in data], dtype=np.float32)
        except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
            raise KnowledgeError(
                f"EMBEDDING_BASE_URL {self._base_url} gives no embeddings of {self._name}: {error}"
            ) from error
        if vectors.ndim != 2 or len(vectors) != len(texts):
            raise KnowledgeError(
                f"EMBEDDING_BASE_URL {self._base_url} gave {len(vectors)} embeddings for {len(texts)} texts"
            )
        unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return unit


def make_embedder(settings: Settings) -> QueryEmbedder:
    """The model that the settings choose."""
    if settings.embedding_base_url:
        return Endpoint(
            settings.embedding_base_url, settings.embedding_api_key, settings.embedding_model
        )
    return Embedded()
