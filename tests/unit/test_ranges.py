"""Ranges of numbers that documents state, and which of them holds a number."""

from math import inf

import pytest

from sales_agent.local.ranges import Range, Ranges, ranges
from tests.unit.small_index import index_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10 to 24 desks, discount: 8 percent.", [Range(10, 24, "desk")]),
        ("It fits people between 155 and 185 centimeters tall.", [Range(155, 185, "centimeter")]),
        ("Twenty-five or more desks get a discount.", [Range(25, inf, "desk")]),
        ("Delivery is free for orders of 1,000 dollars or more.", [Range(1000, inf, "dollar")]),
        ("It covers up to twenty desks.", [Range(0, 20, "desk")]),
        ("Open Monday to Saturday from 10 in the morning.", []),
        ("1 to 9 desks, discount: none.", [Range(1, 9, "desk")]),
        ("It weighs 0.5 to 10 kilos.", []),
    ],
)
def test_ranges_are_read_in_digits_and_words(text: str, found: list[Range]) -> None:
    assert ranges(text) == found


def test_of_ranges_without_an_end_the_last_to_begin_holds() -> None:
    text = "Ten or more desks get 8 percent.\n\nTwenty or more desks get 12 percent.\n\nWe like it."
    with index_of(text) as index:
        held = Ranges(index)
        assert held.hold(30, ["desk"]) == {0: False, 1: True}
        assert held.hold(12, ["desk"]) == {0: True, 1: False}
        assert held.hold(12, ["chair"]) == {0: True, 1: False}  # "twelve of them"
