import pytest

from sales_agent.knowledge.documents import Document, Page
from sales_agent.knowledge.names import names_in
from sales_agent.knowledge.passages import cut
from sales_agent.knowledge.rows import rows_of
from sales_agent.knowledge.sheets import Table, tables_in

PRICES = """\
| code | category | item | details | price_gbp | unit |
| --- | --- | --- | --- | --- | --- |
| SP01 | Special items | Upright piano | ground floor | 120.00 | each |
| SP02 | Special items | Pool table |  | 280.00 | each |
| HR02 | Hourly moves | Two movers and Luton van | 18 cubic metres | 72.00 | per hour |
"""


def table(text: str) -> Table:
    return next(tables_in(text.split("\n")))


def said(text: str) -> list[str]:
    document = Document("prices.csv", (Page(None, text),), 0)
    return [statement.text for passage in cut(document) for statement in passage.statements]


def test_rows_are_named_by_the_first_column() -> None:
    found = table("| Size | Price |\n|---|---|\n| Small | 20 dollars |\n| Large | 30 dollars |")
    assert [row.name for row in rows_of(found)] == ["Small", "Large"]


def test_rows_that_begin_with_a_code_are_named_by_the_item() -> None:
    assert [(row.name, row.group) for row in rows_of(table(PRICES))] == [
        ("Upright piano", "Special items"),
        ("Pool table", "Special items"),
        ("Two movers and Luton van", "Hourly moves"),
    ]


def test_the_unit_of_a_column_is_said_with_its_numbers() -> None:
    assert said(
        "| Part | Price in dollars | Delivery in working days | Width in inches | Weight in pounds |\n"
        "|---|---|---|---|---|\n"
        "| Hook | 19 | 2-3 | 1 | 4 |\n"
    ) == [
        "Hook, price: $19.",
        "Hook, delivery: 2-3 working days.",
        "Hook, width: 1 inch.",
        "Hook, weight in pounds: 4.",
    ]


def test_rows_that_begin_with_a_category_are_named_by_the_product() -> None:
    found = table(
        "| Range | Product | Price |\n|---|---|---|\n| Oak | Desk | 1 |\n| Oak | Chair | 2 |\n| Ash | Bed | 3 |"
    )
    assert [row.name for row in rows_of(found)] == ["Desk", "Chair", "Bed"]


def test_categories_without_a_column_of_names_stay_names() -> None:
    found = table("| Day | Hours |\n|---|---|\n| Monday | 9 to 5 |\n| Monday | 6 to 8 |")
    assert [row.name for row in rows_of(found)] == ["Monday", "Monday"]


def test_price_is_told_with_its_currency_and_what_it_is_for() -> None:
    assert "Two movers and Luton van, price: £72.00 per hour." in said(PRICES)
    assert "Upright piano, price: £120.00 each." in said(PRICES)
    assert not any("unit:" in text for text in said(PRICES))


def test_row_with_fewer_cells_than_the_head_is_told_as_far_as_it_goes() -> None:
    assert said("| code | item | price |\n|---|---|---|\n| A1 | Lamp | 5 dollars |\n| A2 |") == [
        "Lamp, code: A1.",
        "Lamp, price: 5 dollars.",
    ]


def test_names_are_known_to_the_guard_as_the_rows_are_called() -> None:
    document = Document("prices.csv", (Page(None, PRICES),), 0)
    assert names_in(document) >= {"Upright piano", "Pool table"}
    assert not any("SP0" in name for name in names_in(document))


def test_lines_that_are_no_table_are_none() -> None:
    assert list(tables_in(["|", "|---|", "text", "||"])) == []


LESSONS = """\
| Ref | What | Group | EUR (incl. VAT) | charged per | EUR members | Deposit EUR |
|---|---|---|---|---|---|---|
| L30 | Solo lesson | lessons | 29 | lesson | 26 |  |
| G-CHO | Evening Choir | groups | 95 | term | 85 |  |
| R-VIO | Violin rental | rental | 19 | month |  | 80 |
| TRY | Trial lesson | lessons | 15 | once | 15 |  |
"""


def test_prices_are_known_by_their_currency_where_the_head_says_no_more() -> None:
    assert [row.name for row in rows_of(table(LESSONS))] == [
        "Solo lesson",
        "Evening Choir",
        "Violin rental",
        "Trial lesson",
    ]
    assert {
        "Solo lesson, price (incl. VAT): €29 per lesson.",
        "Solo lesson, price members: €26 per lesson.",
        "Trial lesson, price (incl. VAT): €15 once.",
        "Violin rental, deposit: €80.",
    } <= set(said(LESSONS))


HIRE = """\
| Fenwick price list 2026 |  |  |  |  |
|  |  |  |  |  |
| Art. Nr. | Bezeichnung / Item | Seats (std) | Hire £/wkend | Extra day |
|---|---|---|---|---|
| MQ-0306 | Marquee 3 x 6 m | 20 | £295.00 | £60 |
| TP-ONE | Tipi, single | 35 | £980.00 | n/a |
| FU-CH01 | Folding chair, white | 1 | £1.90 | £0.50 |
| *all prices incl. VAT |  |  |  |  |
"""


def test_title_above_a_table_is_none_of_its_rows() -> None:
    found = table(HIRE)
    assert found.head[0] == "Art. Nr."
    assert [row.name for row in rows_of(found)][:2] == ["Marquee 3 x 6 m", "Tipi, single"]


def test_first_column_of_amounts_is_the_price_where_no_head_says_so() -> None:
    assert "Folding chair, white, price (hire per wkend): £1.90." in said(HIRE)
    assert "Folding chair, white, extra day: £0.50." in said(HIRE)


def test_heads_of_columns_are_no_products() -> None:
    names = names_in(Document("hire.csv", (Page(None, HIRE),), 0))
    assert "Tipi, single" in names
    assert not names & {"Extra day", "Seats (std)", "Bezeichnung / Item"}


@pytest.mark.parametrize("nothing", ["n/a", "N/A", "NA", "-", "–", "—", "TBD", "tbc", "?"])
def test_cells_that_stand_for_nothing_say_nothing(nothing: str) -> None:
    text = f"| Item | Price | Extra day |\n|---|---|---|\n| Tipi | £980 | {nothing} |\n"
    assert said(text) == ["Tipi, price: £980."]


def test_none_is_an_answer() -> None:
    text = "| Item | Price | Charge for stairs |\n|---|---|---|\n| Tipi | £980 | none |\n"
    assert "Tipi, charge for stairs: none." in said(text)
