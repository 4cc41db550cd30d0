"""Rows that a question names, columns side by side, and the most of a column."""

from collections.abc import Iterator

import pytest

from sales_agent.knowledge.index import Index
from sales_agent.local.questions import superlative
from sales_agent.local.tables import Tables
from tests.unit.small_index import index_of

ROOMS = """# Rooms
| Room | Price per night | Beds | View |
|---|---|---|---|
| Single room | 80 dollars | 1 | yard |
| Double room | 120 dollars | 2 | yard |
| Garden suite | 210 dollars | 2 | garden |
"""


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    with index_of(ROOMS) as index:
        yield index


@pytest.fixture
def tables(index: Index) -> Tables:
    return Tables(index)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("Is the suite dearer than a double room?", ["Garden suite", "Double room"]),
        ("What does a single cost?", ["Single room"]),
        ("Which rooms do you have?", []),
        ("Is there a pool?", []),
    ],
)
def test_rows_are_known_by_the_words_that_tell_them_apart(
    tables: Tables, question: str, rows: list[str]
) -> None:
    assert list(tables.mentioned(question)) == rows


def test_cells_stand_side_by_side_where_one_table_has_all_rows(
    index: Index, tables: Tables
) -> None:
    columns = tables.columns(["Single room", "Double room"])
    said = [[index.statements[number].text for number in column] for column in columns]
    assert said[1] == ["Single room, beds: 1.", "Double room, beds: 2."]
    assert [tables.differ(column) for column in columns] == [True, True, False]


@pytest.mark.parametrize(
    ("question", "content", "cell"),
    [
        ("What is the most expensive?", [], "Garden suite, price per night: 210 dollars."),
        ("What is the cheapest suite?", ["suit"], "Garden suite, price per night: 210 dollars."),
        ("Which is the dearest room?", ["room"], "Double room, price per night: 120 dollars."),
    ],
)
def test_the_most_is_looked_for_among_the_rows_that_are_called_so(
    index: Index, tables: Tables, question: str, content: list[str], cell: str
) -> None:
    wanted = superlative(question)
    assert wanted is not None
    found = tables.extreme(wanted, content, list(tables.cells))
    assert found is not None
    assert index.statements[found.number].text == cell


def test_numbers_of_articles_are_no_difference_that_a_listener_cares_for() -> None:
    text = "# Chairs\n| Chair | SKU | Price |\n|---|---|---|\n| Oak chair | AB-10 | 80 dollars |\n"
    with index_of(f"{text}| Elm chair | AB-20 | 90 dollars |\n") as index:
        tables = Tables(index)
        sku, price = tables.columns(["Oak chair", "Elm chair"])
        assert not tables.differ(sku)
        assert tables.differ(price)
