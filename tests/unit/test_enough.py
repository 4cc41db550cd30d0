"""Which of several things is enough for a measure that a caller names."""

import pytest

from bench.question_sets import ROOT
from sales_agent.knowledge import load_knowledge
from sales_agent.knowledge.index_cache import build_index
from sales_agent.local.answers import Answerer, Exchange
from sales_agent.local.enough import need_in
from sales_agent.local.phrases import Phrases
from sales_agent.prompts import load_prompts


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    cache = tmp_path_factory.mktemp("cache")
    index = build_index(load_knowledge(ROOT / "knowledge", cache), cache)
    return Answerer(index, Phrases.parse(load_prompts(ROOT / "prompts").reader))


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("I'm two meters tall, which desk?", 200, "centimeter"),
        ("I'm two meters one. Which desk?", 201, "centimeter"),
        ("I'm six foot five, which one?", 195.6, "centimeter"),
        ("I'm five feet eleven inches, which one?", 180.3, "centimeter"),
        ("About 300 pounds, call it 136 kilos. Which chair?", 136, "kilogram"),
    ],
)
def test_a_need_is_a_measure_that_one_of_several_has_to_be_enough_for(
    text: str, amount: float, unit: str
) -> None:
    need = need_in(text)
    assert need is not None
    assert (round(need.amount, 1), need.unit) == (amount, unit)


@pytest.mark.parametrize(
    "text",
    [
        "It is two meters long.",
        "Which desk is the cheapest?",
        "Which of your desks is 180 cm wide?",
        "Which desk weighs less than 50 kilos?",
        "I need a desk 160 centimeters wide, which one do you have?",
        "",
    ],
)
def test_a_measure_alone_is_no_need(text: str) -> None:
    assert need_in(text) is None


@pytest.mark.parametrize(
    ("question", "enough", "not_enough"),
    [
        ("I've got 120 kilos of gear, which table holds that?", ["Summit"], ["Ridge", "Breeze"]),
        ("I'm a big guy, around 140 kilos. Which chair holds me?", ["Cedar"], ["Willow"]),
        ("I'm two meters tall. Which of your desks fits me?", ["Summit"], ["Ridge"]),
        ("I'm 160 cm tall, which desk fits me?", ["Breeze", "Ridge"], []),
        ("Which desk carries 60 kilos?", ["Breeze", "Ridge"], ["Summit"]),
    ],
)
def test_what_is_enough_is_told_the_least_first(
    shop: Answerer, question: str, enough: list[str], not_enough: list[str]
) -> None:
    found = shop.answer(question)
    assert found.kind == "answer"
    assert [found.text.index(name) for name in enough] == sorted(map(found.text.index, enough))
    assert not any(name in found.text for name in not_enough)


def test_it_is_asked_of_all_whatever_was_talked_about(shop: Answerer) -> None:
    before = "How much weight does the Ridge desk carry?"
    history = [Exchange(before, shop.answer(before).text)]
    assert "Summit" in shop.answer("I am two meters tall, which desk fits me.", history).text


@pytest.mark.parametrize(
    "question", ["I weigh 200 kilos, which chair can I take?", "Which phone holds 10 kilos?"]
)
def test_where_nothing_is_enough_nothing_is_said_to_be(shop: Answerer, question: str) -> None:
    assert shop.answer(question).kind != "answer"
