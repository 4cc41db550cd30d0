"""One form for the forms of a word, and which words are names."""

import pytest

from sales_agent.knowledge.embedding import Embedder
from sales_agent.local.vocabulary import WORD, Vocabulary, codes_in, stem
from tests.unit.small_index import index_of


@pytest.mark.parametrize(
    ("one", "other"),
    [("cancelled", "cancel"), ("noisier", "noisy"), ("heaviest", "heavy"), ("boxes", "box")],
)
def test_forms_of_a_word_are_one(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_a_letter_with_a_number_is_a_code_and_a_shortened_is_is_none() -> None:
    assert codes_in("E 2, then e-two") == {"e2"}
    assert not codes_in("There's five of us, and I 2 or a 3")
    assert not codes_in("How much weight, at what height, when it's done?")


def test_a_number_is_one_word_and_no_other() -> None:
    assert WORD.findall("1,200 desks, 120,140") == ["1,200", "desks", "120", "140"]
    assert stem("1,200") == "1200"
    assert stem("1,200") != stem("120")


def test_different_words_stay_apart() -> None:
    assert stem("care") != stem("car")


def test_a_capital_makes_a_name_only_where_no_sentence_or_day_does() -> None:
    text = "# Schools\n\nSchools pay less on Friday. Ask for the Breeze desk.\n"
    table = "| Desk | Price |\n|---|---|\n| Ridge desk | 549 dollars |\n"
    with index_of(text, table) as index:
        names = Vocabulary.of(index.statements, Embedder().knows).names
    assert names == {stem("breeze"), stem("ridge")}
