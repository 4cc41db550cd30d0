import random

import pytest

from sales_agent.clauses import LONGEST, Clauses


def cut(text: str, size: int = 1) -> list[str]:
    clauses = Clauses()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    found = [clause for piece in pieces for clause in clauses.feed(piece)]
    return [clause.strip() for clause in (*found, clauses.end()) if clause.strip()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes, it does. It costs 49.", ["Yes,", "it does.", "It costs 49."]),
        ("That is 1,299.50 dollars, all in.", ["That is 1,299.50 dollars,", "all in."]),
        ("Seven hundred, forty nine dollars.", ["Seven hundred, forty nine dollars."]),
        ("It's two oh seven, five five five.", ["It's two oh seven, five five five."]),
        ("Breeze 349, Ridge 549", ["Breeze 349,", "Ridge 549"]),
        ("Fine – it is twenty-four", ["Fine –", "it is twenty-four"]),
        ("Look: 5", ["Look:", "5"]),
        ("It's 8 percent, from ten desks on", ["It's 8 percent, from ten desks on"]),
        ("It's 8 percent, and that's all", ["It's 8 percent,", "and that's all"]),
        ("349 dollars, that's the Breeze.", ["349 dollars, that's the Breeze."]),
        ("“Really?” he said", ["“Really?”", "he said"]),
    ],
)
def test_a_clause_ends_at_punctuation_and_never_within_a_number(
    text: str, expected: list[str]
) -> None:
    for size in (1, 3, len(text)):
        assert cut(text, size) == expected


def test_nothing_is_lost_or_added_however_the_stream_is_cut() -> None:
    text = (
        "Well, the Ridge is 549 dollars; two of them, 1,098.00 — and so on...\nNew line, 3.5 kg. "
        * 4
    )
    rng = random.Random(7)
    for _ in range(50):
        clauses, said, at = Clauses(), "", 0
        while at < len(text):
            size = rng.randint(1, 9)
            said += "".join(clauses.feed(text[at : at + size]))
            at += size
        assert said + clauses.end() == text


def test_words_without_punctuation_are_not_held_for_ever() -> None:
    clauses = Clauses()
    assert clauses.feed("word " * LONGEST)
