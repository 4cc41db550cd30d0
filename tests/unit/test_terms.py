"""Product names for speech-to-text, found without configuration."""

from pathlib import Path

import pytest

from sales_agent.knowledge import Document, Knowledge, Page, key_terms, load_knowledge
from sales_agent.knowledge.terms import MAX_CHARACTERS, MAX_TERMS
from tests.unit.broken_documents import MATERIALS


def terms_of(text: str) -> list[str]:
    return key_terms(Knowledge(Path("x"), (Document("a.md", (Page(None, text),), 1),), ()))


def table(header: str, *rows: str) -> str:
    return "\n".join(f"| {line} |" for line in (header, "--- | ---", *rows))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Knowledge:
    return load_knowledge(MATERIALS, tmp_path_factory.mktemp("cache"))


def test_names_of_the_shipped_products_come_with_little_else(shipped: Knowledge) -> None:
    terms = key_terms(shipped)
    wanted = {"Breeze desk", "Ridge desk", "Summit desk", "Willow chair", "Cedar chair"}
    plans = {"Harbor Care Basic", "Harbor Care Plus", "Harbor Care Business", "Harbor Care"}
    assert wanted | plans | {"Harbor Office", "Monitor arm"} <= set(terms)
    price_list = (MATERIALS / "products" / "price-list.csv").read_text()
    places = {"Portland", "Maine", "Boston"}
    junk = [t for t in terms if t not in wanted | plans | places and t not in price_list]
    assert junk == ["Harbor Office"]


def test_names_used_most_come_first(shipped: Knowledge) -> None:
    assert key_terms(shipped)[:4] == [
        "Harbor Care", "Breeze desk", "Summit desk", "Ridge desk",
    ]  # fmt: skip


def test_name_columns_are_found_by_their_header() -> None:
    text = table("SKU | Product name", "A1 | Oak lamp", "A2 | 12 volts", "A3 | a long description")
    assert terms_of(text) == ["Oak lamp"]
    assert terms_of(table("Fact | Value", "Oak lamp | yes")) == []


def test_names_in_json_are_found() -> None:
    assert terms_of('{\n "name": "Oak lamp",\n "note": "Not This"\n}') == ["Oak lamp"]


def test_words_at_the_start_of_a_sentence_are_no_names() -> None:
    assert terms_of("Every desk is good. Every desk is strong. Prices are fair. Prices hold.") == []


def test_noun_that_always_follows_belongs_to_the_name() -> None:
    assert terms_of("We make the Falcon lamp. Our Falcon lamp is red. A Falcon lamp shines.") == [
        "Falcon lamp"
    ]


def test_days_and_months_are_no_names() -> None:
    assert terms_of("We open on Monday and in May. Call on Monday or come in May.") == []


def test_limits_of_the_recogniser_hold() -> None:
    many = terms_of(table("Name | Price", *(f"Lamp {'x' * (n % 9)}{n} | 1" for n in range(500))))
    assert len(many) == MAX_TERMS
    wide = terms_of(table("Name | Price", *(f"Lamp {'y' * 30}{n} | 1" for n in range(500))))
    assert MAX_CHARACTERS - 40 < sum(map(len, wide)) <= MAX_CHARACTERS
