import json

import pytest

from sales_agent.call import LIST_LENGTH, TEXT_LENGTH, Call


@pytest.fixture
def call() -> Call:
    return Call(id="room")


def test_what_is_written_down_is_one_line_of_bounded_length(call: Call) -> None:
    call.update(name=" Ada\n King\t", need="x" * 1_000)
    assert call.name == "Ada King"
    assert len(call.need) == TEXT_LENGTH


@pytest.mark.parametrize("nothing", ["", "  ", "None", "unknown", "N/A", "null.", None])
def test_nothing_does_not_overwrite_what_is_known(call: Call, nothing: str | None) -> None:
    call.update(budget="10,000 dollars")
    assert not call.update(budget=nothing)
    assert call.budget == "10,000 dollars"


def test_lists_grow_without_repetitions_and_keep_the_latest(call: Call) -> None:
    call.update(products=["Summit desk", ""])
    call.update(products=["summit desk", "Ridge desk"])
    assert call.products == ["Summit desk", "Ridge desk"]
    call.update(objections=[f"objection {n}" for n in range(50)])
    assert call.objections[-1] == "objection 49"
    assert len(call.objections) == LIST_LENGTH


def test_every_listener_is_told_of_a_change_and_of_nothing_else(call: Call) -> None:
    told: list[str] = []
    call.on_change(lambda: told.append("first"))
    call.on_change(lambda: told.append("second"))
    assert call.update(name="Ada")
    assert not call.update(name="Ada")
    assert told == ["first", "second"]


def test_facts_are_flat_text_in_reading_order_and_known_has_only_what_is(call: Call) -> None:
    call.update(name="Ada", products=["Summit desk", "Ridge desk"], contact_consent=False)
    facts = call.facts()
    assert next(iter(facts)) == "name"
    assert all(isinstance(fact, str) for fact in facts.values())
    assert facts["products"] == "Summit desk, Ridge desk"
    assert facts["contact_consent"] == "no"
    assert facts["budget"] == ""
    assert call.known().splitlines()[:2] == ["- name: Ada", "- products: Summit desk, Ridge desk"]
    assert "budget" not in call.known()


def test_the_state_survives_as_json_and_what_was_learnt_since_stays(call: Call) -> None:
    call.update(name="Ada", products=["Summit desk"], contact_consent=False, stage="pricing")
    state = json.loads(json.dumps(call.state()))
    later = Call(id="room")
    later.update(name="Ada King")
    later.restore(state | {"quantity": 7, "future": "field"})
    assert later.name == "Ada King"
    assert later.products == ["Summit desk"]
    assert later.contact_consent is False
    assert later.stage == "pricing"
    assert later.quantity == ""
    another = Call(id="room")
    another.restore({"stage": "haggling"})
    assert another.stage == "greeting"
