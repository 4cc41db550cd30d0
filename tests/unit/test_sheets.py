from sales_agent.knowledge.documents import Document, Page
from sales_agent.knowledge.names import names_in
from sales_agent.knowledge.passages import cut
from sales_agent.knowledge.sheets import tables_in


def said(text: str) -> set[str]:
    document = Document("sheet.csv", (Page(None, text),), 0)
    return {statement.text for passage in cut(document) for statement in passage.statements}


def names(text: str) -> set[str]:
    return names_in(Document("sheet.csv", (Page(None, text),), 0))


SHEET = """\
| MASTER PRICES 2026 (rev. 1/12) |  |  |  |  |  |
| --- | --- | --- | --- | --- | --- |
| Cd | Item / pkg | Unt | wkday $ | wkend $ | Min hds |
| M1 | Trail Buffet | pp | 29.50 | 34.00 | 30 |
| M5 | Plated Dinner (3 course) | pp | 68.00 | 76.00 | 40 |
| BARS (drinks extra) |  |  |  |  |  |
| B1 | Juniper bar | 4 hrs | 895.00 | 895.00 |  |
| MOBILE KITCHENS |  | per day $ | week $ | dep. $ |  |
| K1 | Kitchen trailer 16 ft |  | 680.00 | 2,950.00 | 1,000.00 |
"""


def test_currency_stands_in_the_head_of_a_column_and_what_a_price_is_for_in_another() -> None:
    assert "Trail Buffet, price wkday: $29.50 per person." in said(SHEET)
    assert "Juniper bar, price wkday: $895.00 for 4 hrs." in said(SHEET)
    assert "Trail Buffet, min hds: 30." in said(SHEET)


def test_rows_of_one_cell_label_those_below_and_name_no_product() -> None:
    tables = list(tables_in(SHEET.split("\n")))
    assert [table.label for table in tables] == ["", "BARS (drinks extra)", "MOBILE KITCHENS"]
    assert tables[0].title == "MASTER PRICES 2026 (rev. 1/12)"
    assert names(SHEET) == {"Trail Buffet", "Plated Dinner", "Juniper bar", "Kitchen trailer 16 ft"}


def test_second_head_holds_for_the_rows_below_it_though_it_is_a_cell_short() -> None:
    assert {
        "Kitchen trailer 16 ft, price per day: $680.00.",
        "Kitchen trailer 16 ft, price week: $2,950.00.",
        "Kitchen trailer 16 ft, dep.: $1,000.00.",
    } <= said(SHEET)


STEPS = """\
| Art. | Description | Size | Supply only € |
|---|---|---|---|
| FA-08 | Fanore 8 | 3.52 kWp | 6.490,00 |
| SUPPLY ONLY (per pc) |  | 1-9 | 10-29 |
| PA-440 | Corrib 440 panel |  | 109,00 |
| PA-465 | Corrib 465 bifacial |  | 127,00 |
"""


def test_steps_of_quantity_in_a_second_head_are_prices_in_the_currency_of_the_sheet() -> None:
    assert "Corrib 440 panel, price 10-29: €109,00." in said(STEPS)


SPA = """\
| Day Spa - TREATMENTS |  |  |  |  |
|---|---|---|---|---|
| valid from 1 March |  | all EUR incl. VAT |  |  |
| Code | Treatment | Min | Standard | Member |
| MASSAGE |  |  |  |  |
| M01 | Swedish massage | 30 | 58.00 | 49.00 |
| M02 | Swedish massage | 60 | 95.00 | 81.00 |
| *Member prices do not combine |  |  |  |  |
"""


def test_amounts_are_money_where_a_title_says_so_and_minutes_are_none() -> None:
    assert "Swedish massage, 60 min, price Standard: €95.00." in said(SPA)
    assert "Swedish massage, 30 min, price Member: €49.00." in said(SPA)
    assert not any("€30" in text or "€60" in text for text in said(SPA))


def test_rows_of_one_name_are_told_by_what_they_differ_in() -> None:
    assert names(SPA) == {"Swedish massage, 30 min", "Swedish massage, 60 min"}


def test_rates_per_night_are_told_as_such() -> None:
    rooms = (
        "| ROOM RATES, per room per night |  |  |  |\n|---|---|---|---|\n"
        "| Room | Size m2 | LOW | HIGH |\n| Classic Double | 18 | 129 | 179 |\n"
        "| Willow Suite | 38 | 229 | 319 |"
    )
    assert "Classic Double, price HIGH: 179 per room per night." in said(rooms)
    assert "Willow Suite, size m2: 38." in said(rooms)


def test_mileage_beside_a_price_is_no_money() -> None:
    cars = "| Car | Miles | Price |\n|---|---|---|\n| Fiat | 9800 | £9,850 |\n| Kia | 12000 | £11,200 |"
    assert "Fiat, miles: 9800." in said(cars)


def test_hours_below_a_title_are_no_head() -> None:
    hours = "| Spa |  |\n|---|---|\n| Monday | 9.00 – 20.00 |\n| Sunday | 10.00 – 17.00 |"
    assert said(hours) == {"Monday, spa: 9.00 – 20.00.", "Sunday, spa: 10.00 – 17.00."}
    assert not names(hours)


def test_lines_that_a_pdf_broke_are_one_row() -> None:
    broken = (
        "| Package | Contents | Price |\n|---|---|---|\n"
        "| Tide & Stone | Day pass, hot stone massage, | €189 |\n|  | two-course lunch | weekdays |\n"
        "| Two Together | Couples massage | €295 |"
    )
    assert "Tide & Stone, contents: Day pass, hot stone massage, two-course lunch." in said(broken)
    assert "Tide & Stone, price: €189 weekdays." in said(broken)


def test_what_stands_in_brackets_is_no_part_of_a_name_unless_it_tells_two_apart() -> None:
    table = "| Item | Price |\n|---|---|\n| Kerb 7 (socket) | €1 |\n| Wrap (S) | €2 |\n| Wrap (L) | €3 |"
    assert {"Kerb 7, price: €1.", "Wrap (S), price: €2."} <= said(table)


def test_table_without_a_head_has_none() -> None:
    jobs = "| Flat repair front | $18 plus tube |\n|---|---|\n| Brake bleed | $45 per brake |"
    assert said(jobs) == {"Flat repair front: $18 plus tube.", "Brake bleed: $45 per brake."}


def test_what_a_price_is_for_stands_in_the_line_above_the_table() -> None:
    plans = (
        "Prices per user and month.\n\n| | Chime Solo | Chime Pro |\n|---|---|---|\n"
        "| 12 month contract | £6.50 | £18.95 |"
    )
    assert "12 month contract, chime Pro: £18.95 per user and month." in said(plans)
    assert names(plans) == {"Chime Solo", "Chime Pro"}


def test_plans_are_the_heads_where_the_rows_are_steps_of_a_price() -> None:
    support = (
        "| Per seat and month | Essential | Business |\n|---|---|---|\n| 3 to 9 seats | £16 | £27 |"
    )
    assert names(support) == {"Essential", "Business"}
    assert "3 to 9 seats, business: £27 per seat and month." in said(support)


def test_rows_that_say_what_a_head_means_are_no_products() -> None:
    rates = (
        "| Room | LOW | HIGH |\n|---|---|---|\n| Classic Double | €129 | €179 |\n"
        "| LOW | 3 Jan to 18 Mar | |\n| HIGH | 1 Jul to 31 Aug | |"
    )
    assert names(rates) == {"Classic Double"}


def test_whole_numbers_beside_prices_with_a_currency_are_none() -> None:
    plans = "| Plan | Price | Invoices |\n|---|---|---|\n| Team | 49 € | 500 |"
    assert "Team, invoices: 500." in said(plans)


def test_name_that_stands_once_is_that_of_the_rows_below_it() -> None:
    campers = (
        "| Camper | Sleeps | Season | 2–6 nights | Prep fee (once) $ |\n|---|---|---|---|---|\n"
        "| Wren | 2 | Low | 119 | 149 |\n|  |  | High | 209 |  |\n| Heron | 4 | Low | 145 | 149 |"
    )
    assert "Wren, High, price 2–6 nights: 209." in said(campers)
    assert "Wren, Low, prep fee (once): $149." in said(campers)


def test_heads_that_are_told_apart_by_what_spans_them_are_told_with_it() -> None:
    cars = (
        "| Rates in USD |  |  |  |  |\n|---|---|---|---|---|\n|  | LOW (winter) |  | HIGH |  |\n"
        "| Class | Day | Week (7 d) | Day | Week (7 d) |\n| Compact | $41.00 | $246.00 | $63.00 | $378.00 |\n"
        "| Minivan | $72.00 | $432.00 | $109.00 | $654.00 |\n| EXTRAS | per day |  |  |  |\n"
        "| Booster / child seat | $6.00 |  |  |  |"
    )
    assert "Compact, HIGH Day: $63.00 per day." in said(cars)
    assert "Minivan, LOW (winter) Week (7 d): $432.00 per week." in said(cars)


def test_tenths_of_a_currency_are_told_as_money() -> None:
    glass = "| Item | $ ea | own |\n|---|---|---|\n| Flute | 0.8 | 720 |\n| Coupe | 1.1 | 300 |"
    assert {"Flute, price ea: $0.80.", "Coupe, own: 300."} <= said(glass)
