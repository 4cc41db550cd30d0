import pytest

from sales_agent.farewell import said_goodbye


@pytest.mark.parametrize(
    "line",
    [
        "Bye.",
        "Goodbye!",
        "Okay, thank you, bye bye.",
        "Bye! Thanks a lot.",
        "No, that's all, thank you.",
        "That's all I needed to know, thanks very much.",
        "That will be all for today.",
        "No, nothing else.",
        "I have to go now.",
        "I'm done, thanks.",
        "Please hang up.",
        "Can you end the call?",
        "Have a nice day.",
        "Great, talk to you later.",
        "Let's leave it at that.",
        "I don't need anything else. Goodbye.",
        "thanks bye",
        "No more questions.",
    ],
)
def test_a_goodbye_is_one(line: str) -> None:
    assert said_goodbye([line])


@pytest.mark.parametrize(
    "line",
    [
        "",
        "That's too expensive.",
        "That's too expensive, I will have to think about it.",
        "No.",
        "No, thanks.",
        "Thank you.",
        "Don't hang up!",
        "Please do not end the call yet.",
        "Bye. Oh wait, what does the Ridge desk cost?",
        "Before I say goodbye, how long is the warranty?",
        "Is that all?",
        "That's all well and good, but what does it cost?",
        "That's all I have to spend on it, so what do you have?",
        "I want to buy a desk.",
        "Goodbye to my old desk, what do you take it back for?",
        "Does the desk disconnect from the wall?",
        "If I hang up, is the offer gone?",
        "How do I say goodbye to my old desk",
        "I have to go to the showroom first, where is it?",
        "Goodbye, but one more thing.",
        "The desk does not stop moving.",
        "Your competitor says goodbye to fees",
    ],
)
def test_what_is_no_goodbye_is_none(line: str) -> None:
    assert not said_goodbye([line])


def test_thanks_after_a_goodbye_leave_it_one() -> None:
    assert said_goodbye(["Goodbye.", "Thank you, you too."])
    assert not said_goodbye(["Goodbye.", "Oh, what about the warranty?"])
    assert not said_goodbye([])
