import pytest

from sales_agent.knowledge.figures import figures


def said(text: str, **how: bool) -> list[tuple[str, str, str]]:
    """Of every figure its kind, its likeliest value, and its period or unit."""
    return [(f.kind, str(f.values[0]), f.period or f.unit) for f in figures(text, **how)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("four euros ninety a month", [("price", "4.9", "month")]),
        ("599 dollars and 20 cents", [("price", "599.2", "")]),
        ("Sit on it four hours a day for $229.", [("other", "4", "hour"), ("price", "229", "")]),
        ("Basic is five dollars a month, Plus 79.", [("price", "5", "month"), ("price", "79", "")]),
        ("490 euros for the year", [("price", "490", "year")]),
        ("Day guests pay 25 francs", [("price", "25", "")]),
        ("for 25 or more the price is 59 dollars", [("other", "25", ""), ("price", "59", "")]),
        ("It costs 9 dollars and is from 2021", [("price", "9", ""), ("other", "2021", "")]),
        ("79 dollars for all twenty", [("price", "79", ""), ("other", "20", "")]),
        ("half the price", [("percent", "50", "")]),
        ("two months free", [("other", "2", "month"), ("free", "0", "")]),
        ("a dollar a mile", [("price", "1", "")]),
    ],
)
def test_what_a_number_counts(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    "text", ["Feel free to call.", "It is hands-free.", "Are you free on Monday?", "It isn't free."]
)
def test_free_is_not_always_a_price(text: str) -> None:
    assert said(text) == []


def test_pounds_are_money_where_they_are_for_the_documents() -> None:
    assert said("That is one pound twenty.", sterling=True) == [("price", "1.2", "")]
    assert said("It carries 330 pounds.", sterling=True) == [("other", "330", "pound")]
    assert said("That is 330 pounds.") == [("other", "330", "pound")]
