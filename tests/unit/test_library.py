"""A library: any number of documents, each cut once, found by words and by what has vectors."""

import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from bench.material import documents
from sales_agent.knowledge import (
    Document,
    Knowledge,
    KnowledgeError,
    Page,
    building,
    filling,
    words,
)
from sales_agent.knowledge.building import build_library, read_only, read_shelf
from sales_agent.knowledge.embedders import Embedded
from sales_agent.knowledge.embedding import Vectors
from sales_agent.knowledge.filling import fill
from sales_agent.knowledge.library import Library
from sales_agent.knowledge.retrieval import Material, in_documents_words, queries

FOLDER = Path("docs")
WARRANTY = "# Warranty\nThe warranty of the Ridge desk is seven years."
DELIVERY = "# Delivery\nDelivery costs 39 dollars per order."


def document(name: str, *pages: str) -> Document:
    numbered = len(pages) > 1
    read = tuple(Page(n if numbered else None, text) for n, text in enumerate(pages, start=1))
    return Document(name, read, sum(len(page.text) // 4 for page in read))


def knowledge(*read: Document) -> Knowledge:
    return Knowledge(FOLDER, tuple(sorted(read, key=lambda d: d.name)), ())


MANY = [document(name, text) for name, text in documents(7, 6, 1_500)]


class Counting(Embedded):
    """The real model, and how many passages it was asked for."""

    asked = 0

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.asked += len(texts)
        return super().embed_passages(texts)


class Failing(Embedded):
    def embed_query(self, texts: Sequence[str]) -> Vectors:
        raise KnowledgeError("nobody answers")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    known = knowledge(document("warranty.md", WARRANTY), document("delivery.md", DELIVERY), *MANY)
    path = build_library(known, tmp_path_factory.mktemp("cache"))
    assert fill(path, Embedded())
    return path


@pytest.fixture
def library(path: Path) -> Iterator[Library]:
    library = Library(path, Embedded())
    yield library
    library.close()


def texts(library: Library, query: str) -> str:
    return "\n".join(hit.passage.text for hit in library.search(query, 4))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("warranty of the Ridge", "seven years"),
        ("What do I pay for shipping an order?", "39 dollars"),
    ],
)
def test_passages_are_found_by_words_and_by_meaning(
    library: Library, query: str, expected: str
) -> None:
    assert expected in texts(library, query)


@pytest.mark.parametrize(
    "query", ['"', "desk OR", "NEAR(desk", "a* ^b {c}: (d) -e", "💺", "?", " "]
)
def test_odd_characters_in_a_query_break_nothing(library: Library, query: str) -> None:
    assert isinstance(library.search(query), list)


def test_words_alone_answer_where_the_model_does_not(path: Path) -> None:
    library = Library(path, Failing())
    assert "seven years" in texts(library, "warranty of the Ridge")
    library.close()


def test_a_changed_document_costs_itself_alone_and_takes_the_place_of_its_old_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = build_library(
        knowledge(document("a.md", WARRANTY), document("b.md", DELIVERY)), tmp_path
    )
    embedder = Counting()
    fill(path, embedder)
    assert embedder.asked == 2
    library = Library(path, embedder)  # of a call that is running
    assert "seven years" in texts(library, "Ridge warranty")

    cut: list[str] = []
    real = building.cut

    def counted(document: Document) -> object:
        cut.append(document.name)
        return real(document)

    monkeypatch.setattr(building, "cut", counted)
    changed = knowledge(
        document("a.md", WARRANTY.replace("seven", "nine")), document("b.md", DELIVERY)
    )
    assert build_library(changed, tmp_path) == path
    assert cut == ["a.md"]
    assert "nine years" in texts(library, "Ridge warranty")
    assert "seven years" not in texts(library, "Ridge warranty")
    assert library.progress() == (1, 2)
    fill(path, embedder)
    assert embedder.asked == 3
    assert library.progress() == (2, 2)
    build_library(knowledge(document("b.md", DELIVERY)), tmp_path)
    assert "years" not in texts(library, "Ridge warranty")
    library.close()


def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    path = build_library(knowledge(*MANY), tmp_path)
    before = path.read_bytes()
    start = time.perf_counter()
    with FileLock(path.parent / "lock"):  # nor is anybody waited for
        assert build_library(knowledge(*MANY), tmp_path) == path
    assert time.perf_counter() - start < 5.0
    assert path.read_bytes() == before


def test_a_damaged_file_is_built_anew(tmp_path: Path) -> None:
    path = build_library(knowledge(*MANY), tmp_path)
    path.write_bytes(b"not a database" * 1000)
    assert build_library(knowledge(*MANY), tmp_path) == path
    library = Library(path, Embedded())
    assert library.search("warranty")
    library.close()


def test_words_that_most_passages_have_are_counted_anew_where_many_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "COMMON", 3)
    few = [document(f"{n}.md", f"Lamp {n} is fine.") for n in range(5)]
    path = build_library(knowledge(*few), tmp_path)
    with read_only(path) as db:
        assert ("lamp", 5) in db.execute("SELECT * FROM common").fetchall()
    more = [document(f"{n}.md", f"Lamp {n} is fine.") for n in range(9)]
    build_library(knowledge(*more), tmp_path)
    with read_only(path) as db:
        assert ("lamp", 9) in db.execute("SELECT * FROM common").fetchall()


def test_what_has_a_rare_word_is_ranked_though_another_word_is_in_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "COMMON", 3)
    monkeypatch.setattr(words, "LOOKED_AT", 20)
    many = [
        document(f"{n:02}.md", f"Lamp {n} stands on the desk of the office.") for n in range(30)
    ]
    zebra = [
        document("a.md", "A lamp, a chair, a rug and much else, also a picture of one zebra."),
        document("b.md", "Zebra: the zebra lamp."),
    ]
    library = Library(build_library(knowledge(*many, *zebra), tmp_path), Embedded())
    assert [hit.passage.document for hit in library.search("zebra lamp", 2)] == ["b.md", "a.md"]
    library.close()


def test_most_numbers_gone_is_a_reason_to_start_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "MOST_GONE", 2)
    for edition in range(9):
        path = build_library(knowledge(document("a.md", f"Edition {edition}.")), tmp_path)
    with read_only(path) as db:
        assert db.execute("SELECT max(id) FROM passages").fetchone()[0] <= 4
        assert db.execute("SELECT text FROM passages").fetchall() == [("Edition 8.",)]


def test_two_that_build_at_once_both_get_all_of_it(tmp_path: Path) -> None:
    paths: list[Path] = []
    threads = [
        threading.Thread(target=lambda: paths.append(build_library(knowledge(*MANY), tmp_path)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(paths)) == 1
    with read_only(paths[0]) as db:
        assert db.execute("SELECT count(*) FROM documents").fetchone() == (len(MANY),)


def test_whoever_may_not_wait_gets_what_is_there(tmp_path: Path) -> None:
    path = build_library(knowledge(document("a.md", WARRANTY)), tmp_path)
    with FileLock(path.parent / "lock"):
        new = knowledge(document("a.md", WARRANTY), document("b.md", DELIVERY))
        assert build_library(new, tmp_path, wait=0) == path
    (path.parent / "passages.sqlite3").unlink()
    with FileLock(path.parent / "lock"), pytest.raises(KnowledgeError, match="Another process"):
        build_library(new, tmp_path, wait=0)


def test_a_process_that_is_killed_loses_little(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from bench.material import documents\n"
        "from sales_agent.knowledge import Document, Knowledge, Page, building\n"
        "building.COMMIT_EVERY = 0.05\n"
        "read = tuple(Document(n, (Page(None, t),), 1) for n, t in documents(3, 300, 20_000))\n"
        "building.build_library(Knowledge(Path('docs'), read, ()), Path(sys.argv[1]),\n"
        "    lambda done, total, name: print(done, flush=True))\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    while int(child.stdout.readline()) < 20:
        pass
    child.kill()
    child.wait()
    with read_only(building.library_file(FOLDER, tmp_path)) as db:
        kept = db.execute("SELECT count(*) FROM documents").fetchone()[0]
    assert 0 < kept < 300
    told: list[int] = []
    read = tuple(Document(n, (Page(None, t),), 1) for n, t in documents(3, 22, 20_000))
    build_library(
        Knowledge(FOLDER, read, ()), tmp_path, lambda done, total, name: told.append(total)
    )
    assert sum(told) == 0 or told[0] == 22 - kept


@pytest.mark.parametrize("ending", ["bits", "i8", "ends"])
def test_vectors_are_made_from_where_they_broke_off(tmp_path: Path, ending: str) -> None:
    mine = build_library(knowledge(*MANY), tmp_path)
    embedder = Counting()
    steps = iter([False, True])
    whole, filling.BATCH = filling.BATCH, 10
    try:
        assert not fill(mine, embedder, stopped=lambda: next(steps))
        library = Library(mine, embedder)
        assert library.progress()[0] == 10
        first = embedder.asked
        torn = next(mine.parent.glob(f"*.{ending}"))
        torn.write_bytes(torn.read_bytes()[:-7])  # as by a power cut: the last row is half there
        assert library.progress()[0] == 9
        assert fill(mine, embedder)
    finally:
        filling.BATCH = whole
    done, total = library.progress()
    assert done == total
    with read_only(mine) as db:
        rows = db.execute("SELECT statements FROM passages").fetchall()
    every = sum(len(json.loads(statements)) for (statements,) in rows)
    assert first < embedder.asked <= every + first  # but for what stands in the last one again
    vectors = library._vectors.rows(np.arange(total))
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=0.01)
    library.close()


def test_as_long_as_few_passages_have_vectors_words_count_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = (document("x.md", WARRANTY), document("y.md", DELIVERY))
    mine = build_library(knowledge(*MANY, *late), tmp_path)
    steps = iter([False, True])
    monkeypatch.setattr(filling, "BATCH", 10)
    assert not fill(mine, Embedded(), stopped=lambda: next(steps))
    library = Library(mine, Embedded())
    assert library.progress()[0] == 10
    found = texts(
        library, "How long is the warranty of the Ridge desk, and what does delivery cost?"
    )
    assert "seven years" in found
    assert "39 dollars" in found
    library.close()


def test_a_table_of_many_columns_costs_no_more_vectors_than_others(tmp_path: Path) -> None:
    names = " | ".join(f"Column {n}" for n in range(100))
    row = " | ".join(f"value {n}" for n in range(100))
    text = f"| {names} |\n| {' | '.join(['---'] * 100)} |\n| {row} |"
    path = build_library(knowledge(document("wide.csv", text)), tmp_path)
    embedder = Counting()
    assert fill(path, embedder)
    assert embedder.asked == filling.STATEMENTS


def test_another_model_under_the_same_name_makes_all_vectors_anew(tmp_path: Path) -> None:
    class Short(Embedded):
        def embed_passages(self, texts: Sequence[str]) -> Vectors:
            return np.full((len(texts), 4), 0.5, dtype=np.float32)

    path = build_library(knowledge(document("a.md", WARRANTY)), tmp_path)
    assert fill(path, Embedded())
    build_library(knowledge(document("a.md", WARRANTY), document("b.md", DELIVERY)), tmp_path)
    assert fill(path, Short())
    library = Library(path, Short())
    assert library.progress() == (2, 2)
    assert library._vectors.rows(np.arange(2)).tolist() == [[0.5] * 4] * 2
    library.close()


def test_only_one_process_fills(path: Path) -> None:
    with FileLock(path.parent / "vectors.lock"):
        assert not fill(path, Embedded())


def test_what_cannot_be_written_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "file"
    cache.touch()
    with pytest.raises(KnowledgeError, match="cannot be indexed"):
        build_library(knowledge(document("a.md", WARRANTY)), cache)
    path = build_library(knowledge(document("a.md", WARRANTY)), tmp_path)

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sales_agent.knowledge.vectors._write", full)
    with pytest.raises(KnowledgeError, match="No space left"):
        fill(path, Embedded())


def test_pages_and_headings_stay_with_their_passages(tmp_path: Path) -> None:
    parts = ("bolt", "hinge", "spring", "wheel")
    pages = [f"# About the {part}\nEach {part} is made of steel." for part in parts]
    library = Library(build_library(knowledge(document("a.pdf", *pages)), tmp_path), Embedded())
    hit = library.search("steel wheel")[0].passage
    assert (hit.document, hit.page, hit.heading) == ("a.pdf", 4, "About the wheel")
    library.close()


def test_rows_far_down_a_table_come_with_its_header(tmp_path: Path) -> None:
    rows = [
        f"| Lamp {n} | {n + 100} | A lamp of kind {n} for desks and shelves |" for n in range(60)
    ]
    text = "\n".join(["| Product | Dollars | Note |", "|---|---|---|", *rows])
    library = Library(build_library(knowledge(document("a.csv", text)), tmp_path), Embedded())
    found = library.search("Lamp 57", 1)[0].passage.text
    assert found.startswith("Product | Dollars | Note\n")
    assert "Lamp 57 | 157" in found
    library.close()


def test_the_same_page_in_two_files_is_found_once(tmp_path: Path) -> None:
    text = "The pump has to be filled with oil.   Page 3 of 9"
    again = "The pump has to be filled with  oil. Page 7 of 12"
    known = knowledge(document("a.md", text), document("b.md", again), document("c.md", DELIVERY))
    library = Library(build_library(known, tmp_path), Embedded())
    assert [hit.passage.document for hit in library.search("fill the pump with oil")] in (
        ["a.md"],
        ["b.md"],
    )
    library.close()


def test_what_the_prompt_holds_is_not_found_again(library: Library) -> None:
    found = Material(library, frozenset({"warranty.md"})).find("warranty of the Ridge desk")
    assert "warranty.md" not in found
    assert "warranty.md" in Material(library, frozenset()).find("warranty of the Ridge desk")


def test_a_question_that_leans_is_searched_with_the_one_before(library: Library) -> None:
    material = Material(library, frozenset())
    assert "seven years" in material.for_turn(
        ["How long is the warranty of the Breeze?", "And the Ridge?"]
    )
    assert [
        *queries(["Do you ship to Maine?", "What does the Ridge desk weigh in kilograms?"])
    ] == ["What does the Ridge desk weigh in kilograms?"]
    assert material.for_turn([]) == ""


def test_a_library_that_is_gone_costs_a_turn_its_passages_alone(tmp_path: Path) -> None:
    library = Library(build_library(knowledge(document("a.md", WARRANTY)), tmp_path), Embedded())
    material = Material(library, frozenset())
    library._db.close()
    with pytest.raises(sqlite3.Error):
        library.search("warranty")
    assert material.find("warranty") == ""


def test_each_document_is_told_about(path: Path) -> None:
    shelf = read_shelf(path)
    told = {item.name: item.about for item in shelf.listed}
    assert told["warranty.md"].startswith("Warranty")
    assert len(shelf.listed) == len(MANY) + 2


def test_a_number_that_only_words_can_find_is_among_the_first(path: Path, library: Library) -> None:
    with read_only(path) as db:
        text = db.execute("SELECT text FROM passages WHERE text LIKE '%Spare part%'").fetchone()[0]
    number = text.split("Spare part ")[1].split()[0]
    assert number in texts(
        library, f"Good morning, I am looking for the thing called {number}, please"
    )


def test_what_callers_call_things_is_searched_as_documents_do() -> None:
    synonyms = {"guarantee": "warranty", "put together": "assembly"}
    assert in_documents_words("Is there a guarantee?", synonyms) == "Is there a guarantee? warranty"
    assert in_documents_words("Who puts it together?", synonyms) == "Who puts it together?"
