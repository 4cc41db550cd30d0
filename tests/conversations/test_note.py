"""What the model writes down, and what it is shown of it."""

from livekit.agents.llm.utils import build_legacy_openai_schema

from sales_agent.tools import note
from tests.conversations.scripted import calls, conversation, together


async def test_a_note_is_written_down_and_shown_in_the_same_turn_and_after() -> None:
    async with conversation(
        calls("note", name="Ada", quantity="30", stage="recommendation"), "Hello Ada.", "Sure."
    ) as talk:
        turn = await talk.session.run(user_input="I am Ada, I need thirty desks.")
        turn.expect.next_event().is_function_call(name="note")
        turn.expect.next_event().is_function_call_output()
        turn.expect.next_event().is_message(role="assistant")
        assert talk.call.name == "Ada"
        assert talk.call.stage == "recommendation"
        await talk.session.run(user_input="Good?")
        before, *after = [request.messages[1]["content"] for request in talk.model.requests]
        assert "Ada" not in before
        assert all("- name: Ada\n- quantity: 30" in shown for shown in after)
        assert {request.messages[0]["content"] for request in talk.model.requests} == {
            talk.model.requests[0].messages[0]["content"]
        }


async def test_whoever_spoke_before_the_note_is_not_asked_again() -> None:
    async with conversation(together("Hello Ada.", calls("note", name="Ada"))) as talk:
        await talk.session.run(user_input="I am Ada.")
        assert talk.lines()[-1] == ("assistant", "Hello Ada.")
        assert talk.call.name == "Ada"
        assert len(talk.model.requests) == 1


async def test_a_note_with_a_stage_that_is_none_is_refused_and_the_model_told() -> None:
    async with conversation(calls("note", stage="haggling"), "I see.") as talk:
        turn = await talk.session.run(user_input="Hm.")
        turn.expect.next_event().is_function_call(name="note")
        turn.expect.next_event().is_function_call_output(is_error=True)
        assert talk.call.stage == "discovery"
        assert "stage" in talk.model.requests[-1].conversation[-1]["content"]


async def test_an_empty_note_changes_nothing() -> None:
    async with conversation(calls("note"), calls("note", name="unknown"), "I see.") as talk:
        before = talk.call.facts() | {"stage": "discovery"}
        await talk.session.run(user_input="Hm.")
        assert talk.call.facts() == before


async def test_a_change_is_told_while_the_turn_goes_on() -> None:
    async with conversation(calls("note", budget="5,000 dollars"), "Good.") as talk:
        told: list[tuple[str, int]] = []
        talk.call.on_change(
            lambda: told.append((talk.call.budget, len(talk.session.history.messages())))
        )
        await talk.session.run(user_input="We have five thousand dollars.")
        assert told[-1] == ("5,000 dollars", 1)  # before the answer was there


async def test_the_first_line_of_the_caller_ends_the_greeting() -> None:
    async with conversation("Hello.") as talk:
        assert talk.call.stage == "greeting"
        await talk.session.run(user_input="Hi.")
        assert talk.call.stage == "discovery"


def test_every_field_of_the_note_is_explained_to_the_model() -> None:
    fields = build_legacy_openai_schema(note)["function"]["parameters"]["properties"]
    assert len(fields) == 12
    assert all(field.get("description") for field in fields.values())
    assert "recommendation" in str(fields["stage"])
