from decimal import Decimal

import pytest

from sales_agent.knowledge.figure import Figure
from sales_agent.knowledge.figures import figures
from sales_agent.knowledge.numerals import numerals


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seven hundred and forty-nine dollars", {"749"}),
        ("seven forty-nine", {"749", "7.49"}),
        ("forty nine ninety nine", {"4999", "49.99"}),
        ("one hundred nineteen ninety nine", {"11999", "119.99"}),
        ("$1,299.50", {"1299.5"}),
        ("1.299,50 €", {"1299.5"}),
        ("1.2k", {"1200"}),
        ("a hundred and nineteen", {"119"}),
        ("twelve hundred", {"1200"}),
        ("nineteen ninety-eight", {"1998", "19.98"}),
        ("two thousand fourteen", {"2014"}),
        ("four hundred thousand five hundred", {"400500"}),
        ("two point five million", {"2500000"}),
        ("two and a half", {"2.5"}),
        ("3 thousand", {"3000"}),
        ("a dozen desks", {"12"}),
        ("five oh five", {"505", "5.05"}),
        ("oh one four two", {"142"}),
        ("207 555 0142", {"2075550142"}),
        ("207-555-0142", {"2075550142"}),
        ("5 49 0 dollars", {"5490"}),
        ("14:30", {"14.3", "2.3", "1430", "230"}),
        ("December first", {"1"}),
        ("the twenty-fourth of December", {"24"}),
        ("５４９", {"549"}),
    ],
)
def test_a_number_has_every_reading_that_it_may_be_heard_as(text: str, expected: set[str]) -> None:
    (found,) = numerals(text)
    assert {f"{value.normalize():f}" for value in found.values} == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("someone often bone weightless tent", 0),
        ("10 to 24 desks", 2),
        ("10-24 desks", 2),
        ("Basic five and Plus nine", 2),
        ("two 24-inch monitors", 2),
        ("seven hundred, forty nine", 2),
        ("the first one of the month", 1),
    ],
)
def test_numbers_are_told_apart(text: str, count: int) -> None:
    assert len(numerals(text)) == count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Breeze is $349.", [("price", "349", "USD", "")]),
        ("49 USD/month", [("price", "49", "USD", "month")]),
        ("forty nine dollars a year", [("price", "49", "USD", "year")]),
        ("Harbor Care Basic, price per month: 5 dollars.", [("price", "5", "USD", "month")]),
        ("Willow chair, price in dollars: 229.", [("price", "229", "USD", "")]),
        ("599 dollars and 20 cents", [("price", "599.2", "USD", "")]),
        ("from 349 to 749 dollars", [("price", "349", "USD", ""), ("price", "749", "USD", "")]),
        ("you get 8 percent off", [("percent", "8", "", "")]),
        ("20 off", [("percent", "20", "", "")]),
        ("ninety per cent", [("percent", "90", "", "")]),
        ("half price", [("percent", "50", "", "")]),
        ("two for the price of one", [("percent", "50", "", "")]),
        ("it costs 49 pounds", [("price", "49", "GBP", "")]),
    ],
)
def test_prices_and_shares_are_told_from_other_numbers(
    text: str, expected: list[tuple[str, str, str, str]]
) -> None:
    found = [f for f in figures(text) if f.kind != "other"]
    values = [
        (f.kind, f"{f.values[0].normalize():f}", f.currency, f.period) for f in sorted_(found)
    ]
    assert values == expected


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("carries 155 pounds", "pound"),
        ("an eight-year warranty", "year"),
        ("within five working days", "day"),
        ("Willow chair, in stock: 140.", ""),
        ("at 10 AM", "clock"),
    ],
)
def test_other_numbers_keep_their_unit(text: str, unit: str) -> None:
    (found,) = figures(text)
    assert (found.kind, found.unit) == ("other", unit)


def test_a_bare_number_is_a_price_where_the_talk_is_of_prices() -> None:
    (found,) = figures("The Ridge is 549.", of_prices=True)
    assert found.kind == "price"
    (found,) = figures("The order is 10042.")
    assert found.kind == "other"


def test_what_a_source_leaves_open_may_be_meant_and_nothing_else() -> None:
    def price(currency: str = "", period: str = "") -> Figure:
        return Figure(0, 0, (Decimal(9),), "price", currency, period)

    assert price("USD", "month").is_like(price("USD", "month"))
    assert price("USD").is_like(price("", "month"))
    assert not price("EUR").is_like(price("USD"))
    assert not price("USD", "year").is_like(price("USD", "month"))
    assert not price("USD", "month").is_like(price("USD"))


def sorted_(found: list[Figure]) -> list[Figure]:
    return sorted(found, key=lambda figure: figure.start)
