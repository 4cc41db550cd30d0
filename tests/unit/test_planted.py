"""Orders to an AI in many wordings and hiding places, and ordinary business lines: tests/planted.json.

The first twenty orders and sixty lines were written before the patterns had been read, two further lots each after
the mend of the one before: 12 of 20 were missed and 2 of 62 lines taken for orders, then 7 of 20 and 8 of 46, then
4 of 12 and 0 of 24.
"""

import json
from pathlib import Path

import pytest

from sales_agent.knowledge import orders
from sales_agent.knowledge.formats import read_file
from sales_agent.knowledge.instructions import _plain, orders_in
from tests.unit import broken_documents as made

PLANTED = json.loads(Path("tests/planted.json").read_text(encoding="utf-8"))
SEEN = b"BT 0 g /F1 10 Tf 1 0 0 1 72 700 Tm (The Ridge desk costs 549 dollars.) Tj ET "


def content(name: str, text: str) -> bytes:
    if name.endswith(".xlsx"):
        return made.xlsx_of([["Desk", "Price"], ["Ridge desk", 549], [text, 5]])
    if name.endswith(".pdf"):
        white = f"BT 1 g /F1 10 Tf 1 0 0 1 72 600 Tm ({text}) Tj ET".encode()
        return made.pdf_drawn(SEEN + white)
    return text.encode()


@pytest.mark.parametrize("order", PLANTED["orders"], ids=lambda order: order["way"])
def test_a_planted_order_is_found_and_not_kept(order: dict[str, str]) -> None:
    extract = read_file(order["document"], content(order["document"], order["text"]))
    assert extract.orders
    text = "\n".join(page.text for page in extract.pages)
    assert not orders_in(text)
    assert len(text) > 5


@pytest.mark.parametrize("line", PLANTED["harmless"])
def test_a_line_of_an_ordinary_document_is_none(line: str) -> None:
    assert orders_in(line) == []


def test_the_words_that_are_looked_for_first_are_in_all_that_the_patterns_find() -> None:
    texts = [order["text"] for order in PLANTED["orders"]] + PLANTED["harmless"]
    for text in map(_plain, texts):
        by_all = any(one.search(text) for _, patterns in orders._FINDERS for one in patterns)
        assert orders.orders_an_ai(text) == by_all
