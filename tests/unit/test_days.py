"""Which days of the week a text is about."""

import pytest

from sales_agent.local.days import days_in


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mon-Thu 9:30 - 20:30", "monday tuesday wednesday thursday weekday"),
        ("open Friday to Monday", "friday saturday sunday monday weekday weekend"),
        ("Closed on Sundays.", "sunday weekend"),
        ("Tue + Thu", "tuesday thursday weekday"),
        ("We sat in the sun with Monica.", ""),
        ("weekdays only", "monday tuesday wednesday thursday friday weekday"),
    ],
)
def test_days_are_read_out_of_ranges_and_abbreviations(text: str, days: str) -> None:
    assert days_in(text) == set(days.split())
