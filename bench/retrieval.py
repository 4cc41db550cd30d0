"""What a search finds, and how long it takes, against the number of passages: `python -m bench.retrieval`.

The shipped documents are hidden among seeded ones (bench/material.py: manuals, minutes and guides that answer none of
the questions). Asked are the questions marked "paraphrase" in tests/questions.json; found is a passage of the right
document with the words that are expected. Weights were set on the split "dev", so "test" is the figure to trust.
The synonyms of prompts/reader.md, which a call uses too, were written by who wrote the questions: "without synonyms"
tells what they are worth.

Up to 5,000 passages every vector is real. Above, the seeded documents have random vectors of length 1 (marked *):
these compete for nothing, so that there the words and the clock are measured, and the meaning only among what is real.

Beside it, in the same run: numpy comparing every vector, in 32 bits in memory, together with FTS5 ranking every match.
"""

import argparse
import json
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.material import documents
from sales_agent.knowledge import Document, Knowledge, Page, load_knowledge
from sales_agent.knowledge.building import build_library, read_only
from sales_agent.knowledge.embedders import Embedded
from sales_agent.knowledge.library import (
    MEANING_WEIGHT,
    RANK_OFFSET,
    WORDS_WEIGHT,
    Library,
    vectors_file,
)
from sales_agent.knowledge.retrieval import in_documents_words
from sales_agent.knowledge.vectors import VectorFile
from sales_agent.knowledge.words import STOP_WORDS
from sales_agent.prompts import load_prompts, synonyms_in

ROOT = Path(__file__).parent.parent
SIZES = (100, 1_000, 5_000, 20_000, 100_000)
REAL = 5_000  # passages up to which every vector is real: minutes of work above
SEED = 1
AT = 5
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
    _fill(path, {document.name for document in shipped.documents}, real)
    cases = [
        case
        for case in json.loads((ROOT / "tests/questions.json").read_text("utf-8"))
        if case["kind"] == "paraphrase"
    ]
    synonyms = synonyms_in(load_prompts(ROOT / "prompts").reader)
    with closing(Library(path, Embedded())) as library, closing(read_only(path)) as db:
        (passages,) = db.execute("SELECT count(*) FROM passages").fetchone()
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
            found: dict[str, list[bool]] = {"dev": [], "test": []}
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
    return Measured(passages, real, recall, milliseconds, building)


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


def _fill(path: Path, shipped: set[str], real: bool) -> None:
    """Vectors for every passage: real ones, or random ones for what is not shipped."""
    embedder = Embedded()
    vectors = VectorFile(vectors_file(path, embedder.model))
    dice = np.random.default_rng(SEED)
    with closing(read_only(path)) as db:
        rows = db.execute(
            "SELECT passages.text, name FROM passages JOIN documents ON documents.id = document"
            " ORDER BY passages.id"
        ).fetchall()
    for start in range(0, len(rows), 4_096):
        part = rows[start : start + 4_096]
        made = dice.standard_normal((len(part), 384)).astype(np.float32)
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        wanted = [n for n, (_, name) in enumerate(part) if real or name in shipped]
        if wanted:
            made[wanted] = embedder.embed_passages([part[n][0] for n in wanted])
        vectors.append(made)


def _peer(library: Library, db: Any) -> Search:
    """What is simplest: all vectors in memory, all matches ranked, the same fusion."""
    count = db.execute("SELECT max(id) FROM passages").fetchone()[0]
    everything = library._vectors.rows(np.arange(count))

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
        print(f"{'':10}{'recall at 5 (dev / test)':^76}{'milliseconds (median / 95 of 100)':^76}")
        for size in args.sizes:
            one = measure(size, shipped, Path(name))
            measured.append(one)
            who = [*one.milliseconds]
            if size == args.sizes[0]:
                print(f"{'passages':10}" + "".join(f"{w:>19}" for w in (*who, *who)))
            recall = (f"{one.recall[w, 'dev']:.2f} / {one.recall[w, 'test']:.2f}" for w in who)
            clock = (f"{one.milliseconds[w][0]:.1f} / {one.milliseconds[w][1]:.1f}" for w in who)
            count = f"{one.passages:,}" + "*" * (not one.real)
            print(f"{count:10}" + "".join(f"{cell:>19}" for cell in (*recall, *clock)), flush=True)
    print("* the vectors of all but the shipped documents are random")
    if args.plot:
        _draw(measured, args.plot)


def _draw(measured: list[Measured], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    styles = {
        "words and meaning": "o-",
        "without synonyms": "d-.",
        "numpy and FTS5": "s--",
        "words alone": "^:",
    }
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    sizes = [one.passages for one in measured]
    for name, style in styles.items():
        both = [(m.recall[name, "dev"] + m.recall[name, "test"]) / 2 for m in measured]
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
