"""Files that cannot be read: each is named with its reason, and the others do not suffer."""

import logging
import os
from pathlib import Path

import pytest

from sales_agent.knowledge import Knowledge, LeftOut, formats, load_knowledge
from sales_agent.knowledge.documents import Extract, Page
from sales_agent.knowledge.extracted import ExtractCache, digest_of
from sales_agent.knowledge.formats import MAX_FILE_BYTES, MAX_UNPACKED_BYTES
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


def names(knowledge: Knowledge) -> list[str]:
    return [document.name for document in knowledge.documents]


def reason_for(folder: Path, cache: Path, name: str, content: bytes) -> str:
    """Why this file is left out, beside a sound one that must not suffer from it."""
    put(folder, "sound.md", "We sell desks.")
    put(folder, name, content)
    knowledge = load_knowledge(folder, cache)
    assert names(knowledge) == ["sound.md"]
    (left_out,) = knowledge.left_out
    assert left_out.name == name
    assert "\n" not in left_out.reason
    return left_out.reason


def test_locked_pdf_is_left_out(folder: Path, cache: Path) -> None:
    content = made.pdf_locked(user_password="secret", owner_password="owner")
    assert "password" in reason_for(folder, cache, "a.pdf", content)


def test_pdf_that_was_cut_off_is_left_out(folder: Path, cache: Path) -> None:
    whole = made.CATALOGUE.read_bytes()
    assert "cut off" in reason_for(folder, cache, "a.pdf", whole[: len(whole) // 2])


def test_damaged_pdf_is_left_out_without_noise(
    folder: Path, cache: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = made.CATALOGUE.read_bytes()
    damaged = whole[:200] + bytes(len(whole) - 400) + whole[-200:]
    with caplog.at_level(logging.DEBUG):
        assert "broken PDF" in reason_for(folder, cache, "a.pdf", damaged)
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_picture_named_pdf_is_left_out(folder: Path, cache: Path) -> None:
    assert "not a PDF file" in reason_for(folder, cache, "a.pdf", made.PNG)


def test_scan_without_text_is_left_out(folder: Path, cache: Path) -> None:
    assert "OCR" in reason_for(folder, cache, "a.pdf", made.pdf_of_lines([], []))


def test_pdf_without_pages_is_left_out(folder: Path, cache: Path) -> None:
    assert reason_for(folder, cache, "a.pdf", made.pdf_of_lines()) == "it has no pages"


def test_of_a_pdf_that_takes_too_long_the_first_pages_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(formats, "PDF_SECONDS", 0.0)
    extract = formats.read_file("a.pdf", made.CATALOGUE.read_bytes())
    assert [page.number for page in extract.pages] == [1]
    assert extract.unread.startswith("pages 2 to 4 are not read, as the whole takes over")


def test_what_is_not_read_of_a_file_is_named_beside_what_is(folder: Path, cache: Path) -> None:
    content = made.CATALOGUE.read_bytes()
    put(folder, "a.pdf", content)
    part = Extract((Page(1, "Only the first page."),), "pages 2 to 4 are not read")
    ExtractCache(cache / "documents").put(digest_of(".pdf", content), part)
    knowledge = load_knowledge(folder, cache)
    assert knowledge.documents[0].text == "Only the first page."
    assert knowledge.left_out == (LeftOut("a.pdf", "pages 2 to 4 are not read"),)


def test_page_without_text_is_named_and_the_others_are_read(folder: Path, cache: Path) -> None:
    put(folder, "a.pdf", made.pdf_of_lines([(72, 700, "First page")], [], [(72, 700, "Third")]))
    knowledge = load_knowledge(folder, cache)
    assert [page.number for page in knowledge.documents[0].pages] == [1, 3]
    assert [item.name for item in knowledge.left_out] == ["a.pdf, page 2"]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.html"])
def test_old_encodings_are_read(folder: Path, cache: Path, name: str, encoding: str) -> None:
    put(folder, name, "Preis,Ort\n5 £,Café".encode(encoding))
    text = load_knowledge(folder, cache).documents[0].text
    assert "5 £" in text
    assert "Café" in text


def test_text_that_is_nearly_utf8_is_not_taken_for_an_old_encoding(
    folder: Path, cache: Path
) -> None:
    damaged = "Ein schöner Tisch für große Büros".encode() + "ü".encode()[:1]
    assert "damaged UTF-8" in reason_for(folder, cache, "a.txt", damaged)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n\n ", "empty"),
        ("a.md", "\u200b\ufeff".encode(), "no text"),
        ("a.html", b"<html><script>x()</script></html>", "no text"),
        ("a.txt", b"PK\x03\x04\x00\x00", "not text"),
        ("a.json", b'{"a": 1,\n "b" 2}', "not valid JSON in line 2"),
        ("a.json", b"[" * 100_000, "not usable JSON"),
        ("a.csv", b'a,b\n"' + b"x" * 200_000, "not a CSV table"),
        ("a.docx", made.PNG, "not a Word document"),
        ("a.docx", made.zip_of_notes(), "not a Word document"),
        ("a.docx", made.docx_damaged(), "broken file"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "password"),
        ("a.xlsx", made.xlsx_of([["a"]])[:-100], "not an Excel workbook, or cut off"),
        ("a.xlsx", made.xlsx_far_outside(), "a sheet of 1,048,576 rows and 16,384 columns"),
        ("a.pptx", made.zip_of_notes(), "not a PowerPoint presentation"),
        ("a.png", made.PNG, ".png files cannot be read, only .csv .docx"),
        ("a.doc", b"x", "save it as .docx"),
        ("Makefile", b"x", "files without an ending"),
    ],
)
def test_unusable_file_is_left_out_with_its_reason(
    folder: Path, cache: Path, name: str, content: bytes, words: str
) -> None:
    assert words in reason_for(folder, cache, name, content)


def test_file_that_is_too_large_is_not_even_opened(folder: Path, cache: Path) -> None:
    put(folder, "sound.md", "We sell desks.")
    with (folder / "a.txt").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    (left_out,) = load_knowledge(folder, cache).left_out
    assert left_out == LeftOut("a.txt", "too large: 20 MB, more than 20 MB")


def test_zip_bomb_is_not_unpacked(folder: Path, cache: Path) -> None:
    bomb = made.docx_bomb(MAX_UNPACKED_BYTES)
    assert len(bomb) < MAX_FILE_BYTES
    assert "unpacks to 201 MB" in reason_for(folder, cache, "a.docx", bomb)


def test_links_to_folders_are_named_and_loops_end(folder: Path, cache: Path) -> None:
    put(folder, "sound.md", "We sell desks.")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "gone.md").symlink_to(folder / "nowhere.md")
    (folder / "self.md").symlink_to(folder / "self.md")
    knowledge = load_knowledge(folder, cache)
    assert names(knowledge) == ["sound.md"]
    assert [item.name for item in knowledge.left_out] == ["gone.md", "loop/", "self.md"]


def test_link_to_a_file_is_read_as_mounted_volumes_need_it(folder: Path, cache: Path) -> None:
    put(folder, "..data/facts.md", "We sell desks.")
    (folder / "facts.md").symlink_to("..data/facts.md")
    assert names(load_knowledge(folder, cache)) == ["facts.md"]


@pytest.mark.timeout(20)
def test_pipe_does_not_block(folder: Path, cache: Path) -> None:
    put(folder, "sound.md", "We sell desks.")
    os.mkfifo(folder / "pipe.md")
    (left_out,) = load_knowledge(folder, cache).left_out
    assert left_out == LeftOut("pipe.md", "not an ordinary file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_and_folders_without_permission_are_left_out(folder: Path, cache: Path) -> None:
    put(folder, "sound.md", "We sell desks.")
    put(folder, "secret.md", "x").chmod(0)
    put(folder, "closed/b.md", "x").parent.chmod(0)
    try:
        knowledge = load_knowledge(folder, cache)
    finally:
        (folder / "closed").chmod(0o700)
    assert knowledge.left_out == (
        LeftOut("closed/", "no permission to read it"),
        LeftOut("secret.md", "no permission to read it"),
    )


def test_line_breaks_and_odd_bytes_in_names_are_shown_escaped(folder: Path, cache: Path) -> None:
    put(folder, "two\nlines\x1b[31m.md", "a")
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.md")).write_text("b")
    put(folder, "schön.md", "c")
    assert names(load_knowledge(folder, cache)) == [
        r"caf\udce9.md",
        "schön.md",
        r"two\nlines\x1b[31m.md",
    ]


# The last good version


@pytest.mark.parametrize("broken", [b"", b"not a PDF any more"])
def test_broken_file_keeps_its_last_good_version_and_is_named(
    folder: Path, cache: Path, broken: bytes
) -> None:
    put(folder, "a.pdf", made.pdf_of_lines([(72, 700, "The lamp costs 69 dollars.")]))
    load_knowledge(folder, cache)
    put(folder, "a.pdf", broken)
    for _ in range(2):  # and keeps it from then on
        knowledge = load_knowledge(folder, cache)
        assert knowledge.documents[0].text == "The lamp costs 69 dollars."
        (left_out,) = knowledge.left_out
        assert left_out.name == "a.pdf"
        assert left_out.reason.endswith("(its last good version is used)")
    put(folder, "a.pdf", made.pdf_of_lines([(72, 700, "The lamp costs 79 dollars.")]))
    knowledge = load_knowledge(folder, cache)
    assert (knowledge.documents[0].text, knowledge.left_out) == ("The lamp costs 79 dollars.", ())


def test_removed_file_is_gone(folder: Path, cache: Path) -> None:
    put(folder, "a.md", "We sell desks.")
    path = put(folder, "b.md", "We sell lamps.")
    load_knowledge(folder, cache)
    path.unlink()
    knowledge = load_knowledge(folder, cache)
    assert (names(knowledge), knowledge.left_out) == (["a.md"], ())


def test_what_is_not_parsed_in_time_is_named_and_comes_later(folder: Path, cache: Path) -> None:
    put(folder, "a.md", "We sell desks.")
    load_knowledge(folder, cache)
    put(folder, "b.pdf", made.CATALOGUE.read_bytes())
    hurried = load_knowledge(folder, cache, patience=0.0)
    assert (names(hurried), hurried.left_out) == (["a.md"], (LeftOut("b.pdf", "not read yet"),))
    assert names(load_knowledge(folder, cache)) == ["a.md", "b.pdf"]
