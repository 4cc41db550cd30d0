"""What a search finds, and how long it takes, against the number of passages: `python -m bench.retrieval`.

The shipped documents are hidden among seeded ones (bench/material.py: manuals, minutes and guides that answer none of
the questions). Asked are the questions marked "paraphrase" in tests/questions.json and those of tests/paraphrases.json;
found is a passage of the right document with the words that are expected. Weights were set on the splits "dev" and
"tuning". The synonyms of prompts/reader.md, which a call uses too, were written by who wrote "dev" and "test":
"without synonyms" tells what they are worth. "fresh" was written before any search had run on it, by who knows the
documents and not the synonyms, and nothing was set on it: the figure to trust.

Up to 5,000 passages every vector is real. Above, the seeded documents have random vectors of length 1 (marked *), as
many as the real ones: these compete for nothing, so that there the words and the clock are measured, and the meaning
only among what is real.

Beside it, in the same run: numpy comparing the mean vector of every passage, in 32 bits in memory, together with FTS5
ranking every match.
"""

import argparse
import json
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.material import documents
from sales_agent.knowledge import Document, Knowledge, Page, load_knowledge
from sales_agent.knowledge.building import build_library, read_only
from sales_agent.knowledge.embedders import Embedded
from sales_agent.knowledge.embedding import DIMENSION, Vectors
from sales_agent.knowledge.filling import fill
from sales_agent.knowledge.library import (
    MEANING_WEIGHT,
    RANK_OFFSET,
    WORDS_WEIGHT,
    Library,
)
from sales_agent.knowledge.passages import passages
from sales_agent.knowledge.retrieval import in_documents_words
from sales_agent.knowledge.words import STOP_WORDS
from sales_agent.prompts import load_prompts, synonyms_in

ROOT = Path(__file__).parent.parent
SIZES = (100, 1_000, 5_000, 20_000, 100_000)
REAL = 5_000  # passages up to which every vector is real: minutes of work above
SEED = 1
AT = 5
SPLITS = ("dev", "test", "tuning", "fresh")
CHARACTERS = 26_000  # of a document: about 100 passages

Search = Callable[[str], list[int]]


@dataclass(frozen=True)
class Measured:
    """One number of passages."""

    passages: int
    real: bool
    recall: dict[tuple[str, str], float]
    """By who searched and split."""
    milliseconds: dict[str, tuple[float, float]]
    """By who searched: the median, and what 95 of 100 stay below."""
    building: float
    """Seconds until the words are indexed."""


def measure(size: int, shipped: Knowledge, folder: Path) -> Measured:
    """Build a library of so many passages and ask everything of it."""
    start = time.perf_counter()
    path = _library(size, shipped, folder)
    building = time.perf_counter() - start
    real = size <= REAL
    fill(path, Embedded() if real else Seeded(shipped))
    cases = [
        case
        for file in ("questions.json", "paraphrases.json")
        for case in json.loads((ROOT / "tests" / file).read_text("utf-8"))
        if case["kind"] == "paraphrase"
    ]
    synonyms = synonyms_in(load_prompts(ROOT / "prompts").reader)
    with closing(Library(path, Embedded())) as library, closing(read_only(path)) as db:
        (total,) = db.execute("SELECT count(*) FROM passages").fetchone()
        searches: dict[str, Search] = {
            "words and meaning": lambda q: library.search_numbers(
                {in_documents_words(q, synonyms): 1.0}, AT
            ),
            "without synonyms": lambda q: library.search_numbers({q: 1.0}, AT),
            "words alone": lambda q: _ranked(db, q)[:AT],
            "numpy and FTS5": _peer(library, db),
        }
        recall: dict[tuple[str, str], float] = {}
        milliseconds: dict[str, tuple[float, float]] = {}
        for name, search in searches.items():
            for case in cases:  # the files are in memory then, as they are while calls go on
                search(case["question"])
            found: dict[str, list[bool]] = {split: [] for split in SPLITS}
            taken: list[float] = []
            for case in cases:
                start = time.perf_counter()
                numbers = search(case["question"])
                taken.append((time.perf_counter() - start) * 1000)
                found[case["split"]].append(_is_found(db, case, numbers))
            for split, right in found.items():
                recall[name, split] = sum(right) / len(right)
            milliseconds[name] = (
                statistics.median(taken),
                sorted(taken)[int(len(taken) * 0.95)],
            )
    return Measured(total, real, recall, milliseconds, building)


def _library(size: int, shipped: Knowledge, folder: Path) -> Path:
    """The shipped documents and as many seeded ones as make up the number."""
    own = 61  # passages of the shipped documents; the number that is printed is counted
    count = max(0, size - own) * 245 / CHARACTERS  # 245 characters a passage
    whole, rest = int(count), int((count % 1) * CHARACTERS)
    read = [
        Document(name, (Page(None, text),), len(text) // 5)
        for name, text in [
            *documents(SEED, whole, CHARACTERS),
            *((f"rest/{name}", text) for name, text in documents(SEED + 1, 1, rest)),
        ]
        if text.strip()
    ]
    everything = sorted([*shipped.documents, *read], key=lambda document: document.name)
    return build_library(Knowledge(folder / str(size), tuple(everything), ()), folder / "cache")


class Seeded(Embedded):
    """Real vectors for what the shipped documents state, random ones for all else."""

    def __init__(self, shipped: Knowledge) -> None:
        self._real = {
            statement.text for passage in passages(shipped) for statement in passage.statements
        }
        self._dice = np.random.default_rng(SEED)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        made = self._dice.standard_normal((len(texts), DIMENSION)).astype(np.float32)
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        real = [n for n, text in enumerate(texts) if text in self._real]
        if real:
            made[real] = super().embed_passages([texts[n] for n in real])
        return made


def _peer(library: Library, db: Any) -> Search:
    """What is simplest: all vectors in memory, all matches ranked, the same fusion."""
    count = db.execute("SELECT max(id) FROM passages").fetchone()[0]
    everything = np.concatenate(
        [
            library._vectors.rows(np.arange(start, min(start + 10_000, count)))
            for start in range(0, count, 10_000)
        ]
    )

    def search(question: str) -> list[int]:
        (vector,) = Embedded().embed_query([question])
        near = np.argsort(-(everything @ vector))[:60] + 1
        scores: dict[int, float] = {}
        for weight, ranking in ((MEANING_WEIGHT, near), (WORDS_WEIGHT, _ranked(db, question))):
            for rank, number in enumerate(ranking):
                scores[int(number)] = scores.get(int(number), 0.0) + weight / (RANK_OFFSET + rank)
        return sorted(scores, key=lambda number: -scores[number])[:AT]

    return search


def _ranked(db: Any, question: str) -> list[int]:
    words = sorted(set(re.findall(r"\w+", question.lower())) - STOP_WORDS)
    if not words:
        return []
    rows = db.execute(
        "SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words, 2.0, 1.0) LIMIT 60",
        (" OR ".join(f'"{word}"' for word in words),),
    )
    return [number for (number,) in rows]


def _is_found(db: Any, case: dict[str, Any], numbers: list[int]) -> bool:
    for number in numbers:
        name, text = db.execute(
            "SELECT name, text FROM passages JOIN documents ON documents.id = document"
            " WHERE passages.id = ?",
            (number,),
        ).fetchone()
        if name == case["document"] and all(re.search(p, text) for p in case["expect"]):
            return True
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="PASSAGES")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw it (needs matplotlib)")
    args = parser.parse_args()
    measured = []
    with tempfile.TemporaryDirectory() as name:
        shipped = load_knowledge(ROOT / "knowledge", Path(name))
        print(f"{'':31}{'recall at 5':^32}{'milliseconds':^20}")
        names = "".join(f"{name:>8}" for name in (*SPLITS, "median", "95 of 100"))
        print(f"{'passages':11}{'search':20}{names}")
        for size in args.sizes:
            one = measure(size, shipped, Path(name))
            measured.append(one)
            count = f"{one.passages:,}" + "*" * (not one.real)
            for who, (median, most) in one.milliseconds.items():
                recall = "".join(f"{one.recall[who, split]:8.2f}" for split in SPLITS)
                print(f"{count:11}{who:20}{recall}{median:8.1f}{most:11.1f}", flush=True)
    print("* the vectors of all but the shipped documents are random")
    if args.plot:
        _draw(measured, args.plot)


def _draw(measured: list[Measured], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    asked = ("dev", "test")  # as ever
    styles = {
        "words and meaning": "o-",
        "without synonyms": "d-.",
        "numpy and FTS5": "s--",
        "words alone": "^:",
    }
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    sizes = [one.passages for one in measured]
    for name, style in styles.items():
        both = [sum(m.recall[name, split] for split in asked) / len(asked) for m in measured]
        left.plot(sizes, both, style, label=name)
        right.plot(sizes, [m.milliseconds[name][0] for m in measured], style, label=name)
    made_up = [one.passages for one in measured if not one.real]
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xlabel("passages")
        axes.grid(alpha=0.3)
        if made_up:
            axes.axvspan(made_up[0] * 0.7, max(sizes) * 1.3, alpha=0.08, color="black", lw=0)
    if made_up:
        left.text(made_up[0] * 0.75, 0.03, "seeded vectors", fontsize=8)
    left.set_ylim(0, 1.02)
    left.set_ylabel(f"recall at {AT}, 40 paraphrased questions")
    right.set_ylim(bottom=0)
    right.axhline(25, color="gray", lw=0.8)
    right.set_ylabel("milliseconds a search, median")
    right.legend(frameon=False)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
