"""What is made of a call: from a model's answer, and without one."""

import json
from typing import Any

import pytest

from sales_agent.call import Call
from sales_agent.writeup import SCHEMA, RubbishError, Writeup, by_rules, parsed

GOOD: dict[str, Any] = {
    "summary": "Ada wants thirty desks.",
    "outcome": "follow_up_agreed",
    "lead": {"score": 80, "reason": "A budget and a date."},
    "objections": ["the price", "the price", ""],
    "unanswered": ["Do you ship to Norway?"],
    "next_step": "Send an offer.",
}


def line(who: str, text: str, sources: list[Any] | None = None) -> dict[str, Any]:
    return {"who": who, "text": text, "interrupted": False, "tools": [], "sources": sources}


def test_a_good_answer_becomes_a_writeup() -> None:
    writeup = parsed(json.dumps(GOOD), "llama")
    assert writeup.as_json() == GOOD | {"objections": ["the price"], "by": "llama"}


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "great"},
        {"lead": {"score": 130, "reason": ""}},
        {"lead": {"score": "80", "reason": ""}},
        {"lead": {"score": True, "reason": ""}},
        {"lead": 3},
        {"summary": ""},
        {"summary": ["a"]},
        {"objections": "the price"},
        {"unanswered": [1]},
        {"next_step": None},
    ],
    ids=str,
)
def test_rubbish_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(RubbishError):
        parsed(json.dumps(GOOD | change), "llama")


@pytest.mark.parametrize(
    "answer", ["", "Sure! Here it is:", "[]", "null", '{"summary": "x"}', "[" * 9_000]
)
def test_what_is_no_json_object_is_refused(answer: str) -> None:
    with pytest.raises(RubbishError):
        parsed(answer, "llama")


def test_the_schema_is_strict_all_the_way_down() -> None:
    def check(schema: dict[str, Any]) -> None:
        if schema["type"] == "object":
            assert schema["additionalProperties"] is False
            assert schema["required"] == list(schema["properties"])
            for inner in schema["properties"].values():
                check(inner)

    check(SCHEMA)
    assert set(SCHEMA["properties"]) == set(GOOD)


def rules(call: Call, *lines: dict[str, Any]) -> Writeup:
    return by_rules(call, lines)


def test_rules_make_a_writeup_of_what_is_known() -> None:
    call = Call(id="room")
    call.update(
        name="Ada", company="Acme", need="standing desks", quantity="30", budget="20,000 dollars"
    )
    writeup = rules(call, line("caller", "I need desks."), line("agent", "Which?", []))
    assert writeup.summary.startswith("Ada of Acme called and spoke 1 time.")
    assert "30" in writeup.summary
    assert writeup.outcome == "interested"
    assert writeup.score == 50
    call.update(contact_consent=True, objections=["the price"], next_step="an offer by mail")
    later = rules(call, line("caller", "Write to me."))
    assert later.outcome == "follow_up_agreed"
    assert later.score == 65
    assert later.objections == ["the price"]
    assert later.next_step == "an offer by mail"


def test_whoever_only_asks_and_whoever_says_nothing() -> None:
    call = Call(id="room")
    informed = rules(
        call, line("caller", "How long is the warranty?"), line("agent", "Five.", [{}])
    )
    assert (informed.outcome, informed.score, informed.unanswered) == ("informed", 5, [])
    silent = rules(call, line("agent", "Hello, AI here."))
    assert (silent.outcome, silent.score, silent.summary) == ("no_conversation", 0, "Nobody spoke.")


def test_a_question_to_which_only_the_nearest_was_said_is_open_too() -> None:
    nearest = (
        "I can't find exactly that in our documents. The nearest I have is this: We ship to Maine."
    )
    lines = [
        line("caller", "Do you ship to Norway?"),
        line("agent", nearest, [{"document": "delivery.md"}]),
    ]
    assert rules(Call(id="room"), *lines).unanswered == ["Do you ship to Norway?"]


def test_questions_that_no_document_answers_are_kept() -> None:
    lines = [
        line("caller", "What does the Summit cost?"),
        line("agent", "749 dollars.", [{"document": "desks.md"}]),
        line("caller", "Do you ship to Norway?"),
        line("agent", "I do not know.", []),
        line("caller", "Do you take Bitcoin?"),
        line("agent", "Well", None),
        line("caller", "Thanks."),
        line("agent", "Goodbye.", []),
    ]
    assert rules(Call(id="room"), *lines).unanswered == ["Do you ship to Norway?"]
