"""What kind of answer a question wants, and which texts give one."""

import pytest

from sales_agent.local.wanted import wanted


@pytest.mark.parametrize(
    ("question", "given", "not_given"),
    [
        ("What time do you close?", "Open until 6 in the evening.", "The sauna has 3 rooms."),
        ("When are you open?", "Mon-Fri 9:30 - 18:00", "We open in May."),
        ("How long is the warranty?", "It lasts two years.", "It covers the frame."),
        ("How long is the cable?", "A cable of 2 m.", "Delivery to 3 towns."),
        ("How soon can you come?", "Desk, visit in working days: 4.", "Desk, in stock: 4."),
        ("How heavy is it?", "Desk, weight: 46 kg.", "It lifts heavy things."),
        ("How fast is it?", "It moves 25 mm per second.", "It has four memories."),
        ("What is the height of the seat?", "It goes up to 50 cm.", "For those who sit all day."),
        ("How often is it cleaned?", "It is cleaned every two weeks.", "It takes 2 hours."),
        ("Who teaches the harp?", "Our teacher is Maeve.", "There are 27 teachers in Cork."),
        ("What's your email?", "Write to a@b.example.", "Write to us."),
        ("Where is your shop?", "It is at the old dock.", "It is open daily."),
        ("How many guests fit in?", "The room seats 24.", "The room seats everybody."),
    ],
)
def test_a_question_wants_a_kind_of_answer(question: str, given: str, not_given: str) -> None:
    kind = wanted(question, of_price=False)
    assert kind is not None
    assert kind.given_by(given)
    assert not kind.given_by(not_given)


def test_a_question_for_a_price_wants_an_amount() -> None:
    kind = wanted("How much is the drum room?", of_price=True)
    assert kind is not None
    assert kind.given_by("The drum room is free.")
    assert not kind.given_by("The drum room opens on 2 February.")
    assert wanted("What does the price include?", of_price=True) is None


@pytest.mark.parametrize(
    ("text", "how_well"),
    [("It has 34 rooms.", 2), ("Hotel, rooms: 34.", 2), ("Stay for 5 nights in a room.", 1)],
)
def test_what_is_counted_is_wanted_most(text: str, how_well: int) -> None:
    kind = wanted("How many rooms do you have?", of_price=False)
    assert kind is not None
    assert kind.given_by(text) == how_well
