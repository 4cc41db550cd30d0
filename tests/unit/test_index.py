"""The index: found by meaning and by words, safe to build twice, cheap to open."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from sales_agent.knowledge import Document, Knowledge, Page, index_cache
from sales_agent.knowledge.embedding import Embedder, Encoded, Told
from sales_agent.knowledge.index import Index
from sales_agent.knowledge.index_cache import KEPT_FILES, build_index
from sales_agent.knowledge.sources import sources_for

DELIVERY = """# Delivery
Delivery costs 39 dollars per order.

# Warranty
The warranty of the Ridge desk is seven years.

# Returns
Everything can be sent back within 30 days.

# Codes
If the display shows E 2, the motor is too warm.
"""
PRICES = (
    "| Desk | Price |\n|---|---|\n| Summit desk | 749 dollars |\n| Ridge desk | 549 dollars |\n"
)


def knowledge(*documents: tuple[str, str]) -> Knowledge:
    read = tuple(Document(name, (Page(None, text),), 0) for name, text in documents)
    return Knowledge(Path("."), read, ())


SHIPPED = knowledge(("delivery.md", DELIVERY), ("prices.csv", PRICES))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with build_index(SHIPPED, tmp_path_factory.mktemp("cache")) as index:
        yield index


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("What does the Summit desk cost?", "749"),
        ("How long is the guarantee on the Ridge?", "seven years"),
        ("Can I return it if I don't like it?", "sent back"),
        ("E 2", "motor is too warm"),
        ("What do I pay for shipping?", "39 dollars"),
    ],
)
def test_the_passage_that_answers_comes_first(index: Index, query: str, expected: str) -> None:
    hits = index.search(query, limit=3)
    assert expected in hits[0].passage.text
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "desk OR",
        "NEAR(desk",
        "a* ^b {c}: (d) -e",
        "'; DROP TABLE passages; --",
        "💺",
        "?",
        " ",
    ],
)
def test_odd_characters_in_a_query_break_nothing(index: Index, query: str) -> None:
    assert isinstance(index.search(query), list)
    assert index.search("warranty")


def test_limit_bounds_the_hits(index: Index) -> None:
    assert len(index.search("desk", limit=2)) == 2


def test_an_index_is_built_once_and_then_only_opened(tmp_path: Path) -> None:
    build_index(SHIPPED, tmp_path).close()
    (file,) = (tmp_path / "index").iterdir()
    written = file.stat().st_ino, file.read_bytes()

    with build_index(SHIPPED, tmp_path) as again:
        assert again.search("warranty")

    assert (file.stat().st_ino, file.read_bytes()) == written


def test_a_changed_document_makes_a_new_index(tmp_path: Path) -> None:
    build_index(SHIPPED, tmp_path).close()
    with build_index(knowledge(("delivery.md", "Delivery costs 45 dollars.")), tmp_path) as changed:
        assert "45" in changed.search("What does delivery cost?")[0].passage.text


def test_old_files_are_removed_and_the_newest_stay(tmp_path: Path) -> None:
    for number in range(KEPT_FILES + 2):
        build_index(knowledge(("a.md", f"Sentence number {number}.")), tmp_path).close()
        for file in (tmp_path / "index").glob("*.sqlite3"):
            os.utime(file, ns=(file.stat().st_mtime_ns - 10**9,) * 2)
    assert len(list((tmp_path / "index").iterdir())) == KEPT_FILES


def test_a_damaged_file_is_built_anew(tmp_path: Path) -> None:
    build_index(SHIPPED, tmp_path).close()
    (file,) = (tmp_path / "index").iterdir()
    file.write_bytes(b"not a database" * 100)
    with build_index(SHIPPED, tmp_path) as mended:
        assert mended.search("warranty")


def test_it_cannot_be_written_to(index: Index) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        index._db.execute("DELETE FROM passages")


def test_two_processes_that_build_at_once_both_get_a_whole_index(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from sales_agent.knowledge import Document, Knowledge, Page\n"
        "from sales_agent.knowledge.index_cache import build_index\n"
        "page = Page(None, 'The warranty is ' + 'very '*20 + 'long. ' + 'More text. '*40)\n"
        "known = Knowledge(Path('.'), (Document('a.md', (page,), 0),), ())\n"
        "print(len(build_index(known, Path(sys.argv[1])).search('warranty')))\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert outputs[0] == outputs[1]
    assert [file.suffix for file in (tmp_path / "index").iterdir()] == [".sqlite3"]


def test_sources_are_the_passages_that_an_answer_rests_on(index: Index) -> None:
    answer = (
        "The Ridge comes with a warranty of seven years. Getting it delivered costs 39 dollars."
    )
    assert {hit.passage.heading for hit in sources_for(answer, index)} == {"Warranty", "Delivery"}


def test_a_number_that_the_passage_does_not_have_is_no_source(index: Index) -> None:
    assert all(
        hit.passage.heading != "Delivery"
        for hit in sources_for("Delivery costs 12 dollars per order.", index)
    )


@pytest.mark.parametrize("text", ["", "I am sorry, I do not know.", "Hello! How can I help you?"])
def test_what_says_nothing_has_no_sources(index: Index, text: str) -> None:
    assert sources_for(text, index) == []


def test_after_an_edit_only_what_is_new_is_embedded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_index(SHIPPED, tmp_path).close()
    embedded: list[str] = []

    class Counting(Embedder):
        def encode(self, texts: Sequence[Told]) -> list[Encoded]:
            embedded.extend(told.before + told.text for told in texts)
            return super().encode(texts)

    monkeypatch.setattr(index_cache, "EMBEDDER", Counting())
    edited = knowledge(("delivery.md", DELIVERY.replace("39", "45")), ("prices.csv", PRICES))
    with build_index(edited, tmp_path) as index:
        assert embedded == ["Delivery. Delivery costs 45 dollars per order."]
        with build_index(edited, tmp_path / "elsewhere") as anew:
            near = (index.vectors * anew.vectors).sum(axis=1)
        assert index.statements == anew.statements
        assert near.min() > 0.95  # the model's own rounding differs between batches
        assert any(len(tokens) for tokens in index.tokens_of(range(len(index.statements))))


def test_where_it_cannot_be_kept_it_is_in_memory(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.write_text("a file, where a folder should be")
    with build_index(SHIPPED, cache) as index:
        assert "749" in index.search("What does the Summit desk cost?")[0].passage.text
