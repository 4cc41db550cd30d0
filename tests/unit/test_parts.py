"""What a caller asks in one breath."""

import pytest

from sales_agent.local.parts import asks_for_differences, compares, parts, without


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Where are you in Boston, and when are you open?",
            ["Where are you in Boston", "when are you open?"],
        ),
        (
            "What does it cost? And how long does it last?",
            ["What does it cost", "how long does it last?"],
        ),
        # One question, however long.
        ("My room is small. Which one should I take?", None),
        ("Do you sell desks and can openers?", None),
        ("What colors and sizes are there?", None),
    ],
)
def test_two_questions_are_told_apart(text: str, found: list[str] | None) -> None:
    assert parts(text) == (found or [text])


def test_of_many_questions_the_last_few_are_answered() -> None:
    found = parts("How tall is it and " * 100 + "what does it cost?")
    assert len(found) == 4
    assert found[-1] == "what does it cost?"


def test_it_is_known_whether_things_are_compared_and_whether_in_a_respect() -> None:
    assert compares("Is the Ridge louder than the Summit?")
    assert not compares("How loud is the Ridge?")
    assert asks_for_differences("What is the difference between Basic and Plus?")
    assert not asks_for_differences("Is Basic cheaper than Plus?")


def test_words_are_left_out_whole() -> None:
    assert without("Is the Ridge above Ridgefield?", ["Ridge"]) == "Is the above Ridgefield?"
