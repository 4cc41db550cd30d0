import pytest

from sales_agent.store.money import parse_money, spoken_money


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("349", "USD", 34_900),
        ("349.5", "USD", 34_950),
        ("0.07", "EUR", 7),
        ("1200", "JPY", 1_200),
        ("1.234", "KWD", 1_234),
    ],
)
def test_amounts_become_minor_units(text: str, currency: str, amount: int) -> None:
    assert parse_money(text, currency) == amount


@pytest.mark.parametrize("text", ["1,299", "$349", "-1", "1.999", "1e3", "٣", "", ".5", "nan"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write 349 or 349\.50"):
        parse_money(text, "USD")


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (749_000, "USD", "7,490 dollars"),
        (100, "USD", "1 dollar"),
        (101, "GBP", "1 pound and 1 penny"),
        (50, "EUR", "50 cents"),
        (0, "USD", "0 dollars"),
        (1_250, "SEK", "12.50 SEK"),
        (1_250, "JPY", "1,250 JPY"),
    ],
)
def test_amounts_can_be_said(amount: int, currency: str, said: str) -> None:
    assert spoken_money(amount, currency) == said
