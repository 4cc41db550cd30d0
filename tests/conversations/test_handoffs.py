"""Who answers after a handoff, and with what."""

import pytest

from sales_agent.agents import AGENTS, PricingAgent, SalesAgent, TechnicalAgent, opening
from sales_agent.conversation import CARRIED_ITEMS
from tests.conversations.scripted import a_team, calls, conversation, together

ANSWER = "It carries a hundred and twenty five kilograms."


async def test_the_specialist_answers_the_question_that_caused_the_handoff() -> None:
    async with conversation(calls("transfer_to_technical"), ANSWER) as talk:
        turn = await talk.session.run(user_input="How much does the Summit desk carry?")
        turn.expect.next_event().is_function_call(name="transfer_to_technical")
        turn.expect.next_event().is_function_call_output()
        turn.expect.next_event().is_agent_handoff(new_agent_type=TechnicalAgent)
        turn.expect.next_event().is_message(role="assistant")
        turn.expect.no_more_events()
        assert talk.lines() == [
            ("user", "How much does the Summit desk carry?"),
            ("assistant", ANSWER),
        ]
        assert talk.call.specialist == "technical"


async def test_the_specialist_has_heard_everything() -> None:
    async with conversation(
        "Hello Ada.", calls("transfer_to_technical"), ANSWER, "As I said."
    ) as talk:
        await talk.session.run(user_input="I am Ada.")
        await talk.session.run(user_input="How much does it carry?")
        heard = talk.model.requests[-1].conversation
        assert [m.get("content") for m in heard[:3]] == [
            "I am Ada.",
            "Hello Ada.",
            "How much does it carry?",
        ]
        assert heard[-1]["role"] == "tool"
        assert "taken over" in heard[-1]["content"]
        await talk.session.run(user_input="How much?")
        assert [m["content"] for m in talk.model.requests[-1].conversation[-2:]] == [
            ANSWER,
            "How much?",
        ]


async def test_every_agent_is_shown_the_same_first_message_and_its_own_role() -> None:
    async with conversation(
        "Hello.", calls("transfer_to_technical"), calls("transfer_to_pricing"), "749 dollars."
    ) as talk:
        await talk.session.run(user_input="Hi.")
        await talk.session.run(user_input="What does it cost?")
        firsts = {request.messages[0]["content"] for request in talk.model.requests}
        assert len(firsts) == 1
        roles = [request.messages[1]["content"].split(".")[0] for request in talk.model.requests]
        assert roles == [
            "Your part in this call: sales",
            "Your part in this call: sales",
            "Your part in this call: technical questions",
            "Your part in this call: prices and orders",
        ]
        for request in talk.model.requests:
            assert [m["role"] for m in request.messages].count("system") == 2


async def test_an_announcement_and_a_note_beside_the_handoff_are_answered_once() -> None:
    reply = together("One moment.", calls("note", name="Ada"), calls("transfer_to_pricing"))
    async with conversation(reply, "It costs 749 dollars.") as talk:
        await talk.session.run(user_input="I am Ada. What do ten cost?")
        assert talk.lines() == [
            ("user", "I am Ada. What do ten cost?"),
            ("assistant", "One moment."),
            ("assistant", "It costs 749 dollars."),
        ]
        assert talk.call.name == "Ada"
        assert isinstance(talk.session.current_agent, PricingAgent)
        assert "- name: Ada" in talk.model.requests[-1].messages[1]["content"]
        contents = [m.get("content") for m in talk.model.requests[-1].conversation]
        assert "One moment." in contents


async def test_the_third_handoff_for_one_line_is_refused() -> None:
    async with conversation(
        calls("transfer_to_technical"),
        calls("transfer_to_pricing"),
        calls("transfer_to_technical"),
        "I will answer it myself.",
        calls("transfer_to_technical"),
        ANSWER,
    ) as talk:
        turn = await talk.session.run(user_input="Who can help me?")
        assert talk.lines()[-1] == ("assistant", "I will answer it myself.")
        assert isinstance(talk.session.current_agent, PricingAgent)
        refusal = talk.model.requests[-1].conversation[-1]
        assert "answer yourself" in refusal["content"]
        assert sum(event.type == "agent_handoff" for event in turn.events) == 2
        # The next line of the caller's has its own.
        await talk.session.run(user_input="And what does it carry?")
        assert talk.lines()[-1] == ("assistant", ANSWER)


async def test_two_handoffs_in_one_breath_are_one() -> None:
    reply = together(calls("transfer_to_technical"), calls("transfer_to_pricing"))
    async with conversation(reply, ANSWER) as talk:
        await talk.session.run(user_input="What does it carry, and what does it cost?")
        assert isinstance(talk.session.current_agent, TechnicalAgent)
        assert [role for role, _ in talk.lines()] == ["user", "assistant"]


async def test_specialists_hand_back_and_old_transfers_are_forgotten() -> None:
    async with conversation(
        calls("transfer_to_technical"), ANSWER, calls("transfer_to_sales"), "Take the Summit."
    ) as talk:
        await talk.session.run(user_input="What does it carry?")
        await talk.session.run(user_input="Which one should I take?")
        assert type(talk.session.current_agent) is SalesAgent
        assert talk.call.specialist == "sales"
        made = [
            call["function"]["name"]
            for message in talk.model.requests[-1].conversation
            for call in message.get("tool_calls", [])
        ]
        assert made == ["transfer_to_sales"]


@pytest.mark.parametrize("role", sorted(AGENTS))
async def test_each_agent_can_hand_over_to_the_two_others(role: str) -> None:
    replies = [] if role == "sales" else [calls(f"transfer_to_{role}")]
    async with conversation(*replies, "Yes.") as talk:
        await talk.session.run(user_input="Are you there?")
        offered = {t for t in talk.model.requests[-1].tools if t.startswith("transfer")}
        assert offered == {f"transfer_to_{other}" for other in AGENTS if other != role}


async def test_a_long_conversation_is_carried_in_part_and_no_tool_call_is_parted() -> None:
    replies = [
        reply
        for n in range(CARRIED_ITEMS)
        for reply in (calls("note", need=f"need {n}"), f"Answer {n}.")
    ]
    async with conversation(*replies, calls("transfer_to_technical"), ANSWER) as talk:
        for n in range(CARRIED_ITEMS):
            await talk.session.run(user_input=f"Line {n}.")
        await talk.session.run(user_input="How much does it carry?")
        heard = talk.model.requests[-1].conversation
        assert len(heard) <= CARRIED_ITEMS
        assert heard[0]["role"] in ("user", "assistant")
        made = {call["id"] for m in heard for call in m.get("tool_calls", [])}
        assert made == {m["tool_call_id"] for m in heard if m["role"] == "tool"}
        assert "How much does it carry?" in [m.get("content") for m in heard]


async def test_what_a_local_model_reads_before_a_call_is_what_the_call_begins_with() -> None:
    team = a_team(tools=False)
    messages = opening(team)["messages"]
    async with conversation("Hello.", team=team) as talk:
        await talk.session.run(user_input="Hi.")
        request = talk.model.requests[0]
        assert request.messages[0] == messages[0]
        until_the_state = messages[1]["content"].split("- stage")[0]
        assert request.messages[1]["content"].startswith(until_the_state)
        assert request.tools == []
        assert "Hand over" not in until_the_state
