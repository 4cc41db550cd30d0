"""A folder of documents as Knowledge: what is read, when there is nothing, what is cached."""

import json
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sales_agent.knowledge import Knowledge, KnowledgeError, load_knowledge
from sales_agent.knowledge.known_files import RACY, UNUSED
from tests.unit import broken_documents as made
from tests.unit.broken_documents import put


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def entries(cache: Path) -> list[Path]:
    """What was parsed, an entry for each content."""
    return [path for path in (cache / "documents").iterdir() if not path.name.startswith("known")]


def names(knowledge: Knowledge) -> list[str]:
    return [document.name for document in knowledge.documents]


# What is read


def test_every_kind_of_file_is_read_in_sorted_order(folder: Path, cache: Path) -> None:
    put(folder, "z.md", "# Zed")
    put(folder, "b/desks.pdf", made.CATALOGUE.read_bytes())
    put(folder, "a.txt", "plain words")
    put(folder, "B.csv", "Product,Price\nLamp,69")
    put(folder, "c.json", '{"name": "Lamp", "price": 69}')
    put(folder, "d.html", "<h1>Shop</h1><p>Open daily.</p><script>alert(1)</script>")
    put(folder, "e.htm", "<p>Old page</p>")
    put(folder, "f.docx", made.docx_of_xml("<w:p><w:r><w:t>From Word</w:t></w:r></w:p>"))
    put(folder, "g.pptx", made.pptx_of("From slides", "Two points"))
    put(folder, "h.XLSX", made.xlsx_of([["Item", "Price"], ["Mat", 59]]))
    knowledge = load_knowledge(folder, cache)
    assert knowledge.left_out == ()
    assert names(knowledge) == [
        "B.csv", "a.txt", "b/desks.pdf", "c.json", "d.html", "e.htm", "f.docx", "g.pptx", "h.XLSX",
        "z.md",
    ]  # fmt: skip
    text = {document.name: document.text for document in knowledge.documents}
    assert text["B.csv"] == "| Product | Price |\n| --- | --- |\n| Lamp | 69 |"
    assert '"price": 69' in text["c.json"]
    assert text["d.html"] == "# Shop\n\nOpen daily."
    assert text["f.docx"] == "From Word"
    assert "From slides" in text["g.pptx"]
    assert "Slide number" not in text["g.pptx"]
    assert "| Mat | 59 |" in text["h.XLSX"]
    assert all(document.tokens > 0 for document in knowledge.documents)


def test_only_pages_of_a_pdf_are_numbered(folder: Path, cache: Path) -> None:
    put(folder, "a.md", "one")
    put(folder, "b.pdf", made.CATALOGUE.read_bytes())
    markdown, pdf = load_knowledge(folder, cache).documents
    assert [page.number for page in markdown.pages] == [None]
    assert [page.number for page in pdf.pages] == [1, 2, 3, 4]


def test_a_pdf_that_only_forbids_changes_is_read(folder: Path, cache: Path) -> None:
    put(folder, "a.pdf", made.pdf_locked(user_password="", owner_password="owner"))
    assert "The Summit desk costs 749 dollars." in load_knowledge(folder, cache).documents[0].text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_in_the_encodings_that_name_themselves(
    folder: Path, cache: Path, encoding: str
) -> None:
    put(folder, "a.txt", "Café\u00a0table".encode(encoding))
    assert load_knowledge(folder, cache).documents[0].text == "Café table"


def test_hidden_files_and_lock_files_are_passed_over_in_silence(folder: Path, cache: Path) -> None:
    for name in (".DS_Store", ".git/config.md", "~$offer.docx", "__MACOSX/._a.md", "a/.b.md"):
        put(folder, name, "x")
    put(folder, "a.md", "seen")
    knowledge = load_knowledge(folder, cache)
    assert (names(knowledge), knowledge.left_out) == (["a.md"], ())


def test_progress_names_each_file_that_is_opened(folder: Path, cache: Path) -> None:
    put(folder, "b.md", "two")
    put(folder, "a.png", made.PNG)
    put(folder, "c.md", "three")
    seen: list[tuple[int, int, str]] = []
    load_knowledge(folder, cache, lambda *progress: seen.append(progress))
    assert seen == [(1, 2, "b.md"), (2, 2, "c.md")]


# Nothing to know


def test_missing_folder_is_one_line_that_names_it(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"nowhere does not exist\. Create it") as error:
        load_knowledge(tmp_path / "nowhere", cache)
    assert "\n" not in str(error.value)


def test_file_in_place_of_the_folder_is_an_error(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(KnowledgeError, match="is not a folder"):
        load_knowledge(put(tmp_path, "a.md", "x"), cache)


def test_empty_folder_is_an_error(folder: Path, cache: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"it is empty\. Put your company's documents in"):
        load_knowledge(folder, cache)


def test_error_gives_the_reasons_when_nothing_is_left(folder: Path, cache: Path) -> None:
    put(folder, "a.pdf", made.PNG)
    for number in range(9):
        put(folder, f"b{number}.png", made.PNG)
    with pytest.raises(KnowledgeError) as error:
        load_knowledge(folder, cache)
    assert "a.pdf (not a PDF file, only named like one)" in str(error.value)
    assert "and 5 more" in str(error.value)
    assert "\n" not in str(error.value)


# The cache


def test_second_load_takes_the_text_from_the_cache(folder: Path, cache: Path) -> None:
    put(folder, "a.pdf", made.CATALOGUE.read_bytes())
    load_knowledge(folder, cache)
    (entry,) = entries(cache)
    entry.write_text(json.dumps({"pages": [[7, "from the cache"]], "unread": ""}))
    (document,) = load_knowledge(folder, cache).documents
    assert (document.pages[0].number, document.text) == (7, "from the cache")


def test_cached_reason_is_given_again(folder: Path, cache: Path) -> None:
    put(folder, "a.docx", made.PNG)
    put(folder, "b.md", "sound")
    first = load_knowledge(folder, cache).left_out
    assert first == load_knowledge(folder, cache).left_out
    assert first[0].name == "a.docx"


def test_changed_file_is_read_anew(folder: Path, cache: Path) -> None:
    put(folder, "a.md", "old")
    load_knowledge(folder, cache)
    put(folder, "a.md", "new")
    assert load_knowledge(folder, cache).documents[0].text == "new"


@pytest.mark.parametrize(
    "damage",
    [b"", b'{"pages": [[1, "ha', b"[]", b'{"pages": 3}', b'{"pages": [["x"]]}', b"\xff"],
)
def test_damaged_cache_entry_is_rebuilt(folder: Path, cache: Path, damage: bytes) -> None:
    put(folder, "a.md", "sound")
    load_knowledge(folder, cache)
    (entry,) = entries(cache)
    whole = entry.read_bytes()
    entry.write_bytes(damage)
    assert load_knowledge(folder, cache).documents[0].text == "sound"
    assert entry.read_bytes() == whole


def test_cache_that_cannot_be_written_does_not_matter(folder: Path, tmp_path: Path) -> None:
    put(folder, "a.md", "sound")
    in_the_way = put(tmp_path, "cache", "a file where the folder should be")
    assert load_knowledge(folder, in_the_way).documents[0].text == "sound"


def test_warm_load_imports_no_parser(cache: Path) -> None:
    load_knowledge(made.MATERIALS, cache)
    program = (
        "import sys; from pathlib import Path; from sales_agent.knowledge import load_knowledge\n"
        "load_knowledge(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "print(sorted({'markitdown', 'pypdf', 'pandas'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, made.MATERIALS, cache],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        cwd=made.MATERIALS.parent,
    )
    assert (ran.stdout.strip(), ran.stderr) == ("[]", "")


def test_unchanged_files_are_not_opened(folder: Path, cache: Path) -> None:
    put(folder, "a.md", "old")
    time.sleep(RACY / 1e9)
    load_knowledge(folder, cache)
    opened: list[str] = []
    load_knowledge(folder, cache, lambda done, total, name: opened.append(name))
    assert opened == []


def test_file_written_within_the_tick_of_a_clock_is_opened_again(folder: Path, cache: Path) -> None:
    path = put(folder, "a.md", "old")
    load_knowledge(folder, cache)
    before = path.stat()
    put(folder, "a.md", "new")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert load_knowledge(folder, cache).documents[0].text == "new"


def test_text_out_of_use_is_kept_for_a_month(folder: Path, cache: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    put(elsewhere, "a.md", "of another folder")
    (theirs,) = load_knowledge(elsewhere, cache).documents
    put(folder, "a.md", "first")
    (first,) = load_knowledge(folder, cache).documents

    def age_all() -> None:
        for path in (cache / "documents").iterdir():
            os.utime(path, (0, time.time() - UNUSED - 60))

    age_all()
    put(folder, "a.md", "second")
    load_knowledge(folder, cache)
    assert first.text == "first"  # a call that goes on with what it knew
    age_all()
    put(folder, "a.md", "third")
    load_knowledge(folder, cache)
    with pytest.raises(KnowledgeError, match="gone from the cache"):
        _ = first.text
    assert theirs.text == "of another folder"
    assert len(entries(cache)) == 3  # "second" for another month


def test_text_stays_on_the_disk(folder: Path, cache: Path) -> None:
    put(folder, "a.md", "words " * 1_000)
    (document,) = load_knowledge(folder, cache).documents
    assert len(pickle.dumps(document)) < 1_000
    assert pickle.loads(pickle.dumps(document)).text == document.text


def test_digest_tells_content_and_nothing_else(folder: Path, cache: Path) -> None:
    put(folder, "a.md", "one")
    put(folder, "b.md", "one")
    put(folder, "c.md", "two")
    a, b, c = (document.digest for document in load_knowledge(folder, cache).documents)
    assert a == b != c
