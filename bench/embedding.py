"""How fast the vectors of a library are made, beside the model alone: `python -m bench.embedding`.

Seeded documents (bench/material.py) are indexed; then their passages are embedded part by part, by turns as a library
does it in the background (read, embedded, written) and by the model alone (tokenizer and network, the same texts in
batches of alike lengths, nothing kept). By turns, so that whatever else this machine does slows both.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.material import documents
from sales_agent.knowledge import Document, Knowledge, Page
from sales_agent.knowledge.building import build_library
from sales_agent.knowledge.embedders import Embedded
from sales_agent.knowledge.embedding import BATCH, Embedder, Vectors
from sales_agent.knowledge.filling import Filled, fill

CHARACTERS = 26_000  # of a document: about 100 passages


class Recording(Embedded):
    """The model as a library has it, and the texts that it was asked for last."""

    texts: Sequence[str] = ()

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.texts = texts
        return super().embed_passages(texts)


class Alone:
    """The network and its tokenizer, on as many cores."""

    def __init__(self) -> None:
        self._tokenizer, self._network = Embedder(threads=os.cpu_count() or 1)._load()

    def run(self, texts: Sequence[str]) -> None:
        ordered = sorted(texts, key=len)
        for start in range(0, len(ordered), BATCH):
            encoded = self._tokenizer.encode_batch(ordered[start : start + BATCH])
            ids = np.array([one.ids for one in encoded], dtype=np.int64)
            mask = np.array([one.attention_mask for one in encoded], dtype=np.int64)
            inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": ids * 0}
            self._network.run(["last_hidden_state"], inputs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20, help="of some 100 passages each")
    args = parser.parse_args()
    embedder, alone = Recording(), Alone()
    for model in (embedder.embed_passages, alone.run):
        model(["The first text loads the model."])
    passages = texts = 0
    filling = bare = 0.0
    with tempfile.TemporaryDirectory() as name:
        read = tuple(
            Document(n, (Page(None, text),), len(text) // 5)
            for n, text in documents(1, args.documents, CHARACTERS)
        )
        path = build_library(Knowledge(Path(name), read, ()), Path(name) / "cache")
        while True:
            told: list[Filled] = []
            start = time.perf_counter()
            fill(path, embedder, told.append, stopped=lambda told=told: bool(told))
            if not told:
                break
            middle = time.perf_counter()
            alone.run(embedder.texts)
            filling += middle - start
            bare += time.perf_counter() - middle
            passages = told[-1].done
            texts += len(embedder.texts)
    for who, seconds in (("in a library", filling), ("the model alone", bare)):
        print(f"{who:16}{passages / seconds:8.0f} passages {texts / seconds:8.0f} texts a second")
    print(f"ratio           {bare / filling:8.2f}")


if __name__ == "__main__":
    main()
