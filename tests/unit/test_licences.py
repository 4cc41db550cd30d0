from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from sales_agent.knowledge import Document, Knowledge, Page, ledger
from sales_agent.knowledge.figures import figures
from sales_agent.knowledge.licences import Licences


def a_knowledge(**texts: str) -> Knowledge:
    documents = tuple(
        Document(f"{name}.md", (Page(None, text),), 10) for name, text in sorted(texts.items())
    )
    return Knowledge(Path("knowledge"), documents, ())


def places(of: Licences, said: str) -> list[str]:
    (figure,) = figures(said)
    return [licence.text for licence in of.of(figure, ["costs"])]


def test_only_the_documents_of_the_folder_license(tmp_path: Path) -> None:
    old = a_knowledge(a="The Oak table costs 90 dollars.", b="Pine costs 70 dollars.")
    new = a_knowledge(a="The Oak table costs 95 dollars.", b="Pine costs 70 dollars.")
    first = Licences(old, tmp_path)
    assert places(first, "90 dollars") == ["The Oak table costs 90 dollars."]
    second = Licences(new, tmp_path)
    assert places(second, "90 dollars") == []
    assert places(second, "ninety-five dollars") == ["The Oak table costs 95 dollars."]
    assert places(second, "70 dollars") == ["Pine costs 70 dollars."]
    assert places(first, "90 dollars")  # a call that goes on with what it knew


def test_a_document_that_has_not_changed_is_not_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Licences(a_knowledge(a="Oak costs 90 dollars."), tmp_path).close()
    computed: list[str] = []
    original = ledger.names_in

    def counted(document: Document) -> set[str]:
        computed.append(document.name)
        return original(document)

    monkeypatch.setattr(ledger, "names_in", counted)
    Licences(a_knowledge(a="Oak costs 90 dollars.", b="Pine costs 70 dollars."), tmp_path).close()
    assert computed == ["b.md"]


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    known = a_knowledge(a="Oak costs 90 dollars.")
    Licences(known, tmp_path).close()
    for file in tmp_path.glob("licences-*"):
        file.write_bytes(b"not a database at all, but longer than the header of one" * 40)
    assert places(Licences(known, tmp_path), "90 dollars")


def test_files_of_other_versions_are_removed(tmp_path: Path) -> None:
    for name in ("licences-1.sqlite3", "licences-1.sqlite3-wal"):
        (tmp_path / name).write_bytes(b"")
    Licences(a_knowledge(a="Oak costs 90 dollars."), tmp_path).close()
    assert [file.name for file in tmp_path.glob("licences-*")] == [
        f"licences-{ledger.FORMAT}.sqlite3"
    ]


def open_many(cache: Path) -> int:
    texts = {f"d{n}": f"Item{n} costs {n} dollars." for n in range(60)}
    opened = Licences(a_knowledge(**texts), cache)
    return len(places(opened, "42 dollars"))


def test_two_processes_at_once_both_have_everything(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(open_many, [tmp_path] * 2)) == [1, 1]
